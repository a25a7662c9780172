"""Says why somebody does not get a lock: the fault at the end of the chain of those who hold one.

Four faults have to do with locks, and each has a file of its own here. They are told apart in one
place, as they exclude each other: whoever waits behind two that wait crosswise has no fault of its
own, and is told under the name of theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.doctor._case import Case, once
from snowshed.doctor._cause import Suspicion
from snowshed.doctor.causes._holders import GUESSED, Holders, is_suspect
from snowshed.doctor.causes._locks import LOCK_STATES, READS, WRITES, locks_of
from snowshed.doctor.causes._waits import OLD
from snowshed.model import Related

if TYPE_CHECKING:
    from snowshed.doctor._cause import Detail
    from snowshed.doctor._looks import Group
    from snowshed.doctor.causes._holders import Step
    from snowshed.doctor.causes._locks import Locks, LockWait

__all__ = ["ACROSS", "DOUBLE", "ORDER", "RECURSION", "Blame", "blames_of", "suspicions_of"]

ACROSS, DOUBLE = "lock-across-channel", "double-lock"
ORDER, RECURSION = "lock-order", "rwlock-recursion"
# Of one group so many are asked: the rest stands there alike.
ASKED_AT_MOST = 30
# Who waits behind somebody else that has the fault has it a little less surely.
_BEHIND = 0.9
_LEFT = 0.3
_NOT_HELD = "addresses show who works on an object, not who holds its lock"
_BY_NAMES = "no address shows who holds the lock: types and functions have to do"


@dataclass(frozen=True, slots=True)
class Blame:
    """Why a group does not get a lock, or what it keeps others from while it waits.

    Attributes:
        detail: the name of the fault.
        group: who.
        confidence: how sure.
        evidence: what speaks for it.
        against: what speaks against it.
        related: where the others stand.
        is_shown: whether addresses tell it.
        proven: whether it is a circle of old waits that addresses show.
    """

    detail: str
    group: Group
    confidence: float
    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    is_shown: bool = True
    proven: bool = False


def suspicions_of(case: Case, detail: Detail) -> Iterator[Suspicion]:
    """Yield each group whose wait for a lock comes from the fault of that name."""
    for blame in blames_of(case):
        if blame.detail == detail.name:
            yield Suspicion(
                detail,
                blame.group,
                blame.confidence,
                proven=blame.proven,
                waiting_is_wrong=blame.is_shown,
                evidence=blame.evidence,
                against=blame.against,
                related=blame.related,
            )


@once
def blames_of(case: Case) -> tuple[Blame, ...]:
    """Return why the groups of ``case`` do not get their locks; those of which it shows."""
    locks = locks_of(case)
    chains = _Chains(locks)
    found = [blame for group in locks.groups() if (blame := chains.of(group)) is not None]
    return (*found, *chains.holders.values())


class _Chains:
    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._holders = Holders(locks)
        self.holders: dict[int, Blame] = {}

    def of(self, group: Group) -> Blame | None:
        """Return what most of ``group`` have, the surest of it."""
        asked = sorted(self._locks.of(group), key=is_suspect, reverse=True)[:ASKED_AT_MOST]
        blames = [blame for wait in asked if (blame := self._of(wait)) is not None]
        votes: dict[str, float] = defaultdict(float)
        for blame in blames:
            votes[blame.detail] += blame.confidence
        return max(blames, key=lambda it: (votes[it.detail], it.confidence), default=None)

    def _of(self, wait: LockWait) -> Blame | None:
        """Follow the chain from ``wait`` to its end."""
        steps: list[Step] = []
        passed = [wait]
        while (step := self._holders.of(passed[-1])) is not None:
            steps.append(step)
            if step.works:
                return self._across([*passed, step.to], steps) if _is_slow(wait, step) else None
            if any(step.to is each for each in passed):
                return self._circle(passed, steps)
            passed.append(step.to)
            if step.to.state not in LOCK_STATES:
                return self._across(passed, steps)
        return self._left(passed, steps)

    def _circle(self, passed: list[LockWait], steps: list[Step]) -> Blame | None:
        wait, last = passed[0], passed[-1]
        start = next(n for n, each in enumerate(passed) if each is steps[-1].to)
        if start == len(passed) - 1:
            return self._itself(passed, steps)
        circle = passed[start:]
        # A name alone tells nothing; it may close a circle of which addresses show the rest.
        if not any(step.is_shown for step in steps[start:]) and not is_suspect(wait):
            return None
        other = passed[1] if start == 0 else circle[0]
        said = (
            f"{other.who} waits for a lock of the object that these work on, "
            "and works on the object whose lock these wait for"
            if start == 0
            else f"who seems to hold the lock waits in a circle with {last.who}"
        )
        shown = all(step.is_shown for step in steps)
        return Blame(
            ORDER,
            wait.group,
            _confidence(steps, behind=start > 0),
            (said,),
            _against(shown=shown),
            (Related(other.group.where.at, "the other waits here"),),
            shown,
            proven=shown and all(each.goroutine.minutes >= OLD for each in circle),
        )

    def _itself(self, passed: list[LockWait], steps: list[Step]) -> Blame:
        wait, last = passed[0], passed[-1]
        outer = self._holders.outer_call(last)
        at = last.calls[outer].frame if outer is not None else last.group.where.at
        related = [Related(at, "the lock may have been taken here")]
        against = ("the outer call may have unlocked before",)
        detail = DOUBLE
        said = "a call further out works on the same object"
        writer = self._holders.writer_before(last) if last.state == READS else None
        if writer is not None:
            detail = RECURSION
            said = "a writer waits for the lock, and keeps new readers out"
            if wait.group is not writer.group:
                related.insert(0, Related(writer.group.where.at, "the writer waits here"))
            against = ("the writer may be about to get its turn",)
        if wait is not last:
            related.insert(0, Related(last.group.where.at, "it waits here"))
            said = f"{last.who} seems to hold the lock and to wait for it, too"
        return Blame(
            detail,
            wait.group,
            _confidence(steps, behind=wait is not last),
            (said,),
            () if wait.is_stuck else against,
            tuple(related),
        )

    def _across(self, passed: list[LockWait], steps: list[Step]) -> Blame | None:
        wait, holder = passed[0], passed[-1]
        shown = all(step.is_shown for step in steps)
        if not shown and not is_suspect(wait):
            return None
        confidence = _confidence(steps, behind=len(steps) > 1)
        said = (
            f"{holder.who} works on the object that has the lock, and waits itself: {holder.state}"
        )
        if shown and len(steps) == 1 and steps[0].confidence >= GUESSED:
            self._note(holder, wait, confidence)
        return Blame(
            ACROSS,
            wait.group,
            confidence,
            (said,),
            _against(shown=shown),
            (Related(holder.group.where.at, "who may hold the lock waits here"),),
            shown,
        )

    def _note(self, holder: LockWait, wait: LockWait, confidence: float) -> None:
        """Keep that ``holder`` waits while it seems to hold a lock that ``wait`` is for."""
        known = self.holders.get(id(holder.group))
        if known is not None and known.confidence >= confidence - 0.1:
            return
        self.holders[id(holder.group)] = Blame(
            ACROSS,
            holder.group,
            round(confidence - 0.1, 2),
            (f"{wait.who} waits for a lock of the object that this works on",),
            _against(shown=True),
            (Related(wait.group.where.at, "the lock is waited for here"),),
            is_shown=False,
        )

    def _left(self, passed: list[LockWait], steps: list[Step]) -> Blame | None:
        """Say what to make of a lock that nobody is seen to hold."""
        wait, last = passed[0], passed[-1]
        if not is_suspect(wait):
            return None
        readers = [each for each in self._locks.at_same(last) if each.state == READS]
        shown = all(step.is_shown for step in steps)
        if last.state == WRITES and (readers or wait.state == READS):
            reader = (readers or [wait])[0]
            return Blame(
                RECURSION,
                wait.group,
                GUESSED,
                ("a writer waits for the lock, and keeps new readers out",),
                _against(shown=True),
                (Related((last if wait is reader else reader).group.where.at, "so does this"),),
                is_shown=False,
            )
        if last.lock is None and last.base is None:
            guess = self._guess(wait, last)
            if guess is not None:
                return guess
        return Blame(
            DOUBLE,
            wait.group,
            _LEFT,
            ("nobody else is seen who could hold the lock: it may have been left locked",),
            _against(shown=shown),
            () if last is wait else (Related(last.group.where.at, "this waits for it"),),
            is_shown=False,
        )

    def _guess(self, wait: LockWait, last: LockWait) -> Blame | None:
        """Say what is likely where nothing shows which lock it is: others that wait for ever."""
        stuck = [each for each in self._locks.others if each.is_stuck]
        locks = [each for each in self._locks.waits if each.is_stuck and each.group != last.group]
        if not last.is_stuck or not (stuck or locks):
            return None
        places = {each.group.where.at: None for each in stuck or locks}
        what = "something else than a lock" if stuck else "a lock"
        many = "another place waits" if len(places) == 1 else f"{len(places)} other places wait"
        return Blame(
            ACROSS if stuck else ORDER,
            wait.group,
            _LEFT,
            (f"{many} for ever, for {what}",),
            _against(shown=False),
            tuple(Related(at, "this waits for ever, too") for at in [*places][:3]),
            is_shown=False,
        )


def _is_slow(wait: LockWait, step: Step) -> bool:
    """Tell whether both wait for minutes: who works under a lock has let go of it by then."""
    calls = step.to.calls
    return (
        is_suspect(wait)
        and step.to.goroutine.minutes >= OLD
        # At the bottom of its goroutine it is mostly a loop that reads.
        and len(calls) > 1
    )


def _confidence(steps: list[Step], *, behind: bool) -> float:
    least = min(step.confidence for step in steps)
    return round(least * _BEHIND, 2) if behind else least


def _against(*, shown: bool) -> tuple[str, ...]:
    return (_NOT_HELD,) if shown else (_BY_NAMES,)
