"""The expressions of a function of Go, as rules read them; its statements stand in ``_nodes``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._scope import Variable

__all__ = [
    "Binary",
    "Call",
    "Composite",
    "Expression",
    "FunctionLiteral",
    "Index",
    "Literal",
    "Name",
    "Node",
    "Other",
    "Receive",
    "Selector",
    "Type",
    "Unary",
    "path_of",
]


@dataclass(slots=True, eq=False)
class Node:
    """A part of a function.

    Attributes:
        start: offset of its first byte in the file.
        end: offset behind its last byte.
        function: the function whose part it is: the innermost, if functions are nested.
    """

    start: int
    end: int
    function: Function = field(repr=False)

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
    def parent(self) -> Node | None:
        """What it stands in; None for the body of a function."""
        return self.function.parents.get(self)

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
