"""In which order the parts of a function are done: its control flow graph.

Most rules ask one question: is there a way from here to the end that does not come by there? A
`Point` is a statement, or the head of one that has others in it, with the points that may be next.
Ways that the program cannot take, since a condition never holds, are in it, as in any such graph.

What is deferred is done at each end; `Flow.deferred` has it, in the order in which it is deferred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from snowshed.lint._go import _nodes as n

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function

__all__ = ["End", "Flow", "Point", "flow_of", "forward", "is_repeated", "operations"]

S = TypeVar("S")


class End(Enum):
    """How a function ends."""

    RETURN = auto()
    """By a ``return``, or behind its last statement."""
    GOEXIT = auto()
    """``t.Fatal`` and the like: the goroutine ends, and what is deferred is done."""
    PANIC = auto()
    """``panic``: what is deferred is done, and somebody may recover."""
    PROCESS = auto()
    """``os.Exit``, ``log.Fatal``: nothing goes on."""


_BY_PATH = {
    "panic": End.PANIC,
    "runtime.Goexit": End.GOEXIT,
    "os.Exit": End.PROCESS,
    "syscall.Exit": End.PROCESS,
}
_BY_LOGGER = {f"Fatal{end}": End.PROCESS for end in ("", "f", "ln")}
_BY_LOGGER |= {f"Panic{end}": End.PANIC for end in ("", "f", "ln")}
_ENDS_TEST = frozenset({"Fatal", "Fatalf", "FailNow", "Skip", "Skipf", "SkipNow"})
_TESTS = frozenset({"t", "b", "f", "tb", "s.T()", "suite.T()", "s.t"})


@dataclass(slots=True, eq=False)
class Point:
    """A step of a function.

    Attributes:
        node: the statement, or the condition, ``select``, case, that is done here; None at the
            start and behind the last statement.
        next: what may be done after it.
        end: how the function ends here; None if it goes on.
        before: what may be done before it.
    """

    node: n.Node | None
    next: list[Point] = field(default_factory=list, repr=False)
    end: End | None = None
    before: list[Point] = field(default_factory=list, repr=False)

    def then(self, point: Point) -> None:
        """Have ``point`` follow it."""
        self.next.append(point)
        point.before.append(self)

    @property
    def operations(self) -> Iterator[n.Node]:
        """What is done here, in the order in which it is evaluated, as `operations` has it."""
        return operations(self.node)


@dataclass(slots=True)
class Flow:
    """The control flow of a function.

    Attributes:
        start: where it begins.
        points: all its points, in the order of the source, also those that nothing leads to.
        at: the point at which a node is done: of a statement that has others in it its head.
        deferred: what it defers.
        is_whole: whether all jumps were understood.
    """

    start: Point
    points: list[Point]
    at: dict[n.Node, Point]
    deferred: list[n.Defer]
    is_whole: bool

    @property
    def ends(self) -> list[Point]:
        """Where it ends and something is reached."""
        reached = self.reachable(self.start)
        return [point for point in self.points if point.end is not None and point in reached]

    def point_of(self, node: n.Node) -> Point | None:
        """Return the point at which ``node`` is done; None inside of a literal."""
        at: n.Node | None = node
        while at is not None:
            point = self.at.get(at)
            if point is not None:
                return point
            at = at.parent
        return None

    def reachable(
        self, start: Point, *, without: Callable[[Point], bool] | None = None
    ) -> set[Point]:
        """Return what may be done from ``start`` on, itself included.

        Args:
            start: where to begin.
            without: points at which nobody goes on, nor comes to; None: none.
        """
        found = {start}
        waiting = deque([start])
        while waiting:
            for point in waiting.popleft().next:
                if point not in found and not (without is not None and without(point)):
                    found.add(point)
                    waiting.append(point)
        return found

    def ends_after(
        self, start: Point, *, without: Callable[[Point], bool] | None = None
    ) -> list[Point]:
        """Return where the function may end after ``start``, without coming by ``without``."""
        reached = self.reachable(start, without=without)
        return [point for point in self.points if point in reached and point.end is not None]

    def is_in_loop(self, point: Point) -> bool:
        """Tell whether ``point`` may be done again after it was done."""
        return any(point in self.reachable(each) for each in point.next)


def operations(node: n.Node | None) -> Iterator[n.Node]:
    """Yield what is done at the point of ``node``, inner before outer, no literal's body.

    Of a statement that has others in it only the head: those have points of their own. What ``go``
    and ``defer`` call is not done here; its arguments are evaluated.
    """
    if node is None:
        return
    heads: list[n.Node | None]
    match node:
        case n.Go(call=n.Call() as call) | n.Defer(call=n.Call() as call):
            heads = [*call.arguments]
            if isinstance(call.called, n.Selector):
                heads.insert(0, call.called.operand)
        case n.If() | n.Switch() | n.Select() | n.Block() | n.Labeled():
            heads = []
        case n.For(ranged=ranged):
            heads = [ranged]
        case n.Case(communication=communication, values=values):
            heads = [communication, *values]
        case _:
            heads = [*node.children()]
    for each in heads:
        if each is not None:
            yield from operations(each)
    yield node


@dataclass(slots=True)
class _Target:
    """Where ``break`` and ``continue`` in a statement lead to."""

    label: str
    leave: Point
    again: Point | None


class _Builder:
    def __init__(self) -> None:
        self.points: list[Point] = []
        self.at: dict[n.Node, Point] = {}
        self.deferred: list[n.Defer] = []
        self.is_whole = True
        self._targets: list[_Target] = []
        self._labels: dict[str, Point] = {}
        self._jumps: list[tuple[Point, str]] = []

    def point(self, node: n.Node | None, *before: Point) -> Point:
        made = Point(node)
        self.points.append(made)
        if node is not None:
            self.at.setdefault(node, made)
        for each in before:
            each.then(made)
        return made

    def whole(self, body: n.Block) -> Flow:
        start = self.point(None)
        last = self.all(body.statements, start)
        if last is not None:
            end = self.point(None, last)
            end.end = End.RETURN
        for point, label in self._jumps:
            target = self._labels.get(label)
            self.is_whole &= target is not None
            if target is not None:
                point.then(target)
        return Flow(start, self.points, self.at, self.deferred, self.is_whole)

    def all(self, statements: Iterable[n.Statement], at: Point | None) -> Point | None:
        """Add ``statements`` after ``at``; return the last point, None if nothing comes behind."""
        for each in statements:
            # What nothing leads to has points, too: a label may.
            at = self.one(each, Point(None) if at is None else at, "")
        return at

    def one(self, node: n.Statement, at: Point, label: str) -> Point | None:
        match node:
            case n.Block() | n.If() | n.Labeled():
                return self._transparent(node, at)
            case n.For():
                return self._for(node, at, label)
            case n.Switch():
                return self._switch(node, at, label)
            case n.Select():
                return self._select(node, at, label)
            case _:
                return self._simple(node, at)

    def _transparent(self, node: n.Block | n.If | n.Labeled, at: Point) -> Point | None:
        """Add what no ``break`` leaves."""
        if isinstance(node, n.If):
            return self._if(node, at)
        if isinstance(node, n.Labeled):
            return self._labeled(node, at)
        point = self.point(node, at)
        return self.all(node.statements, point)

    def _simple(self, node: n.Statement, at: Point) -> Point | None:
        point = self.point(node, at)
        if isinstance(node, n.Return):
            point.end = End.RETURN
        elif isinstance(node, n.Branch):
            self._branch(node, point)
        elif isinstance(node, n.Defer):
            self.deferred.append(node)
            return point
        else:
            point.end = _end_of(node)
            return point if point.end is None else None
        return None

    def _branch(self, node: n.Branch, point: Point) -> None:
        if node.keyword == "goto":
            self._jumps.append((point, node.label))
            return
        if node.keyword == "fallthrough":
            return  # `_cases` leads it on
        for target in reversed(self._targets):
            if node.label and node.label != target.label:
                continue
            to = target.leave if node.keyword == "break" else target.again
            if to is not None:
                point.then(to)
                return
        self.is_whole = False

    def _labeled(self, node: n.Labeled, at: Point) -> Point | None:
        point = self.point(node, at)
        self._labels[node.label] = point
        return point if node.statement is None else self.one(node.statement, point, node.label)

    def _if(self, node: n.If, at: Point) -> Point | None:
        if node.init is not None:
            at = self.one(node.init, at, "") or at
        condition = self.point(node.condition, at)
        self.at[node] = condition
        after = Point(None)
        ends = [self.one(node.then, condition, "")]
        ends.append(
            condition if node.otherwise is None else self.one(node.otherwise, condition, "")
        )
        return self._joined(after, ends)

    def _joined(self, after: Point, ends: Iterable[Point | None]) -> Point | None:
        for each in ends:
            if each is not None:
                each.then(after)
        self.points.append(after)
        return after if after.before else None

    def _for(self, node: n.For, at: Point, label: str) -> Point | None:
        if node.init is not None:
            at = self.one(node.init, at, "") or at
        head = self.point(node if node.condition is None else node.condition, at)
        self.at[node] = head
        after, update = Point(None), Point(None)
        if node.update is not None:
            update = self.point(node.update)
        else:
            self.points.append(update)
        self._targets.append(_Target(label, after, update))
        last = self.one(node.body, head, "")
        self._targets.pop()
        if last is not None:
            last.then(update)
        update.then(head)
        return self._joined(after, [] if node.is_endless else [head])

    def _switch(self, node: n.Switch, at: Point, label: str) -> Point | None:
        if node.init is not None:
            at = self.one(node.init, at, "") or at
        head = self.point(node if node.value is None else node.value, at)
        self.at[node] = head
        return self._cases(node.cases, head, label, passes=not node.has_default)

    def _select(self, node: n.Select, at: Point, label: str) -> Point | None:
        head = self.point(node, at)
        return self._cases(node.cases, head, label, passes=False)

    def _cases(
        self, cases: Iterable[n.Case], head: Point, label: str, *, passes: bool
    ) -> Point | None:
        after = Point(None)
        self._targets.append(_Target(label, after, None))
        ends: list[Point | None] = [head] if passes else []
        falls: list[Point] = []
        for case in cases:
            point = self.point(case, head, *falls)
            if case.communication is not None:
                self.at[case.communication] = point
            ends.append(self.all(case.body, point))
            last = case.body[-1] if case.body else None
            is_fall = isinstance(last, n.Branch) and last.keyword == "fallthrough"
            falls = [self.at[last]] if is_fall and last is not None else []
        self._targets.pop()
        return self._joined(after, ends)


def _end_of(node: n.Statement) -> End | None:
    """Return how a statement ends the function by what it calls."""
    if not isinstance(node, n.Expressed) or not isinstance(node.value, n.Call):
        return None
    owner, _, name = node.value.path.rpartition(".")
    if node.value.path in _BY_PATH:
        return _BY_PATH[node.value.path]
    if owner.lower().endswith(("log", "logger")):
        return _BY_LOGGER.get(name)
    return End.GOEXIT if name in _ENDS_TEST and owner in _TESTS else None


def flow_of(function: Function) -> Flow:
    """Return the control flow of ``function``, which is worked out once."""
    found = function.kept.get("flow")
    if not isinstance(found, Flow):
        found = function.kept["flow"] = _Builder().whole(function.body)
    return found


def is_repeated(node: n.Node) -> bool:
    """Tell whether one run of its function may come by ``node`` again."""
    flow = flow_of(node.function)
    point = flow.point_of(node)
    return point is not None and flow.is_in_loop(point)


def forward(
    flow: Flow,
    first: S,
    step: Callable[[Point, S], S],
    join: Callable[[S, S], S],
) -> dict[Point, S]:
    """Return what holds before each point that is reached.

    Args:
        flow: of a function.
        first: what holds at its start.
        step: what holds after a point, from what holds before it.
        join: what holds where two ways meet. It must not go on for ever: what it returns only
            grows, within something finite.

    Source: Kildall's algorithm.
    """
    found = {flow.start: first}
    waiting = deque([flow.start])
    while waiting:
        point = waiting.popleft()
        after = step(point, found[point])
        for each in point.next:
            known = found.get(each)
            joined = after if known is None else join(known, after)
            if known is None or joined != known:
                found[each] = joined
                waiting.append(each)
    return found
