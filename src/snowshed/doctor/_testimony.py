"""What traces and profiles of waits say of a group that a cause suspects.

A trace is better than two lists: it sees that nothing happened to a goroutine for seconds, or that
something did. And where waits end again and again, nobody is stuck for ever, whoever stands there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.doctor._case import NOT_WAITING, STUCK_FROM, Case, Growth, once
from snowshed.doctor._contention import Waited, between
from snowshed.doctor._program import Whose, whose
from snowshed.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.doctor._cause import Suspicion
    from snowshed.doctor._looks import Group, Where
    from snowshed.doctor._traced import Motion

__all__ = ["Testimony", "missed_in", "motion_of", "testify", "waits_at", "waits_of"]

# So many have to stand still, and nearly all, to be called stuck; for so many seconds at least.
MANY, ALL_STAND, SECONDS = 10, 0.95, 2.0
# An average wait that is worth to be told as one that is long, in seconds.
LONG = 1.0


@dataclass(frozen=True, slots=True)
class Testimony:
    """What speaks for a suspicion, and what against it.

    Attributes:
        severity: that it earns.
        surer: by how much, from 0 to 1, it is surer.
        evidence: what speaks for it.
        against: what speaks against it.
    """

    severity: Severity = Severity.LOW
    surer: float = 0.0
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def missed_in(case: Case) -> Iterator[str]:
    """Yield what traces and profiles of waits cannot tell by themselves."""
    for look in case.looks:
        if look.trace is not None and look.trace.left_out:
            more = f"{look.trace.left_out:,} more goroutines lived"
            yield f"{look.source}: {more} than are told one by one: their numbers are no growth"
    if case.looks and not case.groups:
        yield from _waits_alone(case)


def _waits_alone(case: Case) -> Iterator[str]:
    """Yield what can be said of waits that are over, where nobody is seen who waits."""
    waits = waits_of(case)
    of_program = (each for each in waits if whose(each.at) is Whose.PROGRAM)
    most = next(of_program, waits[0] if waits else None)
    if most is not None:
        yield (
            f"{case.looks[-1].source}: no goroutines in it, only waits that are over; most time "
            f"went to {most.at}: {most}; give a goroutine profile or a dump beside it"
        )


def testify(case: Case, suspicion: Suspicion) -> Testimony:
    """Return what was seen of the group of ``suspicion`` beside its looks."""
    group = suspicion.group
    motion = motion_of(case, group.where)
    evidence = [*_of_motion(motion, group)]
    against = [*_against(motion)]
    for waited in waits_at(case, group.where):
        (evidence if waited.each >= LONG else against).append(str(waited))
        if waited.woken_at is not None:
            evidence.append(f"most that get through are let go by {waited.woken_at}")
    grown = motion is not None and _grows(motion) and _agree(case, group)
    stuck = motion is not None and suspicion.waiting_is_wrong and _stuck(motion)
    if grown or stuck:
        return Testimony(Severity.MEDIUM, 0.3, tuple(evidence), tuple(against))
    return Testimony(evidence=tuple(evidence), against=tuple(against))


def _agree(case: Case, group: Group) -> bool:
    """Tell whether what other looks have seen does not speak against growth."""
    growth, still_there = case.growth(group.where), case.still_there(group.where)
    stay = still_there is None or still_there >= STUCK_FROM
    return group.where.state not in NOT_WAITING and stay and (growth is None or growth.grows)


def motion_of(case: Case, where: Where) -> Motion | None:
    """Return what those at a place did in the last trace; None: there is none, or none of them."""
    traced = [look for look in case.looks if look.trace is not None]
    return traced[-1].motions.get(where) if traced else None


def waits_at(case: Case, where: Where) -> list[Waited]:
    """Return the waits at a place that are over, of each kind of input that tells of them."""
    return [each for each in waits_of(case) if each.at == where.at and each.state == where.state]


@once
def waits_of(case: Case) -> tuple[Waited, ...]:
    """Return the waits that are over, those first that took the most time.

    Of two block or mutex profiles what came in between; of several traces the last.
    """
    found: list[Waited] = []
    for told_by in ("trace", "block profile", "mutex profile"):
        seen = [look.waits for look in case.looks if any(w.told_by == told_by for w in look.waits)]
        if len(seen) > 1 and told_by != "trace":
            found += between(seen[0], seen[-1])
        elif seen:
            found += seen[-1]
    return tuple(sorted(found, key=lambda each: -each.seconds))


def _stuck(motion: Motion) -> bool:
    return motion.still >= MANY and motion.stood_still >= ALL_STAND and motion.seconds >= SECONDS


def _grows(motion: Motion) -> bool:
    return Growth((motion.before, motion.before + motion.gained)).grows


def _of_motion(motion: Motion | None, group: Group) -> Iterator[str]:
    if motion is None:
        return
    if _grows(motion):
        ended = "none of them ended" if not motion.ended else f"{motion.ended:,} more have ended"
        made = "" if group.created_by is None else f", created at {_line(group)}"
        yield f"+{motion.gained:,} in the {motion.seconds:.1f} s of the trace{made}; {ended}"
    if motion.still:
        older = motion.still + motion.moved
        many = "it" if older == 1 else f"{motion.still:,} of {older:,}"
        yield f"{many} did not move in the {motion.seconds:.1f} s of the trace"


def _against(motion: Motion | None) -> Iterator[str]:
    if motion is not None and motion.moved:
        older = motion.still + motion.moved
        many = "it" if older == 1 else f"{motion.moved:,} of {older:,}"
        yield f"{many} moved in the {motion.seconds:.1f} s of the trace"
    if motion is not None and 2 * motion.ended > motion.created >= MANY:
        yield f"of {motion.created:,} that were created in the trace {motion.ended:,} have ended"


def _line(group: Group) -> str:
    frame = group.created_by
    assert frame is not None
    return f"{frame.file.rpartition('/')[2]}:{frame.line}"
