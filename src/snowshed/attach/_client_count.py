"""Which lines make clients, and how many of these are still open.

A client for each request is how connections run out: each session of aiohttp, each client of httpx
or redis has a pool of its own, which is opened, never shared and, if nobody closes it, kept. No
task stands for it, so looks at tasks do not see it. What sees it is a count by the line that makes
them.

Nothing of a client is changed or kept: it is counted when it was made, and referred to weakly. All
that a program can notice is one call more: a warning for whoever makes a client names our line.
Cost: 4 us for each client that is made, and 0.3 us for each call between the line and the client.
Memory: a weak reference for each, and `LINES_AT_MOST` lines; further ones are counted together.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, Literal
from weakref import ref

from snowshed.model import Frame

if TYPE_CHECKING:
    from snowshed.attach._runtime import Runtime

__all__ = ["ClientCount", "ClientStatistics"]

LINES_AT_MOST = 200
FRAMES_AT_MOST = 100
_ELSEWHERE = Frame("elsewhere", "", 0)
_STDLIB = str(Path(os.__file__).parent) + os.sep
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
# What fills a pool, which is no client of its own.
_POOLS = (f"asyncpg{os.sep}pool.py",)
_WHAT = "counting clients"


@dataclass(frozen=True, slots=True)
class ClientStatistics:
    """A line that makes clients of a library.

    Attributes:
        kind: the class.
        created_at: the line.
        created: how many it has made.
        live: of these, those that are still there and, as far as they tell, not closed.
    """

    kind: str
    created_at: Frame
    created: int
    live: int


class _Ref(ref[Any]):
    """A weak reference that is itself and nothing else: a client need not have a hash, nor lend it.

    One that says it equals another one is still one more.
    """

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


class _Line:
    """The clients of one line."""

    __slots__ = ("created", "there")

    def __init__(self) -> None:
        self.created = 0
        self.there: set[_Ref] = set()

    def enter(self, client: Any) -> None:
        self.created += 1
        # The callback runs wherever the client ends, between any two instructions: it takes no
        # lock, and is one call of a set.
        self.there.add(_Ref(client, self.there.discard))


class ClientCount:
    """Counts the clients of a process by the line that makes them."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, Frame], _Line] = {}

    def changes(self, runtime: Runtime) -> dict[str, Callable[[ModuleType], None]]:
        """Return, by module, what has the clients of a library counted once it is imported."""
        return {
            module: partial(self._change, name=name, kind=kind, runtime=runtime)
            for module, (name, kind, _) in _LIBRARIES.items()
        }

    def _change(self, module: ModuleType, name: str, kind: str, runtime: Runtime) -> None:
        made = getattr(module, name)
        init = made.__init__

        @functools.wraps(init)
        def init_and_count(client: Any, *args: Any, **kwargs: Any) -> None:
            init(client, *args, **kwargs)
            # Whoever calls may have no frame: a thread, or code of C, that does nothing else.
            runtime.guarded(_WHAT, None, self.note, client, kind, sys._getframe().f_back)

        made.__init__ = init_and_count

    def note(self, client: Any, kind: str, frame: FrameType | None) -> None:
        """Count a client that was just made in ``frame``. Cost: O(frames)."""
        at = _line_in(frame, kind)
        if at is None:
            return
        key = kind, at
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= LINES_AT_MOST:
                key = kind, _ELSEWHERE
            line = self._lines.setdefault(key, _Line())
        line.enter(client)

    def statistics(self) -> list[ClientStatistics]:
        """Return each line, the one with the most first; from any thread. Cost: O(clients)."""
        closed = {kind: is_closed for _, kind, is_closed in _LIBRARIES.values()}
        rows = []
        for (kind, at), line in [*self._lines.items()]:
            clients = (each() for each in line.there.copy())
            live = sum(
                client is not None and not _is_closed(client, closed[kind]) for client in clients
            )
            rows.append(ClientStatistics(kind, at, line.created, live))
        return sorted(rows, key=lambda row: (-row.live, -row.created))


def _is_closed(client: Any, closed: Callable[[Any], bool]) -> bool:
    try:
        return bool(closed(client))
    except Exception:  # noqa: BLE001 - half made, or of another version: then it is not known
        return False


def _line_in(frame: FrameType | None, kind: str) -> Frame | None:
    """Return the line of the program that a call comes from; None: a pool fills itself.

    A program that was installed looks like a library. Where there is nothing else it is the nearest
    line that is not of the client's own library.
    """
    own = f"{os.sep}{kind.partition('.')[0]}{os.sep}"
    nearest: Frame | None = None
    for _ in range(FRAMES_AT_MOST):
        if frame is None:
            break
        file = frame.f_code.co_filename
        if file.endswith(_POOLS):
            return None
        whose = _whose(file)
        if whose == "program":
            return _frame_of(frame)
        if nearest is None and whose == "installed" and own not in file:
            nearest = _frame_of(frame)
        frame = frame.f_back
    return nearest or _ELSEWHERE


def _frame_of(frame: FrameType) -> Frame:
    return Frame(frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno)


@functools.lru_cache(maxsize=10_000)
def _whose(file: str) -> Literal["program", "installed", "python"]:
    if any(each in file for each in _PACKAGES):  # They may lie below the standard library.
        return "installed"
    return "python" if file.startswith((_STDLIB, "<")) else "program"


def _never(_client: Any) -> bool:
    """Say that it does not tell."""
    return False


# By module: the class in it, what to call it, and whether one of them is closed.
_LIBRARIES: dict[str, tuple[str, str, Callable[[Any], bool]]] = {
    "aiohttp.client": ("ClientSession", "aiohttp.ClientSession", lambda it: it.closed),
    "httpx._client": ("AsyncClient", "httpx.AsyncClient", lambda it: it.is_closed),
    "httpx2._client": ("AsyncClient", "httpx2.AsyncClient", lambda it: it.is_closed),
    "redis.asyncio.client": ("Redis", "redis.asyncio.Redis", _never),
    "asyncpg.connection": ("Connection", "asyncpg.Connection", lambda it: it.is_closed()),
}
