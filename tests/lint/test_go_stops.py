"""Names that tell a goroutine to stop are known, and others are not taken for them."""

from __future__ import annotations

import pytest

from lint._go_code import body
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._stops import ends_all, tells_to_stop


@pytest.mark.parametrize(
    "channel",
    [
        "ctx.Done()",
        "stop",
        "s.stopCh",
        "quit",
        "s.done",
        "closing",
        "w.shutdownCh",
        "readerDone",
        "s.m_stop",
        "s.isClosed",
    ],
)
def test_what_tells_to_stop(channel: str) -> None:
    (received,) = body(f"<-{channel}").all(n.Receive)
    assert tells_to_stop(received)


@pytest.mark.parametrize(
    "channel", ["ticker.C", "s.results", "errc", "time.After(second)", "s.skills", "determined"]
)
def test_what_does_not(channel: str) -> None:
    (received,) = body(f"<-{channel}").all(n.Receive)
    assert not tells_to_stop(received)


@pytest.mark.parametrize(
    ("case", "is_end"),
    [
        ("<-s.ctx.Done()", True),
        ("<-stop", True),
        ("<-ctx.Done()", False),
        ("<-results", False),
        ("results <- 1", False),
    ],
)
def test_what_ends_all_and_what_only_a_request(case: str, is_end: bool) -> None:
    (select,) = body(f"select {{\ncase {case}:\n}}").all(n.Select)
    assert ends_all(select.cases[0]) is is_end
