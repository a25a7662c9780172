"""Looks at units in several processes, none of which can take the others with it.

A process that dies, because it had no memory or its parser broke, is a matter of the unit that it
was at: the next one gets another process. They end when nobody writes to them any more, so that
none is left behind by whatever happens to the one that started them.
"""

from __future__ import annotations

import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pkgutil import resolve_name
from typing import IO, TYPE_CHECKING, Generic, TypeVar

import msgspec

from snowshed.lint._limit import TIMED, TooLong, allowed, limited
from snowshed.lint._look import Seen, Work, look

if TYPE_CHECKING:
    from snowshed.lint._look import Kit

__all__ = ["Died", "answers", "serve"]

T = TypeVar("T")

_LENGTH = struct.Struct("<Q")
_READY = b"ready"
_CODE = "import sys; from snowshed.lint._workers import serve; serve(sys.argv[1])"


class Died(Exception):  # noqa: N818 - what has happened to it, no mistake of the caller
    """Nobody has looked at a unit, and why: the process that was to is no more, mostly."""


def answers(
    asked: Iterator[tuple[T, Work]], kit: str, *, jobs: int
) -> Generator[tuple[T, Seen | Died], None, None]:
    """Yield what there is in each of ``asked``, in whatever order.

    Args:
        asked: what to look at, each with what it is called here; taken as processes get free.
        kit: where what it is looked at with is made, as ``module:function``.
        jobs: how many processes; with one it is this one.
    """
    if jobs > 1:
        yield from _from_processes(asked, kit, jobs)
    # What is left is left by processes that could not be started.
    made = _made(kit)
    for name, work in asked:
        yield name, _looked(work, made)


def _looked(work: Work, made: Kit) -> Seen | Died:
    try:
        with limited(allowed(work)):
            return look(work, made)
    except TooLong:
        return Died(_too_long(work))


def _too_long(work: Work) -> str:
    return f"has taken more than {allowed(work):.0f} s of a processor, please report it"


def _from_processes(
    asked: Iterator[tuple[T, Work]], kit: str, jobs: int
) -> Iterator[tuple[T, Seen | Died]]:
    crew = _Crew(asked, kit)
    threads = [threading.Thread(target=crew.work, daemon=True) for _ in range(jobs)]
    try:
        for thread in threads:
            thread.start()
        left = jobs
        while left:
            told = crew.told.get()
            if told is None:
                left -= 1
            elif isinstance(told, Exception):
                raise told
            else:
                yield told
    finally:
        crew.stop()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


class _Crew(Generic[T]):
    """The processes, each led by a thread of ours that mostly waits for it."""

    def __init__(self, asked: Iterator[tuple[T, Work]], kit: str) -> None:
        self.told: queue.SimpleQueue[tuple[T, Seen | Died] | Exception | None]
        self.told = queue.SimpleQueue()
        self._asked = asked
        self._kit = kit
        self._asking = threading.Lock()
        self._hiring = threading.Lock()
        self._processes: list[_Process] = []
        self._stopped = False

    def work(self) -> None:
        """Have units looked at until there are no more; then tell None."""
        process: _Process | None = None
        try:
            process = self._hire()
            while process is not None and (next_one := self._next()) is not None:
                name, work = next_one
                try:
                    self.told.put((name, process.look(work)))
                except Died as died:
                    self.told.put((name, died))
                    process.dismiss()
                    process = self._hire()
        except Exception as error:  # noqa: BLE001 - raised by the one that waits
            self.told.put(error)
        finally:
            if process is not None:
                process.dismiss()
            self.told.put(None)

    def stop(self) -> None:
        """End all processes, whatever they are at."""
        with self._hiring:
            self._stopped = True
            for process in self._processes:
                process.end()

    def _next(self) -> tuple[T, Work] | None:
        with self._asking:
            return next(self._asked, None)

    def _hire(self) -> _Process | None:
        """Return a new process; None if there can be none."""
        with self._hiring:
            if self._stopped:
                return None
            try:
                process = _Process(self._kit)
            except OSError:
                return None
            self._processes.append(process)
        if process.is_ready():
            return process
        process.dismiss()
        return None


class _Process:
    """A process that looks at one unit after the other."""

    def __init__(self, kit: str) -> None:
        path = os.pathsep.join(each or os.getcwd() for each in sys.path)  # noqa: PTH109
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-c", _CODE, kit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout

    def is_ready(self) -> bool:
        """Wait until it could be given something, and tell whether it can."""
        return _read(self._from) == _READY

    def look(self, work: Work) -> Seen:
        """Return what there is in ``work``.

        Raises:
            Died: it did not live to tell.
        """
        try:
            _write(self._to, msgspec.msgpack.encode(work))
        except OSError:
            raise Died(self._fate(work)) from None
        answer = _read(self._from)
        if answer is None:
            raise Died(self._fate(work))
        return msgspec.msgpack.decode(answer, type=Seen)

    def _fate(self, work: Work) -> str:
        code = self._process.wait()
        if TIMED is not None and code == -TIMED:
            return _too_long(work)
        if code >= 0:
            return f"the process that did has left with code {code}"
        memory = "; is there enough memory?" if -code == getattr(signal, "SIGKILL", 9) else ""
        return f"the process that did was ended by signal {-code}{memory}"

    def dismiss(self) -> None:
        """Let it end by itself: it has nothing to do any more."""
        with suppress(OSError):
            self._to.close()
        self._process.wait()
        self._from.close()

    def end(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()


def _write(to: IO[bytes], message: bytes) -> None:
    to.write(_LENGTH.pack(len(message)) + message)
    to.flush()


def _read(source: IO[bytes]) -> bytes | None:
    """Return the next message; None if there is none any more."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = source.read(length)
    return message if len(message) == length else None


def _made(kit: str) -> Kit:
    make: Callable[[], Kit] = resolve_name(kit)
    return make()


def serve(kit: str) -> None:
    """Look at what comes on stdin, and tell on stdout what there is in it: one such process."""
    # Ctrl-C is for the one that started this; it ends this one, or this one sees that it is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, to = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # A rule that prints must not break what is told.
    os.dup2(2, 1)
    made = _made(kit)
    _write(to, _READY)
    while (message := _read(source)) is not None:
        work = msgspec.msgpack.decode(message, type=Work)
        with limited(allowed(work), ends=True):
            seen = look(work, made)
        try:
            _write(to, msgspec.msgpack.encode(seen))
        except BrokenPipeError:
            # Nobody is there any more to whom that could be told, or anything else.
            os._exit(1)
