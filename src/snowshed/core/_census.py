"""Which scopes, pools and channels there are, for whoever looks at the process from outside.

Everything here has ``statistics()``; what nobody has a name for cannot be asked. So each enters
itself where it is made, by a weak reference, for half a microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from snowshed.core._budget import Ending

T = TypeVar("T")
_done = methodcaller("done")
# So many are looked at without giving the interpreter away: for a fifth of a millisecond.
_AT_ONCE = 500


class Census(Generic[T]):
    """What there is of one kind."""

    __slots__ = ("_there",)

    def __init__(self) -> None:
        self._there: WeakSet[T] = WeakSet()

    def enter(self, one: T) -> None:
        """Count ``one`` until it is no more."""
        self._there.add(one)

    def all(self) -> list[T]:
        """Return what there is; from any thread. Cost: O(n)."""
        # Copied at once: other threads enter theirs meanwhile, and a set does not bear that. No
        # tuple: up to Python 3.11 the garbage collector may run, and take some, as it is made.
        references = self._there.data.copy()  # type: ignore[attr-defined]
        return [one for one in (each() for each in references) if one is not None]


scopes: Census[Any] = Census()
pools: Census[Any] = Census()
channels: Census[Any] = Census()


def open_scopes() -> list[Any]:
    """Return the scopes that were entered and not left; from any thread."""
    return [scope for scope in scopes.all() if scope._state in {"open", "closing"}]


def live_in(endings: Iterable[Ending]) -> int:
    """Return how many of ``endings`` have not ended; from any thread. Cost: 0.3 us for each.

    Whoever drops the last reference to a task runs its finalizers, and those of its result. So none
    is held while another thread may run: neither in a copy nor by a variable.
    """
    rest, live = iter(endings), 0
    # In one step, without a line of Python in which another thread could come in.
    while ended := [*map(_done, islice(rest, _AT_ONCE))]:
        live += ended.count(False)
    return live
