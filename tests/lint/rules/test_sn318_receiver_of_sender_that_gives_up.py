"""A receiver whose sender may give up."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN318"
QUEUE = """
package p

import "context"

type queue struct {
    turns chan bool
    all   []chan bool
}

func start(ctx context.Context) *queue {
    q := &queue{turns: make(chan bool)}
    go q.send(ctx)
    return q
}

func (q *queue) send(ctx context.Context) {
    select {
    case q.turns <- true:
    case <-ctx.Done():
        return
    }
}

func (q *queue) wait() {
    <-q.turns // want
}
"""


def test_the_sender_gives_up() -> None:
    (found,) = go(RULE, QUEUE)
    assert found.message == (
        "`<-q.turns` waits for ever if `(*queue).send` gives up by `<-ctx.Done()`: "
        "nobody closes the channel"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("make(chan bool)", "make(chan bool, 1)"),
        ("    select {", "    defer close(q.turns)\n    select {"),
        ("case <-ctx.Done():\n        return", "default:"),
        ("<-q.turns // want", "select {\n    case <-q.turns:\n    default:\n    }"),
        ("<-ctx.Done():\n        return", "<-ctx.Done():\n        q.turns <- false"),
        (
            "func (q *queue) wait",
            "func (q *queue) one() { q.turns <- true }\n\nfunc (q *queue) wait",
        ),
        (
            "func (q *queue) wait",
            "func (q *queue) C() chan bool { return q.turns }\n\nfunc (q *queue) wait",
        ),
    ],
    ids=[
        "places",
        "closed",
        "a wake-up",
        "polled",
        "sends in the other case",
        "another",
        "outside",
    ],
)
def test_a_receiver_whose_wait_somebody_ends_is_not_reported(old: str, new: str) -> None:
    code = QUEUE.replace(old, new)
    assert code != QUEUE
    go(RULE, code.replace("// want", ""))


def test_the_elements_of_a_slice_are_channels_too() -> None:
    go(
        RULE,
        """
        package p

        import "context"

        type replica struct{ chans []chan bool }

        func made() *replica {
            r := &replica{}
            r.chans = append(r.chans, make(chan bool), make(chan bool))
            return r
        }

        func (r *replica) send(ctx context.Context) {
            for _, ch := range r.chans {
                select {
                case ch <- true:
                case <-ctx.Done():
                    return
                }
            }
        }

        func (r *replica) begin() {
            for _, ch := range r.chans {
                <-ch // want
            }
        }
        """,
    )
