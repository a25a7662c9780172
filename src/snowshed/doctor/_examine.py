"""Asks a running service for what tells most and hurts it least.

A profile costs a Go service some milliseconds, however many goroutines it has. The list of all of
them, ``debug=2``, stops it several times, for 4 us times its goroutines each, and one that has a
hundred thousand for seconds. So two profiles come first, some seconds apart: they tell how many
there are and what grows. Then come those that nothing can wake, where the runtime tells them. The
list is asked for only if it is short, or if somebody insists; then twice, as only who stands at
the same place in both is stuck and not merely busy.

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
        sleep: waits for so long.

    Raises:
        FormatError: it has no goroutine profile, or what it sends is none.
        Exception: whatever ``ask`` raises.
    """
    looks: list[Look] = []
    warnings: list[str] = []
    began = time.monotonic()

    def read(page: str, *, needed: bool = False) -> None:
        data = ask(page)
        if data is None:
            if needed:
                raise FormatError(source, f"/{page}", "there is no such page")
            return
        loaded = load(f"{source} {page}", data)
        warnings.extend(f"{loaded.source}: {each}" for each in loaded.warnings)
        look = look_at(loaded)
        if look is None:
            raise FormatError(source, f"/{page}", "it says nothing of goroutines")
        looks.append(_timed(look, looks, time.monotonic() - began))

    def read_list() -> None:
        listing = None if tasks is None else tasks.listing()
        if listing is None:
            read("goroutine?debug=2")
        else:
            looks.append(listing)

    read("goroutine", needed=True)
    tasks = None
    if ask_own is not None and any(group.is_python for group in looks[0].groups):
        tasks = TaskPages(source, ask_own)
        looks[0] = tasks.with_totals(looks[0])
    sleep(apart)
    read("goroutine", needed=True)
    total = looks[-1].total
    read("goroutineleak")
    if force or total <= (LISTED_UP_TO if tasks is None else TASKS_UP_TO):
        read_list()
        sleep(apart)
        read_list()
    else:
        warnings.append(_too_many(source, total, "goroutines" if tasks is None else "tasks"))
    if tasks is not None:
        warnings += tasks.warnings
        looks = _of_one_process(source, tasks, looks, warnings)
    return Examined(tuple(looks), tuple(warnings))


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
