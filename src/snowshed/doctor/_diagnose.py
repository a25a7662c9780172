"""From what was seen to what is wrong: each cause says what it suspects, and severity is earned.

A stack alone proves nothing: an idle pool stands still just like a leak. So what one look shows is
``low`` at most. Growth, age over two looks, or many in one request make it ``medium``; proof, or
growth that goes on, ``high``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from snowshed.doctor import causes
from snowshed.doctor._case import STUCK_FROM, Case
from snowshed.doctor._entries import have_come_back
from snowshed.doctor._family import BUDGET
from snowshed.doctor._python_requests import requests_over, said_of_requests
from snowshed.doctor._spawns import spawned
from snowshed.doctor._testimony import missed_in, testify
from snowshed.doctor.causes._waits import ALL_STAY, MANY, OLD
from snowshed.formats._uncollected import uncollected
from snowshed.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from snowshed.doctor._cause import Looks, Suspicion
    from snowshed.doctor._comparison import Comparison
    from snowshed.doctor._looks import Group, Look, Where
    from snowshed.model import Frame, RequestsOver, Spawned

__all__ = ["Diagnosis", "diagnose", "judge"]

GOROUTINES_AT_MOST = 20
_SURE = 0.99


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a patient, and how it was seen.

    Attributes:
        total: goroutines, or tasks and threads, that there are.
        findings: the worst first.
        warnings: what could not be read.
        looks: what was seen, the oldest first.
        ignored: each rule that leaves findings out, and how many it has left out.
        requests: those that have more tasks at once than a request should; None: nothing lists who
            made whom.
        spawned: the lines that have created what lives, below each other; empty if nothing lists
            them.
        baseline: how the findings stand to those of before; None: to none.
        unit: what is counted: ``goroutine``, or ``task`` of a Python service.
        untold: a group that has more than half of all, and that no finding is about.
    """

    total: int
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()
    looks: tuple[Look, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    baseline: Comparison | None = None
    requests: RequestsOver | None = None
    spawned: tuple[Spawned, ...] = ()
    unit: str = "goroutine"
    untold: Group | None = None

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst that was not there before; None if there is nothing."""
        known = self.baseline
        counted = (each for each in self.findings if known is None or not known.is_known(each))
        return max((each.severity for each in counted), key=lambda s: s.rank, default=None)


def diagnose(looks: Sequence[Look], *, warnings: Iterable[str] = ()) -> Diagnosis:
    """Return what is wrong, as far as ``looks`` show it.

    Args:
        looks: at one patient, the oldest first.
        warnings: to be passed on.
    """
    with uncollected():
        case = Case(looks)
        return replace(judge(case, causes.asked(case), warnings), looks=tuple(looks))


def judge(case: Case, ask: Sequence[Looks], warnings: Iterable[str] = ()) -> Diagnosis:
    """Return what is wrong, as far as the causes that are asked see it in ``case``."""
    surest: dict[tuple[Where, Frame | None], Suspicion] = {}
    for suspicion in _all(case, ask):
        key = suspicion.group.where, suspicion.group.created_by
        known = surest.get(key)
        if known is None or suspicion.confidence > known.confidence:
            surest[key] = suspicion
    findings = sorted(
        (_judged(case, suspicion) for suspicion in surest.values()),
        key=lambda each: (-each.severity.rank, -each.count, -each.confidence),
    )
    unit = "task" if any(group.is_python for group in case.groups) else "goroutine"
    return Diagnosis(
        case.total,
        tuple(findings),
        (*warnings, *_left_out(case)),
        requests=requests_over(case) or (None if case.lineage is None else case.lineage.over),
        spawned=() if case.lineage is None else spawned(case.lineage.family),
        unit=unit,
        untold=_untold(case, surest),
    )


def _untold(case: Case, told: Container[tuple[Where, Frame | None]]) -> Group | None:
    """Return the largest group, if it is what there is mostly, and is not told."""
    largest = next(iter(case.groups), None)
    if largest is None or largest.count <= max(BUDGET, case.total // 2):
        return None
    return None if (largest.where, largest.created_by) in told else largest


def _left_out(case: Case) -> Iterator[str]:
    yield from missed_in(case)
    if case.best is not None and case.too_many:
        yield (
            f"{case.best.source}: {case.too_many:,} different stacks are too many to tell who "
            "started what for which request; left out"
        )


def _all(case: Case, ask: Sequence[Looks]) -> Iterator[Suspicion]:
    for suspicions in ask:
        yield from suspicions(case)


@dataclass(slots=True)
class _Verdict:
    """What is said of a suspicion so far; each of the functions below adds what it knows."""

    severity: Severity
    confidence: float
    evidence: list[str]
    against: list[str]

    def is_at_least(self, severity: Severity) -> None:
        self.severity = max(self.severity, severity, key=lambda each: each.rank)

    def is_surer(self, evidence: str, by: float) -> None:
        """Put ``evidence`` before all other."""
        self.evidence.insert(0, evidence)
        self.confidence = _surer(self.confidence, by)


def _judged(case: Case, suspicion: Suspicion) -> Finding:
    group, detail = suspicion.group, suspicion.detail
    beside = testify(case, suspicion)
    verdict = _Verdict(
        beside.severity,
        _surer(suspicion.confidence, beside.surer),
        [*beside.evidence],
        [*suspicion.against, *beside.against],
    )
    still_there = None if suspicion.growth else case.still_there(group.where)
    _by_request(verdict, case, suspicion)
    _by_age(verdict, case, suspicion, still_there)
    _by_growth(verdict, case, suspicion, still_there)
    _by_proof(verdict, case, suspicion)
    for_whom = () if suspicion.of_one_request else said_of_requests(group)
    return Finding(
        cause=detail.cause,
        detail=detail.name,
        severity=verdict.severity,
        confidence=round(min(verdict.confidence, _SURE), 2),
        count=group.count,
        state=group.state,
        at=group.at,
        created_by=group.created_by,
        evidence=(*verdict.evidence, *suspicion.evidence, *for_whom),
        against=tuple(verdict.against),
        why=detail.why,
        advice=_advice(suspicion),
        related=suspicion.related,
        goroutines=tuple(each.id for each in group.members[:GOROUTINES_AT_MOST]),
    )


def _by_request(verdict: _Verdict, case: Case, suspicion: Suspicion) -> None:
    together, request = case.of_one_request(suspicion.group)
    if max(together, suspicion.of_one_request) > BUDGET:
        verdict.is_at_least(Severity.MEDIUM)
    if together > BUDGET and not suspicion.of_one_request:
        verdict.evidence.append(f"{together:,} of them work for one request, goroutine {request}")


def _by_age(verdict: _Verdict, case: Case, suspicion: Suspicion, still_there: float | None) -> None:
    if suspicion.lasts:
        verdict.is_at_least(Severity.MEDIUM)
    group, stayed = suspicion.group, case.stayed(suspicion.group)
    # Of few only if the runtime, too, says that they are old.
    are_old = stayed >= MANY or (stayed > 0 and group.minutes >= OLD)
    if suspicion.waiting_is_wrong and are_old and (still_there or 0.0) >= ALL_STAY:
        verdict.is_at_least(Severity.MEDIUM)
        verdict.evidence.append(f"{stayed:,} of them stood there in the look before, too")
        verdict.confidence = _surer(verdict.confidence, 0.3)


def _by_growth(
    verdict: _Verdict, case: Case, suspicion: Suspicion, still_there: float | None
) -> None:
    growth = suspicion.growth or case.growth_of(suspicion.group)
    if growth is None or not growth.grows:
        return
    harmless = _why_harmless(case, suspicion, still_there)
    if harmless:
        verdict.against.append(f"{growth}, but {harmless}")
        return
    verdict.is_at_least(Severity.HIGH if growth.goes_on else Severity.MEDIUM)
    verdict.is_surer(str(growth), 0.5)


def _by_proof(verdict: _Verdict, case: Case, suspicion: Suspicion) -> None:
    group = suspicion.group
    if case.all_asleep:
        verdict.is_at_least(Severity.HIGH)
        verdict.is_surer("the runtime ended the program, as all goroutines were asleep", 0.8)
    if group.leaked:
        verdict.is_at_least(Severity.HIGH)
        many = "it" if group.count == 1 else f"{group.leaked:,} of {group.count:,}"
        verdict.is_surer(f"the garbage collector has proven that nothing can wake {many}", 0.9)
    if suspicion.proven:
        verdict.is_at_least(Severity.HIGH)


def _why_harmless(case: Case, suspicion: Suspicion, still_there: float | None) -> str:
    """Return why it may be well that there are more of them; empty: nothing says so."""
    group = suspicion.group
    if suspicion.growth is None and have_come_back(case, group):
        return "no more have begun in the same function: they may have run out of work"
    if still_there is not None and still_there < STUCK_FROM:
        if case.stood_before(group.where):
            return f"{1 - still_there:.0%} of those of the list before are not there now"
        if group.count <= BUDGET and group.minutes < OLD:
            return "nobody stood there in the list before: a moment of work looks the same"
    return "who made them waits for them: there may just be more to do" if suspicion.awaited else ""


def _advice(suspicion: Suspicion) -> str:
    detail, is_go = suspicion.detail, suspicion.group.where.at.file.endswith(".go")
    return detail.go if is_go or not detail.python else detail.python


def _surer(confidence: float, by: float) -> float:
    """Return a confidence to which independent evidence was added."""
    return 1 - (1 - confidence) * (1 - by)
