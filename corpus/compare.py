"""Which tool reports what of the corpus: ``python -m corpus.compare`` asks all and writes the page.

``python -m corpus.compare snowshed`` asks that one only, and ``floods`` in the place of a tool runs
all programs. What they said is kept in ``corpus/results.json``, and the tables of
``docs/reference/corpus.md`` are made of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Any

from benchmarks._page import replaced, rewrite

from corpus._programs import ROOT, Program, programs
from corpus._tools import TOOLS, Report
from corpus.run import Evidence
from snowshed.model import Cause

if TYPE_CHECKING:
    from corpus._tools import Tool

RESULTS = ROOT / "corpus" / "results.json"
PAGE = ROOT / "docs" / "reference" / "corpus.md"
MARKED = "; what is marked with advice is told only with `--advice`"


class Results:
    """What was said and seen.

    Attributes:
        versions: of the tools, by name.
        reports: of the tools, by name.
        evidence: of the floods, by program.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.versions: dict[str, str] = document.get("versions", {})
        self.reports = {
            name: [Report(**each) for each in said]
            for name, said in document.get("reports", {}).items()
        }
        self.evidence = {each["program"]: Evidence(**each) for each in document.get("evidence", ())}

    def of(self, tool: str, one: Program) -> list[Report]:
        """Return what a tool says that counts: of a bad program near a mark, of a good one all."""
        about = [each for each in self.reports.get(tool, ()) if each.path == one.name]
        return [each for each in about if one.side == "good" or one.is_near(each.line)]

    def as_document(self) -> dict[str, Any]:
        """Return what is written."""
        return {
            "versions": self.versions,
            "reports": {
                name: [asdict(each) for each in sorted(said, key=astuple)]
                for name, said in self.reports.items()
            },
            "evidence": [asdict(each) for each in self.evidence.values()],
        }


def read() -> Results:
    """Return what was written."""
    found = RESULTS.exists()
    return Results(json.loads(RESULTS.read_text(encoding="utf-8")) if found else {})


def asked(tool: Tool, results: Results) -> None:
    """Put into ``results`` what a tool says now."""
    results.versions[tool.name] = tool.version
    results.reports[tool.name] = [*tool.reports()]


def flooded(results: Results) -> None:
    """Put into ``results`` what the floods show now."""
    command = [sys.executable, "-m", "corpus.run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seen = [Evidence(**json.loads(line)) for line in done.stdout.splitlines()]
    results.evidence = {each.program: each for each in seen}


def rendered(page: str, results: Results) -> str:
    """Return the page with the tables of these results."""
    page = replaced(page, "tools", "\n".join(_tools(results)))
    for cause in Cause:
        pairs = [one for one in programs() if one.cause is cause and one.side == "bad"]
        page = replaced(page, f"{cause} reports", "\n".join(_reports(pairs, results)))
        page = replaced(page, f"{cause} floods", "\n".join(_floods(pairs, results)))
    return page


def _tools(results: Results) -> Iterator[str]:
    """Yield a table of how many each tool finds."""
    pairs = {side: [one for one in programs() if one.side == side] for side in ("bad", "good")}
    yield f"| tool | found, of {len(pairs['bad'])} | told of the good ones | asked as |"
    yield "|---|---|---|---|"
    for tool in TOOLS:
        told = {
            side: [results.of(tool.name, one) for one in found] for side, found in pairs.items()
        }
        default = {side: _count(said, advice=False) for side, said in told.items()}
        total = {side: _count(said, advice=True) for side, said in told.items()}
        bad, good = (
            f"{default[side]}"
            if default[side] == total[side]
            else f"{default[side]}, with advice {total[side]}"
            for side in ("bad", "good")
        )
        version = results.versions.get(tool.name, "")
        marked = MARKED if default != total else ""
        yield f"| {tool.name} {version} | {bad} | {good} | {tool.settings}{marked} |"


def _count(said: list[list[Report]], *, advice: bool) -> int:
    """Return of how many programs something is told."""
    return sum(any(advice or not each.is_advice for each in of_one) for of_one in said)


def _reports(pairs: list[Program], results: Results) -> Iterator[str]:
    """Yield a table of which rules of which tool report a program, and its twin."""
    yield f"| pair | {' | '.join(tool.name for tool in TOOLS)} |"
    yield f"|---|{'---|' * len(TOOLS)}"
    for bad in pairs:
        good = Program(bad.cause, bad.twins, "good")
        cells = []
        for tool in TOOLS:
            alarms = _told(results.of(tool.name, good))
            cells.append(
                _told(results.of(tool.name, bad)) + (f" (the good: {alarms})" if alarms else "")
            )
        yield f"| `{bad.twins}` | {' | '.join(cells)} |"


def _told(said: list[Report]) -> str:
    return ", ".join(
        dict.fromkeys(f"{each.rule} (advice)" if each.is_advice else each.rule for each in said)
    )


def _floods(pairs: list[Program], results: Results) -> Iterator[str]:
    """Yield a table of what was counted."""
    yield "| pair | what is wrong | what is counted | bad | good |"
    yield "|---|---|---|---|---|"
    for bad in pairs:
        seen = [results.evidence.get(f"{bad.twins}/{side}") for side in ("bad", "good")]
        values = [f"{each.value:g}" if each else "" for each in seen]
        counted = seen[0].measures if seen[0] else ""
        yield f"| `{bad.twins}` | {bad.summary} | {counted} | {' | '.join(values)} |"


def main(names: list[str]) -> None:
    """Ask the tools that are named, or all of them, and write the results and the page."""
    results = read()
    for tool in TOOLS:
        if not names or tool.name in names:
            asked(tool, results)
    if not names or "floods" in names:
        flooded(results)
    RESULTS.write_text(json.dumps(results.as_document(), indent=1) + "\n", encoding="utf-8")
    rewrite(PAGE, lambda page: rendered(page, results))


if __name__ == "__main__":
    main(sys.argv[1:])
