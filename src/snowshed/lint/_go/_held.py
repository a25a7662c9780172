"""Which locks are held at each point of a function, on every way that leads there.

What a function does to locks is first read to a list of `Act` for each point, once; the state is
then worked out from these, with the help of what called functions do. A lock counts as held only if
it is held on all ways to a point: ``if c { mu.Lock() }`` says nothing of what comes behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import End, Flow, Point, flow_of, operations
from snowshed.lint._go._locks import Action, Operation, operation_of
from snowshed.lint._go._place import Place
from snowshed.lint._go._places import place_of
from snowshed.lint._go._types import is_channel, type_of

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function

__all__ = ["NOTHING", "Act", "Do", "Hold", "State", "acts_of", "is_waiting", "joined"]


class Do(Enum):
    """What an `Act` does."""

    LOCK = auto()
    CALL = auto()
    WAIT = auto()
    SET = auto()
    DEFER = auto()
    START = auto()


class Act(NamedTuple):
    """One thing at a point that has to do with locks.

    Attributes:
        do: what it is.
        node: where it stands.
        operation: of a `Do.LOCK`.
        place: of a `Do.SET`: what is another object from now on.
    """

    do: Do
    node: n.Node
    operation: Operation | None = None
    place: Place | None = None


class Hold(NamedTuple):
    """That a lock is held.

    Attributes:
        mode: how.
        by: the calls of this function that may have taken it.
        times: how often, if it could be taken again: what comes behind that is never done, and
            has to be told as if it was.
    """

    mode: str
    by: frozenset[n.Node]
    times: int = 1


class State(NamedTuple):
    """What is known at a point.

    Attributes:
        holds: the locks that are held on each way here.
        released: those of the caller that were released on each way here; it may have taken them
            again.
        gone: those of the caller that are released on some way here, and not taken again since.
        unlocks: those that something deferred releases.
        defers: what was deferred on each way here, in order.
    """

    holds: Mapping[Place, Hold]
    released: frozenset[Place]
    gone: frozenset[Place]
    unlocks: frozenset[Place]
    defers: tuple[n.Defer, ...]

    def with_lock(self, lock: Place, mode: str, by: n.Node) -> State:
        """Return it with ``lock`` held."""
        known = self.holds.get(lock)
        hold = Hold(mode, frozenset({by})) if known is None else known._replace(times=2)
        return self._replace(holds={**self.holds, lock: hold}, gone=self.gone - {lock})

    def without(self, lock: Place) -> State:
        """Return it with ``lock`` released."""
        known = self.holds.get(lock)
        if known is None:
            return self._replace(released=self.released | {lock}, gone=self.gone | {lock})
        if known.times > 1:
            return self._replace(holds={**self.holds, lock: known._replace(times=1)})
        holds = {each: hold for each, hold in self.holds.items() if each != lock}
        # One of the caller's that was taken again in between is released for him.
        return self._replace(holds=holds, gone=self.gone | ({lock} & self.released))

    def forget(self, place: Place) -> State:
        """Return it without what is reached by way of ``place``, which is another object now."""
        gone = [each for each in self.holds if each == place or each.is_under(place)]
        if not gone:
            return self
        return self._replace(holds={k: v for k, v in self.holds.items() if k not in gone})


NOTHING = State({}, frozenset(), frozenset(), frozenset(), ())


def joined(one: State, other: State) -> State:
    """Return what holds where two ways meet."""
    if one == other:
        return one
    holds = {}
    for lock, hold in one.holds.items():
        also = other.holds.get(lock)
        if also is not None:
            mode = hold.mode if hold.mode == also.mode else "read"
            holds[lock] = Hold(mode, hold.by | also.by, min(hold.times, also.times))
    same = 0
    for mine, its in zip(one.defers, other.defers, strict=False):
        if mine is not its:
            break
        same += 1
    return State(
        holds,
        one.released & other.released,
        one.gone | other.gone,
        one.unlocks | other.unlocks,
        one.defers[:same],
    )


def acts_of(function: Function) -> Mapping[Point, Sequence[Act]]:
    """Return what is done at each point of ``function``, and has to do with locks."""
    found = function.kept.get("acts")
    if found is None:
        flow = flow_of(function)
        each = ((point, list(_acts(point.node))) for point in flow.points)
        found = function.kept["acts"] = {point: acts for point, acts in each if acts}
    return cast("Mapping[Point, Sequence[Act]]", found)


def _acts(head: n.Node | None) -> Iterator[Act]:
    in_select = isinstance(head, n.Case)
    for node in operations(head):
        if isinstance(node, n.Call):
            operation = operation_of(node)
            if operation is not None:
                yield Act(Do.LOCK, node, operation)
            else:
                yield Act(Do.WAIT if is_waiting(node) else Do.CALL, node)
        elif isinstance(node, n.Assign | n.Var):
            yield from _sets(node.left, node)
        elif isinstance(node, n.Defer):
            yield Act(Do.DEFER, node)
        elif isinstance(node, n.Go):
            yield Act(Do.START, node)
        elif not in_select and is_waiting(node):
            yield Act(Do.WAIT, node)
        if isinstance(node, n.For):
            yield from _sets(node.keys, node)


def _sets(left: Sequence[n.Expression], node: n.Node) -> Iterator[Act]:
    for each in left:
        if isinstance(each, n.Name):
            if each.variable is not None:
                yield Act(Do.SET, node, place=Place(each.variable))
        elif isinstance(each, n.Selector):
            place = place_of(each)
            if place is not None:
                yield Act(Do.SET, node, place=place)


def is_waiting(node: n.Node) -> bool:
    """Tell whether what is done at ``node`` itself may wait for another goroutine for ever.

    The communications of a ``select`` do not, the ``select`` does.
    """
    match node:
        case n.Send() | n.Receive():
            return not _is_communication(node)
        case n.Select():
            return not node.has_default
        case n.For(ranged=ranged):
            return ranged is not None and is_channel(type_of(ranged))
        case n.Call(arguments=[]):
            return node.method == "Wait" and isinstance(node.called, n.Selector)
        case _:
            return False


def _is_communication(node: n.Node) -> bool:
    at: n.Node | None = node
    while at is not None and not isinstance(at, n.Block):
        if isinstance(at.parent, n.Case):
            return at is at.parent.communication
        at = at.parent
    return False


Effect = Callable[[State, Act], State]


def after(acts: Sequence[Act], state: State, effect: Effect) -> State:
    """Return what holds after ``acts``; ``effect`` says what calls and waits change."""
    for act in acts:
        state = _after(act, state, effect)
    return state


def _after(act: Act, state: State, effect: Effect) -> State:
    if act.do is Do.LOCK and act.operation is not None:
        changed = effect(state, act)
        if act.operation.action is Action.TAKE:
            return changed.with_lock(act.operation.lock, act.operation.mode, act.node)
        if act.operation.action is Action.RELEASE:
            return changed.without(act.operation.lock)
        return changed
    if act.do is Do.SET and act.place is not None:
        return state.forget(act.place)
    return effect(state, act)


def at_end(state: State, effect: Effect) -> State:
    """Return what holds after all that was deferred is done, the last one first.

    What was deferred on some ways only is taken to release what it can.
    """
    for deferred in reversed(state.defers):
        call = deferred.call
        if isinstance(call, n.Call):
            operation = operation_of(call)
            do = Do.CALL if operation is None else Do.LOCK
            state = _after(Act(do, call, operation), state, effect)
    holds = {lock: hold for lock, hold in state.holds.items() if lock not in state.unlocks}
    return state._replace(holds=holds) if len(holds) < len(state.holds) else state


def returns_of(flow: Flow, reached: Mapping[Point, State]) -> list[Point]:
    """Return where a function returns, of the points that are reached."""
    return [each for each in flow.points if each.end is End.RETURN and each in reached]
