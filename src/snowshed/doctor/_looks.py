"""What was seen at one moment: how many goroutines stand where, whatever told it.

A dump lists them one by one, a profile has counted them by stack, and neither writes a stack as the
other does: a dump hides calls of the runtime, a profile shows them and has no word for the state.
Here both become groups that can be compared, so that two looks a minute apart tell what grows even
if one was a profile and the other a dump.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._alike import Alike, alike_in
from snowshed.doctor._contention import Waited, in_profile, in_trace, is_contention
from snowshed.doctor._origin import serves
from snowshed.doctor._program import is_python, place_in, without_runtime
from snowshed.doctor._semaphores import waits_for
from snowshed.doctor._tasks import ENDED, Facts, TaskReport, label
from snowshed.doctor._traced import Motion, goroutines_in, lists_all, motions_in, word_for
from snowshed.formats.goroutines import class_of, state_in
from snowshed.model import (
    Frame,
    Goroutine,
    GoroutineDump,
    Profile,
    Stack,
    StateClass,
    TaskState,
)

if TYPE_CHECKING:
    from snowshed.doctor._load import Loaded
    from snowshed.doctor._tasks import Counted
    from snowshed.model import GoTrace, TracedGoroutine

__all__ = ["Group", "Look", "Where", "look_at"]

# Of a group so many are kept, each with its arguments and its parent.
MEMBERS_AT_MOST = 1000
# Of goroutines that have never run.
NOT_TOLD = "not told"
NOWHERE = Frame("not begun", "", 0)
_LEAKS = "goroutineleak"
_ALL_ASLEEP = "all goroutines are asleep - deadlock!"


class Where(NamedTuple):
    """What tells groups of different looks that they are the same.

    Attributes:
        state: in the words of the runtime, as far as profiles have them too.
        at: the line of the program.
    """

    state: str
    at: Frame


@dataclass(slots=True)
class Group:
    """Goroutines, or tasks, that do the same at the same place.

    Attributes:
        where: what they do, and where.
        state: what they do, in all the words that the runtime has.
        stack: of one of them, the innermost call first.
        created_by: the line that made them; None if it is not known.
        count: how many.
        leaked: of these, those that nothing can wake any more, as the garbage collector has found.
        minutes: since when the longest waits, as far as told: a hint.
        members: some of them, if the look has listed them.
        alike: all of them, if the look has listed them, by their stacks.
        call: the outermost call of the runtime that they wait in, such as ``runtime.chanrecv2``;
            empty if it is not shown.
        counted: all of them, if a profile has counted them, by their stacks.
    """

    where: Where
    state: str
    stack: Stack
    created_by: Frame | None = None
    count: int = 0
    leaked: int = 0
    minutes: int = 0
    members: list[Goroutine] = field(default_factory=list)
    call: str = ""
    alike: list[Alike] = field(default_factory=list)
    counted: list[tuple[Stack, int]] = field(default_factory=list)

    @property
    def state_class(self) -> StateClass:
        """What kind of state they are in."""
        return class_of(self.state)

    @property
    def kinds(self) -> Sequence[Alike]:
        """Who is in it, as far as they are listed, by their stacks.

        Tasks of Python that several processes have told have other numbers than in their own list.
        """
        return self.alike if self.alike and not self.is_python else alike_in(self.members)

    @property
    def is_python(self) -> bool:
        """Whether they are tasks or threads of Python."""
        return is_python(self.where.at)

    @property
    def at(self) -> Frame:
        """The line of the program, with the whole name of its function."""
        where = self.where.at
        if not self.is_python:
            return where
        same = (each for each in self.stack if (each.file, each.line) == (where.file, where.line))
        return next(same, where)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a process.

    Attributes:
        source: where it came from, as the user calls it.
        groups: all that was seen, the largest first.
        taken_at: seconds since 1970; None: not known.
        listed: whether each goroutine was listed, with its id and its creator.
        only_leaks: whether only those are in it that nothing can wake.
        notes: text that stood around a dump.
        ended: tasks of Python that have ended, and that somebody keeps.
        facts: what a Python service has told beside its tasks; None: nothing.
        partial: whether it shows a part only, so that its counts are those of nothing.
        counted: whether it is of groups that somebody else has made, whose places are not ours.
        process: id of the process that has answered; 0: not told.
        waits: those that are over, of traces and of block and mutex profiles.
        trace: that it was taken from; None: it was another thing.
        motions: what those did in the trace, that stand at one place.
        cut: whether the end of a list is missing, so that who is not in it may live.
        served: ids of goroutines that are known to have served a request when they made others.
    """

    source: str
    groups: tuple[Group, ...]
    taken_at: float | None = None
    listed: bool = False
    only_leaks: bool = False
    notes: tuple[str, ...] = ()
    ended: tuple[Group, ...] = ()
    facts: Facts | None = None
    partial: bool = False
    counted: bool = False
    process: int = 0
    waits: tuple[Waited, ...] = ()
    trace: GoTrace | None = None
    motions: Mapping[Where, Motion] = field(default_factory=dict)
    cut: bool = False
    served: frozenset[int] = frozenset()

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(group.count for group in self.groups)

    @property
    def all_asleep(self) -> bool:
        """Whether the runtime has ended the program because nothing in it could go on."""
        return any(_ALL_ASLEEP in note for note in self.notes)


