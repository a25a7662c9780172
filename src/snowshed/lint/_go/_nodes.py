"""The tree of a function of Go, as rules read it: statements and expressions, nothing else.

The parser's tree has an object for each bracket, and asking it is slow. This one has what Go's own
syntax has (package ``go/ast``), with each name resolved to its variable and each node knowing what
it stands in. It is made only of functions that may matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from snowshed.lint._go._expression_nodes import (
    Binary,
    Call,
    Composite,
    Expression,
    FunctionLiteral,
    Index,
    Literal,
    Name,
    Node,
    Other,
    Receive,
    Selector,
    Type,
    Unary,
    path_of,
)

if TYPE_CHECKING:
    from snowshed.lint._go._scope import Variable

__all__ = [
    "Assign",
    "Binary",
    "Block",
    "Branch",
    "Call",
    "Case",
    "Composite",
    "Defer",
    "Expressed",
    "Expression",
    "For",
    "FunctionLiteral",
    "Go",
    "If",
    "Increment",
    "Index",
    "Labeled",
    "Literal",
    "Name",
    "Node",
    "Other",
    "Receive",
    "Return",
    "Select",
    "Selector",
    "Send",
    "Statement",
    "Switch",
    "Type",
    "Unary",
    "Var",
    "inside",
    "is_called",
    "is_in_turn",
    "is_set",
    "is_set_again",
    "path_of",
    "walk",
]


class Statement(Node):
    """Something that is done."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Block(Statement):
    """Statements that have names of their own."""

    statements: list[Statement]

    PARTS: ClassVar[tuple[str, ...]] = ("statements",)


@dataclass(slots=True, eq=False)
class Expressed(Statement):
    """An expression as a statement: a call or a receive."""

    value: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("value",)


@dataclass(slots=True, eq=False)
class Assign(Statement):
    """``a, b = f()``, ``x := 1``, ``n += 1``; `operator` as written."""

    operator: str
    left: list[Expression]
    right: list[Expression]

    PARTS: ClassVar[tuple[str, ...]] = ("right", "left")


@dataclass(slots=True, eq=False)
class Var(Statement):
    """``var a, b T = 1, 2``; also ``const``. `type_` is empty if none is written."""

    left: list[Expression]
    type_: str
    right: list[Expression]

    PARTS: ClassVar[tuple[str, ...]] = ("right", "left")


@dataclass(slots=True, eq=False)
class Increment(Statement):
    """``i++`` and ``i--``."""

    operand: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("operand",)


@dataclass(slots=True, eq=False)
class Send(Statement):
    """``ch <- v``."""

    channel: Expression
    value: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("channel", "value")


@dataclass(slots=True, eq=False)
class Go(Statement):
    """``go f(x)``."""

    call: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("call",)


@dataclass(slots=True, eq=False)
class Defer(Statement):
    """``defer f(x)``."""

    call: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("call",)


@dataclass(slots=True, eq=False)
class Return(Statement):
    """``return a, b``."""

    values: list[Expression]

    PARTS: ClassVar[tuple[str, ...]] = ("values",)


@dataclass(slots=True, eq=False)
class Branch(Statement):
    """``break``, ``continue``, ``goto``, ``fallthrough``; `label` is empty if none is written."""

    keyword: str
    label: str


@dataclass(slots=True, eq=False)
class Labeled(Statement):
    """``L: for ...``."""

    label: str
    statement: Statement | None

    PARTS: ClassVar[tuple[str, ...]] = ("statement",)


@dataclass(slots=True, eq=False)
class If(Statement):
    """``if x := f(); x { } else { }``; `otherwise` is a `Block`, another `If` or None."""

    init: Statement | None
    condition: Expression
    then: Block
    otherwise: Statement | None

    PARTS: ClassVar[tuple[str, ...]] = ("init", "condition", "then", "otherwise")


