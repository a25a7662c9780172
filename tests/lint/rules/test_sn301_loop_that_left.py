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
        (", 16", "messages", "node", "// want"),
        (", size", "messages", "node", "// want"),
        (", 1", "messages", "node", ""),
        (", 5000", "messages", "node", ""),
        (", len(os.Args)", "messages", "node", ""),
    ],
    ids=[
        "a field",
        "of a program",
        "that others can name",
        "a queue",
        "a queue of a size that a constant says",
        "a token",
        "a queue that is hardly ever full",
        "a place for each",
    ],
)
def test_a_loop_that_serves_a_field(places: str, field: str, package: str, mark: str) -> None:
    go(RULE, SERVICE.format(places=places, field=field, package=package, mark=mark))


DRAINED = """
            for {
                select {
                case <-n.messages:
                default:
                    return
                }
            }
        }
    }
}

func (n *Node) Status"""
ENDS = """
            return
        }
    }
}

func (n *Node) Status"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("case <-n.stop:", "case <-n.tick:"), (ENDS, DRAINED)],
    ids=["nobody tells it to stop", "it takes what is there"],
)
def test_a_queue_that_somebody_looks_after(old: str, new: str) -> None:
    code = SERVICE.format(places=", 16", field="messages", package="node", mark="")
    assert old in code
    go(RULE, code.replace(old, new))


@pytest.mark.parametrize(("places", "mark"), [(1, "// want"), (2, "")])
def test_goroutines_that_only_send_need_a_place_each(places: int, mark: str) -> None:
    code = SERVICE.format(places=f", {places}", field="messages", package="node", mark="")
    service, head, _ = code.partition("func (n *Node) Send")
    alone = f"(m int) {{\n    go func() {{\n        n.messages <- m {mark}\n    }}()\n}}\n"
    go(RULE, f"{service}{head}{alone}{head}Twice{alone}")


def test_one_more_receiver_is_enough() -> None:
    code = SERVICE.format(places="", field="messages", package="node", mark="")
    go(RULE, f"{code}\nfunc (n *Node) drain() {{\n\tfor range n.messages {{\n\t}}\n}}\n")


def test_a_call_of_an_interface_may_receive() -> None:
    code = SERVICE.format(places="", field="messages", package="node", mark="")
    more = "type taker interface{ Take(chan int) }\n"
    more += "func (n *Node) give(t taker) { t.Take(n.messages) }"
    go(RULE, f"{code}\n{more}\n")


TAKEN = """
package p

type watch struct {{
    events, errors chan int
    stop chan struct{{}}
}}

func start(read func() int) *watch {{
    w := &watch{{events: make(chan int), errors: make(chan int), stop: make(chan struct{{}})}}
    {starts}
    go func() {{
        for {{
            w.events <- read(){mark}
        }}
    }}()
    return w
}}

func (w *watch) {name}() int {{
    select {{
    case n := <-w.events:
        return n
    case <-w.stop:
        return 0
    }}
}}
{more}
"""
AGAIN = {
    "by other packages": {"name": "Next"},
    "by somebody who is not seen": {"name": "next"},
    "in a loop": {"name": "next", "more": "func (w *watch) all() { for { w.next() } }"},
    "by a method for other packages": {
        "name": "next",
        "more": "func (w *watch) Next() int { return w.next() }",
    },
}
ONCE_ONLY = {
    "a goroutine": {"name": "run", "starts": "go w.run()"},
    "by who makes the channel": {"name": "first", "more": "func main() { start(nil).first() }"},
}


@pytest.mark.parametrize("parts", AGAIN.values(), ids=AGAIN.keys())
def test_who_is_called_for_each_element_comes_back(parts: dict[str, str]) -> None:
    go(RULE, TAKEN.format(**{"starts": "", "more": "", "mark": ""} | parts))


@pytest.mark.parametrize("parts", ONCE_ONLY.values(), ids=ONCE_ONLY.keys())
def test_who_is_called_once_does_not(parts: dict[str, str]) -> None:
    go(RULE, TAKEN.format(**{"starts": "", "more": "", "mark": " // want"} | parts))


ANSWER = """
package p

import "time"

type request struct{ answer chan int }

type server struct{ requests chan request }

func (s *server) run() {
    for r := range s.requests {
        r.answer <- 1
    }
}

func (s *server) ask(d time.Duration) int {
    answer := make(chan int) // want
    s.requests <- request{answer}
    select {
    case n := <-answer:
        return n
    case <-time.After(d):
        return 0
    }
}
"""


def test_an_answer_that_nobody_waits_for() -> None:
    (found,) = go(RULE, ANSWER)
    assert found.message == (
        "`make(chan int)` has no place for the answer `r.answer <- 1` once the select on line 18 "
        "has left by `<-time.After(d)`"
    )
    assert found.waits_at == (11,)
    assert found.fix is not None
    assert not found.fix.safe


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("make(chan int) // want", "make(chan int, 1)"),
        ("        return 0\n", "        return <-answer\n"),
        ("r.answer <- 1", "select {\n case r.answer <- 1:\n default:\n }"),
    ],
    ids=["a place", "received", "given up"],
)
def test_an_answer_that_ends(old: str, new: str) -> None:
    go(RULE, ANSWER.replace(old, new).replace(" // want", ""))


LISTENERS = """
package p

import "sync"

type hub struct {{
    mu sync.Mutex
    listeners map[string]chan int
}}

func (h *hub) send(event int) {{
    for _, each := range h.listeners {{
        {send}
    }}
}}

func (h *hub) listen(name string, write func(int) error) error {{
    events := make(chan int{places})
    h.mu.Lock()
    h.listeners[name] = events
    h.mu.Unlock()
    {loop}
}}
"""
SEND = "each <- event"
ENDLESS = """for {
        if err := write(<-events); err != nil {
            return err
        }
    }"""
RANGE = """for event := range events {
        if err := write(event); err != nil {
            return err
        }
    }
    return nil"""
ONCE = "return write(<-events)"
STAYS = "for { write(<-events) }"
NO_WAIT = "select {\n        case each <- event:\n        default:\n        }"


@pytest.mark.parametrize(
    ("send", "places", "loop"),
    [
        (f"{SEND} // want", "", ENDLESS),
        (f"{SEND} // want", "", RANGE),
        (SEND, "", STAYS),
        (SEND, "", ONCE),
        (SEND, ", 8", ENDLESS),
        (NO_WAIT, "", ENDLESS),
    ],
    ids=["a loop", "a range", "who never leaves", "one event", "with places", "who does not wait"],
)
def test_who_sends_to_all_waits_for_who_has_left(send: str, places: str, loop: str) -> None:
    go(RULE, LISTENERS.format(send=send, places=places, loop=loop))
