"""Which number an expression is, and how many elements something has, where the source says so."""

from __future__ import annotations

import re

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._types import type_of

__all__ = ["length_of", "number"]

_CONVERSION = re.compile(r"u?int(?:8|16|32|64)?")
_ARRAY = re.compile(r"\*?\[(\d+)\]")
_CUT = re.compile(r"\[\s*(\d*)\s*:\s*(\d+)\s*(?::[^]]*)?\]$")


def number(expression: n.Expression | None) -> int | None:
    """Return the number that an expression is: a literal, or a name that is set to one only."""
    if isinstance(expression, n.Literal) and expression.text.isdigit():
        return int(expression.text)
    if isinstance(expression, n.Call) and _CONVERSION.fullmatch(expression.path):
        return number(expression.arguments[0]) if len(expression.arguments) == 1 else None
    value = _value(expression)
    if not isinstance(value, n.Literal) or not value.text.isdigit():
        return None
    return int(value.text)


def length_of(expression: n.Expression | None) -> int | None:
    """Return how many elements a slice or an array has at most: written out, or cut to so many."""
    if isinstance(expression, n.Composite):
        is_list = expression.type_.startswith("[") and not any(expression.keys)
        return len(expression.values) if is_list else None
    array = _ARRAY.match(type_of(expression))
    if array is not None:
        return int(array[1])
    if isinstance(expression, n.Other):
        cut = _CUT.search(expression.text)
        return int(cut[2]) - int(cut[1] or 0) if cut is not None else None
    value = _value(expression)
    return length_of(value) if isinstance(value, n.Composite) else None


def _value(expression: n.Expression | None) -> n.Expression | None:
    """Return what a variable is set to, if it is set to nothing else and not counted on."""
    variable = expression.variable if isinstance(expression, n.Name) else None
    if variable is None or n.is_set_again(variable):
        return None
    if any(isinstance(use.parent, n.Increment) for use in variable.uses):
        return None
    return variable.value
