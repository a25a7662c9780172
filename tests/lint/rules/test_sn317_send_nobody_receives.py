"""Sends of what nobody takes, and those that somebody may take after all."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN317"
FIELD = """
package {package}

type Watch struct {{
    {name} chan error
}}

func start() *Watch {{
    return &Watch{{{name}: make(chan error{places})}}
}}

func (w *Watch) fail(err error) {{
    w.{name} <- err {mark}
}}
"""


@pytest.mark.parametrize("places", ["", ", 8"])
@pytest.mark.parametrize(("name", "package"), [("errors", "p"), ("Errors", "main")])
def test_a_field_that_nobody_receives_from(places: str, name: str, package: str) -> None:
    (found,) = go(RULE, FIELD.format(places=places, name=name, package=package, mark="// want"))
    assert ("once the channel is full" in found.message) is bool(places)


@pytest.mark.parametrize(
    "more",
    [
        "func (w *Watch) next() error { return <-w.errors }",
        "func (w *Watch) Errors() <-chan error { return w.errors }",
        "func (w *Watch) drain() {\n for range w.errors {\n }\n}",
        "func (w *Watch) poll() {\n select {\n case <-w.errors:\n default:\n }\n}",
        "func (w *Watch) hand(f func(chan error)) { f(w.errors) }",
        "func look(w any) error { return <-w.(*Watch).errors }",
    ],
    ids=["received", "shown", "ranged over", "polled", "handed on", "by a name"],
)
def test_somebody_may_receive(more: str) -> None:
    code = FIELD.format(places="", name="errors", package="p", mark="")
    go(RULE, f"{code}\n{more}\n")


def test_a_field_that_others_can_name() -> None:
    go(RULE, FIELD.format(places="", name="Errors", package="p", mark=""))


def test_one_that_they_can_only_send_to() -> None:
    go(
        RULE,
        """
        package p

        type watch struct{ in chan int }

        func start() (*watch, chan<- int) {
            c := make(chan int)
            return &watch{c}, c
        }

        func (w *watch) put() {
            w.in <- 1 // want
        }
        """,
    )


@pytest.mark.parametrize(
    ("places", "sends", "mark"),
    [("", 1, "// want"), (", 1", 1, ""), (", 1", 2, "// want"), (", n", 2, "")],
)
def test_one_of_a_function_has_places_for_all(places: str, sends: int, mark: str) -> None:
    lines = "\n".join(f"ch <- 1 {mark}" for _ in range(sends))
    go(RULE, f"package p\nfunc f(n int) {{\nch := make(chan int{places})\n{lines}\n}}\n")


def test_who_looks_how_many_there_are_need_not_receive() -> None:
    go(
        RULE,
        "package p\nfunc f() int {\nc := make(chan int, 1)\nc <- 1\nc <- 2\nreturn len(c)\n}\n",
    )


def test_a_case_of_several_may_be_left_out() -> None:
    go(
        RULE,
        """
        package p

        func f(stop chan int) {
            dead := make(chan int)
            select {
            case dead <- 1:
            case <-stop:
            }
        }
        """,
    )


def test_a_test_only_tries_out_what_it_gives() -> None:
    code = """
    package p
    func tell(c chan int) { c <- 1%s }
    """
    made = "package p\nfunc TestIt() { tell(make(chan int)) }\n"
    go(RULE, {"a.go": code % "", "a_test.go": made})
    go(RULE, {"a.go": code % " // want\n", "b.go": made})
