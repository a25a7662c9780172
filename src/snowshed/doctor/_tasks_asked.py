"""Asks a Python service for what its profiles have no room for.

`snowshed run` serves, beside the pages of Go, its own: each task with its name, its request and
what it waits for; who waits for whom; which line has held the loop; who failed without anybody
asking. A look at the tasks is made by a thread in steps of a quarter of a millisecond, so it stops
nobody, and costs some tens of microseconds a task.

What one page lacks is no reason to tell nothing: a page that is not there, or fails, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.doctor._load import load
from snowshed.doctor._looks import look_at
from snowshed.doctor._tasks import Facts
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from snowshed.doctor._looks import Look

__all__ = ["TASKS_UP_TO", "TaskPages"]

TASKS_UP_TO = 100_000
"""Tasks up to which a Python service is asked for a list of them."""

# Totals that only grow: what they have gained between two looks is what counts.
_TOTALS = ("sampler", "sites", "clients", "runtime")
_AT_THE_MOMENT = (*_TOTALS, "waits", "history", "requests")
_TAIL = {"sites": "?limit=1000", "history": "?limit=1000"}


class TaskPages:
    """The pages of one Python service.

    Args:
        source: what to call it in messages.
        ask: returns a page below ``/debug/snowshed``; None: it is not there, or gives no answer.

    Attributes:
        warnings: what could not be read.
        processes: ids of the processes that have answered.
    """

    def __init__(self, source: str, ask: Callable[[str], bytes | None]) -> None:
        self._source = source
        self._ask = ask
        self._silent: set[str] = set()
        self.warnings: list[str] = []
        self.processes: set[int] = set()

    def with_totals(self, look: Look) -> Look:
        """Return ``look`` with what the service has counted since its start."""
        return replace(look, facts=self._facts(_TOTALS))

    def listing(self) -> Look | None:
        """Return each task, with all that is told beside it; None: there is no such page."""
        look = self._look("tasks")
        if look is None:
            return None
        facts = self._facts(_AT_THE_MOMENT).and_(Facts(taken_at=look.taken_at))
        return replace(look, facts=facts)

    def _facts(self, names: Iterable[str]) -> Facts:
        found = Facts()
        for name in names:
            look = self._look(name)
            if look is not None and look.facts is not None:
                found = found.and_(look.facts)
        return found

    def _look(self, name: str) -> Look | None:
        if name in self._silent:
            return None
        data = self._ask(name + _TAIL.get(name, ""))
        if data is None:
            self._silent.add(name)
            return None
        try:
            loaded = load(f"{self._source} {name}", data)
        except FormatError as error:
            self._silent.add(name)
            self.warnings.append(f"{error}; left out")
            return None
        self.warnings.extend(f"{loaded.source}: {each}" for each in loaded.warnings)
        look = look_at(loaded)
        if look is not None and look.process:
            self.processes.add(look.process)
        return look
