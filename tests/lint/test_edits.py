"""Edits of one file: which go together, what comes out, and whether it still parses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _needs import module
from snowshed.lint import Edit, Fix
from snowshed.lint._edits import applied, breaks, together


def fix(*edits: tuple[int, int, str]) -> Fix:
    return Fix("mend it", tuple(Edit(*each) for each in edits))


def test_edits_are_made_from_the_start_to_the_end() -> None:
    assert applied(b"0123456789", [fix((5, 6, "five")), fix((0, 1, ""), (9, 9, "-"))]) == (
        b"1234five678-9"
    )
    assert applied("é = 1".encode(), [fix((0, 2, "ö"), (5, 6, "日"))]).decode() == "ö = 日"
    assert applied(b"abc", []) == b"abc"


def test_what_two_fixes_share_is_made_once() -> None:
    both = [fix((0, 0, "import x\n"), (0, 1, "b")), fix((0, 0, "import x\n"), (1, 2, "c"))]
    assert together(both, 2) == both
    assert applied(b"aa", both) == b"import x\nbc"


def test_of_two_that_overlap_the_first_is_made() -> None:
    first, other, apart = fix((0, 4, "x")), fix((3, 6, "y")), fix((6, 7, "z"))
    assert together([first, other, apart], 10) == [first, apart]
    assert together([other, first, apart], 10) == [other, apart]


def test_one_that_overlaps_in_part_is_not_made_in_part() -> None:
    first, other = fix((0, 2, "x")), fix((1, 2, "y"), (5, 6, "z"))
    assert together([first, other], 10) == [first]


def test_two_that_put_something_in_at_one_place_are_one_too_many() -> None:
    first, other = fix((3, 3, "x")), fix((3, 3, "y"))
    assert together([first, other], 10) == [first]
    assert together([fix((3, 3, "x")), fix((3, 5, "y"))], 10) == [
        fix((3, 3, "x")),
        fix((3, 5, "y")),
    ]


@pytest.mark.parametrize("edits", [(), ((4, 3, ""),), ((0, 11, ""),), ((-1, 2, ""),)])
def test_what_is_no_edit_of_the_file_is_none(edits: tuple[tuple[int, int, str], ...]) -> None:
    assert together([fix(*edits)], 10) == []


def test_one_that_overlaps_itself_is_none() -> None:
    assert together([fix((0, 3, "x"), (2, 4, "y"))], 10) == []


def test_lines_end_as_those_of_the_file_do() -> None:
    assert applied(b"a\r\nb\r\n", [fix((3, 3, "x\ny\r\n"))]) == b"a\r\nx\r\ny\r\nb\r\n"
    assert applied(b"a\nb\r\n", [fix((2, 2, "x\n"))]) == b"a\nx\nb\r\n"
    assert applied(b"a", [fix((1, 1, "\n"))]) == b"a\n"


def test_a_mark_at_the_start_stays() -> None:
    assert applied(b"\xef\xbb\xbfa", [fix((3, 4, "b"))]) == b"\xef\xbb\xbfb"


def test_python_that_does_not_parse_after_it_is_broken() -> None:
    assert not breaks("a.py", b"x = 1", b"x = 2")
    assert breaks("a.py", b"x = 1", b"x = (")
    assert breaks("a.py", b"x = (", b"x = (")
    assert breaks("a.py", b"x = 1", b"x = " + b"(" * 5000 + b")" * 5000)


def test_a_warning_is_no_error() -> None:
    assert not breaks("a.py", b"x = 1", b"x = '\\d'")


def test_go_that_parses_less_after_it_is_broken() -> None:
    module("tree_sitter_go")
    assert not breaks("a.go", b"package p\n", b"package q\n")
    assert breaks("a.go", b"package p\n", b"package p\nfunc f( {\n")
    assert not breaks("a.go", b"package p\nfunc f( {\n", b"package p\nfunc g( {\n")
    assert not breaks("a.go", b"package p\nfunc f( {\n", b"package p\nfunc f() {\n}\n")


PLACES = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)
EDITS = st.builds(lambda at, text: Edit(*at, text), PLACES, st.sampled_from(["", "x", "yz", "\n"]))
FIXES = st.lists(EDITS, max_size=3).map(lambda edits: Fix("mend it", tuple(edits)))


@given(st.lists(FIXES, max_size=6))
def test_what_goes_together_can_be_made_in_any_order(fixes: list[Fix]) -> None:
    content = b"0123456789"
    chosen = together(fixes, len(content))
    edits = {edit for each in chosen for edit in each.edits}
    after = applied(content, chosen)
    assert applied(content, chosen[::-1]) == after
    assert len(after) == len(content) + sum(
        len(edit.text) - (edit.end - edit.start) for edit in edits
    )
    # One after the other, from the end, comes to the same.
    one_by_one = content.decode()
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        one_by_one = one_by_one[: edit.start] + edit.text + one_by_one[edit.end :]
    assert after.decode() == one_by_one
    # Nothing could have been made as well.
    for each in fixes:
        if each not in chosen:
            assert each not in together([*chosen, each], len(content))