def look_at(loaded: Loaded) -> Look | None:
    """Return what was loaded of goroutines; None of a profile of something else."""
    source, content = loaded.source, loaded.content
    if isinstance(content, GoroutineDump):
        return Look(
            source,
            _of_dump(content.goroutines),
            listed=True,
            notes=content.notes,
            cut=_is_cut(content.goroutines),
            served=_served(content.goroutines),
        )
    if isinstance(content, TaskReport):
        return _of_report(source, content)
    if not isinstance(content, Profile):
        return _of_trace(source, content)
    names = [each.type for each in content.sample_types]
    index = next((i for i, name in enumerate(names) if name in {"goroutine", _LEAKS}), None)
    if index is None and not is_contention(content):
        return None
    taken_at = content.time_nanos / 1e9 if content.time_nanos else None
    if index is None:
        return Look(source, (), taken_at, partial=True, waits=in_profile(content))
    only_leaks = names[index] == _LEAKS
    state_of = state_in if loaded.tells_states else _state_without_reason
    groups = _of_profile(content, index, state_of, leaked=only_leaks)
    return Look(source, groups, taken_at, only_leaks=only_leaks)


def _of_trace(source: str, trace: GoTrace) -> Look:
    seen = [*goroutines_in(trace)]
    places: dict[tuple[str, int], Where] = {}
    placed: list[tuple[TracedGoroutine, Where]] = []
    for traced, each in seen:
        # Many have the same stack, and it is the same object.
        alike = each.state, id(each.stack)
        where = places.get(alike) or places.setdefault(alike, _where(each.state, each.stack))
        placed.append((traced, where))
    groups = _of_dump(each for _, each in seen)
    motions = motions_in(trace, placed)
    for wait in trace.blocked:
        where = _where(word_for(wait.reason, wait.stack), tuple(without_runtime(wait.stack)))
        if wait.count and where in motions:
            motions[where].passed += wait.count
    stacks = {traced.id: traced.stack for traced, _ in seen}
    for group in groups:
        group.call = _call_in(stacks[group.members[0].id])
    return Look(
        source,
        groups,
        trace.time_nanos / 1e9 + trace.seconds if trace.time_nanos else None,
        listed=True,
        partial=not lists_all(trace),
        waits=in_trace(trace),
        trace=trace,
        motions=motions,
        served=_served(each for _, each in seen),
    )


def _of_report(source: str, report: TaskReport) -> Look:
    alive = [each for each in report.goroutines if each.state not in ENDED]
    ended = [each for each in report.goroutines if each.state in ENDED]
    counted = (_of_counted(each) for each in report.counted if each.state not in ENDED)
    seen = alive if report.lists_tasks else _in_knots(report.facts)
    return Look(
        source,
        _largest_first([*_of_dump(seen), *counted]),
        report.taken_at,
        listed=bool(report.goroutines),
        ended=_of_dump(ended),
        facts=report.facts or None,
        partial=report.partial or not report.lists_tasks,
        counted=bool(report.counted),
        process=report.process,
    )


def _of_counted(counted: Counted) -> Group:
    stack = (counted.at,)
    where = _where(counted.state, stack)
    return Group(where, counted.state, stack, counted.created_at, counted.size)


def _in_knots(facts: Facts) -> Iterator[Goroutine]:
    """Yield the tasks that a graph of waits names, where nothing else is known of any."""
    for knot in facts.knots or ():
        for name, at, number in knot.steps:
            if at is not None and not knot.through_resource:
                labels = (("kind", "task"), ("name", name))
                yield Goroutine(number, TaskState.AWAIT_CYCLE, (at,), labels=labels)


