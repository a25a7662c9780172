"""What a row says: pure functions from the outcomes of requests to numbers.

Good is an answer 2xx within the time that its caller has, counted from the moment at which the
request was *scheduled*: a sender that waits for a stuck service would hide its being stuck.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.overload._scenarios import mean_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.overload._scenarios import Case

Row = dict[str, Any]


class Outcome(NamedTuple):
    """What became of a request.

    Attributes:
        at: seconds from the start to its scheduled moment.
        kind: which of the case's kinds.
        status: of the answer; 0: none came, or the caller gave up before.
        latency: seconds from its scheduled moment to the end of the answer, or until given up.
        late: seconds that the sender itself was late.
    """

    at: float
    kind: int
    status: int
    latency: float
    late: float


def percentile(values: Sequence[float], share: float, *, scale: float = 1.0) -> float | None:
    """Return the value that ``share`` of the values do not exceed; None without values."""
    if not values:
        return None
    rank = max(math.ceil(share * len(values)), 1)
    return round(sorted(values)[rank - 1] * scale, 2)


def answered(outcome: Outcome) -> bool:
    """Tell whether it got what it asked for, in time or late."""
    return 200 <= outcome.status < 300


def measures(case: Case, outcomes: Iterable[Outcome]) -> Row:
    """Return the row of a case: scenario, load, and what became of its requests."""
    all_ = sorted(outcomes)
    good, worth = _good(case), _worth(case)
    times = case.times
    flood = _between(all_, times.calm, times.until)
    steady = _between(flood, times.calm + times.onset, times.until)
    onset = _between(flood, times.calm, times.calm + times.onset)
    recovery = _between(all_, times.until + times.settle, times.end)
    classes = _classes(case, steady)
    return {
        "scenario": case.scenario.name,
        "load": int(case.load) if case.load == int(case.load) else case.load,
        "goodput_ratio": _ratio(sum(map(worth, steady)), case, times.flood - times.onset),
        "answers_ratio": _ratio(sum(map(good, steady)), case, times.flood - times.onset),
        "onset": _ratio(sum(map(worth, onset)), case, times.onset),
        "recovery": _share(sum(map(good, recovery)), len(recovery)),
        "p99_ms": percentile([o.latency for o in steady if answered(o)], 0.99, scale=1000),
        "refusal_p99_ms": percentile([o.latency for o in flood if refused(o)], 0.99, scale=1000),
        "offered": len(all_),
        "refused": sum(map(refused, all_)),
        "lost": sum(outcome.status == 0 for outcome in all_),
        "classes": classes,
        "least_share": _least(classes),
        "series": _series(case, all_),
        "late_ms": percentile([outcome.late for outcome in all_], 0.99, scale=1000),
    }


def refused(outcome: Outcome) -> bool:
    """Tell whether it was told no: an answer, but not the one that it asked for."""
    return outcome.status > 0 and not answered(outcome)


def _good(case: Case) -> Callable[[Outcome], bool]:
    deadlines = [kind.deadline for kind in case.kinds]

    def good(outcome: Outcome) -> bool:
        return answered(outcome) and outcome.latency <= deadlines[outcome.kind]

    return good


def _between(outcomes: Iterable[Outcome], begin: float, end: float) -> list[Outcome]:
    return [outcome for outcome in outcomes if begin <= outcome.at < end]


def _ratio(good: float, case: Case, seconds: float) -> float | None:
    return None if seconds <= 0 else round(good / (case.capacity * seconds), 3)


def _worth(case: Case) -> Callable[[Outcome], float]:
    """Return what an answer counts: nothing if it is not good, else what it takes in full.

    In mean requests of the flood. If each answer counted 1, which of unlike requests were served by
    chance would move the sum by some per cent, and starving the large ones would raise it.
    """
    good = _good(case)
    mean = mean_tasks(case.scenario.flood)
    worths = [kind.tasks / mean for kind in case.kinds]

    def worth(outcome: Outcome) -> float:
        return worths[outcome.kind] if good(outcome) else 0.0

    return worth


def _share(part: int, whole: int) -> float | None:
    return None if not whole else round(part / whole, 3)


def _classes(case: Case, outcomes: list[Outcome]) -> dict[str, float | None]:
    """Return the share of good answers of each kind, so that starvation is seen."""
    good = _good(case)
    shares = {}
    for number, kind in enumerate(case.kinds):
        own = [outcome for outcome in outcomes if outcome.kind == number]
        shares[kind.name] = _share(sum(map(good, own)), len(own))
    return shares


def _least(classes: dict[str, float | None]) -> float | None:
    """Return the least share relative to the largest: 1 if all kinds fare alike."""
    shares = [share for share in classes.values() if share is not None]
    return round(min(shares) / max(shares), 3) if any(shares) else None


def _series(case: Case, outcomes: list[Outcome]) -> list[float]:
    """Return the goodput of each second, by when the requests were scheduled."""
    worth = _worth(case)
    sums = [0.0] * math.ceil(case.times.end)
    for outcome in outcomes:
        sums[int(outcome.at)] += worth(outcome)
    return [round(each / case.capacity, 3) for each in sums]
