"""What becomes of something that a function of Python makes and must end."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from snowshed.lint._python import Module, read
from snowshed.lint._python._uses import Uses, uses_of
from snowshed.lint._python._wrapping import indented
from snowshed.lint._source import Source

_KEPT: list[object] = []


def module(body: str) -> Module:
    text = "def f(given):\n" + indent(dedent(body).strip("\n"), "    ") + "\n"
    folder = read([Source("app/main.py", text.encode())])
    _KEPT.append(folder)
    (found,) = folder.modules
    return found


def uses(body: str, *, part: int | None = None) -> Uses:
    here = module(body)
    (call,) = here.calls_named("Thing")
    return uses_of(here, call, part=part)


@pytest.mark.parametrize(
    ("body", "is_ended", "is_handed_on"),
    [
        ("thing = Thing()\nthing.ask()", False, False),
        ("thing = Thing()\nthing.table.rows[0] = 1", False, False),
        ("thing = Thing()\nif thing and not thing.closed:\n    pass", False, False),
        ("thing = Thing()\nfound = thing.submit(given)\nreturn found", False, False),
        ("thing = Thing()\nthing.close()", True, False),
        ("thing = Thing()\nlater(thing.close)", True, False),
        ("with Thing() as thing:\n    pass", True, False),
        ("thing = Thing()\nwith thing:\n    pass", True, False),
        ("thing = Thing()\nreturn thing", False, True),
        ("thing = Thing()\nreturn thing or given", False, True),
        ("thing = Thing()\nrows = thing.table\nreturn rows", False, True),
        ("thing = Thing()\nuse(thing)", False, True),
        ("thing = Thing()\nreturn lambda: thing.ask()", False, True),
        ("global thing\nthing = Thing()", False, True),
        ("self.thing = Thing()", False, True),
        ("return Thing()", False, True),
        ("Thing().ask()", False, False),
        ("Thing().close()", True, False),
    ],
)
def test_how_it_ends(body: str, is_ended: bool, is_handed_on: bool) -> None:
    found = uses(body)
    assert (found.is_ended, found.is_handed_on) == (is_ended, is_handed_on)


def test_one_of_several_that_a_call_returns() -> None:
    assert uses("a, b = Thing()\nuse(a)", part=0).is_handed_on
    assert not uses("a, b = Thing()\nuse(a)", part=1).is_handed_on
    assert uses("both = Thing()", part=1).is_handed_on
    assert uses("a, b = Thing()", part=2).is_handed_on


def test_lines_are_put_one_step_in() -> None:
    here = module("""
        thing = Thing()
        if given:
            # Now.

            thing.ask()
        rest()
        """)
    (call,) = here.calls_named("Thing")
    head = here.statement_of(call)
    edits = indented(here, head, here.function_of(call).reads("thing"))
    assert edits is not None
    # The empty line stays as it is.
    assert [here.source.line_of(edit.start) for edit in edits] == [3, 4, 6]
    assert {edit.text for edit in edits} == {"    "}
    assert indented(here, head, []) is None
    assert indented(here, head, [head]) is None
