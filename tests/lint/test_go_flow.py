"""Which ways lead through a function; the compiler of Go is asked whether that is right."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from _go import go_environment, go_program
from lint._go_code import body, package
from snowshed.lint._go import End, flow_of, forward, operations
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import is_repeated


def ends(code: str) -> list[str]:
    """Return how a function may end: the text of the statement, or ``end`` behind the last one."""
    found = flow_of(body(code)).ends
    return ["end" if each.node is None else each.node.text for each in found]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x()", ["end"]),
        ("return", ["return"]),
        ("if a { return 1 }", ["return 1", "end"]),
        ("if a { return 1 } else { return 2 }", ["return 1", "return 2"]),
        ("for { }", []),
        ("for { break }", ["end"]),
        ("for { if a { return 1 } }", ["return 1"]),
        ("for a { return 1 }", ["return 1", "end"]),
        ("for range ch { }", ["end"]),
        ("L: for { for { break L } }", ["end"]),
        ("L: for { for { continue L } }", []),
        ("for { select { case <-a: break } }", []),
        ("for { switch a { case 1: break } }", []),
        ("select { }", []),
        ("select { case <-a: return 1; case <-b: return 2 }", ["return 1", "return 2"]),
        ("select { case <-a: return 1; default: }", ["return 1", "end"]),
        ("switch a { case 1: return 1 }", ["return 1", "end"]),
        ("switch a { case 1: return 1; default: return 2 }", ["return 1", "return 2"]),
        ("switch a { case 1: fallthrough; case 2: return 2; default: return 3 }", None),
        ("goto L; L: return 1", ["return 1"]),
        ("L: x(); goto L", []),
        ("panic(1)", ["panic(1)"]),
        ("os.Exit(1); x()", ["os.Exit(1)"]),
        ("log.Fatalf(``)", ["log.Fatalf(``)"]),
        ("s.logger.Fatal(1)", ["s.logger.Fatal(1)"]),
        ("t.Fatal(1)", ["t.Fatal(1)"]),
        ("s.Fatal(1)", ["end"]),
    ],
)
def test_where_a_function_may_end(code: str, found: list[str] | None) -> None:
    assert ends(code) == (["return 2", "return 3"] if found is None else found)


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("return", End.RETURN),
        ("x()", End.RETURN),
        ("panic(1)", End.PANIC),
        ("log.Panicln(1)", End.PANIC),
        ("t.FailNow()", End.GOEXIT),
        ("runtime.Goexit()", End.GOEXIT),
        ("os.Exit(1)", End.PROCESS),
    ],
)
def test_how_a_function_ends(code: str, end: End) -> None:
    assert [each.end for each in flow_of(body(code)).ends] == [end]


def test_a_way_that_does_not_come_by_there() -> None:
    found = body("lock(); if a { return }; unlock(); x()")
    flow = flow_of(found)
    lock, unlock = (
        flow.point_of(each) for each in found.all(n.Call) if each.path in {"lock", "unlock"}
    )
    assert lock is not None
    after = flow.ends_after(lock, without=lambda point: point is unlock)
    assert [each.node and each.node.text for each in after] == ["return"]


def test_a_point_in_a_loop_may_come_again() -> None:
    found = body("a(); for i := 0; i < 3; i++ { b(); if x { c(); break } }; d()")
    again = {call.path: is_repeated(call) for call in found.all(n.Call)}
    assert again == {"a": False, "b": True, "c": False, "d": False}


def test_each_node_of_a_function_has_a_point_also_what_nothing_leads_to() -> None:
    found = body("return; x(); for a { y() }; select { case v := <-b(): c(v) }; defer z(1)")
    flow = flow_of(found)
    assert all(flow.point_of(node) for node in n.walk(found.body) if node is not found.body)
    assert flow.is_whole
    assert [each.call.text for each in flow.deferred] == ["z(1)"]


def test_a_label_that_is_not_there_is_told() -> None:
    assert not flow_of(body("goto L")).is_whole


@pytest.mark.parametrize(
    ("code", "done"),
    [
        ("x(y(<-a), b)", ["a", "<-a", "y(<-a)", "b", "x(y(<-a), b)"]),
        ("go x(y())", ["y()"]),
        ("defer s.x(func() { z() })", ["s", "func() { z() }"]),
        ("if x() { y() }", ["x()"]),
        ("for range x() { y() }", ["x()"]),
        ("a <- x()", ["a", "x()"]),
    ],
)
def test_what_is_done_at_a_point_is_told_inner_before_outer(code: str, done: list[str]) -> None:
    found = body(code)
    flow = flow_of(found)
    point = flow.start.next[0]
    told = [each.text for each in point.operations if isinstance(each, n.Expression)]
    wanted = [each for each in told if each in done]
    assert wanted == done
    assert "z()" not in told


def test_operations_of_nothing_are_none() -> None:
    assert list(operations(None)) == []


def test_what_holds_at_a_point_is_joined_where_ways_meet() -> None:
    found = body("a(); if x { b() } else { c() }; d()")
    flow = flow_of(found)

    def step(point: object, state: frozenset[str]) -> frozenset[str]:
        calls = [each.path for each in point.operations if isinstance(each, n.Call)]  # type: ignore[attr-defined]
        return state | frozenset(calls)

    holds = forward(flow, frozenset(), step, lambda a, b: a & b)
    last = flow.point_of(found.all(n.Call)[-1])
    assert last is not None
    assert holds[last] == {"a"}


class _Program:
    """Functions of random statements, none of them behind one that goes away."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.labels = 0

    def function(self, name: str) -> str:
        return f"func {name}() int {{\n{self.statements(3, '', '')}}}\n"

    def statements(self, depth: int, breaks: str, loops: str) -> str:
        some = [self.going_on(depth, breaks, loops) for _ in range(self.random.randrange(2))]
        return "".join(some) + self.last(depth, breaks, loops)

    def going_on(self, depth: int, breaks: str, loops: str) -> str:
        inner = self.statements(depth - 1, breaks, loops) if depth else ""
        return self.random.choice(["x()\n", f"if c() {{\n{inner}}}\n"])

    def last(self, depth: int, breaks: str, loops: str) -> str:
        leaving = ["return 1\n", "panic(1)\n", *breaks.splitlines(True), *loops.splitlines(True)]
        if not depth:
            return self.random.choice([*leaving, "x()\n"])
        kind = self.random.choice(
            ["leave", "x", "if", "ifelse", "for", "while", "range", "switch", "select", "label"]
        )
        if kind in {"leave", "x"}:
            return self.random.choice(leaving) if kind == "leave" else "x()\n"
        return getattr(self, f"_{kind}")(depth - 1, breaks, loops)

    def _if(self, depth: int, breaks: str, loops: str) -> str:
        return f"if c() {{\n{self.statements(depth, breaks, loops)}}}\n"

    def _ifelse(self, depth: int, breaks: str, loops: str) -> str:
        return (
            f"if c() {{\n{self.statements(depth, breaks, loops)}}} else "
            f"{{\n{self.statements(depth, breaks, loops)}}}\n"
        )

    def _for(self, depth: int, breaks: str, loops: str, head: str = "for") -> str:
        del breaks
        inner = self.statements(depth, "break\n", f"{loops}continue\n")
        return f"{head} {{\n{inner}}}\n"

    def _while(self, depth: int, breaks: str, loops: str) -> str:
        return self._for(depth, breaks, loops, "for c()")

    def _range(self, depth: int, breaks: str, loops: str) -> str:
        return self._for(depth, breaks, loops, "for range ch")

    def _switch(self, depth: int, breaks: str, loops: str) -> str:
        del breaks
        one, two = (self.statements(depth, "break\n", loops) for _ in range(2))
        other = self.random.choice([f"default:\n{two}", ""])
        return f"switch {{\ncase c():\n{one}{other}}}\n"

    def _select(self, depth: int, breaks: str, loops: str) -> str:
        del breaks
        one, two = (self.statements(depth, "break\n", loops) for _ in range(2))
        other = self.random.choice(["default", "case ch <- 1"])
        return f"select {{\ncase <-ch:\n{one}{other}:\n{two}}}\n"

    def _label(self, depth: int, breaks: str, loops: str) -> str:
        del breaks
        self.labels += 1
        name = f"L{self.labels}"
        jumps = f"{loops}continue {name}\n"
        inner = self.statements(depth, f"break\nbreak {name}\n", jumps)
        return f"{name}:\nfor {{\nif c() {{\ncontinue {name}\n}}\n{inner}}}\n"


@pytest.mark.house
@pytest.mark.slow
def test_the_compiler_misses_a_return_where_a_way_leads_behind_the_last_statement(
    tmp_path: Path,
) -> None:
    """Its rule of terminating statements is ours where no code is dead."""
    programs = _Program(20)
    count = 400
    code = "package main\nvar ch chan int\nfunc x() {}\nfunc c() bool { return false }\n"
    code += "func main() {}\n"
    code += "".join(programs.function(f"f{number}") for number in range(count))
    (tmp_path / "main.go").write_text(code)
    done = subprocess.run(
        [go_program(), "build", "-gcflags=-e", "-o", str(tmp_path / "out"), "main.go"],
        cwd=tmp_path,
        env=go_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    complaints = re.findall(r"main\.go:(\d+):\d+: (.*)", done.stderr)
    assert {message for _, message in complaints} == {"missing return"}, done.stderr[:2000]
    missing = {int(line) for line, _ in complaints}
    functions = [each for each in package(code).functions if each.name.startswith("f")]
    assert len(functions) == count
    ours = {
        each.file.source.line_of(each.end - 1)
        for each in functions
        if any(end.node is None for end in flow_of(each).ends)
    }
    assert ours == missing
    assert 50 < len(missing) < count - 50
