"""Findings that are one fault in many places."""

from __future__ import annotations

from pathlib import Path

from snowshed.lint import Finding, Span
from snowshed.lint._alike import MANY, together
from snowshed.lint._engine import lint
from snowshed.lint._outcome import outcome
from snowshed.lint._select import Selection
from snowshed.lint._texts import Texts


def finding(line: int, alike: str = "audit", path: str = "a.py", rule: str = "SN102") -> Finding:
    return Finding(rule, path, Span(line, 1, line, 9), "nobody keeps it", alike=alike)


def test_many_that_are_alike_are_told_once_with_all_places() -> None:
    (found,) = together([finding(line) for line in range(1, 41)])
    assert found.span.line == 1
    assert found.message == "nobody keeps it; so it is in 39 other places of this file"
    assert [each.span.line for each in found.related] == [*range(2, 41)]


def test_few_are_told_one_by_one() -> None:
    few = [finding(line) for line in range(1, MANY)]
    assert together(few) == few


def test_others_stay_what_they_are() -> None:
    others = [
        *(finding(line, alike="") for line in range(1, 9)),
        *(finding(1, alike=f"audit{number}") for number in range(9)),
        *(finding(1, path=f"{number}.py") for number in range(9)),
        *(finding(1, rule=f"SN{number}") for number in range(9)),
    ]
    assert together(others) == others


CODE = """import asyncio


async def work() -> None:
    asyncio.create_task(audit(1)){first}
    asyncio.create_task(audit(2))
    asyncio.create_task(audit(3))
    asyncio.create_task(audit(4))
    asyncio.create_task(audit(5))
"""


def told(folder: Path, first: str = "") -> list[tuple[int, list[int]]]:
    file = folder / "a.py"
    file.write_text(CODE.format(first=first))
    report = lint([str(file)])
    found = outcome(report, Selection(), Texts({})).findings
    return [(each.span.line, [other.span.line for other in each.related]) for each in found]


def test_who_silences_the_first_place_has_the_others_told(tmp_path: Path) -> None:
    assert told(tmp_path) == [(5, [6, 7, 8, 9])]
    assert told(tmp_path, "  # snowshed: ignore[SN102] it is quick") == [(6, [7, 8, 9])]
