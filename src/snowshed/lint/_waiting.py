"""A finding and a dump put together: how many tasks stand on that line now.

A finding says what may go wrong, a dump who is stuck; that it is the same line makes both sure. The
service was built elsewhere, so its files have other paths: ``/build/src/shop/cart.go``, or
``example.com/shop/cart.go`` with ``-trimpath``. The file with the longest common end is taken for
it, none if two have the same, and only if the function is the same, too: names such as
``client.go`` are everywhere.

A task counts once for a finding, for the surest that can be said of it: it waits on a line of the
finding, or on a line that has to do with it, or a line of the finding has started it.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from snowshed.formats.goroutines import class_of
from snowshed.lint._joined import Joined, Waiting
from snowshed.model import StateClass

if TYPE_CHECKING:
    from snowshed.lint._dump import Dump, Stood
    from snowshed.lint._finding import Finding
    from snowshed.model import Frame

__all__ = ["joined"]

_INSTALLED = re.compile(r"/pkg/mod/|@v\d|/vendor/|/(?:site|dist)-packages/")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_NO_NAME = str.maketrans("", "", "()*")
_NO_WAIT = frozenset({StateClass.RUNNING, StateClass.READY, StateClass.ENDED, StateClass.SYSTEM})


class _How(IntEnum):
    """What a task has to do with a finding; the larger, the surer."""

    CREATED = 1
    RELATED = 2
    HERE = 3


class _Place(NamedTuple):
    """A line of a source that is worth looking for in a dump."""

    finding: int
    how: _How
    function: str


def joined(findings: Sequence[Finding], dumps: Iterable[Dump], files: Iterable[str] = ()) -> Joined:
    """Return ``findings`` and ``dumps`` put together.

    Args:
        findings: what was found.
        dumps: of one or several processes, each at one moment; they are added up.
        files: all that was looked at: what a dump says of another ``client.go`` is of that one.

    Cost: O(lines of all findings, files, and frames of all dumps).
    """
    places = _Places(findings, files)
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    groups: Counter[frozenset[int]] = Counter()
    inside = []
    for dump in dumps:
        for stood in dump.stood:
            matched = places.matched(stood)
            if matched:
                groups[frozenset(matched)] += stood.count
            for index, (how, line) in matched.items():
                tallies[index].take(stood, how, line)
        inside.append(sum(each.count for each in dump.stood if places.knows(each)))
    return Joined(
        {findings[index]: tally.result() for index, tally in tallies.items()},
        {frozenset(findings[index] for index in those): n for those, n in groups.items()},
        tuple(inside),
    )


class _Tally:
    """What is counted of one finding."""

    def __init__(self) -> None:
        self._counts: Counter[_How] = Counter()
        self._states: Counter[str] = Counter()
        self._lines: Counter[int] = Counter()

    def take(self, stood: Stood, how: _How, line: int) -> None:
        """Count ``stood``, which is at ``line``."""
        self._counts[how] += stood.count
        self._states[stood.state] += stood.count
        if how is _How.HERE:
            self._lines[line] += stood.count

    def result(self) -> Waiting:
        """Return what was counted."""
        return Waiting(
            here=self._counts[_How.HERE],
            related=self._counts[_How.RELATED],
            created=self._counts[_How.CREATED],
            state=self._states.most_common(1)[0][0],
            lines=tuple(self._lines.most_common()),
        )


class _Places:
    """The lines of findings, found by what a dump calls them."""

    def __init__(self, findings: Sequence[Finding], files: Iterable[str]) -> None:
        self._at: dict[str, dict[int, list[_Place]]] = defaultdict(lambda: defaultdict(list))
        self._started: dict[str, dict[int, list[_Place]]] = defaultdict(lambda: defaultdict(list))
        for index, finding in enumerate(findings):
            lines = range(finding.span.line, finding.span.end_line + 1)
            here = _Place(index, _How.HERE, finding.function)
            for line in finding.waits_at or lines:
                self._at[finding.path][line].append(here)
            for each in finding.related:
                # What is said of a place is not said of what it holds: its first line is meant.
                place = _Place(index, _How.RELATED, "")
                self._at[each.path][each.span.line].append(place)
            for line in lines:
                self._started[finding.path][line].append(here._replace(how=_How.CREATED))
        self._paths = _Paths({*self._at, *self._started, *files})

    def knows(self, stood: Stood) -> bool:
        """Tell whether ``stood`` is in any file that was looked at."""
        return any(self._paths.find(frame.file) is not None for frame in stood.stack)

    def matched(self, stood: Stood) -> dict[int, tuple[_How, int]]:
        """Return the findings, by their index, that ``stood`` has to do with, how and where."""
        found: dict[int, tuple[_How, int]] = {}
        waits = class_of(stood.state) not in _NO_WAIT
        for frame in stood.stack if waits else ():
            for place in self._of(self._at, frame):
                # The innermost line counts: the first.
                if place.how > found.get(place.finding, (0, 0))[0]:
                    found[place.finding] = place.how, frame.line
        if stood.created_by is not None:
            for place in self._of(self._started, stood.created_by):
                found.setdefault(place.finding, (place.how, stood.created_by.line))
        return found

    def _of(
        self, places: Mapping[str, Mapping[int, Sequence[_Place]]], frame: Frame
    ) -> Iterator[_Place]:
        path = self._paths.find(frame.file)
        if path is None or path not in places or frame.line not in places[path]:
            return
        for place in places[path][frame.line]:
            if _is_in(frame.function, place.function):
                yield place


class _Paths:
    """Files of sources, found by what a dump calls them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[tuple[Sequence[str], str]]] = defaultdict(list)
        for path in sorted(paths):
            parts = _parts(os.path.abspath(path))  # noqa: PTH100 - a text, and perhaps no file
            self._by_name[parts[-1]].append((parts, path))
        # A dump names the same few thousand files again and again.
        self.find = lru_cache(1 << 16)(self._find)

    def _find(self, file: str) -> str | None:
        """Return the file that a dump calls ``file``; None if it is none, or could be several."""
        parts = _parts(file)
        alike = [
            (_common(parts, ours), path)
            for ours, path in self._by_name.get(parts[-1], ())
            if bool(_INSTALLED.search(file)) is bool(_INSTALLED.search("/".join(ours)))
        ]
        longest = max((each[0] for each in alike), default=0)
        best = [path for common, path in alike if common == longest]
        return best[0] if len(best) == 1 else None


def _parts(path: str) -> Sequence[str]:
    return [each for each in path.replace("\\", "/").split("/") if each not in {"", "."}] or [""]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many parts at their ends are the same."""
    count = 0
    for mine, yours in zip(reversed(one), reversed(other), strict=False):
        if mine != yours:
            break
        count += 1
    return count


@lru_cache(1 << 16)
def _is_in(called: str, function: str) -> bool:
    """Tell whether what a dump calls ``called`` is ``function``, or a closure in it.

    A closure is called ``main.serve.func1``, and ``main.main.serve.func1`` where the compiler has
    put ``serve`` into ``main``; of Python ``shop.cart.add.<locals>.one``.
    """
    if not function:
        return True
    wanted, found = _plain(function), _plain(called.rpartition("/")[2])
    return f".{wanted}." in f".{found}."


def _plain(name: str) -> str:
    """Return ``name`` without types, pointers, and marks that only say it is in something."""
    while name != (name := _BRACKETS.sub("", name)):
        pass
    return name.translate(_NO_NAME).replace(".<locals>", "").removesuffix("-fm")
