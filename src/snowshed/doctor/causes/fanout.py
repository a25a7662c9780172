"""fanout: a loop starts a task for each item, however many there are.

Looks for: one request that has started more than fifty at one line that live at once; in a trace
also one that is over, in a profile all calls of a function on average. And, where no request is
seen, a line where thousands pile up that nothing else explains, or one maker whose tasks become
more from list to list while the old ones stay; or several makers at one line that wait for as many
as there is to do, each for another number.

Why: ``for _, item := range items { go fetch(item) }`` is as wide as the data. A request for a
thousand items takes a thousand connections, locks and stacks, at once, and a hundred such requests
take what the whole service has.

Evidence: how many one request has; that the numbers differ from request to request, as the data do;
that who started them waits for them.

Against: a limit that is meant is the same for each request. A pool that ``main`` has started is no
request, nor is one that the first request has set up for all that follow, and neither is told.

Silence: a limit where they are started: ``errgroup.Group.SetLimit``, a semaphore taken before the
``go``, or a fixed number of workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.doctor._case import Growth
from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._family import BUDGET, Bond
from snowshed.doctor._python_requests import wide_requests
from snowshed.doctor.causes._profiled_fanout import piles, wide_on_average
from snowshed.doctor.causes._traced_fanout import wide_in
from snowshed.model import Cause, Related

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._lineage import Lineage
    from snowshed.doctor._looks import Group
    from snowshed.doctor._origin import Line
    from snowshed.doctor._python_requests import Wide
    from snowshed.doctor.causes import _profiled_fanout as profiled
    from snowshed.doctor.causes import _traced_fanout as traced

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "fanout",
    Cause.UNBOUNDED_FANOUT,
    why="a loop starts a task for each item, so one request is as wide as its data",
    go="bound it where they are started: errgroup with SetLimit, a semaphore that is taken before "
    "the go statement, or a fixed number of workers",
    python="bound it where they are started: TaskScope.map(fn, items, limit=...), or a WorkerPool",
)
# So many requests with the same number, and none with another, show a limit.
SAME_FROM = 3
# Some of each may have ended. Only numbers that differ by more are those of the data.
DIFFER_FROM = 1.25
# Of those that were there before so many have to be there still, for more of them to be growth.
STAY_FROM = 0.5
_NOT_TOLD = "who made them is not told: a list does that, debug=2 or --force"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield, for each line that has started too many for one request, most of those."""
    yield from map(_of_python, wide_requests(case))
    yield from map(_of_trace, wide_in(case))
    yield from map(_of_profile, wide_on_average(case))
    yield from map(_of_pile, piles(case))
    lineage = case.lineage
    if lineage is None:
        return
    wide: dict[Line, list[tuple[int, int]]] = {}
    for request, lines in lineage.requests.held.items():
        for line, count in lines.items():
            if count > BUDGET:
                wide.setdefault(line, []).append((count, request))
    for line, requests in wide.items():
        yield _of_requests(lineage, line, sorted(requests, key=lambda each: (-each[0], each[1])))
    for line in lineage.family.started.keys() - wide.keys():
        yield from _of_one_maker(lineage, line)
        yield from _of_jobs(lineage, line)


def _of_trace(wide: traced.Wide) -> Suspicion:
    """Return what a trace has seen, also of those that are over."""
    return Suspicion(
        DETAIL,
        wide.group,
        0.6,
        of_one_request=wide.path.widest,
        evidence=wide.evidence,
        against=wide.against,
        related=wide.related,
    )


def _of_profile(wide: profiled.Wide) -> Suspicion:
    """Return what a profile tells, which has counted goroutines and calls."""
    calls = "the only call" if wide.calls == 1 else f"each of {wide.calls:,} calls"
    return Suspicion(
        DETAIL,
        wide.group,
        # What is proven to wait for ever was left behind, call by call, and has a cause of its own.
        0.3 if wide.group.leaked else 0.6,
        of_one_request=wide.each,
        evidence=(
            f"{calls} of {wide.at.function} has {wide.each:,} at once, counted in a profile",
        ),
        against=(_NOT_TOLD,),
        related=(Related(wide.at, "handlers are here, and have started them"),),
    )


def _of_pile(group: Group) -> Suspicion:
    """Return the least that can be said, for whoever knows no better."""
    return Suspicion(DETAIL, group, 0.2, against=(_NOT_TOLD,))


