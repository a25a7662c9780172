"""``snowshed top``: one look into a pipe, and a terminal with its keys."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import _debugged
from _snapshots import task
from snowshed.cli import _top, main
from snowshed.cli._ask import CannotAsk, Process, Question
from snowshed.cli._frame import Look, View
from snowshed.cli._groups import Group

ME = str(os.getpid())


@pytest.fixture(autouse=True)
def place() -> Iterator[Path]:
    with _debugged.place() as folder:
        yield folder


def test_into_a_pipe_it_is_one_look(capsys: pytest.CaptureFixture[str]) -> None:
    limiter = {"limit": 50, "inflight": 20, "offered": 9, "admitted": 7}
    with _debugged.serving([task(1), task(2)], sources={"limiter": limiter}):
        assert main(["top", ME]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        f"2 tasks and threads in process {ME}, by count",
        "limiter: 20 of 50 units in flight, 9 offered, 2 refused",
        "",
        "change  count  state  waiting at               created at          oldest",
        "            2  lock   shop/app.py:41 checkout  shop/app.py:7 main   5.0 s",
    ]


def test_workers_are_one_picture(capsys: pytest.CaptureFixture[str]) -> None:
    with _debugged.workers(3, 4):
        assert main(["top", ME, "--once", "--sort", "oldest", "--group-by", "state"]) == 0
    assert capsys.readouterr().out.startswith("7 tasks and threads in 2 processes, by oldest")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sort", "name"], "cannot sort by 'name'; there are: count, oldest, growth, state"),
        (["--group-by", ","], "--group-by names nothing"),
        (["--interval", "2"], "'2' is no time"),
        ([], "start the service with 'snowshed run'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["top", ME, *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


class TestWatching:
    """The loop of looks and keys, without a terminal and without waiting."""

    def test_each_look_is_compared_with_the_one_before(self) -> None:
        keys = Keys("", "", "q")
        shown = watched(keys, counts=[10, 12, 11])
        assert [(view.total_before, [*view.before.values()]) for _, view in shown] == [
            (None, []),
            (10, [10]),
            (12, [12]),
        ]

    def test_a_key_sorts_what_was_seen_at_once(self) -> None:
        shown = watched(Keys("o", "s", "x", "w", "q"), counts=[10])
        # 'w' sorts by a thing that these are not grouped by.
        assert [view.order for _, view in shown] == ["count", "oldest", "state"]
        assert {look.total for look, _ in shown} == {10}

    def test_it_ends_when_nobody_answers_any_more(self) -> None:
        with pytest.raises(CannotAsk):
            watched(Keys("", ""), counts=[10])


class Keys:
    """Presses the keys one after the other; an empty one is time that goes by."""

    def __init__(self, *keys: str) -> None:
        self._keys = iter(keys)
        self.passed = False

    def __call__(self, seconds: float) -> str:
        key = next(self._keys)
        self.passed = not key
        return key


def watched(keys: Keys, counts: list[int]) -> list[tuple[Look, View]]:
    shown: list[tuple[Look, View]] = []
    rest = iter(counts)
    clock = Clock(keys)

    def look() -> Look:
        count = next(rest, None)
        if count is None:
            raise CannotAsk("gone")
        return Look(("1",), 0, count, (Group(("lock",), count, None, 1),))

    view = View(("state",), "count")
    _top.watch(look, view, lambda *each: shown.append(each), keys, 2.0, clock=clock)
    return shown


class Clock:
    """Stands still, but for keys that are none."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._now = 0.0

    def __call__(self) -> float:
        if self._keys.passed:
            self._keys.passed = False
            self._now += 2.0
        return self._now


def test_a_process_that_has_no_more_than_tasks_is_watched_too() -> None:
    def answers(question: Question) -> bytes:
        if question.page == "snowshed/all":
            raise CannotAsk("no such page")
        return b'{"schema":1,"groups":[],"total":0,"matching":0,"left_out":0}'

    assert _top.look_at([Process("1", 1, answers)], ["state"]) == Look(("1",), 0, 0, ())


@contextmanager
def terminal(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run `snowshed top` on a terminal; yield the process, and the end that we have of it."""
    import pty
    import termios

    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    command = [sys.executable, "-m", "snowshed", "top", ME, "--interval", "200ms", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "20", **variables}
    with (
        _debugged.serving([task(1)]),
        subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment
        ) as process,
    ):
        yield process, ours
        assert process.wait(20) is not None
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    os.close(ours)


on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="no terminal of this kind")


@on_a_terminal
def test_on_a_terminal_it_goes_on_until_q_is_pressed() -> None:
    with terminal() as (process, ours):
        seen = read_until(ours, b"q quit")
        os.write(ours, b"o")
        seen += read_until(ours, b"by oldest")
        os.write(ours, b"q")
        assert process.wait(20) == 0
    assert b"shop/app.py:41 checkout" in seen


@on_a_terminal
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 0)])
def test_whoever_ends_it_gets_the_terminal_back(
    name: str, code: int, request: pytest.FixtureRequest
) -> None:
    number = getattr(signal, name)
    # What runs the tests may have had it ignored, and what is ignored stays so.
    before = signal.signal(number, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(number, before))
    with terminal() as (process, ours):
        read_until(ours, b"q quit")
        process.send_signal(number)
        read_until(ours, b"\x1b[?1049l")
        assert process.wait(20) == code


@on_a_terminal
def test_a_terminal_that_can_only_show_lines_gets_one_look() -> None:
    with terminal(TERM="dumb") as (process, ours):
        seen = read_until(ours, b"5.0 s")
        assert process.wait(20) == 0
    assert b"\x1b" not in seen
    assert b"q quit" not in seen


def test_an_interrupt_before_there_is_anything_to_see_is_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> Look:
        raise KeyboardInterrupt

    monkeypatch.setattr(_top, "look_at", interrupted)
    with _debugged.serving([]):
        assert main(["top", ME, "--once"]) == 130


def read_until(terminal: int, words: bytes) -> bytes:
    seen = b""
    give_up = time.monotonic() + 30
    while words not in seen:
        ready, _, _ = select.select([terminal], [], [], give_up - time.monotonic())
        assert ready, seen
        seen += os.read(terminal, 65536)
    return seen
