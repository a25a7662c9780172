"""Of which class of the same folder an object is, by the attribute or variable that has it.

``app.state.notifier.notify(...)`` calls a method of ``Notifier`` if that is what ``notifier`` is
made of wherever something is assigned to an attribute of that name. Where two different things are,
nobody knows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._python._names import annotation_of, assigned
from snowshed.lint._python._nodes import last_name

if TYPE_CHECKING:
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["Class", "Objects"]


class Class(NamedTuple):
    """A class, and the module that it stands in."""

    module: Module
    node: ast.ClassDef


class Objects:
    """The objects of one folder."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._classes: dict[str, list[Class]] = {}
        for module in modules:
            for name, node in module.classes.items():
                self._classes.setdefault(name, []).append(Class(module, node))
        self._held: dict[str, set[Class | None]] = {}
        for name, class_ in (held for module in modules for held in self._all_held(module)):
            self._held.setdefault(name, set()).add(class_)

    def _all_held(self, module: Module) -> Iterator[tuple[str, Class | None]]:
        """Yield what each attribute and each variable of the module holds."""
        for function in module.functions:
            for assign in function.assigns:
                for target, value in assigned(assign):
                    is_shared = isinstance(target, ast.Attribute) or function.is_top
                    if is_shared and not isinstance(value, (ast.Name, ast.Constant, ast.arg)):
                        yield last_name(target), self._made_of(module, value)

    def _made_of(self, module: Module, value: ast.AST | None) -> Class | None:
        while isinstance(value, (ast.Await, ast.BoolOp)):
            value = value.value if isinstance(value, ast.Await) else value.values[-1]
        return self._class(module, value.func) if isinstance(value, ast.Call) else None

    def _class(self, module: Module, node: ast.AST) -> Class | None:
        """Return the class that ``node`` names: of this module, or the only one of that name."""
        found = self._classes.get(last_name(node), [])
        own = [each for each in found if each.module is module]
        if isinstance(node, ast.Name) and own:
            return own[0]
        return found[0] if len(found) == 1 and module.dotted(node) else None

    def method(self, module: Module, node: ast.Attribute) -> Function | None:
        """Return the method that ``node`` names, of an object whose class is known."""
        class_ = self.class_of(module, node.value)
        return class_.module.method(class_.node, node.attr) if class_ is not None else None

    def class_of(self, module: Module, owner: ast.expr) -> Class | None:
        """Return the class of the object that ``owner`` names; None if nobody knows."""
        if isinstance(owner, ast.Name):
            return self._of_variable(module, owner)
        return self._of_name(owner.attr) if isinstance(owner, ast.Attribute) else None

    def _of_name(self, name: str) -> Class | None:
        held = self._held.get(name, set())
        return next(iter(held)) if len(held) == 1 else None

    def _of_variable(self, module: Module, name: ast.Name) -> Class | None:
        function: Function | None = module.function_of(name)
        while function is not None and name.id not in function.bindings:
            function = function.outer
        if function is None:
            # It may be imported from beside.
            return self._of_name(name.id) if module.dotted(name).startswith(".") else None
        values = function.bindings[name.id]
        if len(values) != 1:
            return None
        if isinstance(values[0], ast.arg):
            annotation = annotation_of(values[0].annotation)
            return self._class(module, annotation) if annotation is not None else None
        return self._made_of(module, values[0])
