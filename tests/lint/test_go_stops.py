"""Names that tell a goroutine to stop are known, and others are not taken for them."""

from __future__ import annotations

import pytest

from lint._go_code import body
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._stops import tells_to_stop


@pytest.mark.parametrize(
    "channel",
    ["ctx.Done()", "stop", "s.stopCh", "quit", "s.done", "closing", "w.shutdownCh", "readerDone"],
)
def test_what_tells_to_stop(channel: str) -> None:
    (received,) = body(f"<-{channel}").all(n.Receive)
    assert tells_to_stop(received)


@pytest.mark.parametrize("channel", ["ticker.C", "s.results", "errc", "time.After(second)"])
def test_what_does_not(channel: str) -> None:
    (received,) = body(f"<-{channel}").all(n.Receive)
    assert not tells_to_stop(received)
