"""Measuring ratios on a machine that does other things as well.

Absolute times of no-op tasks say more about the machine than about the code, and they drift by
tens of per cent while they are taken. So everything is a *ratio* to a baseline, and

* the cases of a section run in one process, in random order, once in each round;
* a ratio is taken within a round, so that what slows the machine down for seconds slows both;
* the time is the CPU time of the thread, so that waiting for a core is not counted;
* the median over the rounds is the result, with its quartiles;
* each section measures its baseline twice: how far that ratio is from 1 tells the noise.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

LoopKind = Literal["asyncio", "uvloop"]
Work = Callable[[int], Coroutine[Any, Any, object]]
Loop = asyncio.AbstractEventLoop
CONTROL = "the baseline again"
# Seconds for each operation, by the name of the case.
Round = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """Something to be measured.

    Attributes:
        name: for the table.
        work: an async function that does a given number of operations.
        at_most: the goal for the ratio; None: for information.
        needs: the package that must be installed for it.
        prepare: changes the loop; a case with this has a loop of its own.
        around: given the loop, what is entered before each round and left after it; neither is in
            the time.
    """

    name: str
    work: Work
    at_most: float | None = None
    needs: str | None = None
    prepare: Callable[[Loop], object] | None = None
    around: Callable[[Loop], AbstractContextManager[object]] = nullcontext

    @property
    def installed(self) -> bool:
        """Tell whether it can run here."""
        return self.needs is None or find_spec(self.needs) is not None


@dataclass(frozen=True, slots=True)
class Section:
    """Cases that are compared with one baseline.

    Attributes:
        name: area and, after a colon, what of it.
        baseline: what all ratios refer to.
        cases: the rest.
        operations: how many a case does in one round.
        loop: which event loop they run on.
        also: what else follows from the rounds.
    """

    name: str
    baseline: Case
    cases: tuple[Case, ...]
    operations: int
    loop: LoopKind
    also: Callable[[Section, list[Round]], list[Row]] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result.

    Attributes:
        section: area and, after a colon, what of it.
        name: of the case.
        loop: which event loop it ran on, and for servers the HTTP parser.
        python: version.
        ratio: the median; None: not installed.
        q1: first quartile.
        q3: third quartile.
        goal: what the ratio should be: at most this, or at least.
        at_least: True where more is better.
        baseline: what the ratio refers to.
    """

    section: str
    name: str
    loop: str
    python: str
    ratio: float | None
    q1: float | None
    q3: float | None
    goal: float | None
    at_least: bool
    baseline: str

    @property
    def met(self) -> bool | None:
        """Tell whether the goal is met; None without a goal or without a measurement."""
        if self.goal is None or self.ratio is None:
            return None
        # As far as the table shows it.
        ratio = round(self.ratio, 2)
        return ratio >= self.goal if self.at_least else ratio <= self.goal


def row_of(
    ratios: list[float],
    *,
    section: str,
    name: str,
    loop: str,
    goal: float | None,
    at_least: bool = False,
    baseline: str,
) -> Row:
    """Return the line that sums up the ratios of all rounds; none: it was not measured."""
    q1, median, q3 = _quartiles(ratios)
    return Row(
        section=section,
        name=name,
        loop=loop,
        python=python_version(),
        ratio=median,
        q1=q1,
        q3=q3,
        goal=goal,
        at_least=at_least,
        baseline=baseline,
    )


def _quartiles(ratios: list[float]) -> list[float] | list[None]:
    if not ratios:
        return [None, None, None]
    if len(ratios) == 1:
        return ratios * 3
    return statistics.quantiles(ratios, n=4, method="inclusive")


def python_version() -> str:
    """Return the version of this interpreter, as in 3.13.0."""
    return "{}.{}.{}".format(*sys.version_info[:3])


def measure(section: Section, *, rounds: int, scale: float = 1.0) -> list[Row]:
    """Run the cases of ``section`` and return its rows, the control first."""
    control = Case(CONTROL, section.baseline.work)
    cases = [control, *section.cases]
    running = [case for case in cases if case.installed]
    operations = max(int(section.operations * scale), 1)
    spent: list[Round] = []
    with _loops(section, running) as loops:
        for round_ in range(-1, rounds):
            one = _one_round(section.baseline, running, loops, operations)
            # The first one warms up: imports, specialised bytecode, memory.
            if round_ >= 0:
                spent.append(one)
    rows = [_row(section, case, spent) for case in cases]
    return rows if section.also is None else [*rows, *section.also(section, spent)]


def _row(section: Section, case: Case, spent: list[Round]) -> Row:
    return row_of(
        [each[case.name] / each[section.baseline.name] for each in spent if case.name in each],
        section=section.name,
        name=case.name,
        loop=section.loop,
        goal=case.at_most,
        baseline=section.baseline.name,
    )


def _one_round(baseline: Case, cases: list[Case], loops: dict[str, Loop], operations: int) -> Round:
    order = [baseline, *cases]
    random.shuffle(order)
    return {case.name: _spent(loops[case.name], case, operations) for case in order}


def _spent(loop: Loop, case: Case, operations: int) -> float:
    async def timed() -> float:
        began = time.thread_time()
        await case.work(operations)
        return (time.thread_time() - began) / operations

    with case.around(loop):
        return loop.run_until_complete(timed())


@contextmanager
def _loops(section: Section, cases: list[Case]) -> Iterator[dict[str, Loop]]:
    """Give a loop to each case: one to all that leave it as it is, and one to each other."""
    shared = new_loop(section.loop)
    loops = {case.name: shared for case in [section.baseline, *cases]}
    for case in cases:
        if case.prepare is not None:
            loops[case.name] = new_loop(section.loop)
            case.prepare(loops[case.name])
    try:
        yield loops
    finally:
        for loop in set(loops.values()):
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


def new_loop(kind: LoopKind) -> Loop:
    """Return a new event loop."""
    if kind == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    loop: Loop = uvloop.new_event_loop()
    return loop


def loop_kinds() -> list[LoopKind]:
    """Return the event loops that are installed."""
    return ["asyncio"] if find_spec("uvloop") is None else ["asyncio", "uvloop"]