def _of_python(wide: Wide) -> Suspicion:
    """Return what speaks against requests of a Python service, which counts their tasks itself."""
    on_average = " on average" if wide.average else ""
    evidence = [f"one request, {wide.name}, has {wide.most:,} tasks at once{on_average}"]
    if wide.requests > 1:
        evidence.append(f"{wide.requests:,} such requests have more than {BUDGET} each")
    return Suspicion(DETAIL, wide.group, 0.65, of_one_request=wide.most, evidence=tuple(evidence))


def _of_requests(lineage: Lineage, line: Line, requests: Sequence[tuple[int, int]]) -> Suspicion:
    count, worst = requests[0]
    sizes = [size for size, _ in requests]
    group = _largest(lineage, line)
    maker = lineage.family.maker(worst)
    place = line.at if maker is None else maker.place_of(line)
    evidence = [f"goroutine {worst} has {count:,} at once that were started at {place}"]
    against = []
    if len(sizes) > 1:
        evidence.append(f"{len(sizes):,} requests have more than {BUDGET} of them each")
    differ = max(sizes) >= DIFFER_FROM * min(sizes)
    if differ:
        evidence.append(f"from {min(sizes):,} to {max(sizes):,}: as many as there is to do")
    elif len(sizes) >= SAME_FROM and len(set(sizes)) == 1:
        against.append(f"each of {len(sizes):,} requests has the same number: it may be a limit")
    related: tuple[Related, ...] = ()
    if maker is None:
        evidence.append("the request itself has ended, and they go on")
    elif maker.own and (maker.waits_for_tasks or maker.waits_at_channel):
        related = (Related(maker.own[0], f"goroutine {worst} waits for them here"),)
    # What is proven to wait for ever has a cause of its own.
    confidence = 0.3 if group.leaked else 0.7 if differ else 0.6
    return Suspicion(
        DETAIL,
        group,
        confidence,
        of_one_request=count,
        evidence=tuple(evidence),
        against=tuple(against),
        related=related,
    )


def _of_one_maker(lineage: Lineage, line: Line) -> Iterator[Suspicion]:
    """Yield those of a line where one goroutine, which is no request, starts more and more."""
    makers = lineage.family.started[line]
    if not makers:
        return  # of tasks of Python it is not told who has made them
    id_, count = max(makers.items(), key=lambda item: item[1])
    before = lineage.before
    maker = lineage.family.maker(id_)
    # What connections have left is told by others, and that there are more of them is no fault.
    if maker is not None and (maker.serves or maker.accepts_in):
        return
    if count <= BUDGET or before is None or id_ in lineage.requests.gone:
        return
    old, now = before.ids_of(line), lineage.family.ids_of(line)
    growth = Growth((len(old), len(now)))
    if growth.grows and old and len(old & now) >= STAY_FROM * len(old):
        yield Suspicion(
            DETAIL,
            _largest(lineage, line),
            0.35,
            growth=growth,
            evidence=(f"goroutine {id_} has started {count:,} that live at once",),
            against=("it is no request, as far as this can be seen",),
        )


def _of_jobs(lineage: Lineage, line: Line) -> Iterator[Suspicion]:
    """Yield those of a line where several that are no requests have started many, and wait."""
    family = lineage.family
    started = family.started[line]
    wide = (tasks for tasks in family.started_at(line) if started[tasks.parent] > BUDGET)
    jobs = {tasks.parent for tasks in wide if family.bond(tasks) is Bond.HELD}
    sizes = sorted(started[job] for job in jobs)
    if len(sizes) > 1 and sizes[-1] >= DIFFER_FROM * sizes[0]:
        said = f"{len(sizes):,} goroutines have started from {sizes[0]:,} to {sizes[-1]:,} each"
        yield Suspicion(
            DETAIL,
            _largest(lineage, line),
            0.35,
            evidence=(f"{said}, and are at it",),
            against=("they are no requests, as far as this can be seen; pools may look the same",),
        )


def _largest(lineage: Lineage, line: Line) -> Group:
    """Return the group that has most of those that were started at ``line``."""
    counts: Counter[int] = Counter()
    for tasks in lineage.family.started_at(line):
        counts[tasks.kind] += tasks.size
    sizes: dict[int, int] = {}
    groups: dict[int, Group] = {}
    for kind, count in counts.items():
        group = lineage.group_of[kind]
        groups[id(group)] = group
        sizes[id(group)] = sizes.get(id(group), 0) + count
    return groups[max(sizes, key=lambda key: sizes[key])]
