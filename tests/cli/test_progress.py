"""Who waits for longer than two seconds at a terminal sees how far it is."""

from __future__ import annotations

import io

import pytest

from snowshed.cli._progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bar_is_shown_after_two_seconds_and_taken_away(clock: Clock) -> None:
    out = Terminal()
    progress = Progress("trace.out", 50_000_000, out=out, clock=clock)
    clock.now = 1.9
    progress(10_000_000)
    assert out.getvalue() == ""
    clock.now = 2.1
    progress(25_000_000)
    bar = "#" * 15 + "." * 15
    assert out.getvalue() == f"\r\x1b[Ktrace.out: [{bar}] 25 of 50 MB"
    progress.close()
    assert out.getvalue().endswith("MB\r\x1b[K")


def test_what_is_done_too_soon_is_not_talked_about(clock: Clock) -> None:
    out = Terminal()
    progress = Progress("x", 5, out=out, clock=clock)
    progress(5)
    progress.close()
    assert out.getvalue() == ""


def test_nothing_is_written_to_a_file(clock: Clock) -> None:
    out = io.StringIO()
    progress = Progress("x", 5, out=out, clock=clock)
    clock.now = 9.0
    progress(5)
    progress.close()
    assert out.getvalue() == ""


def test_without_a_total_the_bytes_are_counted_and_more_than_all_is_all(clock: Clock) -> None:
    out = Terminal()
    clock.now = 0.0
    progress, known = (Progress("x", total, out=out, clock=clock) for total in (0, 1_000_000))
    clock.now = 3.0
    progress(7_000_000)
    assert out.getvalue().endswith("x: 7 MB")
    known(7_000_000)
    assert f"[{'#' * 30}]" in out.getvalue()
