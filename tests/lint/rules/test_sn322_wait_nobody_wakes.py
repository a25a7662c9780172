"""Condition variables that are waited for without a condition, or without anybody who wakes."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN322"
QUEUE = """
package p

import "sync"

type queue struct {
    cond  *sync.Cond
    items []int
}

func made() *queue {
    q := &queue{}
    q.cond = sync.NewCond(&sync.Mutex{})
    return q
}

func (q *queue) put(item int) {
    q.cond.L.Lock()
    defer q.cond.L.Unlock()
    q.items = append(q.items, item)
    q.cond.Signal()
}

func (q *queue) get() {
    q.cond.L.Lock()
    defer q.cond.L.Unlock()
    q.cond.Wait() // want
}
"""


def test_a_wait_without_a_condition() -> None:
    (found,) = go(RULE, QUEUE)
    assert found.message == (
        "`q.cond.Wait()` looks at no condition, and misses a `Signal` that came before"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("q.cond.Wait() // want", "for len(q.items) == 0 {\n q.cond.Wait()\n }"),
        ("q.cond.Wait() // want", "if len(q.items) == 0 {\n q.cond.Wait()\n }"),
        ("q.cond.Wait() // want", "if len(q.items) > 0 {\n return\n }\n q.cond.Wait()"),
        (
            "func (q *queue) get() {",
            "func (q *queue) all() {\n for {\n q.get()\n }\n}\nfunc (q *queue) get() {",
        ),
    ],
    ids=["a loop", "an if", "left before", "a helper of a loop"],
)
def test_a_condition_decides(old: str, new: str) -> None:
    go(RULE, QUEUE.replace(old, new).replace(" // want", ""))


def test_a_literal_is_not_in_the_loop_around_it() -> None:
    code = QUEUE.replace(
        "q.cond.Wait() // want", "for {\n run(func() {\n q.cond.Wait() // want\n })\n }"
    )
    go(RULE, f"{code}\nfunc run(f func()) {{ go f() }}\n")


def test_nobody_wakes_it() -> None:
    code = QUEUE.replace("    q.cond.Signal()\n", "")
    (found,) = go(RULE, code)
    assert "nobody calls `Signal` or `Broadcast` on `q.cond`" in found.message


@pytest.mark.parametrize(
    "more",
    [
        "func (q *queue) wake() { q.cond.Broadcast() }",
        "func (q *queue) wake(f func(*sync.Cond)) { f(q.cond) }",
        "func wake(c *sync.Cond) { c.Broadcast() }\nfunc (q *queue) end() { wake(q.cond) }",
        "type other struct{ c *sync.Cond }\nfunc (q *queue) share(o *other) { o.c = q.cond }",
    ],
    ids=["called", "handed on", "by a helper", "shared"],
)
def test_somebody_may_wake_it(more: str) -> None:
    code = QUEUE.replace("    q.cond.Signal()\n", "").replace(
        "q.cond.Wait() // want", "for len(q.items) == 0 {\n q.cond.Wait()\n }"
    )
    go(RULE, f"{code}\n{more}\n")


def test_one_of_a_function() -> None:
    go(
        RULE,
        """
        package p

        import "sync"

        func f() {
            cond := sync.NewCond(&sync.Mutex{})
            cond.L.Lock()
            cond.Wait() // want
        }
        """,
    )
