"""What people read: text, one line each, counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint._told import GO, LEAK, OTHER, PATH, RULES, SPAWN, by, these_rules, told
from snowshed.lint import Related, Span
from snowshed.lint._baseline import Known
from snowshed.lint._dump import Dump, Stood
from snowshed.lint._joined import Joined, Waiting
from snowshed.lint._report import Paint, concise, counted, statistics, text
from snowshed.lint._report._code import code
from snowshed.lint._report._paint import PLAIN
from snowshed.lint._report._words import kind
from snowshed.lint._suppress import UNUSED
from snowshed.lint._texts import Texts
from snowshed.model import Frame

rules = pytest.fixture(autouse=True)(these_rules)


SHOWN = f"""\
billing/notify.go:6:3: SN901 stuck-sender: {LEAK.message}
  |
4 |     ch := make(chan error)
5 |     go func() {{
6 |         ch <- call()
  |         ^^^^^^^^^^^^
7 |     }}()
8 |     select {{
  |
  billing/notify.go:11:2: the case that leaves
   |
11 |     case <-ctx.Done():
   |     ------------------
   |
  fix: give the channel a place for one element (--fix)

1 finding in 1 file, 1 fixable with --fix
"""


def test_a_finding_is_shown_with_its_code_what_has_to_do_with_it_and_its_fix() -> None:
    assert text(told(LEAK)) == SHOWN


def test_a_place_that_is_to_be_seen_already_is_only_named() -> None:
    near = replace(LEAK, related=(Related(PATH, Span(4, 8, 4, 24), "has no place for it"),))
    lines = text(told(near)).splitlines()
    at = lines.index("  billing/notify.go:4:8: has no place for it")
    assert lines[at + 1].startswith("  fix: ")
    other = Related(OTHER, Span(2, 5, 2, 24), "in another file")
    lines = text(told(replace(near, related=(other,)))).splitlines()
    assert lines[lines.index("  shop/app.py:2:5: in another file") + 1] == "  |"


def test_a_finding_is_a_line_if_that_is_enough() -> None:
    assert concise(told(LEAK, SPAWN)).splitlines() == [
        f"billing/notify.go:6:3: SN901 stuck-sender: {LEAK.message}",
        f"shop/app.py:2:5: SN902 task-in-handler: {SPAWN.message}",
        "2 findings in 2 files, 1 fixable with --fix, 1 with --unsafe-fixes",
    ]


def test_nothing_is_told_so_with_what_was_left_out() -> None:
    gone = {Known("a.go", "SN901", "f", "x"): 2}
    found = told(advice=5, known=3, gone=gone)
    found = replace(found, report=replace(found.report, suppressed=1))
    said = "nothing found in 1 file, 3 in the baseline, 2 of the baseline gone, "
    assert text(found) == f"{said}1 silenced by comments, 5 more with --advice\n"


def test_what_tasks_stand_at_is_told_with_how_many() -> None:
    waiting = {LEAK: Waiting(here=4812, created=1, state="chan send", lines=((6, 4812),))}
    dump = Dump("now.txt", (Stood(5000, "chan send", ()),))
    found = told(LEAK, joined=by(waiting, 5000), dumps=(dump,))
    lines = text(found).splitlines()
    assert lines[1] == "  4,812 goroutines are waiting on this line now (chan send)"
    assert lines[2] == "  1 goroutine that this line has started is alive now"
    assert lines[-1] == "4,813 of the 5,000 tasks in now.txt are at a finding"
    assert (
        concise(found)
        .splitlines()[0]
        .endswith(" [4,812 goroutines are waiting on this line now (chan send)]")
    )


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (0, "none of the 5,000 goroutines in now.txt is at a finding"),
        (1, "none of the 5,000 goroutines in now.txt is at a finding; 1 is in files that were "),
        (4000, "in now.txt is at a finding; 4,000 are in files that were looked at"),
    ],
)
def test_a_dump_of_which_nobody_is_at_a_finding_is_told_in_words(inside: int, said: str) -> None:
    dump = Dump("now.txt", (Stood(5000, "chan send", (Frame("main.main", "/x.go", 3),)),))
    found = told(LEAK, joined=Joined(inside=(inside,)), dumps=(dump,))
    assert said in text(found).splitlines()[-1]
    assert said in statistics(found).splitlines()[-1]


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (Waiting(here=1, lines=((6, 1),)), "1 goroutine is waiting on this line now"),
        (Waiting(here=2, lines=((30, 2),)), "2 goroutines are waiting at line 30 now"),
        (
            Waiting(here=9, lines=((30, 3), (12, 2), (7, 2), (8, 2))),
            "9 goroutines are waiting at lines 7, 12, 30 and others now",
        ),
        (Waiting(related=2), "2 goroutines are waiting at a place named below now"),
    ],
)
def test_where_they_stand_is_said_as_it_is(waiting: Waiting, said: str) -> None:
    assert f"  {said}\n" in text(told(LEAK, joined=by({LEAK: waiting})))


def test_tasks_of_python_are_called_so_and_lines_of_one_finding_are_here() -> None:
    long = replace(SPAWN, span=Span(1, 1, 3, 4))
    waiting = {long: Waiting(here=60, lines=((2, 50), (3, 10)))}
    assert "\n  60 tasks are waiting here now\n" in text(told(long, joined=by(waiting)))


def test_colours_are_only_for_terminals_that_show_them() -> None:
    assert "\x1b" not in text(told(LEAK, SPAWN))
    painted = text(told(LEAK, SPAWN), Paint(colours=True))
    assert "\x1b[1;31mSN901 stuck-sender\x1b[0m" in painted


def test_names_command_no_terminal() -> None:
    evil = "\x1b[2J\x9b"
    finding = replace(LEAK, path=f"{evil}.go", message=evil, function=evil)
    found = replace(told(finding), texts=Texts({finding.path: GO.replace(b"call", evil.encode())}))
    for told_ in (text(found), concise(found)):
        assert "\x1b" not in told_
        assert "\x9b" not in told_
        assert "\\x1b[2J" in told_


def test_a_file_that_is_no_longer_there_has_no_code() -> None:
    lines = text(replace(told(LEAK), texts=Texts())).splitlines()
    assert [line[:6] for line in lines] == ["billin", "  bill", "  fix:", "", "1 find"]


def marked(line: str, span: Span) -> tuple[str, str]:
    """Return what is shown of the only ``line`` and the marks under it, both without the bar."""
    bar, shown, marks, end = code([line], span, PLAIN)
    assert bar == end == "  |"
    return shown.removeprefix("1 | "), marks.removeprefix("  | ")


@pytest.mark.parametrize(
    ("line", "span", "expected"),
    [
        ("a\tb", Span(1, 3, 1, 4), ("a   b", "    ^")),
        ("日本(x)", Span(1, 3, 1, 6), ("日本(x)", "    ^^^")),
        ("é\u0301(x)", Span(1, 3, 1, 6), ("é\u0301(x)", " ^^^")),
        ("\x1b[2J(x)", Span(1, 5, 1, 8), ("\\x1b[2J(x)", "       ^^^")),
        ("go func() {", Span(1, 1, 4, 3), ("go func() {", "^" * 11)),
        ("x", Span(1, 9, 1, 12), ("x", " ^")),
        ("x", Span(1, 1, 1, 1), ("x", "^")),
    ],
)
def test_the_marks_are_under_what_is_meant(
    line: str, span: Span, expected: tuple[str, str]
) -> None:
    assert marked(line, span) == expected


def test_of_a_very_long_line_the_part_that_is_meant_is_shown() -> None:
    shown, marks = marked("x" * 5000 + "(y)" + "z" * 5000, Span(1, 5001, 1, 5004))
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 150
    assert shown[marks.index("^") : len(marks)] == "(y)"


def test_no_empty_lines_stand_around_the_code() -> None:
    shown = list(code(["", "\t", "b", " ", "c"], Span(3, 1, 3, 2), PLAIN))
    assert shown == ["  |", "3 | b", "  | ^", "4 |", "5 | c", "  |"]


@given(st.text(max_size=300), st.integers(1, 400), st.integers(0, 300))
def test_whatever_a_line_has_in_it_is_shown_in_lines_that_a_terminal_prints(
    line: str, column: int, length: int
) -> None:
    shown = list(code([line], Span(1, column, 1, column + length), PLAIN))
    assert all(each.isprintable() for each in shown)
    assert "^" in shown[2]


def test_counts_are_by_cause_and_by_rule() -> None:
    unused = replace(SPAWN, rule=UNUSED, fix=None)
    found = told(LEAK, SPAWN, replace(SPAWN, fix=None), unused)
    assert (
        statistics(found)
        == """\
2  detached-spawn
   2  SN902 task-in-handler (1 unsafe)
1  channel-cascade
   1  SN901 stuck-sender (1 fixable)
1  -
   1  unused-suppression

4 findings in 2 files, 1 fixable with --fix, 1 with --unsafe-fixes
"""
    )
    assert counted(found)["causes"] == {"detached-spawn": 2, "channel-cascade": 1, "-": 1}
    assert [each["rule"] for each in counted(found)["rules"]] == ["SN902", "SN901", UNUSED]
    assert statistics(told()) == "nothing found in 1 file\n"


def test_counts_tell_fixes_that_are_safe_from_those_that_are_not() -> None:
    found = told(LEAK, replace(LEAK, fix=SPAWN.fix), replace(LEAK, fix=SPAWN.fix))
    assert "\n   3  SN901 stuck-sender (1 fixable, 2 unsafe)\n" in statistics(found)
    (rule,) = counted(found)["rules"]
    assert (rule["count"], rule["fixable"], rule["unsafe"]) == (3, 1, 2)


def test_counts_beside_a_dump_have_those_first_at_which_most_tasks_wait() -> None:
    more = replace(SPAWN, span=Span(1, 1, 1, 2))
    waiting = {LEAK: Waiting(here=60), SPAWN: Waiting(here=2, created=1)}
    dump = Dump("now.txt", (Stood(70, "chan send", (Frame("main.main", "/x.go", 3),)),))
    found = told(LEAK, SPAWN, more, joined=by(waiting, 70), dumps=(dump,))
    assert (
        statistics(found)
        == """\
1  channel-cascade
   1  SN901 stuck-sender (1 fixable), 60 goroutines now
2  detached-spawn
   2  SN902 task-in-handler (2 unsafe), 3 goroutines now

3 findings in 2 files, 1 fixable with --fix, 2 with --unsafe-fixes
63 of the 70 goroutines in now.txt are at a finding
"""
    )
    told_ = counted(found)
    assert [each["waiting"] for each in told_["rules"]] == [60, 3]
    assert told_["waiting"] == 63
    assert told_["dumps"] == [{"source": "now.txt", "tasks": 70, "looked_at": 70, "warnings": []}]
    assert "waiting" not in counted(told(LEAK))["rules"][0]


def test_a_rule_that_is_not_known_here_is_told_as_it_is() -> None:
    assert kind("SN999").title == "SN999"
    assert kind("SN999").cause is None
    assert list(RULES) == ["SN901", "SN902"]
    assert {LEAK.path, SPAWN.path} == {PATH, OTHER}
