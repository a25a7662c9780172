"""Which goroutine does what, how often, and in which order."""

from __future__ import annotations

import pytest

from lint._go_code import package
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._locals import MANY, Local, locals_of, most, turns
from snowshed.lint._go._threads import Way, starts


def local(code: str) -> Local:
    (found,) = locals_of(package(code))
    return found


def ways(code: str) -> list[tuple[str, str]]:
    return [(act.operation.does.name, act.run.way.name) for act in local(code).acts]


def test_who_does_it() -> None:
    found = ways(
        """
        func f() {
            ch := make(chan int)
            defer close(ch)
            go func() { ch <- 1 }()
            func() { <-ch }()
            defer func() { <-ch }()
            help(ch)
            go help(ch)
        }
        func help(c chan int) { c <- 2 }
        """
    )
    assert found == [
        ("CLOSE", "DEFERRED"),
        ("SEND", "SPAWNED"),
        ("RECEIVE", "HERE"),
        ("RECEIVE", "DEFERRED"),
        ("SEND", "HERE"),
        ("SEND", "SPAWNED"),
    ]


@pytest.mark.parametrize(
    ("use", "way"),
    [
        ("group.Go(func() { ch <- 1 })", Way.SPAWNED),
        ("time.AfterFunc(1, func() { ch <- 1 })", Way.SPAWNED),
        ("once.Do(func() { ch <- 1 })", Way.HERE),
        ("send := func() { ch <- 1 }; send()", Way.HERE),
        ("send := func() { ch <- 1 }; go send()", Way.SPAWNED),
        ("send := func() { ch <- 1 }; defer send()", Way.DEFERRED),
        ("spawn(func() { ch <- 1 })", Way.SPAWNED),
        ("deep(func() { ch <- 1 })", Way.SPAWNED),
        ("call(func() { ch <- 1 })", Way.HERE),
        ("other.Run(func() { ch <- 1 })", Way.UNKNOWN),
        ("again(func() { ch <- 1 })", Way.UNKNOWN),
        ("keep = func() { ch <- 1 }", Way.UNKNOWN),
        ("go func() { defer func() { ch <- 1 }() }()", Way.SPAWNED),
        ("go func() { go func() { ch <- 1 }() }()", Way.SPAWNED),
    ],
)
def test_how_a_literal_comes_to_run(use: str, way: Way) -> None:
    found = local(
        f"""
        var keep func()
        func f() {{
            ch := make(chan int)
            {use}
        }}
        func spawn(g func()) {{ go g() }}
        func deep(g func()) {{ if g != nil {{ go func() {{ defer println(); g() }}() }} }}
        func call(g func()) {{ g() }}
        func again(g func()) {{ again(g) }}
        """
    )
    assert [act.run.way for act in found.acts] == [way]
    assert found.is_clear is (way is not Way.UNKNOWN)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("ch <- 1", 1),
        ("ch <- 1; ch <- 2", 2),
        ("if x { ch <- 1 } else { ch <- 2 }", 1),
        ("if x { ch <- 1 }; ch <- 2", 2),
        ("if x { ch <- 1; return }; ch <- 2", 1),
        ("for { ch <- 1 }", MANY),
        ("for range 3 { ch <- 1 }", 3),
        ("for i := 1; i <= 4; i++ { ch <- 1 }", 4),
        ("for i := 0; i < 2; i++ { for range 3 { ch <- 1 } }", 6),
        ("for range all { ch <- 1 }", MANY),
        ("for range all { if x { ch <- 1; return } }", 1),
        ("help(ch)", 2),
        ("help(ch); ch <- 1", 3),
        ("for range 2 { help(ch) }", 4),
    ],
)
def test_how_often_it_is_sent(body: str, count: int) -> None:
    code = """
    func f(x bool, all []int) {
        ch := make(chan int)
        START
        <-ch
    }
    func help(c chan int) { c <- 1; c <- 2 }
    """
    here = local(code.replace("START", body))
    assert here.total(here.sends()) == count
    apart = local(code.replace("START", f"go func() {{ {body} }}()"))
    assert apart.total(apart.sends()) == count
    twice = local(code.replace("START", f"for range 2 {{ go func() {{ {body} }}() }}"))
    assert twice.total(twice.sends()) == min(2 * count, MANY)


def test_each_turn_may_have_a_channel_of_its_own() -> None:
    found = local("func f() { for { ch := make(chan int); go func() { ch <- 1 }(); <-ch } }")
    assert found.total(found.sends()) == 1
    assert not found.is_started_often(found.sends()[0])


def test_one_goroutine_or_several() -> None:
    once = local("func f() { ch := make(chan int); go func() { for { ch <- 1 } }() }")
    often = local("func f() { ch := make(chan int); for { go func() { ch <- 1 }() } }")
    inner = local(
        "func f() { ch := make(chan int); go func() { for { go func() { ch <- 1 }() } }() }"
    )
    found = [each.is_started_often(each.sends()[0]) for each in (once, often, inner)]
    assert found == [False, True, True]


@pytest.mark.parametrize(
    ("head", "count"),
    [
        ("range 3", 3),
        ("i := 0; i < 3; i++", 3),
        ("i := 0; i < n; i++", MANY),
        ("i := 0; i < 3; i += 2", MANY),
        ("i := 3; i >= 0; i--", MANY),
        ("x", MANY),
        ("range all", MANY),
    ],
)
def test_how_often_a_loop_turns(head: str, count: int) -> None:
    found = package(f"func f(n int, x bool, all []int) {{ for {head} {{ println() }} }}")
    (loop,) = found.functions[0].all(n.For)
    assert turns(loop) == count


def test_no_weights_weigh_nothing() -> None:
    found = package("func f() { go println() }")
    assert most(flow_of(found.functions[0]), {}) == 0


@pytest.mark.parametrize(
    "code",
    [
        "func f() { ch := make(chan int); ch = make(chan int); <-ch }",
        "func f() { ch, err := make(chan int), g(); ch, err = h(); <-ch; println(err) }",
        "func F() chan int { ch := make(chan int); return ch }",
        "var ch chan int\nfunc f() { ch = make(chan int); <-ch }",
        "func f(ch chan int) { ch = make(chan int); <-ch }",
    ],
    ids=["set again", "set by a call", "returned", "of the package", "a parameter"],
)
def test_what_is_no_channel_of_one_function(code: str) -> None:
    assert locals_of(package(code)) == []


def test_a_run_of_the_owner_in_itself_is_another() -> None:
    found = local("func f(up chan int) { ch := make(chan int); go f(ch); <-ch; up <- 1 }")
    assert not found.is_clear


def test_what_starts_a_goroutine() -> None:
    found = package(
        """
        func f() {
            go g()
            go func() {}()
            group.Go(func() {})
            go unknown()
        }
        func g() {}
        """
    )
    function = found.functions[0]
    assert [body.display for _, body in starts(function)] == ["g", "f.func1", "f.func2"]
