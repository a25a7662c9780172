"""Which functions are sure to do nothing to locks, and to wait for nobody: by their words alone.

Of what functions with locks call, a fifth does neither, nor calls what does. To know that
from a body it would have to be parsed and read. A function does it at most if it has a word for it,
or one by which something is called that may.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._targets import function_fields, is_function

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["silent"]

# ``once.Do(f)`` and a channel to range over: no rule begins from these.
_LOUD = frozenset({b"Do", b"chan"})


def silent(package: Package) -> frozenset[Function]:
    """Return the functions with a name that are sure to do nothing to locks.

    Too few are better than one too many: what is called is told by its name, whoever's it is.
    """
    found = package.kept.get("silent")
    if not isinstance(found, frozenset):
        found = package.kept["silent"] = frozenset(_silent(package))
    return found


def _silent(package: Package) -> set[Function]:
    loud = _LOUD | package.channels | _functions(package)
    chosen = {
        each
        for each in package.functions
        if not each.may_matter and loud.isdisjoint(each.words) and not _has_function(each)
    }
    names = {each.name.encode() for each in package.functions}
    users: dict[bytes, list[Function]] = defaultdict(list)
    for each in chosen:
        for name in each.words & names:
            users[name].append(each)
    waiting = [each for each in package.functions if each not in chosen]
    while waiting:
        for user in users.pop(waiting.pop().name.encode(), ()):
            if user in chosen:
                chosen.discard(user)
                waiting.append(user)
    return chosen


def _functions(package: Package) -> frozenset[bytes]:
    """Return the names of fields, variables and types of the package that are functions."""
    fields = function_fields(package)
    types = {name for name, type_ in package.types.items() if type_.startswith("func(")}
    variables = {
        name
        for name, each in package.variables.items()
        if isinstance(each.value, n.FunctionLiteral) or is_function(package, each.type_)
    }
    return frozenset(name.encode() for name in fields | types | variables)


def _has_function(function: Function) -> bool:
    """Tell whether there is a literal in it, or it is given a function, as ``http.HandlerFunc``."""
    return b"func(" in function.code or b"Func" in function.code.partition(b"{")[0]
