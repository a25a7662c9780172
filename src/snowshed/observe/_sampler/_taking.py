"""One look at the tasks: which are drawn, which of these count, which are taken, for how many."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from snowshed.observe._sampler._chance import Tokens, draw, stretch, take
from snowshed.observe._sampler._population import AnyTask, Population, TaskRef, dropped
from snowshed.observe._snapshot._provenance import UNKNOWN_ORIGIN

if TYPE_CHECKING:
    from snowshed.model import Frame
    from snowshed.observe._settings import Settings
    from snowshed.observe._snapshot._provenance import Provenance

__all__ = ["Facts", "Owner", "Taken", "Taking", "facts_of", "route_of"]

# Stacks of one look: about a quarter of a millisecond.
TAKEN_AT_A_LOOK = 8
# The process was stopped, or the machine: nobody knows what was in between.
LONGEST_GAP = 2.0
_NAME_OF_A_THING = re.compile(r"/(?!v\d{1,2}(?:/|$))[^/]*\d[^/]*")


Owner: TypeAlias = "Callable[[AnyTask], str | None]"


class Facts(NamedTuple):
    """Whose work a task does.

    Attributes:
        owner: ``user``; anything else is not sampled.
        created_at: the line that made it; None if unknown.
        request: the route that it works for; empty if for none.
    """

    owner: str
    created_at: Frame | None
    request: str


def facts_of(task: AnyTask, provenance: Provenance | None) -> Facts:
    """Return what a profile tells of where a task comes from."""
    origin = None if provenance is None else provenance.of(task)
    created_at, owner, request, _, _ = origin or UNKNOWN_ORIGIN
    return Facts(owner, created_at, route_of(request))


def route_of(request: str) -> str:
    """Return a request without what differs from one to the next, and without its query.

    A part of the path that has a digit is taken for the name of a thing, unless it is a version.
    """
    path = request.partition("?")[0]
    return _NAME_OF_A_THING.sub("/{}", path)


class Taken(NamedTuple):
    """What a look has taken.

    Attributes:
        tasks: to be emptied by `dropped`.
        weight: for how many tasks each stands.
        seconds: for how long all of those together.
    """

    tasks: list[AnyTask]
    weight: float
    seconds: float


class Taking:
    """Takes some of the tasks at each look, within the rate.

    Args:
        settings: rate, probability, age.
        source: returns weak references to all tasks.
        owner: tells whose work a task does, in a microsecond; None: that takes longer.
        rng: the source of chance.

    Attributes:
        looks: how many there were.
        drawn: tasks that were drawn.
        taken: tasks that were taken.
        candidates: estimated number of those that could have been, all looks together.
        unreadable: tasks of which nothing could be told.
    """

    def __init__(
        self,
        settings: Settings,
        source: Callable[[], Sequence[TaskRef]],
        owner: Owner,
        rng: random.Random,
    ) -> None:
        self._probability = settings.probability
        self._population = Population(source, settings.longer_than)
        self._owner = owner
        self._rng = rng
        self.tokens = Tokens(settings.rate, TAKEN_AT_A_LOOK)
        self._called: float | None = None
        self._unseen = 0.0
        self._begun = False
        self.looks = self.drawn = self.taken = self.unreadable = 0
        self.candidates = 0.0

    def look(self, now: float) -> Taken | None:
        """Look once; None if there was no token, and the next look stands for this one as well."""
        before, self._called = self._called, now
        self._unseen += 0.0 if before is None else min(now - before, LONGEST_GAP)
        tokens = self.tokens.fill(now)
        if tokens < 1:
            return None
        seconds, self._unseen = self._unseen, 0.0
        population = self._population.at(now)
        begun, self._begun = self._begun, True
        if not begun:
            return None
        self.looks += 1
        length = stretch(len(population), self._probability)
        found = self._found(population, length)
        taken, each = take(found, tokens, self._rng)
        self.candidates += len(found) * length
        self.taken += len(taken)
        self.tokens.spend(len(taken))
        if taken is not found:
            dropped(found)
        return Taken(taken, length * each, length * each * seconds)

    def _found(self, population: Sequence[TaskRef], length: float) -> list[AnyTask]:
        """Draw, and keep those that may count."""
        found: list[AnyTask] = []
        others: list[AnyTask] = []
        for index in draw(len(population), length, self._rng):
            self.drawn += 1
            self._judge(population[index](), found, others)
        dropped(others)
        return found

    # A function of its own, as the variable of a loop would hold the last task.
    def _judge(self, task: AnyTask | None, found: list[AnyTask], others: list[AnyTask]) -> None:
        if task is not None:
            (found if self._may_count(task) else others).append(task)

    def _may_count(self, task: AnyTask) -> bool:
        try:
            return not task.done() and self._owner(task) in {None, "user"}
        except Exception:  # noqa: BLE001 - whatever a task of the service's own kind may raise
            self.unreadable += 1
            return False