@dataclass(slots=True, eq=False)
class For(Statement):
    """Each kind of ``for``.

    Attributes:
        init: what is done before the first turn.
        condition: what has to hold for a turn; None for an endless loop and for ``range``.
        update: what is done after each turn.
        keys: the names that a turn of ``range`` gives.
        ranged: what ``range`` goes over; None if it is none.
        body: a turn.
    """

    init: Statement | None
    condition: Expression | None
    update: Statement | None
    keys: list[Expression]
    ranged: Expression | None
    body: Block

    PARTS: ClassVar[tuple[str, ...]] = ("init", "ranged", "keys", "condition", "body", "update")

    @property
    def is_endless(self) -> bool:
        """Whether only what stands in it can end it: ``for { }``, ``for true { }``."""
        if self.ranged is not None:
            return False
        return self.condition is None or self.condition.text == "true"


@dataclass(slots=True, eq=False)
class Case(Statement):
    """A case of a `Select` or a `Switch`.

    Attributes:
        communication: of a select: the `Send`, or the `Expressed`, `Assign` with a `Receive`.
        values: of a switch: what is compared.
        is_default: whether it is the ``default``.
        body: what is done.
    """

    communication: Statement | None
    values: list[Expression]
    is_default: bool
    body: list[Statement]

    PARTS: ClassVar[tuple[str, ...]] = ("communication", "values", "body")

    @property
    def channel(self) -> Expression | None:
        """The channel that a case of a select sends to or receives from."""
        if isinstance(self.communication, Send):
            return self.communication.channel
        received = self.received
        return None if received is None else received.channel

    @property
    def received(self) -> Receive | None:
        """The receive of a case of a select."""
        stated = self.communication
        if isinstance(stated, Expressed) and isinstance(stated.value, Receive):
            return stated.value
        if isinstance(stated, Assign) and stated.right and isinstance(stated.right[0], Receive):
            return stated.right[0]
        return None


@dataclass(slots=True, eq=False)
class Select(Statement):
    """``select { }``."""

    cases: list[Case]

    PARTS: ClassVar[tuple[str, ...]] = ("cases",)

    @property
    def has_default(self) -> bool:
        """Whether it never waits."""
        return any(case.is_default for case in self.cases)


@dataclass(slots=True, eq=False)
class Switch(Statement):
    """``switch``, of values or of types."""

    init: Statement | None
    value: Expression | None
    cases: list[Case]

    PARTS: ClassVar[tuple[str, ...]] = ("init", "value", "cases")

    @property
    def has_default(self) -> bool:
        """Whether one case is always taken."""
        return any(case.is_default for case in self.cases)


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and all that it consists of, outer before inner; no body of a literal."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        yield at
        # What `children` yields, from behind, without the price of a generator for each node.
        for name in reversed(at.PARTS):
            part = getattr(at, name)
            if part.__class__ is list:
                waiting += reversed(part)
            elif part is not None:
                waiting.append(part)


def inside(node: Node) -> Iterator[Node]:
    """Yield what ``node`` stands in, from the innermost, up to the body of its function.

    The body of a literal ends there, too: what is around it is not done when it is.
    """
    body = node.function.body
    at: Node | None = node
    while at is not None and at is not body:
        at = at.parent
        if at is not None:
            yield at


def is_in_turn(node: Node | None, loop: For) -> bool:
    """Tell whether ``node`` stands in the body of ``loop``."""
    return node is not None and loop.body.start <= node.start < loop.body.end


def is_called(node: Expression) -> bool:
    """Tell whether ``node`` is what a call calls, and not a value that is handed on."""
    return isinstance(node.parent, Call) and node.parent.called is node


def is_set(use: Name) -> bool:
    """Tell whether a variable gets a value where it is named: by an assignment, or by ``range``."""
    parent = use.parent
    if isinstance(parent, Assign):
        return use in parent.left
    return isinstance(parent, For) and use in parent.keys


def is_set_again(variable: Variable) -> bool:
    """Tell whether ``variable`` is set where it is not declared."""
    return any(map(is_set, variable.uses))
