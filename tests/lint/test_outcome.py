from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lint._told import LEAK, OTHER, PATH, SPAWN, TEXTS, UNUSED, report
from snowshed.lint import Finding, Problem, Span, _suppress
from snowshed.lint._baseline import Baseline, read_baseline, written
from snowshed.lint._dump import Dump, Stood
from snowshed.lint._engine import Report
from snowshed.lint._outcome import MANY, outcome
from snowshed.lint._select import Selection
from snowshed.model import Frame

ALL = Selection(advice=True)
SECOND = replace(LEAK, span=Span(9, 2, 9, 5))


def kept(*findings: Finding) -> Baseline:
    return read_baseline("b", written(findings, TEXTS, folder=".").encode(), folder=".")


def dump(finding: Finding, count: int) -> Dump:
    at = Frame(f"billing.{finding.function}", f"/build/{finding.path}", finding.span.line)
    return Dump("now", (Stood(count, "", (at,)),))


def test_advice_is_told_if_somebody_asks_for_it() -> None:
    found = report(LEAK, SPAWN)
    quiet = outcome(found, Selection(), TEXTS)
    assert (quiet.findings, quiet.advice, quiet.known) == ((LEAK,), 1, None)
    assert outcome(found, ALL, TEXTS).findings == (LEAK, SPAWN)
    assert outcome(found, Selection(asked=frozenset({"SN902"})), TEXTS).findings == (LEAK, SPAWN)


def test_a_comment_that_silences_nothing_is_a_finding() -> None:
    (found,) = outcome(report(unused=(UNUSED,)), Selection(), TEXTS).findings
    assert (found.rule, found.path, found.span) == (_suppress.UNUSED, OTHER, UNUSED.span)
    assert found.fix is UNUSED.fix


def test_what_the_baseline_has_is_left_out_and_counted() -> None:
    found = outcome(report(LEAK, SECOND, SPAWN), ALL, TEXTS, baseline=kept(LEAK, SPAWN))
    assert (found.findings, found.known, found.gone) == ((SECOND,), 2, {})


def test_advice_that_the_baseline_has_counts_as_such_only_if_it_would_be_told() -> None:
    found = outcome(report(LEAK, SPAWN), Selection(), TEXTS, baseline=kept(LEAK, SPAWN))
    assert (found.findings, found.known, found.advice, found.gone) == ((), 1, 1, {})


def gone(found: Report, selection: Selection = ALL, **more: Any) -> set[str]:
    result = outcome(found, selection, TEXTS, baseline=kept(LEAK, SPAWN), **more)
    return {each.path for each in result.gone}


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (PATH, OTHER):
        Path(path).parent.mkdir()
        Path(path).touch()


@pytest.mark.usefixtures("there")
def test_what_is_gone_is_counted_where_it_was_looked_for() -> None:
    assert gone(Report(read=(PATH, OTHER))) == {PATH, OTHER}
    assert gone(Report(read=(PATH,))) == {PATH}
    assert gone(Report(read=(PATH, OTHER), problems=(Problem(PATH, "x"),))) == {OTHER}


@pytest.mark.usefixtures("there")
def test_what_nobody_asks_for_is_not_gone() -> None:
    read = Report(read=(PATH, OTHER))
    assert gone(read, Selection(selected=frozenset({"SN901"}))) == {PATH}
    assert gone(read, Selection(ignored=frozenset({"SN901"}))) == {OTHER}


@pytest.mark.usefixtures("there")
def test_what_was_in_a_file_that_is_gone_is_gone_with_it() -> None:
    Path(PATH).unlink()
    assert gone(Report(read=(OTHER,))) == {PATH, OTHER}
    assert gone(Report(), paths=["billing"]) == {PATH}
    assert gone(Report(), paths=["docs"]) == set()


def test_what_tasks_stand_at_comes_first() -> None:
    found = outcome(report(LEAK, SECOND), ALL, TEXTS, dumps=[dump(SECOND, 2)])
    assert found.findings == (SECOND, LEAK)
    assert list(found.waiting) == [SECOND]
    more = outcome(report(LEAK, SECOND), ALL, TEXTS, dumps=[dump(SECOND, 2), dump(LEAK, 3)])
    assert more.findings == (LEAK, SECOND)


def test_what_many_stand_at_is_told_in_any_case() -> None:
    hot = dump(SPAWN, MANY + 1)
    found = outcome(report(LEAK, SPAWN), Selection(), TEXTS, baseline=kept(SPAWN), dumps=[hot])
    assert (found.findings, found.advice, found.known) == ((SPAWN, LEAK), 0, 0)
    few = dump(SPAWN, MANY)
    found = outcome(report(LEAK, SPAWN), Selection(), TEXTS, dumps=[few])
    assert (found.findings, found.advice) == ((LEAK,), 1)


def strangers(*frames: Frame, count: int = 4812) -> tuple[str, ...]:
    there = Dump("now", (Stood(count, "chan send", frames),), ("line 3: cut off",))
    found = outcome(report(LEAK), ALL, TEXTS, dumps=[there, dump(LEAK, 2)])
    assert found.dumps[1].warnings == ()
    return found.dumps[0].warnings


def test_a_dump_that_has_nothing_to_do_with_what_was_looked_at_is_told() -> None:
    first, second = strangers(Frame("main.main", "/build/other/cmd.go", 3))
    assert first == "line 3: cut off"
    assert second == (
        "none of its 4,812 goroutines is in a file that was looked at (most are in "
        "/build/other/cmd.go): likely it is of another program or version; look at the source that "
        "this one was built from"
    )
    assert "none of its 4,812 tasks is in a file that was looked at: likely" in strangers()[1]


def test_one_that_has_is_not() -> None:
    other_line = Frame("billing.refund", "/build/billing/notify.go", 77)
    assert strangers(other_line) == ("line 3: cut off",)
    assert strangers(count=0) == ("line 3: cut off",)
