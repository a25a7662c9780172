"""The pages about tasks: each of them, groups of them, who made them, which have ended, who waits.

A page knows its parameters and refuses others by name, as a filter that is misspelt would show
everything.
"""

from __future__ import annotations

import heapq
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from snowshed.integrations._debug import _rows
from snowshed.integrations._debug._json import as_json, as_text
from snowshed.integrations._debug._observed import all_of, each_of, look
from snowshed.model import Frame, TaskSnapshot, TaskState
from snowshed.observe._polite import polite_pause, politely
from snowshed.observe._serve._exchange import Request, Response
from snowshed.observe._waits import WaitGraph, place_of

if TYPE_CHECKING:
    from snowshed.integrations._debug._observed import Observed
    from snowshed.observe._snapshot._snapshot import Snapshot

__all__ = ["PAGES", "BadParameter", "TaskPages"]

SCHEMA = 1
PAGES = ("tasks", "waits", "sites", "history")
GROUPS_AT_MOST = 1000
_SORTED_AT_ONCE = 500
_JSON = "application/json"


class BadParameter(ValueError):  # noqa: N818 - it is an answer
    """A parameter that the page does not know, or a value that is none of it."""


# What tasks can be grouped by, and how that shows.
_GROUPS: Mapping[str, Callable[[TaskSnapshot], object]] = {
    "created-at": lambda task: task.created_at,
    "waiting-at": place_of,
    "function": lambda task: task.function,
    "state": lambda task: task.state,
    "scope": lambda task: task.scope,
    "request": lambda task: task.request,
    "owner": lambda task: task.owner,
    "kind": lambda task: task.kind,
    "loop": lambda task: task.loop,
    "resource": lambda task: "" if task.resource is None else task.resource.kind,
}
# Of these a look at what the tasks do tells nothing.
_SEEN_AT_A_GLANCE = {"created-at", "scope", "request", "owner", "kind", "loop"}
_STATES = {str(state): state for state in TaskState}
# As `TaskSnapshot.owner` says.
_OWNERS = ("user", "infrastructure", "driver", "helper")


