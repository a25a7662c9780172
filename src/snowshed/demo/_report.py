"""The report: one HTML file that opens anywhere, offline, in light and in dark."""

from __future__ import annotations

import shlex
from html import escape
from string import Template
from typing import TYPE_CHECKING

from snowshed.demo._measure import rate_in_flood
from snowshed.demo._method import method
from snowshed.demo._picture import HEADING_STYLE, flood_figure, overload_figure
from snowshed.demo._rows import Group, Row, Table, tables
from snowshed.demo._style import FONT, figure_style
from snowshed.demo._words import conclusions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snowshed.demo._model import Findings, Plan, RunResult

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>snowshed demo: the same service, flooded</title>
<style>$style</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">snowshed demo</p>
<h1>The same service, flooded</h1>
<p class="lead">$headline</p>
</header>
$flood
$overload
$printed
<h2>What was run</h2>
<pre>$commands</pre>
<h2>How it was measured</h2>
<ul>
$method
</ul>
</main>
</body>
</html>
""")

_SECTION = Template("""\
<h2>$title</h2>
<figure>$figure
<figcaption>$caption</figcaption>
</figure>
$words
<div class="scroll"><table>
<thead><tr><th></th>$columns</tr></thead>
$rows
</table></div>
""")

_PAGE_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 %(font)s; }
main { max-width: 980px; margin: 0 auto; padding: 48px 24px 72px; }
.eyebrow { margin: 0; color: var(--good); font-weight: 600; }
h1 { margin: 4px 0 12px; font-size: 34px; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 48px 0 12px; font-size: 20px; }
.lead { margin: 0; max-width: 46em; font-size: 19px; color: var(--muted); }
figure { margin: 32px -24px 0; } figure svg { display: block; width: 100%%; height: auto; }
figcaption { margin: 4px 24px 0; color: var(--muted); font-size: 14px; }
.scroll { overflow-x: auto; }
table { width: 100%%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px 6px 0; text-align: right; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; font-weight: 400; }
thead th, tbody th[colspan] { font-weight: 600; }
tbody th[colspan] { padding-top: 20px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 14px 16px;
  background: var(--card); border-radius: 8px;
  font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
li { margin: 4px 0; }
"""


_PRINTED = 12
_AXES = (
    "All columns share their axes and their arrivals; time is the planned moment of each request."
)


def report(findings: Findings) -> str:
    """Return the page."""
    flood, overload = findings.flood, findings.overload
    first, second = tables(findings)
    (lead, *words), more = conclusions(findings)
    return _PAGE.substitute(
        style=figure_style() + HEADING_STYLE + _PAGE_STYLE % {"font": FONT},
        headline=escape(lead),
        flood=_section(first, flood_figure(flood), _flood_caption(flood.plan), words),
        overload=_section(second, overload_figure(overload), _caption(overload.plan), more),
        printed=_printed(flood.runs[-1]),
        commands="\n\n".join(escape(_command(run)) for run in (*flood.runs, *overload.runs)),
        method="\n".join(f"<li>{escape(line)}</li>" for line in method(findings)),
    )


def _section(table: Table, figure: str, caption: str, words: Iterable[str]) -> str:
    return _SECTION.substitute(
        title=escape(table.title),
        figure=figure,
        caption=escape(f"Shaded: the flood, {caption}. {_AXES}"),
        words="\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in words),
        columns="".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns),
        rows="\n".join(_group(group, len(table.columns)) for group in table.groups),
    )


def _flood_caption(plan: Plan) -> str:
    return f"{plan.heavy_rate:g} heavy requests per second"


def _caption(plan: Plan) -> str:
    return f"{rate_in_flood(plan):g} requests per second"


def _group(group: Group, columns: int) -> str:
    rows = "".join(_row(row) for row in group.rows)
    title = f"<tr><th colspan='{columns + 1}' scope='rowgroup'>{escape(group.title)}</th></tr>"
    return f"<tbody>{title}\n{rows}</tbody>"


def _row(row: Row) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
    return f"<tr><th scope='row'>{escape(row.label)}</th>{cells}</tr>\n"


def _printed(run: RunResult) -> str:
    if not run.printed:
        return ""
    lines = "\n".join(map(escape, run.printed[:_PRINTED]))
    return f"<h2>What the service printed under snowshed</h2>\n<pre>{lines}</pre>"


def _command(run: RunResult) -> str:
    python = run.command[0]
    return shlex.join("python" if word == python else word for word in run.command)
