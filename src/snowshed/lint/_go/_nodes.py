"""The tree of a function of Go, as rules read it: statements and expressions, nothing else.

The parser's tree has an object for each bracket, and asking it is slow. This one has what Go's own
syntax has (package ``go/ast``), with each name resolved to its variable and each node knowing what
it stands in. It is made only of functions that may matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
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
    "path_of",
    "walk",
]


@dataclass(slots=True, eq=False)
class Node:
    """A part of a function.

    Attributes:
        start: offset of its first byte in the file.
        end: offset behind its last byte.
        function: the function whose part it is: the innermost, if functions are nested.
        parent: what it stands in; None for the body of a function that has a name.
    """

    start: int
    end: int
    function: Function = field(repr=False)
    parent: Node | None = field(init=False, default=None, repr=False)

    PARTS: ClassVar[tuple[str, ...]] = ()

    def children(self) -> Iterator[Node]:
        """Yield what it consists of, in the order in which it is written."""
        for name in self.PARTS:
            part = getattr(self, name)
            if isinstance(part, list):
                yield from part
            elif part is not None:
                yield part

    @property
    def text(self) -> str:
        """The source of it."""
        return self.function.file.source.text(self.start, self.end)

    @property
    def line(self) -> int:
        """The line that it begins in, from 1."""
        return self.function.file.source.line_of(self.start)


class Expression(Node):
    """Something with a value."""

    __slots__ = ()


class Statement(Node):
    """Something that is done."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Name(Expression):
    """An identifier: ``ch``. `variable` is None for functions, types, packages, the unknown."""

    name: str
    variable: Variable | None = field(repr=False)


@dataclass(slots=True, eq=False)
class Selector(Expression):
    """``s.mu``, and also what belongs to a package: ``http.Get``."""

    operand: Expression
    field_: str

    PARTS: ClassVar[tuple[str, ...]] = ("operand",)


@dataclass(slots=True, eq=False)
class Call(Expression):
    """``f(x)``; also a conversion, ``make`` and ``new``, whose first argument is a `Type`."""

    called: Expression
    arguments: list[Expression]
    spread: bool

    PARTS: ClassVar[tuple[str, ...]] = ("called", "arguments")

    @property
    def path(self) -> str:
        """What is called, as `path_of` says it: ``s.mu.Lock``, ``make``; empty for a literal."""
        return path_of(self.called)

    @property
    def method(self) -> str:
        """The last name of what is called: ``Lock``; empty if it has none."""
        if isinstance(self.called, Selector):
            return self.called.field_
        return self.called.name if isinstance(self.called, Name) else ""


@dataclass(slots=True, eq=False)
class FunctionLiteral(Expression):
    """``func() { ... }``. Its body belongs to `literal`, which is a function of its own."""

    literal: Function = field(repr=False)


@dataclass(slots=True, eq=False)
class Receive(Expression):
    """``<-ch``."""

    channel: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("channel",)


@dataclass(slots=True, eq=False)
class Unary(Expression):
    """``&x``, ``*x``, ``!x``, ``-x``."""

    operator: str
    operand: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("operand",)


@dataclass(slots=True, eq=False)
class Binary(Expression):
    """``a + b``."""

    operator: str
    left: Expression
    right: Expression

    PARTS: ClassVar[tuple[str, ...]] = ("left", "right")


@dataclass(slots=True, eq=False)
class Index(Expression):
    """``m[k]``; also a function with its type arguments."""

    operand: Expression
    indices: list[Expression]

    PARTS: ClassVar[tuple[str, ...]] = ("operand", "indices")


@dataclass(slots=True, eq=False)
class Literal(Expression):
    """A number, a string, ``nil``, ``true``; its value is its `text`."""


@dataclass(slots=True, eq=False)
class Type(Expression):
    """A type where a value may stand: the first argument of ``make``."""

    name: str


@dataclass(slots=True, eq=False)
class Composite(Expression):
    """``T{a: 1}``. `type_` is its source; `keys` has None for each value without one.

    Of a key that is computed, such as ``<-ch``, `computed` has what it is.
    """

    type_: str
    keys: list[str | None]
    values: list[Expression]
    computed: list[Expression]

    PARTS: ClassVar[tuple[str, ...]] = ("computed", "values")


@dataclass(slots=True, eq=False)
class Other(Expression):
    """Anything else: a slice, a type assertion, a conversion to an unnamed type."""

    parts: list[Node]

    PARTS: ClassVar[tuple[str, ...]] = ("parts",)


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


def path_of(expression: Expression | None) -> str:
    """Return how ``expression`` names a place: ``s.mu``, ``conns[i].ch``, ``c.Done()``.

    A pointer and what it points to have the same path, as they have in ``s.mu``. Empty for what
    names no place.
    """
    match expression:
        case Name(name=name):
            return name
        case Selector(operand=operand, field_=name):
            path = path_of(operand)
            return f"{path}.{name}" if path else ""
        case Index(operand=operand, indices=indices):
            path = path_of(operand)
            return f"{path}[{', '.join(each.text for each in indices)}]" if path else ""
        case Unary(operator="*" | "&", operand=operand):
            return path_of(operand)
        case Call(called=called, arguments=[]):
            path = path_of(called)
            return f"{path}()" if path else ""
        case _:
            return ""
