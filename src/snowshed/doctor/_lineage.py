"""Who started what for which request, of one case: the last list, with what earlier ones tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.doctor._family import Family
from snowshed.doctor._origin import own_calls, serves
from snowshed.doctor._requests import Known, Requests, serving_in

if TYPE_CHECKING:
    from snowshed.doctor._alike import Alike
    from snowshed.doctor._looks import Group, Look
    from snowshed.model import RequestsOver

__all__ = ["Lineage"]


class Lineage:
    """The family of the goroutines in the last list, and the requests in it.

    Args:
        groups: of the last list.
        looks: all that was seen, whether it lists goroutines or not.
        earlier: the groups of each list before, the oldest first.
        whole: whether who is not in the last list has ended.

    Attributes:
        family: who made whom.
        requests: which requests there are, and what they have started.
        before: who made whom in the list before; None: there is none.
        group_of: for each kind of `family` its group.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        looks: Iterable[Look] = (),
        earlier: Iterable[Sequence[Group]] = (),
        *,
        whole: bool,
    ) -> None:
        self._groups = groups
        self._kinds_of: dict[int, range] = {}
        self.group_of: list[Group] = []
        kinds: list[Alike] = []
        for group in groups:
            own = group.kinds
            self._kinds_of[id(group)] = range(len(kinds), len(kinds) + len(own))
            self.group_of += [group] * len(own)
            kinds += own
        self.before: Family | None = None
        known = _known_by(looks)
        for each in earlier:
            self.before = Family([kind for group in each for kind in group.kinds])
            known = known.and_(serving_in(self.before))
        self.family = Family(kinds, whole=whole, before=self.before)
        self.requests = Requests(self.family, known)

    @property
    def over(self) -> RequestsOver | None:
        """The requests that hold too much; None if nobody tells who made whom."""
        told = self.family.tasks or self.family.served
        return self.requests.over if told else None

    def kinds_of(self, group: Group) -> range:
        """Return the kinds that ``group`` has; none if it is not one of these."""
        return self._kinds_of.get(id(group), range(0))

    def groups(self) -> Iterator[tuple[Group, range]]:
        """Yield each group with its kinds."""
        for group in self._groups:
            yield group, self._kinds_of[id(group)]


def _known_by(looks: Iterable[Look]) -> Known:
    """Return what all looks tell of handlers: a profile, too, shows the functions they are in."""
    known = Known()
    for look in looks:
        stacks = (group.stack for group in look.groups if serves(group.stack))
        functions = {frame.function for stack in stacks for frame in own_calls(stack)}
        known = known.and_(Known(look.served, frozenset(functions)))
    return known
