"""Blocked loops: each is counted, its line is named, and the log is not flooded."""

from __future__ import annotations

import logging

import pytest

from snowshed.model import Frame
from snowshed.observe._sampler._blocked import LINES_AT_MOST, SHOWN, STILL_BLOCKED, Blockages
from snowshed.observe._sampler._lag import Held
from snowshed.observe._sampler._running import Culprit

LINE = Culprit(Frame("load_prices", "shop.py", 17), "time.sleep")
OTHER = Culprit(Frame("save", "shop.py", 40), "json.dumps")
LOOP, LOOP_2 = object(), object()


class Scene:
    """Blockages, and who is to blame for the next one."""

    def __init__(self, **settings: float) -> None:
        self.blockages = Blockages(**({"after": 0.1, "log_interval": 10.0} | settings))
        self.line: Culprit | None = LINE
        self.request = ""
        self.asked = 0

    def who(self, held: Held) -> tuple[Culprit | None, str]:
        self.asked += 1
        return self.line, self.request

    def see(self, since: float | None, now: float, loop: object = LOOP) -> None:
        held = None if since is None else Held(None, since)
        self.blockages.see(loop, held, now, self.who)

    def block(self, began: float, seconds: float) -> None:
        self.see(began, began + max(seconds / 2, 0.1))
        self.see(began, began + seconds)
        self.see(None, began + seconds)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "snowshed.blocked")
    return caplog


def test_a_loop_that_was_blocked_is_one_line_with_how_long_and_where(
    log: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    scene.request = "GET /prices"
    scene.see(5.0, 5.02)
    scene.see(5.0, 5.12)
    scene.see(5.0, 5.30)
    scene.see(None, 5.31)
    where = "shop.py:17 time.sleep in load_prices() (request GET /prices)"
    assert log.messages == [f"the loop was blocked for 0.31 s at {where}"]
    assert scene.asked == 1


def test_what_ends_in_time_is_no_blockage(log: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.see(5.0, 5.09)
    scene.see(None, 5.11)
    assert (scene.blockages.events, scene.asked, log.messages) == (0, 0, [])


def test_the_next_one_in_the_same_loop_is_another(log: pytest.LogCaptureFixture) -> None:
    scene = Scene(log_interval=0.0)
    scene.line = OTHER
    scene.see(5.0, 5.2)
    scene.line = LINE
    scene.see(5.2, 5.4)
    scene.see(5.2, 5.5)
    scene.see(None, 5.7)
    blockages = scene.blockages
    assert blockages.events == 2
    # The first has ended when the second was seen.
    assert blockages.seconds == pytest.approx(0.4 + 0.5)
    assert blockages.longest == pytest.approx(0.5)
    assert [each.call for each in blockages.lines()] == ["time.sleep", "json.dumps"]
    assert len(log.messages) == 2


def test_two_loops_are_blocked_apart() -> None:
    scene = Scene()
    scene.see(5.0, 5.2, LOOP)
    scene.see(5.1, 5.3, LOOP_2)
    scene.see(None, 5.4, LOOP)
    assert scene.blockages.events == 1
    scene.see(None, 5.5, LOOP_2)
    assert scene.blockages.events == 2
    assert scene.blockages.seconds == pytest.approx(0.8)


def test_a_loop_that_stays_blocked_is_told_of_before_it_ends(log: pytest.LogCaptureFixture) -> None:
    scene = Scene(log_interval=0.0)
    scene.see(5.0, 5.2)
    scene.see(5.0, 5.0 + STILL_BLOCKED)
    scene.see(5.0, 6.0 + STILL_BLOCKED)
    assert log.messages == [
        "the loop has been blocked for 5.00 s at shop.py:17 time.sleep in load_prices()"
    ]
    assert scene.blockages.events == 0


def test_the_same_line_is_logged_once_in_an_interval_and_counted_always(
    log: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    for began in (0.0, 1.0, 2.0, 20.0):
        scene.block(began, 0.2)
    assert len(log.messages) == 2
    assert scene.blockages.suppressed == 2
    [line] = scene.blockages.lines()
    assert (line.events, line.frame, line.call) == (4, LINE.frame, "time.sleep")
    assert line.seconds == pytest.approx(0.8)


def test_a_line_that_cannot_be_seen_is_unknown(log: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.line = None
    scene.block(0.0, 0.2)
    assert log.messages == ["the loop was blocked for 0.20 s at a line that was not seen"]


def test_lines_beyond_the_bound_are_counted_together() -> None:
    scene = Scene()
    for number in range(LINES_AT_MOST + 50):
        scene.line = Culprit(Frame("f", "made.py", number), "")
        scene.block(float(number), 0.2)
    blockages = scene.blockages
    assert blockages.events == LINES_AT_MOST + 50
    assert len(blockages._lines) == LINES_AT_MOST + 1
    assert len(blockages._written) <= LINES_AT_MOST
    assert len(blockages.lines()) == SHOWN
    assert blockages.lines()[0].events == 50


def test_what_blocked_a_loop_that_is_closed_right_after_is_told_and_then_forgotten(
    log: pytest.LogCaptureFixture,
) -> None:
    """As the last step of ``asyncio.run``."""
    scene = Scene(log_interval=0.0)
    scene.see(5.0, 5.2)
    scene.see(5.1, 5.3, LOOP_2)
    scene.blockages.end_all_but({LOOP_2}, 5.4)
    scene.blockages.end_all_but({LOOP_2}, 5.4)
    assert [message[:32] for message in log.messages] == ["the loop was blocked for 0.40 s "]
    scene.see(None, 5.4, LOOP_2)
    assert scene.blockages.events == 2
    assert scene.blockages._now == {}
