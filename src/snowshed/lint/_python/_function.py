"""A function of Python, or what stands in a module outside of any: what its own body holds."""

from __future__ import annotations

import ast
import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._python._names import bindings_of
from snowshed.lint._python._nodes import FUNCTIONS, last_name, written

if TYPE_CHECKING:
    from snowshed.lint._python._module import Module
    from snowshed.lint._python._nodes import Assign, Loop
    from snowshed.lint._python._spawns import Spawn

__all__ = ["Function"]

_MAIN = frozenset({"main", "_main", "amain", "async_main", "run_main"})


class Function:
    """One function, a lambda included; or the module, for what stands in none.

    Attributes:
        node: where it is written.
        outer: the function that it is written in; None for the module.
        calls: the calls in it. None of these lists holds what stands in a function inside of it,
            and all are in the order of the source.
        awaits: what it awaits.
        loops: the loops, comprehensions included.
        withs: ``with`` and ``async with``.
        assigns: assignments of every kind, ``:=`` included.
        exits: ``return``, ``yield`` and ``yield from``.
        tries: ``try`` statements.
        declares: ``global`` and ``nonlocal``.
    """

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module,
        module: Module,
        outer: Function | None = None,
    ) -> None:
        self.node = node
        self.outer = outer
        # The folder keeps the module, and the module its functions.
        self._module = weakref.ref(module)
        self.calls: list[ast.Call] = []
        self.awaits: list[ast.Await] = []
        self.loops: list[Loop] = []
        self.withs: list[ast.With | ast.AsyncWith] = []
        self.assigns: list[Assign] = []
        self.exits: list[ast.Return | ast.Yield | ast.YieldFrom] = []
        self.tries: list[ast.AST] = []
        self.declares: list[ast.Global | ast.Nonlocal] = []

    def __repr__(self) -> str:
        return f"<Function {self.name!r} of {self.module.source.path!r}>"

    @property
    def module(self) -> Module:
        """The module that it is in."""
        module = self._module()
        assert module is not None, "somebody keeps the function but not its folder"
        return module

    @property
    def short_name(self) -> str:
        """The name after ``def``; empty for the module."""
        if isinstance(self.node, ast.Lambda):
            return "<lambda>"
        return "" if isinstance(self.node, ast.Module) else self.node.name

    @property
    def is_async(self) -> bool:
        """Whether it is a coroutine function, or an asynchronous generator."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_top(self) -> bool:
        """Whether it is the module itself."""
        return self.outer is None

    @cached_property
    def class_(self) -> ast.ClassDef | None:
        """The class that it is a method of."""
        node = self.module.parents.get(self.node)
        while node is not None and not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            node = self.module.parents.get(node)
        return node if isinstance(node, ast.ClassDef) else None

    @cached_property
    def name(self) -> str:
        """The name as a traceback has it, such as ``Pool.get`` or ``get.<locals>.retry``."""
        parts = [self.short_name]
        node = self.module.parents.get(self.node)
        while node is not None:
            if isinstance(node, ast.ClassDef):
                parts.append(node.name)
            elif isinstance(node, FUNCTIONS):
                lambda_ = isinstance(node, ast.Lambda)
                parts += ["<locals>", "<lambda>" if lambda_ else getattr(node, "name", "")]
            node = self.module.parents.get(node)
        return ".".join(reversed(parts))

    @cached_property
    def arguments(self) -> list[ast.arg]:
        """Its parameters by position and by name, without ``*args`` and ``**kwargs``."""
        if isinstance(self.node, ast.Module):
            return []
        args = self.node.args
        return [*args.posonlyargs, *args.args, *args.kwonlyargs]

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of all its parameters."""
        if isinstance(self.node, ast.Module):
            return frozenset()
        rest = [each for each in (self.node.args.vararg, self.node.args.kwarg) if each is not None]
        return frozenset(each.arg for each in (*self.arguments, *rest))

    @property
    def is_main(self) -> bool:
        """Whether the program ends with it: by its name, or as it is what ``asyncio.run`` runs."""
        return self.short_name in _MAIN or self.short_name in self.module.run_by_name

    @cached_property
    def bindings(self) -> dict[str, list[ast.AST | None]]:
        """What each of its variables is bound to, parameters included; None if it is not known."""
        return bindings_of(self)

    @cached_property
    def spawns(self) -> list[Spawn]:
        """The calls of its own body that start a task or a thread."""
        found = map(self.module.spawn_of, self.calls)
        return [spawn for spawn in found if spawn is not None]

    @cached_property
    def called(self) -> frozenset[str]:
        """The last part of the name of each call."""
        return frozenset(last_name(call.func) for call in self.calls)

    @cached_property
    def waiting(self) -> frozenset[ast.AST]:
        """Its ``for`` loops of which a turn waits for something."""
        found: set[ast.AST] = set()
        for each in self.awaits:
            above = [each, *self.module.up(each)]
            loops = (loop for loop in above if isinstance(loop, (ast.For, ast.AsyncFor)))
            found.update(loop for loop in loops if loop.iter not in above)
        return frozenset(found)

    @property
    def decorators(self) -> list[ast.expr]:
        """What decorates it."""
        return getattr(self.node, "decorator_list", [])

    @cached_property
    def names(self) -> dict[str, list[ast.Name]]:
        """Each use of each name, set or read, also in the functions inside of it."""
        found: dict[str, list[ast.Name]] = {}
        todo: list[ast.AST] = [self.node]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Name):
                found.setdefault(node.id, []).append(node)
            todo.extend(reversed([*ast.iter_child_nodes(node)]))
        return found

    @cached_property
    def asked(self) -> str:
        """What it and the functions inside of it make depend on something, a line each."""
        choices = (each for each in ast.walk(self.node) if isinstance(each, (ast.If, ast.IfExp)))
        return "\n".join(written(each.test) for each in choices)

    @cached_property
    def shared(self) -> frozenset[str]:
        """The names that it declares as ``global`` or ``nonlocal``."""
        return frozenset(name for each in self.declares for name in each.names)

    def reads(self, name: str) -> list[ast.Name]:
        """Return where the value of the variable ``name`` is used."""
        uses = self.names.get(name, ())
        return [each for each in uses if isinstance(each.ctx, ast.Load)]
