"""Asks a running service for what tells most and hurts it least.

A profile costs a Go service some milliseconds, however many goroutines it has. The list of all of
them, ``debug=2``, stops it several times, for 4 us times its goroutines each, and one that has a
hundred thousand for seconds. So two profiles come first, some seconds apart: they tell how many
there are and what grows. Then come those that nothing can wake, where the runtime tells them. The
list is asked for only if it is short, or if somebody insists; then twice, as only who stands at
the same place in both is stuck and not merely busy.

An execution trace is asked for last, and only if somebody wants it: it costs a busy service a part
of its throughput for as long as it lasts.

A Python service under ``snowshed run`` has pages of its own, which say more and stop nobody: it is
asked for those instead of the list.

Source of the figures: net/http/pprof of Go 1.27, measured by the pauses in its execution trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from snowshed.doctor._load import load
from snowshed.doctor._looks import look_at
from snowshed.doctor._tasks_asked import TASKS_UP_TO, TaskPages
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from snowshed.doctor._looks import Look

__all__ = ["APART", "LISTED_UP_TO", "Ask", "Examined", "examine"]

_NO_PROFILE = (
    "there is no such page; Go serves it with net/http/pprof, Python under snowshed run, and "
    "a URL that ends in /debug/pprof says where else it is"
)
LISTED_UP_TO = 10_000
"""Goroutines up to which a service is asked for a list of them."""
APART = 5.0
"""Seconds between the two profiles."""

# Returns what a service has at a page below ``/debug/pprof``; None: there is no such page.
Ask: TypeAlias = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a service has told.

    Attributes:
        looks: the oldest first.
        warnings: what could not be read, or was not asked for, and why.
    """

    looks: tuple[Look, ...]
    warnings: tuple[str, ...] = ()


def examine(
    source: str,
    ask: Ask,
    *,
    ask_own: Ask | None = None,
    force: bool = False,
    apart: float = APART,
    trace: float = 0.0,
    sleep: Callable[[float], object] = time.sleep,
) -> Examined:
    """Return what the service says of its goroutines, or of its tasks.

    Args:
        source: what to call it in messages.
        ask: returns a page of it.
        ask_own: returns a page below ``/debug/snowshed``, which Python services have; asked only if
            the profile is of Python. None: there are no such pages.
        force: whether to ask for the list even if it is long.
        apart: seconds between the two profiles, and the two lists.
        trace: seconds for which to trace it in the end; 0: not at all. Without a trace the rest is
            told all the same.
        sleep: waits for so long.

    Raises:
        FormatError: it has no goroutine profile, or what it sends is none. Other pages that are
            not what they should be are left out, with a warning.
        Exception: whatever ``ask`` raises for the first page. Who gives no answer later, as one may
            who is starved, is told of as far as it has.
    """
    visit = _Visit(source, ask)
    visit.read("goroutine", needed=True)
    tasks = visit.tasks(ask_own)
    try:
        sleep(apart)
        visit.read("goroutine", needed=True)
        total = visit.looks[-1].total
        visit.read("goroutineleak")
        if force or total <= (LISTED_UP_TO if tasks is None else TASKS_UP_TO):
            visit.read_list(tasks)
            sleep(apart)
            visit.read_list(tasks)
        else:
            what = "goroutines" if tasks is None else "tasks"
            visit.warnings.append(_too_many(source, total, what))
        if trace:
            visit.read_trace(trace, tasks)
    except _NoAnswerError as error:
        visit.warnings.append(f"{error}; it was asked for no more")
    looks, warnings = visit.looks, visit.warnings
    if tasks is not None:
        warnings += tasks.warnings
        looks = _of_one_process(source, tasks, looks, warnings)
    return Examined(tuple(looks), tuple(warnings))


class _NoAnswerError(Exception):
    """A service that has answered does so no more; the text says why."""


class _Visit:
    """What was asked of a service so far, and what it has said."""

    def __init__(self, source: str, ask: Ask) -> None:
        self.looks: list[Look] = []
        self.warnings: list[str] = []
        self._source = source
        self._ask = ask
        self._began = time.monotonic()

    def read(self, page: str, *, needed: bool = False) -> None:
        """Ask for a page, which may be missing, or be something else, unless it is needed.

        Raises:
            FormatError: it is needed, and is missing, or is no look at the service.
            _NoAnswerError: it gives no answer, and has answered before.
        """
        try:
            data = self._ask(page)
        except Exception as error:
            if not self.looks:
                raise
            raise _NoAnswerError(error) from error
        if data is None:
            if needed:
                raise FormatError(self._source, f"/{page}", _NO_PROFILE)
            return
        try:
            look = self._look(page, data)
        except FormatError as error:
            if needed:
                raise
            # Such as the page that a service has in place of one that is not there.
            self.warnings.append(f"{error}; left out")
            return
        self.looks.append(_timed(look, self.looks, time.monotonic() - self._began))

    def _look(self, page: str, data: bytes) -> Look:
        loaded = load(f"{self._source} {page}", data)
        look = look_at(loaded)
        if look is None or (look.waits and not look.groups):
            raise FormatError(self._source, f"/{page}", "it says nothing of goroutines")
        self.warnings.extend(f"{loaded.source}: {each}" for each in loaded.warnings)
        return look

    def tasks(self, ask_own: Ask | None) -> TaskPages | None:
        """Return what tells of tasks, if the first look is at a Python service that has that."""
        if ask_own is None or not any(group.is_python for group in self.looks[0].groups):
            return None
        tasks = TaskPages(self._source, ask_own)
        self.looks[0] = tasks.with_totals(self.looks[0])
        return tasks

    def read_list(self, tasks: TaskPages | None) -> None:
        """Ask for all goroutines or tasks, one by one."""
        listing = None if tasks is None else tasks.listing()
        if listing is None:
            self.read("goroutine?debug=2")
        else:
            self.looks.append(listing)

    def read_trace(self, seconds: float, tasks: TaskPages | None) -> None:
        """Have the service traced for so long; say if that is not possible."""
        if tasks is not None:
            self.warnings.append(f"{self._source}: only services in Go have an execution trace")
            return
        try:
            self.read(f"trace?seconds={seconds:g}", needed=True)
        except (FormatError, _NoAnswerError) as error:
            self.warnings.append(f"{error}; there is no trace")


def _timed(look: Look, before: list[Look], elapsed: float) -> Look:
    """Return ``look`` with its time: a list has none, and the first profile that of its service."""
    if look.taken_at is None and before and before[0].taken_at is not None:
        return replace(look, taken_at=before[0].taken_at + elapsed)
    return look


def _too_many(source: str, total: int, what: str) -> str:
    costs = "stop the service several times" if what == "goroutines" else "keep it busy"
    return (
        f"{source}: {total:,} {what} are too many to list, which would {costs}: "
        "who made them is not told; --force lists them"
    )


def _of_one_process(
    source: str, tasks: TaskPages, looks: list[Look], warnings: list[str]
) -> list[Look]:
    """Return the looks that can be compared: at a port that workers share, each is of another."""
    if len(tasks.processes) < 2:
        return looks
    names = ", ".join(map(str, sorted(tasks.processes)))
    warnings.append(
        f"{source}: its answers come from several processes ({names}), whose looks cannot be "
        "compared: only the last is told of; name the service by its process id"
    )
    return looks[-1:]
