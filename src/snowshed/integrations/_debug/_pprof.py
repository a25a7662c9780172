"""``/debug/pprof``: what ``go tool pprof``, Pyroscope and Parca ask a Go service for.

The same names, parameters, headers and errors as Go's ``net/http/pprof``, so that a tool which
knows a Go service knows this one. Behind ``goroutine`` are asyncio tasks and threads. What Python
has no like of is a 404, as is a profile of Go that was not switched on.
"""

from __future__ import annotations

import html
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.formats import pprof
from snowshed.integrations._debug._json import as_text
from snowshed.integrations._debug._observed import all_of, each_of, look
from snowshed.observe._go_profile._go_profile import delta, goroutine_profile
from snowshed.observe._go_profile._go_text import contentions, counts, stacks
from snowshed.observe._go_profile._names import Names
from snowshed.observe._serve._exchange import Request, Response

if TYPE_CHECKING:
    from snowshed.integrations._debug._observed import Observed
    from snowshed.model import Profile
    from snowshed.observe._snapshot._snapshot import Snapshot

__all__ = ["PprofPages"]

LONGEST = 300
_NOSNIFF = ("x-content-type-options", "nosniff")
_TEXT = "text/plain; charset=utf-8"
# Of Go's profiles those that are not here, and what tells the same of a Python service.
_NOT_HERE: Mapping[str, str] = {
    "allocs": "Python counts no allocations; tracemalloc and memray do",
    "goroutineleak": "nothing proves that a task of Python will never be woken",
    "heap": "Python keeps no profile of its heap; tracemalloc and memray do",
    "mutex": "the waits for locks are in 'block'",
    "threadcreate": "threads are in 'goroutine', with the label kind=thread",
    "trace": "there is no execution trace of Python",
}
_DESCRIPTIONS: Mapping[str, str] = {
    "block": "how long tasks have waited at which line",
    "cmdline": "the command line of this process",
    "goroutine": "all tasks and threads, with what they wait for",
    "profile": "what uses the processor, in the next seconds=N (30)",
    "symbol": "names of addresses; all profiles of this process hold them",
    "wall": "where tasks were in the last minutes",
}
_WITHOUT_SOURCE: Mapping[str, str] = {
    "block": "the sampler does not run in this process",
    "goroutine": "the tasks of this process are not watched",
    "profile": "the sampler does not run in this process",
    "wall": "the sampler does not run in this process",
}


