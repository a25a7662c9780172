"""Who waits for longer than two seconds at a terminal sees how far it is."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from snowshed.cli._progress import Progress, ticking


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


def test_the_seconds_are_told_until_bytes_are(clock: Clock) -> None:
    out = Terminal()
    progress = Progress("a service", seconds=10.0, out=out, clock=clock)
    clock.now = 5.0
    progress.tick()
    assert out.getvalue() == f"\r\x1b[Ka service: [{'#' * 15}{'.' * 15}] 5 of about 10 s"
    clock.now = 30.0
    progress.tick()
    assert out.getvalue().endswith(f"[{'#' * 30}] 30 of about 10 s")
    progress(2_000_000)
    told = out.getvalue()
    progress.tick()
    assert out.getvalue() == told
    assert told.endswith("a service: 2 MB")


def test_after_the_end_nothing_is_told(clock: Clock) -> None:
    out = Terminal()
    progress = Progress("x", out=out, clock=clock)
    clock.now = 3.0
    progress.tick()
    progress.close()
    told = out.getvalue()
    progress.tick()
    progress(5)
    assert out.getvalue() == told == "\r\x1b[Kx: 3 s\r\x1b[K"


def test_a_name_leaves_room_for_the_bar(clock: Clock) -> None:
    out = Terminal()
    progress = Progress("/srv/" + "x" * 500 + "/trace.out", out=out, clock=clock)
    clock.now = 3.0
    progress.tick()
    assert len(out.getvalue()) < 50
    assert "/trace.out: 3 s" in out.getvalue()


def test_where_stderr_is_closed_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with ticking(Progress("x")) as progress:
        progress.tick()


def test_who_waits_at_a_terminal_sees_that_it_goes_on() -> None:
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "snowshed", "doctor", "-"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    told = b""

    def read() -> None:
        nonlocal told
        # At its end a terminal fails with EIO.
        with suppress(OSError):
            told += os.read(terminal, 4096)

    try:
        _until(lambda: b"stdin: 3 s" in told, read)
        out, _ = process.communicate(
            b"goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:5 +0x1d\n"
        )
        _until(lambda: told.endswith(b"\r\x1b[K"), read)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert out == b"1 goroutine, nothing wrong\n"
    assert told.startswith(b"\r\x1b[Kstdin: ")


def _until(done: Callable[[], bool], read: Callable[[], None]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        read()