def _of_dump(goroutines: Iterable[Goroutine]) -> tuple[Group, ...]:
    groups: dict[tuple[Where, Frame | None], Group] = {}
    # By place in memory: to compare stacks call by call takes ten times as long. What is found
    # first keeps its stack, so no other can come to lie there.
    known: dict[tuple[object, ...], tuple[Group, Alike]] = {}
    for each in goroutines:
        key = (each.state, id(each.created_by), *map(id, each.stack))
        found = known.get(key)
        if found is None:
            found = known[key] = _new(each, groups)
        group, alike = found
        alike.add(each.id, each.parent)
        group.count += 1
        group.leaked += each.leaked
        # Of a task of Python the minutes are its age, and say nothing of how long it waits.
        if each.minutes > group.minutes and not (each.labels and label(each, "kind")):
            group.minutes = each.minutes
        if len(group.members) < MEMBERS_AT_MOST:
            group.members.append(each)
    return _largest_first(groups.values())


def _new(each: Goroutine, groups: dict[tuple[Where, Frame | None], Group]) -> tuple[Group, Alike]:
    """Return the group that ``each`` belongs to, and a place there for all that are like it."""
    state = waits_for(each.state, each.stack)
    # The calls of the runtime, which a dump of a crash shows, are no places.
    where = _where(state, tuple(without_runtime(each.stack)) or each.stack)
    key = (where, each.created_by)
    group = groups.get(key)
    if group is None:
        group = groups[key] = Group(where, state, each.stack, each.created_by)
        group.call = _call_in(each.stack)
    alike = Alike(state, each.stack, each.created_by)
    group.alike.append(alike)
    return group, alike


def _is_cut(goroutines: Sequence[Goroutine]) -> bool:
    """Tell whether the last one has lost its last line, who made it, which all but main have."""
    if not goroutines or goroutines[-1].id == 1 or goroutines[-1].created_by is not None:
        return False
    return any(each.created_by for each in goroutines)


def _served(goroutines: Iterable[Goroutine]) -> frozenset[int]:
    """Return the makers of which it is told that they were serving a request."""
    makers = (each.ancestors[0] for each in goroutines if each.ancestors)
    return frozenset(maker.id for maker in makers if serves(maker.stack))


def _of_profile(
    profile: Profile, index: int, state_of: Callable[[Stack], str], *, leaked: bool
) -> tuple[Group, ...]:
    groups: dict[Where, Group] = {}
    for sample in profile.samples:
        labels = dict(sample.labels)
        told = labels.get("state")
        stack = tuple(without_runtime(sample.stack))
        state = told if isinstance(told, str) else waits_for(state_of(sample.stack), stack)
        where = _where(state, stack)
        group = groups.setdefault(where, Group(where, state, stack, call=_call_in(sample.stack)))
        group.count += sample.values[index]
        group.counted.append((stack, sample.values[index]))
        group.leaked += sample.values[index] if leaked else 0
    return _largest_first(groups.values())


def _state_without_reason(stack: Stack) -> str:
    """Tell the state from a stack that has lost the calls of the runtime, where it still shows."""
    parked = Frame("runtime.gopark", "", 0)
    state = state_in((parked, *stack)) if stack else state_in(stack)
    return NOT_TOLD if state == "waiting" else state


def _call_in(stack: Stack) -> str:
    """Return the call by which the rest of the stack has come into the runtime."""
    calls = [*takewhile(lambda call: call.startswith("runtime."), (f.function for f in stack))]
    return calls[-1] if calls else ""


def _where(state: str, stack: Stack) -> Where:
    for only_told_by_dumps in (" (nil chan)", " (durable)"):
        state = state.removesuffix(only_told_by_dumps)
    if not stack:
        return Where(state, NOWHERE)
    at = place_in(stack)
    if is_python(at):
        # A profile writes the module in front, JSON does not: file and line tell it all the same.
        return Where(state, Frame(at.function.rpartition(".")[2], at.file, at.line))
    # A profile writes out the types of what is generic, a dump only that there are some.
    function, bracket, rest = at.function.partition("[")
    if bracket:
        at = Frame(f"{function}[...]{rest.rpartition(']')[2]}", at.file, at.line)
    return Where(state, at)


def _largest_first(groups: Iterable[Group]) -> tuple[Group, ...]:
    found: Sequence[Group] = [group for group in groups if group.count > 0]
    return tuple(sorted(found, key=lambda group: -group.count))
