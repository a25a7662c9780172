"""Tables of stacks as profiles, and these on their way to where they are kept.

Three kinds. *Wall*: where tasks are, for how long, in which state, and who made them. *Block*:
where tasks wait for each other, with the names that Go uses. *CPU*: where threads burn the
processor.

Labels split a profile: each different set of them is a row of its own, and servers index them. So
there is none with a value for each task, request or age; a route is as fine as it gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.formats import pprof
from snowshed.model import Frame, Profile, Sample, TaskState, ValueType
from snowshed.observe._go_profile._names import Names
from snowshed.observe._upload._upload import Packet

if TYPE_CHECKING:
    from snowshed.observe._sampler._aggregate import Cell, Key, Table
    from snowshed.observe._upload._upload import Uploader

__all__ = ["BLOCKING", "Exporter", "Span", "Window", "block_profile", "cpu_profile", "wall_profile"]

NANOS = 1_000_000_000
SITES_SHOWN = 20
SAMPLES = ValueType("samples", "count")
WALL = ValueType("wall", "nanoseconds")
CPU = ValueType("cpu", "nanoseconds")
CONTENTIONS = ValueType("contentions", "count")
DELAY = ValueType("delay", "nanoseconds")
# Where one task waits for what another one has.
BLOCKING = frozenset(
    {
        TaskState.LOCK,
        TaskState.SEMAPHORE,
        TaskState.EVENT,
        TaskState.CONDITION,
        TaskState.BARRIER,
        TaskState.QUEUE_GET,
        TaskState.QUEUE_PUT,
        TaskState.QUEUE_JOIN,
        TaskState.CHANNEL_SEND,
        TaskState.CHANNEL_RECEIVE,
        TaskState.SELECT,
        TaskState.POOL,
        TaskState.SCOPE,
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a profile is of.

    Attributes:
        began: seconds since 1970.
        ended: seconds since 1970.
        period: seconds between two looks.
    """

    began: float
    ended: float
    period: float


@dataclass(frozen=True, slots=True)
class Window:
    """What was sampled in one interval.

    Attributes:
        table: the stacks.
        span: the interval.
        live: exact numbers of live tasks by the line that makes them.
    """

    table: Table
    span: Span
    live: Mapping[Frame, int]


def wall_profile(
    rows: Iterable[tuple[Key, Cell]], span: Span, live: Mapping[Frame, int] | None = None
) -> Profile:
    """Return where tasks are: how many were seen there, and their time together.

    Args:
        rows: places, with what was added there.
        span: the time that it is of.
        live: exact numbers of live tasks by line, for the comments.
    """
    samples = (
        Sample(key.stack, (round(cell.weight), round(cell.seconds * NANOS)), _labels(key))
        for key, cell in rows
    )
    return _profile(samples, (SAMPLES, WALL), span, WALL, _comments(live or {}))


def block_profile(rows: Iterable[tuple[Key, Cell]], span: Span) -> Profile:
    """Return where tasks wait for each other, and their time there together.

    A contention is one task that waits, seen at one look; also one whose wait has not ended, which
    Go's profile does not show.
    """
    samples = (
        Sample(
            key.stack,
            (round(cell.weight), round(cell.seconds * NANOS)),
            (("state", str(key.state)),),
        )
        for key, cell in rows
        if key.state in BLOCKING
    )
    return _profile(samples, (CONTENTIONS, DELAY), span, CONTENTIONS, ())


def cpu_profile(rows: Iterable[tuple[Key, Cell]], span: Span) -> Profile:
    """Return where threads burn the processor; the owner of a key is the name of a thread."""
    samples = (
        Sample(key.stack, (round(cell.weight), round(cell.seconds * NANOS)), _cpu_labels(key))
        for key, cell in rows
    )
    return _profile(samples, (SAMPLES, CPU), span, CPU, ())


def _profile(
    samples: Iterable[Sample],
    types: tuple[ValueType, ValueType],
    span: Span,
    period: ValueType,
    comments: tuple[str, ...],
) -> Profile:
    return Profile(
        sample_types=types,
        samples=tuple(sample for sample in samples if any(sample.values)),
        period_type=period,
        period=1 if period is CONTENTIONS else round(span.period * NANOS),
        time_nanos=round(span.began * NANOS),
        duration_nanos=round((span.ended - span.began) * NANOS),
        comments=comments,
        default_sample_type=types[1].type,
    )


def _labels(key: Key) -> tuple[tuple[str, str], ...]:
    pairs = (
        ("kind", key.kind),
        ("state", str(key.state)),
        ("created_by", "" if key.created_at is None else str(key.created_at)),
        ("owner", key.owner),
        ("request", key.request),
    )
    return tuple(pair for pair in pairs if pair[1])


def _cpu_labels(key: Key) -> tuple[tuple[str, str], ...]:
    pairs = (("thread", key.owner), ("task", key.state), ("request", key.request))
    return tuple(pair for pair in pairs if pair[1])


def _comments(live: Mapping[Frame, int]) -> tuple[str, ...]:
    if not live:
        return ()
    most = sorted(live.items(), key=lambda item: -item[1])[:SITES_SHOWN]
    return (f"live tasks: {sum(live.values())}", *(f"live {n}: {site}" for site, n in most))


class Exporter:
    """Makes profiles of windows and hands them to an uploader.

    Args:
        uploader: sends them.
    """

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader

    def __call__(self, window: Window) -> None:
        """Have the profiles of ``window`` sent; from any thread, at once."""
        if not len(window.table):
            return
        self._uploader.submit(lambda: _packet("wall", _wall_of(window), window.span))
        if any(key.state in BLOCKING for key, _ in window.table.rows()):
            self._uploader.submit(lambda: _packet("block", _block_of(window), window.span))


def _wall_of(window: Window) -> Profile:
    return wall_profile(window.table.rows(), window.span, window.live)


def _block_of(window: Window) -> Profile:
    return block_profile(window.table.rows(), window.span)


def _packet(kind: str, profile: Profile, span: Span) -> Packet:
    named = Names().of_profile(profile)
    return Packet(kind, pprof.write(named), span.began, span.ended)
