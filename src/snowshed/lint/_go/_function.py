"""A function of Go: its name, what it takes and gives, and its body, read when asked for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from snowshed.lint._finding import Problem
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._expressions import written
from snowshed.lint._go._flow import Flow
from snowshed.lint._go._parse import parse_part
from snowshed.lint._go._prefilter import WORD
from snowshed.lint._go._scope import Scope, Variable
from snowshed.lint._go._signature import Signature, signature_of
from snowshed.lint._go._statements import StatementReader

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._go._package import File

__all__ = ["Function"]

N = TypeVar("N", bound=n.Node)
_WORDS = re.compile(WORD)


class Function:
    """A function, a method or a literal.

    Attributes:
        file: where it stands.
        outer: the function in which a literal stands; None for others.
        name: what it is called; empty for a literal.
        is_method: whether it has a receiver.
        start: offset of its first byte.
        end: offset behind its last byte.
        parents: what each node of it stands in. The nodes themselves do not know: so they are freed
            as soon as nobody needs them, and not only by the garbage collector.
        kept: what others have worked out of it, by a name of theirs.
    """

    def __init__(
        self,
        file: File,
        node: tree_sitter.Node,
        outer: Function | None = None,
        scope: Scope | None = None,
    ) -> None:
        self.file = file
        self.outer = outer
        self.name = written(node.child_by_field_name("name"))
        self.is_method = node.type == "method_declaration"
        self.start, self.end = node.start_byte, node.end_byte
        self._variables: list[Variable] = []
        self._literals: list[Function] = []
        self.parents: dict[n.Node, n.Node] = {}
        self._by_type: dict[type[n.Node], list[n.Node]] = defaultdict(list)
        self.kept: dict[str, object] = {}
        self._node: tree_sitter.Node | None = node
        self._scope = Scope(scope)

    def __repr__(self) -> str:
        return f"<Function {self.display} at {self.file.source.path}:{self.line}>"

    @property
    def line(self) -> int:
        """The line that it begins in, from 1."""
        return self.file.source.line_of(self.start)

    @cached_property
    def display(self) -> str:
        """What Go's own dumps call it, without the package: ``(*Server).handle.func1``."""
        if self.outer is not None:
            # A literal in a literal is numbered on its own: `f.func1.2`.
            word = "" if self.outer.outer is not None else "func"
            return f"{self.outer.display}.{word}{self.outer._literals.index(self) + 1}"
        if not self.receiver_type:
            return self.name
        owner = f"(*{self.receiver_type})" if self.has_pointer_receiver else self.receiver_type
        return f"{owner}.{self.name}"

    @cached_property
    def _signature(self) -> Signature:
        node = self._node
        assert node is not None, "it is read before the body is"
        return signature_of(self, node)

    @property
    def receiver(self) -> Variable | None:
        """The variable of a method's receiver; None if it has no name or is no method."""
        return self._signature.receiver

    @property
    def receiver_type(self) -> str:
        """Name of the type that has the method; empty for others."""
        return self._signature.receiver_type.lstrip("*(").rstrip(")").partition("[")[0].strip()

    @property
    def has_pointer_receiver(self) -> bool:
        """Whether the method is one of a pointer."""
        return self._signature.receiver_type.startswith("*")

    @property
    def parameters(self) -> list[Variable]:
        """What it takes; one without a name is called ``_``."""
        return self._signature.parameters

    @property
    def results(self) -> list[str]:
        """Types of what it gives, as written."""
        return self._signature.results

    @cached_property
    def code(self) -> bytes:
        """Its source."""
        return self.file.source.content[self.start : self.end]

    @cached_property
    def words(self) -> frozenset[bytes]:
        """The words in its source, also in comments: what is not among them is not named."""
        return frozenset(_WORDS.findall(self.code))

    @cached_property
    def body(self) -> n.Block:
        """What it does. A function without a body, written in assembly, has an empty one."""
        for variable in self._signature.named:
            self._scope.declare(variable)
            self.declares(variable)
        body = self._parsed()
        if body is None:
            return n.Block(self.end, self.end, self, [])
        reader = StatementReader(self, self._scope)
        made = n.Block(body.start_byte, body.end_byte, self, [])
        try:
            # Parameters and the names of the body share one block, as `:=` of a parameter shows.
            made.statements = reader.statements(body)
        except RecursionError:
            if self.outer is not None:
                raise
            self._too_deep()
        self.adopt(made)
        return made

    @property
    def may_matter(self) -> bool:
        """Whether it has something that a rule may begin from."""
        places = self.file.places
        at = bisect_left(places, self.start)
        return at < len(places) and places[at] < self.end

    def _parsed(self) -> tree_sitter.Node | None:
        """Return the parser's tree of its body, which it does not keep."""
        node, self._node = self._node, None
        # The last byte is the brace behind the line that the body ends with.
        if node is not None and self.end - 2 in self.file.quiet:
            root = parse_part(self.file.source.content, self.start, self.end, self.line - 1)
            node = root.named_children[0]
            if node.has_error:
                self.file.package.broken(self.file, node)
                return None
        return None if node is None else node.child_by_field_name("body")

    def _too_deep(self) -> None:
        # What was read of it is of no use: half of the uses of a variable say the wrong thing.
        self._variables.clear()
        self._literals.clear()
        message = f"function {self.display} is nested too deeply and left out"
        self.file.package.problems.append(Problem(self.file.source.path, message, self.line))

    @property
    def variables(self) -> Sequence[Variable]:
        """All variables that it declares, without those of its literals."""
        _ = self.body
        return self._variables

    @property
    def literals(self) -> Sequence[Function]:
        """The literals directly in it, in the order of the source."""
        _ = self.body
        return self._literals

    def declares(self, variable: Variable) -> None:
        """Take ``variable`` as one of its own."""
        self._variables.append(variable)

    def adopt(self, root: n.Node) -> None:
        """Take in a tree: know what each node of it stands in, and which there are of a kind."""
        parents, by_type = self.parents, self._by_type
        waiting = [root]
        while waiting:
            at = waiting.pop()
            by_type[at.__class__].append(at)
            # Most are names and literals, which consist of nothing.
            for name in reversed(at.PARTS) if at.PARTS else ():
                part = getattr(at, name)
                if part.__class__ is list:
                    for each in part:
                        parents[each] = at
                    waiting += part[::-1]
                elif part is not None:
                    parents[part] = at
                    waiting.append(part)

    def all(self, kind: type[N]) -> list[N]:
        """Return each node of ``kind`` in it, in the order of the source, literals left out."""
        _ = self.body
        return cast("list[N]", self._by_type.get(kind, []))

    def family(self) -> Iterator[Function]:
        """Yield it and the literals in it, however deep."""
        yield self
        for literal in self.literals:
            yield from literal.family()

    @property
    def outermost(self) -> Function:
        """The function with a name that it stands in, or is."""
        at = self
        while at.outer is not None:
            at = at.outer
        return at

    def forget(self) -> None:
        """Let go of all that it has, so that nothing of it refers in circles any more.

        All of it is freed then as soon as its package is, and the garbage collector has nothing to
        find. Nobody may ask it anything after that.
        """
        if not self.__dict__:
            return
        for literal in self._literals:
            literal.forget()
        for variable in self._variables:
            variable.forget()
        flow = self.kept.get("flow")
        for point in flow.points if isinstance(flow, Flow) else ():
            point.next.clear()
            point.before.clear()
        self.__dict__.clear()

    def nested(self, node: tree_sitter.Node, scope: Scope) -> Function:
        """Return the literal in ``node``, which knows the names of ``scope``."""
        literal = Function(self.file, node, self, scope)
        self._literals.append(literal)
        # At once: what is declared behind it in `scope` is not known in it.
        _ = literal.body
        return literal
