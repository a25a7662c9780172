"""The variables of a function: who declares them, and where they are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._nodes import Expression, Name

__all__ = ["Kind", "Scope", "Variable"]


class Kind(Enum):
    """How a variable comes to be."""

    LOCAL = auto()
    PARAMETER = auto()
    RECEIVER = auto()
    RESULT = auto()
    RANGE = auto()
    PACKAGE = auto()


@dataclass(slots=True, eq=False)
class Variable:
    """A variable, and all places that name it.

    Attributes:
        name: what it is called.
        kind: how it comes to be.
        function: who declares it; None for a variable of the package.
        type_: its type as written, and empty if that is not written: `types.type_of` may know.
        value: what it is set to where it is declared; None if that is nothing or one of several
            results.
        source: the call, receive, range or assertion whose `place`-th result it is, where one
            expression sets several.
        place: see ``source``.
        declared: the name where it is declared; None for parameters and variables of the package.
        uses: where it is named, without the declaration, in the order of the source. Of a variable
            of the package only in functions that may matter.
    """

    name: str
    kind: Kind
    function: Function | None = field(repr=False)
    type_: str = ""
    value: Expression | None = field(default=None, repr=False)
    source: Expression | None = field(default=None, repr=False)
    place: int = 0
    declared: Name | None = field(default=None, repr=False)
    uses: list[Name] = field(default_factory=list, repr=False)

    def forget(self) -> None:
        """Let go of the places that name it."""
        self.value = self.source = self.declared = None
        self.uses.clear()


class Scope:
    """The names that are known at one place, the innermost first."""

    __slots__ = ("_names", "_outer")

    def __init__(self, outer: Scope | None = None) -> None:
        self._outer = outer
        self._names: dict[str, Variable] = {}

    def declare(self, variable: Variable) -> None:
        """Make ``variable`` known from here on."""
        self._names[variable.name] = variable

    def has(self, name: str) -> bool:
        """Tell whether this very block has declared ``name``."""
        return name in self._names

    def find(self, name: str) -> Variable | None:
        """Return what ``name`` means here."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._names.get(name)
            if found is not None:
                return found
            scope = scope._outer
        return None
