"""The page: what was found in one sentence, the plots, and the findings.

There is no script in it, and its policy forbids any, and whatever is not in the file: names come
from other programs, and one of them may be written to run. What folds and filters is done by the
browser itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed._many import many
from snowshed.doctor._comparison import Standing
from snowshed.doctor._report._html._cards import cards
from snowshed.doctor._report._html._figure import text_
from snowshed.doctor._report._html._growth import growth
from snowshed.doctor._report._html._history import History, history, where_of
from snowshed.doctor._report._html._states import states
from snowshed.doctor._report._html._style import STYLE
from snowshed.doctor._report._html._tree import tree
from snowshed.doctor._report._html._waits import waits
from snowshed.doctor._report._words import headline
from snowshed.formats._svg import tag
from snowshed.model import Severity

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis
    from snowshed.doctor._looks import Where

__all__ = ["page"]

WARNINGS_AT_MOST = SOURCES_AT_MOST = GONE_AT_MOST = 20
_SEVERITIES = tuple(reversed(Severity))


def page(diagnosis: Diagnosis, *, version: str) -> str:
    """Return the whole page."""
    seen = history(diagnosis)
    drawn = [growth(seen, _wrong(diagnosis, seen)), states(seen)]
    drawn += [tree(diagnosis.spawned), waits(diagnosis.findings)]
    body = [
        tag("header", *_head(diagnosis, seen), class_="top"),
        tag("section", *drawn, class_="figures"),
        tag("main", *_findings(diagnosis, seen)),
        tag("footer", *_foot(diagnosis, version)),
    ]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        tag("title", text_(f"{_sentence(diagnosis)} - snowshed doctor")),
        f"<style>{STYLE}</style>",
    ]
    whole = [tag("head", *head), tag("body", *body)]
    return f'<!doctype html>\n<html lang="en">\n{"".join(whole)}\n</html>\n'


def _wrong(diagnosis: Diagnosis, seen: History) -> dict[Where, str]:
    """Return the severity of what was found at a place, the worst first."""
    found: dict[Where, str] = {}
    for finding in diagnosis.findings[:100]:
        where = where_of(finding, seen)
        if where is not None:
            found.setdefault(where, str(finding.severity))
    return found


def _sentence(diagnosis: Diagnosis) -> str:
    found = len(diagnosis.findings)
    return f"{many(diagnosis.total, diagnosis.unit)}, {many(found, 'finding', 'nothing wrong')}"


def _head(diagnosis: Diagnosis, seen: History) -> Iterator[str]:
    yield tag("p", "snowshed doctor", class_="brand")
    yield tag("h1", text_(_sentence(diagnosis)))
    worst = headline(diagnosis.requests)
    yield tag("p", text_(_upper(worst)), class_="lead") if worst else ""
    if diagnosis.baseline is not None:
        standings = Counter(
            diagnosis.baseline.changes[each].standing for each in diagnosis.findings
        )
        told = [f"{standings[each]:,} {each}" for each in Standing]
        told.append(f"{len(diagnosis.baseline.gone):,} gone")
        yield tag("p", text_(f"Beside the baseline: {', '.join(told)}."), class_="lead")
    sources = [moment.source for moment in seen.moments]
    shown = [tag("li", text_(f"{each.source}: {each.total:,}")) for each in seen.moments]
    if len(sources) > SOURCES_AT_MOST:
        left = len(sources) - SOURCES_AT_MOST
        shown[SOURCES_AT_MOST // 2 : -SOURCES_AT_MOST // 2] = [tag("li", f"{left:,} more")]
    if shown:
        heading = tag("summary", many(len(sources), "look"))
        yield tag("details", heading, tag("ol", *shown), class_="sources")


def _upper(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _findings(diagnosis: Diagnosis, seen: History) -> Iterator[str]:
    yield tag("h2", "Findings")
    if not diagnosis.findings:
        yield tag("p", "Nothing is wrong, as far as these looks show.", class_="well")
        return
    counts = Counter(each.severity for each in diagnosis.findings)
    for severity in _SEVERITIES:
        box = f'<input type="checkbox" id="show-{severity}" checked>'
        label = f'<label for="show-{severity}" class="{severity}">{counts[severity]:,} {severity}'
        yield f"{box}{label}</label>" if counts[severity] else ""
    yield tag("div", cards(diagnosis, seen), class_="cards")


def _foot(diagnosis: Diagnosis, version: str) -> Iterator[str]:
    gone = () if diagnosis.baseline is None else diagnosis.baseline.gone
    yield _list(
        "Gone since the baseline",
        [
            f"{each.fingerprint.detail} in {each.fingerprint.function}: {each.count:,}"
            for each in gone
        ],
    )
    yield _list("Ignored", [f"{count:,} by {rule}" for rule, count in diagnosis.ignored])
    yield _list("Could not be read, or was not asked for", diagnosis.warnings)
    yield tag("p", text_(f"snowshed {version}"), class_="version")


def _list(heading: str, lines: tuple[str, ...] | list[str]) -> str:
    shown = [tag("li", text_(each[:600])) for each in lines[:WARNINGS_AT_MOST]]
    if len(lines) > WARNINGS_AT_MOST:
        shown.append(tag("li", f"and {len(lines) - WARNINGS_AT_MOST:,} more"))
    return tag("h2", heading) + tag("ul", *shown) if shown else ""
