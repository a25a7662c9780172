"""How the files of a folder are read: what is broken, encoded otherwise, or of no interest."""

from __future__ import annotations

import ast

import pytest

from snowshed.lint._python import matters, read
from snowshed.lint._source import Source


def only(calls: list[ast.Call]) -> ast.Call:
    (call,) = calls
    return call


def test_a_broken_statement_is_left_out_and_named() -> None:
    here = read(
        [Source("a.py", b"def a():\n    f()\n\n@x\ndef b(:\n    g()\n\ndef c():\n    h()\n")]
    )
    assert [each.short_name for each in here.functions()] == ["", "a", "c"]
    (problem,) = here.problems
    assert problem.path == "a.py"
    assert problem.line == 5
    assert "lines 4 to 7 were left out" in problem.message
    assert here.modules[0].source.span(4, 5)
    assert only(here.modules[0].calls_named("h")).lineno == 9


def test_a_broken_line_is_one() -> None:
    (problem,) = read([Source("a.py", b"f()\nx = = 1\ng()\n")]).problems
    assert problem.message.endswith("; line 2 was left out")


def test_what_is_broken_all_over_is_left_out() -> None:
    here = read([Source("a.py", b"def (:\n pass\n" * 9), Source("b.py", b"f()")])
    assert [each.name for each in here.modules] == ["b"]
    assert len(here.problems) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"f()\0",
        b"x = " + b"(" * 5_000 + b")" * 5_000,
        b"x = " + b"-" * 100_000 + b"1",
        b"# coding: nonsense\nx = '\xff'\n",
        b"x = '\xff'\n",
    ],
    ids=["null", "brackets", "minus", "encoding", "latin"],
)
def test_a_file_that_cannot_be_read_is_a_problem_and_no_more(content: bytes) -> None:
    here = read([Source("a.py", content), Source("b.py", b"f()")])
    assert "b" in [each.name for each in here.modules]
    assert here.problems
    assert all(problem.path == "a.py" and problem.message for problem in here.problems)


@pytest.mark.parametrize(
    ("content", "can_mend"),
    [
        ("\ufeffg('é'); f()".encode(), True),
        ("# coding: latin-1\ng('é'); f()".encode("latin-1"), False),
        ("# coding: latin-1\ng('é'); f()".encode(), True),
        (b"x = 1\rg('e'); f()", True),
        (b"x = 1\r\ng('e'); f()", True),
    ],
    ids=["mark", "latin", "already UTF-8", "old Mac", "Windows"],
)
def test_positions_are_right_in_every_encoding(content: bytes, can_mend: bool) -> None:
    here = read([Source("a.py", content)])
    found = here.modules[0]
    assert found.can_mend is can_mend
    call = only(found.calls_named("f"))
    assert found.text(call) == "f()"
    span = found.related(call, "here").span
    assert (span.column, span.end_column) == (9, 12)
    edit = found.replaced(call, "k()")
    after = found.source.content[: edit.start] + b"k()" + found.source.content[edit.end :]
    assert after.endswith(b"; k()")


def test_foreign_code_warns_nobody() -> None:
    assert not read([Source("a.py", b"x = '\\d'\nassert (x, 'y')\nx is 1\n")]).problems


def test_what_matters() -> None:
    for code in (b"import asyncio", b"async def f(): ...", b"import requests", b"Thread(target=f)"):
        assert matters(code)
    assert not matters(b"import math\n\ndef area(r):\n    return math.pi * r * r\n")
