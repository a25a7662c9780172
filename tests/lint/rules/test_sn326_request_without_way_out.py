"""Requests whose answers are waited for with a timeout, and that are sent without one."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN326"
ASK = """
package p

import (
    "context"
    "time"
)

type request struct {{
    key string
    answer chan int
}}

type store struct {{
    requests chan request
    stop chan struct{{}}
    skills chan int
    feed feed
    beat *time.Ticker
}}

type feed struct {{ C chan int }}

func open() *store {{
    return &store{{requests: make(chan request{places}), stop: make(chan struct{{}})}}
}}

func (s *store) serve() {{
    for r := range s.requests {{
        r.answer <- 1
    }}
}}

func (s *store) get(ctx context.Context, other chan int) int {{
    answer := make(chan int, 1)
    asked := request{{"a", answer}}
    {sent}
    {between}
    select {{
    case n := <-{by}:
        return n
    case <-{end}:
        return 0
    {more}
    }}
}}
"""
SENT = "s.requests <- asked"


def ask(**parts: str) -> str:
    usual = {"places": "", "between": "", "by": "asked.answer", "end": "ctx.Done()", "more": ""}
    return ASK.format(**usual | {"sent": f"{SENT} // want"} | parts)


TOLD: dict[str, dict[str, str]] = {
    "a context": {},
    "a timer": {"end": "time.After(time.Second)"},
    "a stop": {"end": "s.stop"},
    "a ticker": {"end": "s.beat.C"},
    "a ticker that is made here": {"between": "beat := time.NewTicker(1)", "end": "beat.C"},
    "a new channel that is sent to again": {
        "sent": "new := make(chan request, 9)\n    for {\n    new <- asked // want",
        "more": "case <-other:\n    }",
    },
    "a queue": {"places": ", 16"},
    "a channel in what is sent": {
        "sent": 's.requests <- request{"a", answer} // want',
        "by": "answer",
    },
    "something between": {"between": "println()"},
}
QUIET: dict[str, dict[str, str]] = {
    "one place": {"places": ", 1"},
    "another channel": {"by": "other"},
    "no way out": {"end": "other"},
    "both have one": {
        "sent": f"select {{\ncase {SENT}:\ncase <-ctx.Done():\nreturn 0\n}}",
    },
    "a field of a name that timers have": {"end": "s.feed.C"},
    "a name that has a stop in it": {"end": "s.skills"},
    "a new channel with places": {"sent": "new := make(chan request, 9)\n    new <- asked"},
    "a new channel in each turn": {
        "sent": "for {\n    new := make(chan request, 9)\n    new <- asked",
        "more": "case <-other:\n    }",
    },
    "far away": {"between": "println(1)\nprintln(2)\nprintln(3)"},
    "only its receiver": {"sent": "s.requests <- s.first", "by": "s.answers"},
    "nothing of it is sent": {"sent": "s.stop <- struct{}{}"},
}


@pytest.mark.parametrize("parts", TOLD.values(), ids=TOLD.keys())
def test_a_request_that_has_to_wait(parts: dict[str, str]) -> None:
    go(RULE, ask(**parts))


@pytest.mark.parametrize("parts", QUIET.values(), ids=QUIET.keys())
def test_a_request_that_has_not(parts: dict[str, str]) -> None:
    go(RULE, ask(**{"sent": SENT} | parts))


def test_it_tells_the_way_out() -> None:
    (found,) = go(RULE, ask())
    assert found.message.endswith("its answer has: `<-ctx.Done()`")