class TaskPages:
    """Answers what is asked about tasks.

    Args:
        observed: where they come from.
        clock: seconds since 1970.
    """

    def __init__(self, observed: Observed, *, clock: Callable[[], float] = time.time) -> None:
        self._observed = observed
        self._clock = clock
        pages: tuple[tuple[object, Callable[[Request], Response]], ...] = (
            (observed.snapshot, self._tasks),
            (observed.snapshot, self._waits),
            (observed.sites, self._sites),
            (observed.history, self._history),
        )
        self._pages = dict(zip(PAGES, pages, strict=True))

    def names(self) -> list[str]:
        """Return the pages that there are."""
        return [name for name, (source, _) in self._pages.items() if source is not None]

    def answer(self, name: str, request: Request) -> Response:
        """Answer one of `names`. For a thread of its own: it can take a second.

        Raises:
            BadParameter: the request has a parameter that the page does not know.
        """
        return self._pages[name][1](request)

    def _about(self, snapshot: Snapshot | None = None) -> dict[str, Any]:
        about = {"schema": SCHEMA, "process": os.getpid()}
        if snapshot is None:
            return {**about, "taken_at": round(self._clock(), 3)}
        return {
            **about,
            "taken_at": round(snapshot.taken_at, 3),
            "duration": round(snapshot.duration, 3),
            "total": snapshot.total + len(snapshot.threads),
            "vanished": snapshot.vanished,
            "unreadable": snapshot.unreadable,
            "guessed": snapshot.guessed,
            "untold": snapshot.untold,
        }

    def _tasks(self, request: Request) -> Response:
        asked = _Asked.of(request, {"group-by", "older-than", "state", "owner", "limit"})
        by, limit, chosen = _groups_in(asked.one("group-by")), asked.limit(), _filter(asked)
        if not by:
            return look(self._observed, lambda snapshot: self._each(snapshot, chosen, limit))
        most = GROUPS_AT_MOST if limit is None else limit
        groups, seen = each_of(
            self._observed,
            lambda tasks: _Groups.of(filter(chosen, tasks), by).shown(most),
            closely=bool(asked.all("state")) or not _SEEN_AT_A_GLANCE.issuperset(by),
        )
        return _json({**self._about(seen), "group_by": by, **groups})

    def _each(
        self, snapshot: Snapshot, chosen: Callable[[TaskSnapshot], bool], limit: int | None
    ) -> Response:
        tasks = [*filter(chosen, politely(all_of(snapshot)))]
        oldest = [*islice(_oldest_first(tasks), limit)]
        left_out = len(tasks) - len(oldest)
        about = {**self._about(snapshot), "matching": len(tasks), "left_out": left_out}
        return Response(200, _rows.encode(oldest, about), _JSON)

    def _waits(self, request: Request) -> Response:
        asked = _Asked.of(request, {"format"})
        form = asked.one("format") or "json"
        if form not in {"json", "text"}:
            msg = f"format is json or text, not {form!r}"
            raise BadParameter(msg)
        return look(self._observed, lambda snapshot: self._graph(snapshot, form))

    def _graph(self, snapshot: Snapshot, form: str) -> Response:
        graph = WaitGraph.of(snapshot.tasks, holders=snapshot.holders, pause=polite_pause())
        if form == "text":
            return Response(200, as_text(f"{graph}\n"))
        return _json({**self._about(snapshot), "waits": graph})

    def _sites(self, request: Request) -> Response:
        limit = _Asked.of(request, {"limit"}).limit()
        assert self._observed.sites is not None
        about = self._about()
        sites = self._observed.sites()
        left_out = len(sites) - len(sites[:limit])
        return _json({**about, "left_out": left_out, "sites": sites[:limit]})

    def _history(self, request: Request) -> Response:
        limit = _Asked.of(request, {"limit"}).limit()
        assert self._observed.history is not None
        about = self._about()
        ended = self._observed.history()
        left_out = len(ended) - len(ended[:limit])
        return _json({**about, "left_out": left_out, "history": ended[:limit]})


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of a request, each with all its values."""

    values: Mapping[str, list[str]]

    @classmethod
    def of(cls, request: Request, known: set[str]) -> _Asked:
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(request.query, keep_blank_values=True):
            if name not in known:
                msg = f"unknown parameter {name!r}; there are: {', '.join(sorted(known))}"
                raise BadParameter(msg)
            values.setdefault(name, []).append(value)
        return cls(values)

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def one(self, name: str) -> str:
        return self.all(name)[0] if name in self.values else ""

    def limit(self) -> int | None:
        text = self.one("limit")
        if not text:
            return None
        if not re.fullmatch("[0-9]{1,9}", text):
            msg = f"limit is a whole number of at most 9 digits, not {text[:100]!r}"
            raise BadParameter(msg)
        return int(text)


def _groups_in(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in _GROUPS:
            msg = f"cannot group by {name!r}; there are: {', '.join(_GROUPS)}"
            raise BadParameter(msg)
    return names


def _filter(asked: _Asked) -> Callable[[TaskSnapshot], bool]:
    older = asked.one("older-than")
    if older and not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", older):
        msg = f"older-than is a number of seconds, not {older!r}"
        raise BadParameter(msg)
    age = float(older or 0)
    for state in asked.all("state"):
        if state not in _STATES:
            # In quotes, as one of them has a comma.
            msg = f"unknown state {state!r}; there are: {', '.join(map(repr, _STATES))}"
            raise BadParameter(msg)
    states = {_STATES[state] for state in asked.all("state")}
    owners = set(asked.all("owner"))
    for owner in owners.difference(_OWNERS):
        msg = f"unknown owner {owner!r}; there are: {', '.join(_OWNERS)}"
        raise BadParameter(msg)

    def chosen(task: TaskSnapshot) -> bool:
        return (
            (not age or (task.age is not None and task.age >= age))
            and (not states or task.state in states)
            and (not owners or task.owner in owners)
        )

    return chosen


def _oldest_first(tasks: Sequence[TaskSnapshot]) -> Iterator[TaskSnapshot]:
    """Yield the oldest first: what has just been made is hardly ever what is wrong."""
    # Not sorted at once, which for a hundred thousand would hold the interpreter for
    # tens of milliseconds.
    starts = range(0, len(tasks), _SORTED_AT_ONCE)
    runs = [sorted(tasks[at : at + _SORTED_AT_ONCE], key=_youth) for at in politely(starts)]
    return politely(heapq.merge(*runs, key=_youth))


def _youth(task: TaskSnapshot) -> float:
    return 1.0 if task.age is None else -task.age


class _Groups:
    """Tasks that are alike in ``by``: how many there are, and the age of the oldest."""

    def __init__(self, by: Sequence[str]) -> None:
        self._by = by
        self._groups: dict[tuple[object, ...], tuple[int, float | None]] = {}

    @classmethod
    def of(cls, tasks: Iterable[TaskSnapshot], by: Sequence[str]) -> _Groups:
        """Go through ``tasks`` once, and keep none. Cost: 1.5 us for each."""
        self = cls(by)
        groups, extract = self._groups, [_GROUPS[name] for name in by]
        for task in tasks:
            key = tuple([each(task) for each in extract])
            count, oldest = groups.get(key, (0, None))
            if task.age is not None:
                oldest = max(task.age, oldest or 0.0)
            groups[key] = count + 1, oldest
        return self

    def shown(self, limit: int) -> dict[str, object]:
        """Return the largest for JSON, and how many are left out."""
        found = heapq.nlargest(limit, politely(self._groups.items()), key=lambda group: group[1][0])
        return {
            "matching": sum(count for count, _ in politely(self._groups.values())),
            "left_out": len(self._groups) - len(found),
            "groups": [self._one(key, *of_it) for key, of_it in found],
        }

    def _one(self, key: Sequence[object], count: int, oldest: float | None) -> dict[str, object]:
        names = (name.replace("-", "_") for name in self._by)
        return {
            "count": count,
            "oldest": None if oldest is None else round(oldest, 3),
            **dict(zip(names, map(_shown, key), strict=True)),
        }


def _shown(value: object) -> object:
    if value is None:
        return ""
    return str(value) if isinstance(value, Frame) else value


def _json(content: object) -> Response:
    return Response(200, as_json(content), _JSON)
