"""Whether there are more goroutines, or the same ones have just come to stand elsewhere.

A pool of workers that has run out of work waits where it takes the next job: there may be sixty
more at that line than a moment ago, and not one goroutine more in the service. Each goroutine
begins in one function, whatever it does at the moment. So those are counted that have begun in the
same one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from snowshed.doctor._case import Case, Growth, once
from snowshed.doctor._program import Whose, outermost, whose

if TYPE_CHECKING:
    from snowshed.doctor._looks import Group

__all__ = ["have_come_back"]

# Who waits so may wait for work. Who sends, or waits for a lock, has work.
_IDLE = frozenset({"chan receive", "select", "sync.Cond.Wait"})


def have_come_back(case: Case, group: Group) -> bool:
    """Tell whether no more have begun where ``group`` did, and they are idle as far as that shows.

    Of what the program starts itself only: who serves a connection begins in a library, and has
    been idle there if it is stuck now.
    """
    began = outermost(group.stack)
    if group.where.state not in _IDLE or began is None or whose(began) is not Whose.PROGRAM:
        return False
    counts = tuple(look[began.function] for look in _begun(case))
    return len(counts) > 1 and not Growth(counts).grows


@once
def _begun(case: Case) -> tuple[Counter[str], ...]:
    """Return how many have begun in each function, look by look, where all were counted."""
    found = []
    for look in case.looks:
        if look.only_leaks or look.partial or look.trace is not None:
            continue
        counts: Counter[str] = Counter()
        for group in look.groups:
            began = outermost(group.stack)
            if began is not None:
                counts[began.function] += group.count
        found.append(counts)
    return tuple(found)
