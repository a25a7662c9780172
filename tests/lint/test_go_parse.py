"""What is parsed of a file, and what only when somebody asks."""

from __future__ import annotations

import gc
import weakref

import pytest

from snowshed.lint._go import Function, Package, flow_of, read
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._parse import quiet_bodies
from snowshed.lint._go._prefilter import places_of
from snowshed.lint._source import Source

LOUD = "func loud() {\n\tgo quiet()\n}\n"


def package(code: str) -> Package:
    found, *others = read([Source("p.go", f"package p\n\n{code}".encode())])
    assert not others
    return found


def function(code: str, name: str) -> Function:
    found = package(code).function(name)
    assert found is not None
    return found


def is_skipped(code: str) -> bool:
    content = f"package p\n\n{code}".encode()
    return bool([*quiet_bodies(content, places_of(content))])


def test_a_body_that_nobody_asks_for_is_not_parsed() -> None:
    quiet = "func quiet() int {\n\tx := 1\n\treturn x\n}\n"
    assert is_skipped(quiet)
    assert not is_skipped(LOUD)
    found = package(quiet + LOUD)
    assert [each.name for each in found.interesting] == ["loud"]


def test_who_asks_for_it_has_it_with_the_places_of_the_file() -> None:
    quiet = "func quiet(a int) (b string) {\n\tfor {\n\t\tx := f(a)\n\t\treturn x\n\t}\n}\n"
    found = function(LOUD + quiet + LOUD.replace("loud", "louder"), "quiet")
    content = found.file.source.content
    (call,) = found.all(n.Call)
    assert content[call.start : call.end] == b"f(a)"
    assert call.line == 8
    assert isinstance(call.arguments[0], n.Name)
    assert call.arguments[0].variable is found.parameters[0]
    assert [each.name for each in found.variables] == ["a", "b", "x"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("func f() {\n\ts := `\n}\n`\n\tgo g()\n}\n", id="a string over lines"),
        pytest.param("func f() {\n\t/*\n}\n*/\n\tgo g()\n}\n", id="a comment over lines"),
        pytest.param("func f() {\nif x {\n}\ngo g()\n}\n", id="not as gofmt writes"),
        pytest.param("func f(\n\tx int,\n) {\n\tgo g()\n}\n", id="a head over lines"),
        pytest.param("func f() { go g() }\n\nfunc h() {\n}\n", id="a body in one line"),
    ],
)
def test_what_only_looks_like_the_end_of_a_body_is_none(code: str) -> None:
    found = function(code, "f")
    assert len(found.all(n.Go)) == 1


def test_what_is_no_go_in_a_body_is_told_when_somebody_asks_for_it() -> None:
    found = package("func quiet() {\n\tx := := 1\n}\n" + LOUD)
    assert found.problems == []
    quiet = found.function("quiet")
    assert quiet is not None
    assert quiet.body.statements == []
    (problem,) = found.problems
    assert problem.message == "not valid Go: function quiet is left out"
    assert problem.line == 4


def test_new_of_a_value_is_known_in_a_body_that_is_parsed_later() -> None:
    found = function("func quiet() *int {\n\treturn new(1 + 2)\n}\n" + LOUD, "quiet")
    (call,) = found.all(n.Call)
    assert isinstance(call.arguments[0], n.Binary)
    assert found.file.package.problems == []


def test_a_forgotten_package_is_freed_without_the_collector() -> None:
    code = """
var hook = func() { run(func() { done <- 1 }) }

var done = make(chan int)

func (s *store) loud(n int) {
	for i := range n {
		go func() {
			for x := i; ; x++ {
				if x > n {
					done <- x
				}
			}
		}()
	}
}
"""
    found = package(code)
    functions = list(found.interesting)
    for each in functions:
        flow_of(each)
    kept = [weakref.ref(each) for each in functions]
    assert len(kept) >= 3
    gc.collect()
    gc.disable()
    try:
        found.forget()
        del found, functions, each
        assert [ref() for ref in kept] == [None] * len(kept)
    finally:
        gc.enable()


def test_what_is_broken_deep_down_is_told() -> None:
    found = package(f"func deep() {{\n\tgo f({'(' * 3000}:={')' * 3000})\n}}\n")
    (problem,) = found.problems
    assert problem.message == "not valid Go: what stands there is left out"
    assert problem.line == 3