class _Problem(Exception):  # noqa: N818 - it is an answer
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class PprofPages:
    """Answers what is asked for below ``pprof``.

    Args:
        observed: where profiles come from.
        sleep: waits between the two looks of a difference.
        clock: nanoseconds since 1970.
    """

    def __init__(
        self,
        observed: Observed,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._observed = observed
        self._sleep = sleep
        self._clock = clock
        self._pages: dict[str, Callable[[dict[str, str]], Response]] = {
            "block": self._block,
            "cmdline": _cmdline,
            "goroutine": self._goroutine,
            "profile": self._profile,
            "symbol": _symbol,
            "wall": self._wall,
        }

    def names(self) -> list[str]:
        """Return the pages that there are."""
        return [name for name in self._pages if self._has(name)]

    def answer(self, name: str, request: Request) -> Response:
        """Answer the page ``name``; an empty one is the list of all.

        Takes as long as the request says: for a thread of its own.
        """
        try:
            if not name:
                return self._index()
            if name not in self._pages or not self._has(name):
                raise _Problem(404, _unknown(name))
            return self._pages[name](request.parameters)
        except _Problem as problem:
            return _error(problem.status, str(problem))

    def refuse(self, status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        """Return an error as Go writes it, which ``go tool pprof`` shows to its user."""
        return _error(status, text, headers)

    def _has(self, name: str) -> bool:
        observed = self._observed
        sources: Mapping[str, object] = {
            "block": observed.block_profile,
            "goroutine": observed.snapshot,
            "profile": observed.cpu_profile,
            "wall": observed.wall_profile,
        }
        return sources.get(name, self) is not None

    # Pages.

    def _index(self) -> Response:
        rows = []
        for name in self.names():
            count = self._count(name)
            rows.append(
                f"<tr><td>{count}</td><td><a href='{name}?debug=1'>{name}</a></td>"
                f"<td>{html.escape(_DESCRIPTIONS[name])}</td></tr>"
            )
        full = "<p><a href='goroutine?debug=2'>every task, with its stack</a></p>"
        text = _INDEX.format(rows="\n".join(rows), full=full if self._has("goroutine") else "")
        return Response(200, text.encode(), "text/html; charset=utf-8", (_NOSNIFF,))

    def _count(self, name: str) -> int | str:
        observed = self._observed
        if name == "goroutine" and observed.snapshot is not None:
            return each_of(observed, lambda tasks: sum(1 for _ in tasks), closely=False)[0]
        if name == "block" and observed.block_profile is not None:
            return len(observed.block_profile().samples)
        return ""

    def _goroutine(self, asked: dict[str, str]) -> Response:
        if asked.get("seconds"):
            return self._delta("goroutine", asked, lambda: self._goroutines(with_ages=False))
        debug = _level(asked.get("debug"))
        if debug >= 2:
            return look(self._observed, lambda snapshot: _text(stacks(all_of(snapshot))))
        profile = self._goroutines()
        return _text(counts(profile)) if debug else _binary("goroutine", profile)

    def _goroutines(self, *, with_ages: bool = True) -> Profile:
        now = self._clock()

        def profile(snapshot: Snapshot) -> Profile:
            return goroutine_profile(all_of(snapshot), time_nanos=now, with_ages=with_ages)

        return look(self._observed, profile)

    def _block(self, asked: dict[str, str]) -> Response:
        take = self._observed.block_profile
        assert take is not None
        if asked.get("seconds"):
            return self._delta("block", asked, take)
        profile = Names().of_profile(take())
        if _level(asked.get("debug")):
            return _text(contentions(profile))
        return _binary("block", profile)

    def _wall(self, asked: dict[str, str]) -> Response:
        take = self._observed.wall_profile
        assert take is not None
        if asked.get("seconds"):
            # It fades: what is less in it has not gone away.
            raise _Problem(400, '"seconds" parameter is not supported for this profile type')
        profile = Names().of_profile(take())
        return _text(counts(profile)) if _level(asked.get("debug")) else _binary("wall", profile)

    def _delta(self, name: str, asked: dict[str, str], take: Callable[[], Profile]) -> Response:
        seconds = _number(asked["seconds"])
        if seconds <= 0:
            raise _Problem(400, 'invalid value for "seconds" - must be a positive integer')
        if seconds > LONGEST:
            raise _Problem(400, f'"seconds" is at most {LONGEST} here')
        if _level(asked.get("debug")):
            raise _Problem(400, "seconds and debug params are incompatible")
        before, since = take(), self._clock()
        self._sleep(seconds)
        after, until = take(), self._clock()
        grown = replace(delta(before, after), time_nanos=until, duration_nanos=until - since)
        return _binary(f"{name}-delta", Names().of_profile(grown))

    def _profile(self, asked: dict[str, str]) -> Response:
        take = self._observed.cpu_profile
        assert take is not None
        seconds = _number(asked.get("seconds"))
        if seconds <= 0:
            seconds = 30
        if seconds > LONGEST:
            raise _Problem(400, f'"seconds" is at most {LONGEST} here')
        try:
            profile = take(seconds)
        except RuntimeError as error:
            raise _Problem(500, f"Could not enable CPU profiling: {error}") from error
        return _binary("profile", Names().of_profile(profile))


def _cmdline(asked: dict[str, str]) -> Response:
    del asked
    return _text("\0".join(sys.orig_argv).encode(errors="surrogateescape"))


def _symbol(asked: dict[str, str]) -> Response:
    """Answer as Go when it knows no address: addresses of ours stand for frames, not for code."""
    del asked
    return _text(b"num_symbols: 1\n")


def _unknown(name: str) -> str:
    why = _NOT_HERE.get(name) or _WITHOUT_SOURCE.get(name)
    return f"Unknown profile: {why}" if why else "Unknown profile"


def _number(text: str | None) -> int:
    """Return the number as Go reads it: 0 for what is none."""
    return int(text) if text and _INTEGER.fullmatch(text) else 0


def _level(text: str | None) -> int:
    """Return the number in ``debug`` as Go reads that: one that is too large is a large one."""
    return 2 if text and _TOO_LARGE.fullmatch(text) else _number(text)


def _text(text: bytes) -> Response:
    return Response(200, text, _TEXT, (_NOSNIFF,))


def _binary(name: str, profile: Profile) -> Response:
    attachment = ("content-disposition", f'attachment; filename="{name}"')
    body = pprof.write(profile)
    return Response(200, body, "application/octet-stream", (_NOSNIFF, attachment))


def _error(status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    # By the header `go tool pprof` knows that the text is for its user.
    return Response(status, as_text(f"{text}\n"), _TEXT, (_NOSNIFF, ("x-go-pprof", "1"), *headers))


_INTEGER = re.compile("[+-]?[0-9]{1,18}", re.ASCII)
_TOO_LARGE = re.compile("[+]?[0-9]{19,}", re.ASCII)
_INDEX = """<!doctype html>
<html><head><meta charset="utf-8"><title>/debug/pprof/</title></head>
<body><h1>/debug/pprof/</h1>
<table><tr><th>count</th><th>profile</th><th></th></tr>
{rows}
</table>
{full}
<p>Without <code>debug=1</code> a profile is for <code>go tool pprof</code>; with
<code>seconds=N</code>, <code>goroutine</code> and <code>block</code> are what has changed in that
time.</p>
</body></html>
"""
