"""Tasks as a goroutine profile, so that the tools of Go read a Python service.

A goroutine profile has a count for each stack. What Go lacks stands in labels, which
``go tool pprof`` lists (``-tags``) and filters by (``-tagfocus state=lock``): what the task waits
for, who made it, how old it is. They have few values, as each combination is a sample of its own
and storage keeps an index of them: no id, no request, no ``repr``.

Of two profiles the difference is the growth. There the age is left out, or a task that only grows
older would be one that came and one that went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from snowshed.formats.goroutines import class_of
from snowshed.model import (
    Profile,
    Sample,
    Stack,
    StateClass,
    TaskSnapshot,
    TaskState,
    ValueType,
)
from snowshed.observe._go_profile._names import Names
from snowshed.observe._polite import politely

if TYPE_CHECKING:
    from snowshed.model import Frame

__all__ = ["ENDED", "GOROUTINE", "age_bucket", "delta", "goroutine_profile", "loop_of", "wait_of"]

GOROUTINE = ValueType("goroutine", "count")

ENDED = frozenset({TaskState.DONE, TaskState.UNRETRIEVED})

_AGES = ((1, "<1s"), (10, "1s-10s"), (60, "10s-1m"), (600, "1m-10m"), (3600, "10m-1h"))
_OLDEST = ">1h"

# What a task does that waits for nothing.
_NO_WAIT = frozenset({StateClass.RUNNING, StateClass.READY, StateClass.ENDED})
Labels = tuple[tuple[str, str | int], ...]


def wait_of(state: TaskState) -> str:
    """Return what a task in ``state`` waits for, in a word that Go's reasons fall into too.

    Empty if it does not wait.
    """
    found = class_of(state)
    return "" if found in _NO_WAIT else str(found)


def loop_of(task: TaskSnapshot) -> str:
    """Return which loop the task runs on; empty for a thread, which runs on none."""
    return str(task.loop) if task.kind == "task" else ""


def age_bucket(age: float | None) -> str:
    """Return between which ages ``age`` is, in seconds; empty if it is not known."""
    if age is None:
        return ""
    return next((name for below, name in _AGES if age < below), _OLDEST)


def goroutine_profile(
    tasks: Iterable[TaskSnapshot], *, time_nanos: int = 0, with_ages: bool = True
) -> Profile:
    """Return how many tasks are at which place, apart by their labels; the most first.

    Args:
        tasks: all of one look. Those that have ended are left out, as in Go.
        time_nanos: when it was, since 1970.
        with_ages: whether tasks of different ages are apart.

    Cost: about 2 us for each task. For a thread beside the loop: it lets the loop in between.
    """
    names = Names()
    counts: Counter[tuple[Stack, Labels]] = Counter()
    # Tasks share their stacks, and comparing places in memory spares the hash of each frame.
    alike: dict[tuple[object, ...], tuple[int, TaskSnapshot]] = {}
    for task in politely(tasks):
        key = _key(task, with_ages=with_ages)
        before = alike.get(key)
        alike[key] = (1, task) if before is None else (before[0] + 1, before[1])
    for count, task in politely(alike.values()):
        if task.state not in ENDED:
            place = names.of_stack(task.stack), _labels(task, names, with_ages=with_ages)
            counts[place] += count
    samples = tuple(Sample(stack, (count,), labels) for (stack, labels), count in _sorted(counts))
    return Profile((GOROUTINE,), samples, GOROUTINE, 1, time_nanos)


def _key(task: TaskSnapshot, *, with_ages: bool) -> tuple[object, ...]:
    """Return what differs if the samples differ; the same tasks may have several."""
    resource = task.resource
    return (
        id(task.stack),
        task.state,
        None if resource is None else resource.kind,
        id(task.created_at),
        age_bucket(task.age) if with_ages else "",
        task.kind,
        task.owner,
        task.loop,
    )


def _labels(task: TaskSnapshot, names: Names, *, with_ages: bool) -> Labels:
    created_at = task.created_at
    labels = {
        "state": str(task.state),
        "wait": wait_of(task.state),
        "resource": "" if task.resource is None else task.resource.kind,
        "created_by": "" if created_at is None else _line(names.of(created_at)),
        "age_bucket": age_bucket(task.age) if with_ages else "",
        "kind": task.kind,
        "owner": task.owner,
        "loop": loop_of(task),
    }
    return tuple((name, value) for name, value in labels.items() if value)


def _line(frame: Frame) -> str:
    return f"{frame.function}:{frame.line}" if frame.line else frame.function


def _sorted(
    counts: Mapping[tuple[Stack, Labels], int],
) -> Sequence[tuple[tuple[Stack, Labels], int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0][1], len(entry[0][0])))


def delta(before: Profile, after: Profile) -> Profile:
    """Return what has come between two profiles of the same kind, and what has gone, as negative.

    Places with the same values in both are left out.
    """
    values: dict[tuple[Stack, Labels], list[int]] = {}
    nothing = [0] * len(after.sample_types)
    for sign, profile in ((1, after), (-1, before)):
        for sample in profile.samples:
            so_far = values.setdefault((sample.stack, sample.labels), [*nothing])
            for index, value in enumerate(sample.values):
                so_far[index] += sign * value
    samples = (
        Sample(stack, tuple(found), labels)
        for (stack, labels), found in values.items()
        if any(found)
    )
    return Profile(
        sample_types=after.sample_types,
        samples=tuple(samples),
        period_type=after.period_type,
        period=after.period,
        time_nanos=after.time_nanos,
        duration_nanos=after.time_nanos - before.time_nanos,
        comments=after.comments,
        default_sample_type=after.default_sample_type,
    )
