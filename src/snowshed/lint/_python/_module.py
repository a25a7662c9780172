"""A module of Python as rules see it: its indexes, what names stand for, and where things are."""

from __future__ import annotations

import ast
import weakref
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from snowshed.lint._finding import Edit, Finding, Fix, Related, Tier
from snowshed.lint._python import _names, _places, _spawns
from snowshed.lint._python._function import Function
from snowshed.lint._python._nodes import COMPREHENSIONS, FUNCTIONS, last_name
from snowshed.lint._python._walk import walk

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._nodes import Loop
    from snowshed.lint._rule import Rule
    from snowshed.lint._source import Source

__all__ = ["Module"]

_Node = TypeVar("_Node", bound=ast.AST)


class Module:
    """One file.

    Attributes:
        source: its text.
        tree: what was parsed.
        parents: the node that each node stands in.
        top: what stands in no function.
        functions: each function and lambda, ``top`` first.
        imports: what each imported name stands for, such as ``{"ct": "asyncio.create_task"}``;
            ``.helpers.wait`` for a name of a module beside it.
        classes: each class that stands in no other and in no function, by its name.
        all_classes: each class.
        can_mend: whether offsets in ``source`` are those of the file.
    """

    def __init__(self, source: Source, tree: ast.Module, *, can_mend: bool = True) -> None:
        self.source = source
        self.tree = tree
        self.can_mend = can_mend
        self._folder: weakref.ref[Folder] | None = None
        self.top = Function(tree, self)
        walked = walk(self.top)
        self.parents = walked.parents
        self.functions = walked.functions
        self.all_classes = walked.classes
        self.classes = {
            each.name: each for each in walked.classes if self.parents[each] is self.tree
        }
        self.imports = _names.imports_of(walked.imports)
        self._calls = walked.calls
        self._parameters = walked.parameters

    def __repr__(self) -> str:
        return f"<Module {self.source.path!r}, {len(self.functions)} functions>"

    @property
    def name(self) -> str:
        """The last part of what it is imported as: ``pool`` for ``a/pool.py``."""
        return self.source.path.rpartition("/")[2].removesuffix("i").removesuffix(".py")

    @property
    def folder(self) -> Folder:
        """The folder that it is in."""
        folder = self._folder() if self._folder is not None else None
        assert folder is not None, "somebody keeps the module but not its folder"
        return folder

    def belongs_to(self, folder: Folder) -> None:
        """Say which folder it is in."""
        self._folder = weakref.ref(folder)

    # What there is.

    def calls_of(self, *names: str) -> list[ast.Call]:
        """Return the calls of functions by their full names, whatever they were imported as."""
        wanted = frozenset(names)
        lasts = [*dict.fromkeys(name.rpartition(".")[2] for name in names)]
        renamed = (short for last in lasts for short in self._renamed.get(last, ()))
        lasts = [*dict.fromkeys([*lasts, *renamed])]
        return [
            call
            for last in lasts
            for call in self._calls.get(last, ())
            if self.dotted(call.func) in wanted
        ]

    def calls_named(self, *lasts: str) -> list[ast.Call]:
        """Return the calls of whatever has one of ``lasts`` as the last part of its name."""
        return [call for last in lasts for call in self._calls.get(last, ())]

    @cached_property
    def spawns(self) -> list[_spawns.Spawn]:
        """The calls that start a task or a thread, whatever they are spelled like."""
        return _spawns.spawns_in(self)

    def spawn_of(self, call: ast.Call) -> _spawns.Spawn | None:
        """Return what ``call`` starts; None if it starts no task or thread."""
        return self._spawned.get(call)

    @cached_property
    def _spawned(self) -> dict[ast.Call, _spawns.Spawn]:
        return {spawn.call: spawn for spawn in self.spawns}

    @cached_property
    def named(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """Each use of each name, as a variable or an attribute, wherever it stands."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Name, ast.Attribute)):
                found.setdefault(last_name(node), []).append(node)
        return found

    @cached_property
    def handed_on(self) -> frozenset[str | ast.AST]:
        """What calls are given, and what is assigned: names by their last part, and lambdas."""
        found: set[str | ast.AST] = set()
        for function in self.functions:
            given = [value for call in function.calls for value in call.args]
            given += [each.value for call in function.calls for each in call.keywords]
            given += [each.value for each in function.assigns if each.value is not None]
            found.update(each for each in given if isinstance(each, ast.Lambda))
            found.update(map(last_name, given))
        return frozenset(found - {""})

    @cached_property
    def last_import(self) -> ast.stmt | None:
        """The last import that stands in no function and no block."""
        last_first = reversed(self.tree.body)
        return next((e for e in last_first if isinstance(e, (ast.Import, ast.ImportFrom))), None)

    @cached_property
    def run_by_name(self) -> frozenset[str]:
        """The names of the functions that a loop is run for: ``asyncio.run(serve())``."""
        runs = self.calls_named("run", "asyncio_run", "run_until_complete", "run_sync")
        calls = (call.args[0] for call in runs if call.args)
        return frozenset(
            last_name(each.func if isinstance(each, ast.Call) else each) for each in calls
        )

    @cached_property
    def _renamed(self) -> dict[str, list[str]]:
        """Under which other names the last part of an imported name is called here."""
        found: dict[str, list[str]] = {}
        for short, full in self.imports.items():
            last = full.rpartition(".")[2]
            if last != short:
                found.setdefault(last, []).append(short)
        return found

    @cached_property
    def _by_node(self) -> dict[ast.AST, Function]:
        return {function.node: function for function in self.functions}

    @cached_property
    def _methods(self) -> dict[tuple[ast.AST, str], Function]:
        return {
            (function.class_, function.short_name): function
            for function in self.functions
            if function.class_ is not None and function.short_name != "<lambda>"
        }

    def method(self, class_: ast.ClassDef, name: str) -> Function | None:
        """Return the method of ``class_``, or of a class of this module that it is derived from."""
        for each in self.lineage(class_):
            found = self._methods.get((each, name))
            if found is not None:
                return found
        return None

    def lineage(self, class_: ast.ClassDef) -> list[ast.ClassDef]:
        """Return ``class_`` and what it is derived from, as far as that stands in this module."""
        found = [class_]
        for each in found:
            for base in each.bases:
                above = self.classes.get(base.id) if isinstance(base, ast.Name) else None
                if above is not None and above not in found:
                    found.append(above)
        return found

    def function(self, name: str, within: Function | None = None) -> Function | None:
        """Return what ``name`` calls in ``within``: a function inside of it, or of the module."""
        scope = within
        while scope is not None and not scope.is_top:
            found = self._plain.get((scope.node, name))
            if found is not None or name in scope.parameters:
                return found
            scope = scope.outer
        return self._plain.get((self.tree, name))

    @cached_property
    def _plain(self) -> dict[tuple[ast.AST, str], Function]:
        """The functions that are no methods, by where they stand."""
        return {
            (function.outer.node, function.short_name): function
            for function in self.functions
            if function.outer is not None and function.class_ is None
        }

    # What names stand for.

    def dotted(self, node: ast.AST) -> str:
        """Return the full name of what was imported, or is built in; nothing for all else.

        A variable has none, whatever it is called. ``()`` stands for a call:
        ``asyncio.get_running_loop().create_task``.
        """
        return _names.dotted(self, node)

    def origin(self, node: ast.AST) -> str:
        """Return the same, and follow variables, attributes and annotations to what made them."""
        return _names.origin(self, node)

    def is_shadowed(self, node: ast.Name) -> bool:
        """Tell whether a name is that of a parameter at that place."""
        if node.id not in self._parameters:
            return False
        function: Function | None = self.function_of(node)
        while function is not None:
            if node.id in function.parameters:
                return True
            function = function.outer
        return False

    @cached_property
    def _attributes(self) -> dict[tuple[ast.AST, str], list[ast.AST]]:
        return _names.attributes_of(self)

    def attribute(self, class_: ast.ClassDef, name: str) -> list[ast.AST]:
        """Return what is assigned to ``self.name`` in the methods of ``class_`` and its bases.

        That of a class, and a plain annotation without a value, count as well.
        """
        found = (self._attributes.get((each, name), ()) for each in self.lineage(class_))
        return [value for values in found for value in values]

    def owners(self, class_: ast.ClassDef, name: str) -> list[ast.ClassDef]:
        """Return those of ``class_`` and its bases that assign to ``self.name``."""
        return [each for each in self.lineage(class_) if (each, name) in self._attributes]

    # Upwards.

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return what ``node`` stands in directly."""
        return self.parents.get(node)

    def up(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what ``node`` stands in, up to the function that runs it, which is left out."""
        return (above for _, above in self._climb(node))

    def _climb(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        above = self.parents.get(node)
        while above is not None:
            if isinstance(above, FUNCTIONS) and not _runs_outside(node, above):
                return
            yield node, above
            node, above = above, self.parents.get(above)

    def function_of(self, node: ast.AST) -> Function:
        """Return the function that runs ``node``."""
        for _, above in self._climb(node):
            node = above
        above_all = self.parents.get(node)
        return self.top if above_all is None else self._by_node[above_all]

    def nearest(self, node: ast.AST, kind: type[_Node]) -> _Node | None:
        """Return the nearest ``kind`` that ``node`` stands in, in its function."""
        return next((above for above in self.up(node) if isinstance(above, kind)), None)

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """Return the statement that ``node`` is, or is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def loop_of(self, node: ast.AST) -> Loop | None:
        """Return the innermost loop or comprehension of which each turn runs ``node``."""
        for child, above in self._climb(node):
            if isinstance(above, (ast.For, ast.AsyncFor)) and child in above.body:
                return above
            if isinstance(above, ast.While) and child not in above.orelse:
                return above
            if isinstance(above, COMPREHENSIONS) and not (
                child is above.generators[0] and self._is_first_iter(node, above.generators[0])
            ):
                return above
        return None

    def _is_first_iter(self, node: ast.AST, generator: ast.comprehension) -> bool:
        above: ast.AST | None = node
        while above is not None and above is not generator:
            if above is generator.iter:
                return True
            above = self.parents.get(above)
        return False

    def withs_of(self, node: ast.AST) -> list[ast.With | ast.AsyncWith]:
        """Return each ``with`` in the body of which ``node`` stands, the innermost first."""
        return [
            above
            for child, above in self._climb(node)
            if isinstance(above, (ast.With, ast.AsyncWith)) and child in above.body
        ]

    def is_awaited(self, node: ast.AST) -> bool:
        """Tell whether ``await`` stands right before it."""
        return isinstance(self.parents.get(node), ast.Await)

    # What is told.

    def finding(
        self,
        rule: Rule | str,
        node: ast.AST,
        message: str,
        *,
        related: Iterable[Related] = (),
        fix: Fix | None = None,
        tier: Tier | None = None,
        confidence: float = 0.9,
        waits_at: tuple[int, ...] = (),
        alike: str = "",
    ) -> Finding:
        """Return what ``rule`` finds at ``node``; of a node that has a body, at its head."""
        id_, told = (rule, Tier.DEFAULT) if isinstance(rule, str) else (rule.id, rule.tier)
        return Finding(
            id_,
            self.source.path,
            _places.span(self, node),
            message,
            function=self.function_of(node).name,
            tier=tier if tier is not None else told,
            confidence=confidence,
            related=tuple(related),
            fix=fix if self.can_mend else None,
            waits_at=waits_at,
            alike=alike,
        )

    def related(self, node: ast.AST, message: str) -> Related:
        """Return another place that a finding names."""
        return Related(self.source.path, _places.span(self, node), message)

    def text(self, node: ast.AST) -> str:
        """Return ``node`` as it is written."""
        return self.source.text(*_places.offsets(self, node))

    def put_before(self, node: ast.AST, text: str) -> Edit:
        """Return the edit that puts ``text`` before ``node``."""
        start, _ = _places.offsets(self, node)
        return Edit(start, start, text)

    def put_after(self, node: ast.AST, text: str) -> Edit:
        """Return the edit that puts ``text`` behind ``node``."""
        _, end = _places.offsets(self, node)
        return Edit(end, end, text)

    def lines_after(self, statement: ast.stmt, lines: Sequence[str]) -> Edit | None:
        """Return the edit that puts ``lines`` behind a statement, indented as it is.

        It is None where the statement shares a line with others.
        """
        return _places.lines_after(self, statement, lines)

    def replaced(self, node: ast.AST, text: str) -> Edit:
        """Return the edit that puts ``text`` in the place of ``node``."""
        return Edit(*_places.offsets(self, node), text)


def _runs_outside(child: ast.AST, function: ast.AST) -> bool:
    """Tell whether ``child`` of ``function`` runs when it is defined, and not when it is called."""
    return child is getattr(function, "args", None) or child in getattr(
        function, "decorator_list", ()
    )
