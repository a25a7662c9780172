"""A loop that serves a field until it is told to stop, and who sends to it."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN301"
SERVICE = """
package {package}

type Node struct {{
    status chan chan int
    {field} chan int
    stop   chan struct{{}}
    done   chan struct{{}}
}}

func New() *Node {{
    return &Node{{
        status: make(chan chan int),
        {field}: make(chan int{places}),
        stop: make(chan struct{{}}),
        done: make(chan struct{{}}),
    }}
}}

func (n *Node) run() {{
    defer close(n.done)
    for {{
        select {{
        case c := <-n.status:
            c <- 1
        case m := <-n.{field}:
            println(m)
        case <-n.stop:
            return
        }}
    }}
}}

func (n *Node) Status() int {{
    c := make(chan int, 1)
    select {{
    case n.status <- c:
        return <-c
    case <-n.done:
        return 0
    }}
}}

func (n *Node) Send(m int) {{
    n.{field} <- m {mark}
}}
"""


@pytest.mark.parametrize(
    ("places", "field", "package", "mark"),
    [
        ("", "messages", "node", "// want"),
        ("", "Messages", "main", "// want"),
        ("", "Messages", "node", ""),
        (", 16", "messages", "node", ""),
    ],
    ids=["a field", "of a program", "that others can name", "with places"],
)
def test_a_loop_that_serves_a_field(places: str, field: str, package: str, mark: str) -> None:
    go(RULE, SERVICE.format(places=places, field=field, package=package, mark=mark))


def test_one_more_receiver_is_enough() -> None:
    code = SERVICE.format(places="", field="messages", package="node", mark="")
    go(RULE, f"{code}\nfunc (n *Node) drain() {{\n\tfor range n.messages {{\n\t}}\n}}\n")


def test_a_call_of_an_interface_may_receive() -> None:
    code = SERVICE.format(places="", field="messages", package="node", mark="")
    more = "type taker interface{ Take(chan int) }\n"
    more += "func (n *Node) give(t taker) { t.Take(n.messages) }"
    go(RULE, f"{code}\n{more}\n")
