"""A package of Go: its files, functions, types and variables, by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._finding import Finding, Problem, Related, Tier
from snowshed.lint._go._expressions import written
from snowshed.lint._go._function import Function
from snowshed.lint._go._parse import errors_in
from snowshed.lint._go._prefilter import LETTER, WORD
from snowshed.lint._go._scope import Kind, Scope, Variable
from snowshed.lint._go._statements import StatementReader

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._finding import Fix
    from snowshed.lint._go._nodes import Node
    from snowshed.lint._source import Source

__all__ = ["NEWEST", "File", "Package", "Struct", "related"]

NEWEST = (1, 27)
"""The version of Go that is taken if no go.mod tells one."""


@dataclass(slots=True)
class Struct:
    """A struct type.

    Attributes:
        name: what it is called.
        fields: the type of each field, as written; an embedded one has the name of its type.
        embedded: names of the embedded ones.
    """

    name: str
    fields: dict[str, str] = field(default_factory=dict)
    embedded: tuple[str, ...] = ()


class File:
    """A file of a package.

    Attributes:
        package: whose it is.
        source: its text.
        imports: path of each package that it imports, by the name that it has here.
        places: offsets at which it has something that may matter, in order.
        quiet: where the bodies of functions end that have none of these, and are not parsed yet.
    """

    def __init__(
        self,
        package: Package,
        source: Source,
        root: tree_sitter.Node,
        places: Sequence[int],
        quiet: Iterable[tuple[int, int]],
    ) -> None:
        self.package = package
        self.source = source
        self.places = places
        self.quiet = frozenset(end for _, end in quiet)
        self.imports = dict(_imports(root))

    def is_package(self, name: str, path: str) -> bool:
        """Tell whether ``name`` is here what is imported as ``path``."""
        return self.imports.get(name) == path

    def finding(
        self,
        rule: str,
        node: Node,
        message: str,
        *,
        related: Sequence[Related] = (),
        fix: Fix | None = None,
        tier: Tier = Tier.DEFAULT,
        confidence: float = 0.9,
        waits_at: Sequence[Node] = (),
    ) -> Finding:
        """Return what rule ``rule`` found at ``node``; ``waits_at`` is where goroutines stand."""
        return Finding(
            rule,
            self.source.path,
            self.source.span(node.start, node.end),
            message,
            node.function.display,
            tier,
            confidence,
            tuple(related),
            fix,
            tuple(each.line for each in waits_at),
        )


def related(node: Node, message: str) -> Related:
    """Return another place that a finding has to do with."""
    source = node.function.file.source
    return Related(source.path, source.span(node.start, node.end), message)


class Package:
    """The files of one directory that have the same package clause.

    Attributes:
        name: of the clause.
        go: the version that its go.mod tells, or the newest.
        files: its files.
        problems: what did not parse.
        variables: the variables of the package, by name.
        structs: its struct types, by name. One without a name that is the type of a field or of a
            variable is called after it: ``Store.mu``, ``.cache``.
        types: what its other types are, as written, by name.
        functions: those with a name, and the literals in the values of its variables.
        unread: what files beside them have that were not read, since nothing in them matters.
        kept: what others have worked out of it, by a name of theirs.
    """

    def __init__(self, name: str, go: tuple[int, int] | None) -> None:
        self.name = name
        self.go = go or NEWEST
        self.files: list[File] = []
        self.unread: Sequence[bytes] = ()
        self.problems: list[Problem] = []
        self.variables: dict[str, Variable] = {}
        self.structs: dict[str, Struct] = {}
        self.types: dict[str, str] = {}
        self.functions: list[Function] = []
        self.kept: dict[str, object] = {}
        self._around: list[Function] = []

    def __repr__(self) -> str:
        return f"<Package {self.name}: {len(self.files)} files, {len(self.functions)} functions>"

    @cached_property
    def interesting(self) -> tuple[Function, ...]:
        """Each function that may matter, and the literals in it: outer before inner."""
        names = self.channels
        ranges = re.compile(
            rb"\brange\s+(?:%b\.)*(?:%b)(?!%b)" % (WORD, b"|".join(sorted(names)), LETTER)
        )
        named = (
            each
            for each in self.functions
            if each.may_matter or (names and b"range " in each.code and ranges.search(each.code))
        )
        return tuple(part for each in named for part in each.family())

    @cached_property
    def channels(self) -> frozenset[bytes]:
        """How fields and variables of the package are called that hold a channel."""
        fields = [each for struct in self.structs.values() for each in struct.fields.items()]
        variables = [(name, each.type_) for name, each in self.variables.items()]
        return frozenset(
            name.encode() for name, type_ in (*fields, *variables) if self._may_be_channel(type_)
        )

    def _may_be_channel(self, type_: str) -> bool:
        return "chan" in self.types.get(type_, type_)

    @cached_property
    def _named(self) -> dict[str, list[Function]]:
        found = defaultdict(list)
        for each in self.functions:
            if each.name and not each.is_method:
                found[each.name].append(each)
        return found

    @cached_property
    def _methods(self) -> dict[str, list[Function]]:
        found = defaultdict(list)
        for each in self.functions:
            if each.is_method:
                found[each.name].append(each)
        return found

    def function(self, name: str) -> Function | None:
        """Return the function ``name`` that is no method."""
        found = self._named.get(name)
        return found[0] if found else None

    def methods(self, name: str) -> Sequence[Function]:
        """Return the methods ``name`` of all types."""
        return self._methods.get(name, ())

    def method(self, type_: str, name: str) -> Function | None:
        """Return the method ``name`` of ``type_``, also one that an embedded field brings."""
        seen = set()
        waiting = [type_]
        while waiting:
            at = waiting.pop(0)
            if at in seen:
                continue
            seen.add(at)
            for each in self.methods(name):
                if each.receiver_type == at:
                    return each
            struct = self.structs.get(at)
            if struct is not None:
                waiting += [struct.fields[name].lstrip("*") for name in struct.embedded]
        return None

    def forget(self) -> None:
        """Let go of all functions, which are not to be asked anything after that.

        A tree whose parts know each other is found to be of no use only by the garbage collector,
        which takes a seventh of the time that it takes to lint. This takes next to none.
        """
        for each in (*self._around, *self.functions):
            each.forget()
        for variable in self.variables.values():
            variable.forget()
        self.__dict__.clear()

    def add(
        self,
        source: Source,
        root: tree_sitter.Node,
        places: Sequence[int],
        quiet: Iterable[tuple[int, int]],
    ) -> None:
        """Take in a file that was parsed without the bodies in ``quiet``."""
        file = File(self, source, root, places, quiet)
        self.files.append(file)
        for node in root.named_children:
            if node.type in {"function_declaration", "method_declaration"}:
                self._add_function(file, node)
            elif node.type == "type_declaration":
                for spec in node.named_children:
                    self._add_type(spec)
            elif node.type == "var_declaration":
                self._add_variables(file, node)
            elif node.has_error:
                self.broken(file, node)
        if root.type == "ERROR":
            self.broken(file, next(filter(_is_loose, root.children), root))

    def _add_function(self, file: File, node: tree_sitter.Node) -> None:
        if node.has_error:
            self.broken(file, node)
        else:
            self.functions.append(Function(file, node))

    def broken(self, file: File, node: tree_sitter.Node) -> None:
        """Take note that ``node`` of ``file`` is no Go, and is left out."""
        at = next(errors_in(node), node)
        named = written(node.child_by_field_name("name"))
        what = f"function {named} is" if named else "what stands there is"
        message = f"not valid Go: {what} left out"
        self.problems.append(Problem(file.source.path, message, at.start_point[0] + 1))

    def _add_type(self, spec: tree_sitter.Node) -> None:
        name, type_ = written(spec.child_by_field_name("name")), spec.child_by_field_name("type")
        if type_ is None or not name:
            return
        if type_.type != "struct_type":
            self.types[name] = written(type_)
            return
        self._add_struct(name, type_)

    def _add_struct(self, name: str, type_: tree_sitter.Node) -> None:
        """Take in a struct, and those without a name that its fields are: ``Store.mu``."""
        struct = self.structs[name] = Struct(name)
        for listed in type_.named_children:
            for declared in listed.named_children:
                if declared.type == "field_declaration":
                    _add_fields(struct, declared)
                    self._add_unnamed(struct, declared)

    def _add_unnamed(self, struct: Struct, declared: tree_sitter.Node) -> None:
        type_ = declared.child_by_field_name("type")
        if type_ is None or type_.type != "struct_type":
            return
        for each in declared.children_by_field_name("name"):
            name = written(each)
            struct.fields[name] = f"{struct.name}.{name}"
            self._add_struct(struct.fields[name], type_)

    def _add_variables(self, file: File, node: tree_sitter.Node) -> None:
        if node.has_error:
            self.broken(file, node)
            return
        around = Function(file, node)
        reader = StatementReader(around, Scope())
        for spec in _specs(node):
            names = spec.children_by_field_name("name")
            values = reader.expressions(spec.child_by_field_name("value"))
            for value in values:
                around.adopt(value)
            declared = spec.child_by_field_name("type")
            type_ = written(declared)
            for place, each in enumerate(names):
                if declared is not None and declared.type == "struct_type":
                    type_ = f".{written(each)}"
                    self._add_struct(type_, declared)
                alone = values[place] if len(values) == len(names) else None
                made = Variable(written(each), Kind.PACKAGE, None, type_, alone)
                self.variables.setdefault(made.name, made)
        self.functions += around.literals
        self._around.append(around)


def _add_fields(struct: Struct, declared: tree_sitter.Node) -> None:
    type_ = written(declared.child_by_field_name("type"))
    names = [written(each) for each in declared.children_by_field_name("name")]
    if names:
        struct.fields.update(dict.fromkeys(names, type_))
        return
    base = type_.lstrip("*").partition("[")[0].rpartition(".")[2]
    pointer = any(each.type == "*" for each in declared.children)
    struct.fields[base] = f"*{type_}" if pointer else type_
    struct.embedded += (base,)


def _imports(root: tree_sitter.Node) -> Iterator[tuple[str, str]]:
    for node in root.named_children:
        if node.type != "import_declaration":
            continue
        specs = node.named_children
        if specs and specs[0].type == "import_spec_list":
            specs = specs[0].named_children
        for spec in specs:
            path = written(spec.child_by_field_name("path")).strip('"`')
            name = written(spec.child_by_field_name("name"))
            yield name or _name_of(path), path


def _name_of(path: str) -> str:
    """Return what a package is called that is imported as ``path``: not its version."""
    parts = path.split("/")
    if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]):
        parts.pop()
    return re.sub(r"^go-|-go$|\.v\d+$|\.go$", "", parts[-1])


def _is_loose(node: tree_sitter.Node) -> bool:
    """Tell whether ``node``, at the top of a file, is part of something that was not understood."""
    return not node.is_named


def _specs(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for each in node.named_children:
        if each.type == "var_spec":
            yield each
        elif each.type == "var_spec_list":
            yield from _specs(each)
