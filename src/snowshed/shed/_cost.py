"""What one request of a route costs, in tasks, learned from those that have ended.

A limit on requests takes a request that reads one row and one that asks forty services for the
same thing. When the mix moves to the second kind, the limit that was right is forty times too
large. So admission is paid in tasks, and somebody has to say how many a request will be: the
settings, where they do, or else what the route's requests have needed so far.

**The mean, not the maximum.** Admission adds up the costs of all requests in flight, and the sum of
means is what they use together: where one needs more than the mean, another needs less. With the
maximum a route that needs 3 tasks as a rule and 200 once a day would be charged 200 for ever: the
service would stand idle at one sixtieth of what it can do, and would never learn better, as a
maximum forgets nothing. That one request in fact costs more than it paid is what the overdraw
rule and the request's own task budget are for.

**The peak of each.** A request that starts 100 tasks one after the other holds one place. How long
it holds it needs no number: a place is given back when the request ends.
"""

from __future__ import annotations

__all__ = ["LearnedCost"]

STEADY_FROM = 50
UNLEARNED_COST = 1.0


class LearnedCost:
    """The mean peak of live tasks of a route's requests: quick at first, then steady.

    The mean of all requests up to the 50th; from there on each counts 1/50, so that a change within
    the route (a larger page size, another client) is followed within some 50 requests.

    Until the first request has ended the cost is 1. That errs towards admitting, once for each
    route after a start; with more, the first requests of a route that nobody knows would be
    refused for nothing. Pure: no clock, no loop. Costs about 0.2 us.
    """

    __slots__ = ("cost", "learned")

    def __init__(self) -> None:
        self.cost = UNLEARNED_COST
        self.learned = 0

    def learn(self, tasks: int) -> None:
        """Take in a request that had ``tasks`` live at its peak; less than 1 counts as 1.

        The task that handles the request is a task too.
        """
        self.learned = learned = self.learned + 1
        weight = 1 / learned if learned < STEADY_FROM else 1 / STEADY_FROM
        self.cost += weight * ((tasks if tasks > 1 else 1) - self.cost)

    def start_from(self, other: LearnedCost) -> None:
        """Begin with what ``other`` has learned, unless something is known already."""
        if not self.learned:
            self.cost, self.learned = other.cost, other.learned

    def __repr__(self) -> str:
        return f"<LearnedCost {self.cost:.2f} tasks, of {self.learned} requests>"
