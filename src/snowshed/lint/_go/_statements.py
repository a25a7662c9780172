"""From the parser's tree to `_nodes`: statements, and what they declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._expressions import ExpressionReader, written
from snowshed.lint._go._scope import Kind, Scope

if TYPE_CHECKING:
    import tree_sitter

__all__ = ["StatementReader"]


class _Within:
    """A scope inside of the one that a reader is in, for as long as the block lasts."""

    __slots__ = ("_outer", "_reader")

    def __init__(self, reader: StatementReader) -> None:
        self._reader = reader
        self._outer = reader.scope

    def __enter__(self) -> None:
        self._reader.scope = Scope(self._outer)

    def __exit__(self, *_: object) -> None:
        self._reader.scope = self._outer


class StatementReader(ExpressionReader):
    """Reads statements; what one declares is known to those behind it."""

    def block(self, node: tree_sitter.Node) -> n.Block:
        """Return the statements of ``node``, which have names of their own."""
        with self._scope():
            return n.Block(node.start_byte, node.end_byte, self.function, self.statements(node))

    def statements(self, node: tree_sitter.Node) -> list[n.Statement]:
        """Return the statements that ``node`` consists of."""
        listed = node.named_children
        if len(listed) == 1 and listed[0].type == "statement_list":
            listed = listed[0].named_children
        found = []
        for each in listed:
            if each.type == "statement_list":
                found += self.statements(each)
            elif each.type != "comment":
                found += self._statement(each)
        return found

    def _scope(self) -> _Within:
        return _Within(self)

    def _statement(self, node: tree_sitter.Node) -> Sequence[n.Statement]:
        read = self._STATEMENTS.get(node.type)
        if read is not None:
            return [read(self, node)]
        if node.type in {"var_declaration", "const_declaration"}:
            return [self._var(spec) for spec in _specs(node)]
        if node.type in {"type_declaration", "empty_statement"}:
            return []
        return [self._expressed(node)]

    def _one(self, node: tree_sitter.Node | None) -> n.Statement | None:
        """Return the simple statement of an ``if``, a ``for`` or a ``select``."""
        found = [] if node is None else self._statement(node)
        return found[0] if found else None

    def _expressed(self, node: tree_sitter.Node) -> n.Statement:
        inner = node.named_children[0] if node.type == "expression_statement" else node
        value = self.expression(inner)
        return n.Expressed(node.start_byte, node.end_byte, self.function, value)

    def _short_var(self, node: tree_sitter.Node) -> n.Statement:
        right = self.expressions(node.child_by_field_name("right"))
        left = self._declared(_names(node.child_by_field_name("left")), right)
        return n.Assign(node.start_byte, node.end_byte, self.function, ":=", left, right)

    def _declared(
        self,
        names: Sequence[tree_sitter.Node],
        right: Sequence[n.Expression],
        kind: Kind = Kind.LOCAL,
    ) -> list[n.Expression]:
        """Return the names left of ``:=``; those that this block already has are only set."""
        made: list[n.Expression] = []
        for place, each in enumerate(names):
            if self.scope.has(self._text(each.start_byte, each.end_byte)):
                made.append(self.name(each))
            elif len(right) == len(names):
                made.append(self.declare(each, kind, value=right[place]))
            else:
                source = right[0] if right else None
                made.append(self.declare(each, kind, source=source, place=place))
        return made

    def _var(self, node: tree_sitter.Node) -> n.Statement:
        right = self.expressions(node.child_by_field_name("value"))
        names = node.children_by_field_name("name")
        type_ = written(node.child_by_field_name("type"))
        left: list[n.Expression] = []
        for place, each in enumerate(names):
            if len(right) == len(names):
                left.append(self.declare(each, type_=type_, value=right[place]))
            else:
                source = right[0] if right else None
                left.append(self.declare(each, type_=type_, source=source, place=place))
        return n.Var(node.start_byte, node.end_byte, self.function, left, type_, right)

    def _assign(self, node: tree_sitter.Node) -> n.Statement:
        return n.Assign(
            node.start_byte,
            node.end_byte,
            self.function,
            written(node.child_by_field_name("operator")),
            self.expressions(node.child_by_field_name("left")),
            self.expressions(node.child_by_field_name("right")),
        )

    def _increment(self, node: tree_sitter.Node) -> n.Statement:
        operand = self.expression(node.named_children[0])
        return n.Increment(node.start_byte, node.end_byte, self.function, operand)

    def _send(self, node: tree_sitter.Node) -> n.Statement:
        channel, value = node.child_by_field_name("channel"), node.child_by_field_name("value")
        if channel is None or value is None:
            return self._expressed(node)
        return n.Send(
            node.start_byte,
            node.end_byte,
            self.function,
            self.expression(channel),
            self.expression(value),
        )

    def _receive(self, node: tree_sitter.Node) -> n.Statement:
        """Return the communication of a select: with names it is an assignment."""
        right, left = node.child_by_field_name("right"), node.child_by_field_name("left")
        if right is None:
            return self._expressed(node)
        if left is None:
            value = self.expression(right)
            return n.Expressed(node.start_byte, node.end_byte, self.function, value)
        return self._short_var(node) if b":=" in (node.text or b"") else self._assign(node)

    def _go(self, node: tree_sitter.Node) -> n.Statement:
        call = self.expression(node.named_children[0])
        return n.Go(node.start_byte, node.end_byte, self.function, call)

    def _defer(self, node: tree_sitter.Node) -> n.Statement:
        call = self.expression(node.named_children[0])
        return n.Defer(node.start_byte, node.end_byte, self.function, call)

    def _return(self, node: tree_sitter.Node) -> n.Statement:
        listed = [each for each in node.named_children if each.type != "comment"]
        values = self.expressions(listed[0]) if listed else []
        return n.Return(node.start_byte, node.end_byte, self.function, values)

    def _branch(self, node: tree_sitter.Node) -> n.Statement:
        keyword = node.type.removesuffix("_statement")
        labels = [each for each in node.named_children if each.type == "label_name"]
        label = written(labels[0]) if labels else ""
        return n.Branch(node.start_byte, node.end_byte, self.function, keyword, label)

    def _labeled(self, node: tree_sitter.Node) -> n.Statement:
        label, *rest = (each for each in node.named_children if each.type != "comment")
        statement = self._one(rest[0]) if rest else None
        return n.Labeled(node.start_byte, node.end_byte, self.function, written(label), statement)

    def _if(self, node: tree_sitter.Node) -> n.Statement:
        condition, then = (
            node.child_by_field_name("condition"),
            node.child_by_field_name("consequence"),
        )
        if condition is None or then is None:
            return self._expressed(node)
        with self._scope():
            return n.If(
                node.start_byte,
                node.end_byte,
                self.function,
                self._one(node.child_by_field_name("initializer")),
                self.expression(condition),
                self.block(then),
                self._one(node.child_by_field_name("alternative")),
            )

    def _for(self, node: tree_sitter.Node) -> n.Statement:
        body = node.child_by_field_name("body")
        if body is None:
            return self._expressed(node)
        head = next((each for each in node.named_children if each.id != body.id), None)
        init = condition = update = ranged = None
        keys: list[n.Expression] = []
        with self._scope():
            if head is not None and head.type == "range_clause":
                ranged, keys = self._range(head)
            elif head is not None and head.type == "for_clause":
                init = self._one(head.child_by_field_name("initializer"))
                tested = head.child_by_field_name("condition")
                condition = None if tested is None else self.expression(tested)
                update = self._one(head.child_by_field_name("update"))
            elif head is not None and head.type != "comment":
                condition = self.expression(head)
            return n.For(
                node.start_byte,
                node.end_byte,
                self.function,
                init,
                condition,
                update,
                keys,
                ranged,
                self.block(body),
            )

    def _range(self, head: tree_sitter.Node) -> tuple[n.Expression | None, list[n.Expression]]:
        over, left = head.child_by_field_name("right"), head.child_by_field_name("left")
        ranged = None if over is None else self.expression(over)
        if left is None:
            return ranged, []
        if any(child.type == ":=" for child in head.children):
            names, keys = _names(left), []
            for place, each in enumerate(names):
                keys.append(self.declare(each, Kind.RANGE, source=ranged, place=place))
            return ranged, [*keys]
        return ranged, self.expressions(left)

    def _select(self, node: tree_sitter.Node) -> n.Statement:
        cases = [
            self._case(each)
            for each in node.named_children
            if each.type in {"communication_case", "default_case"}
        ]
        return n.Select(node.start_byte, node.end_byte, self.function, cases)

    def _case(self, node: tree_sitter.Node, alias: tree_sitter.Node | None = None) -> n.Case:
        with self._scope():
            communication = self._one(node.child_by_field_name("communication"))
            value = node.child_by_field_name("value")
            values = self.expressions(value)
            for each in node.children_by_field_name("type"):
                values.append(self.expression(each))
            if alias is not None:
                self._alias(alias, [written(each) for each in node.children_by_field_name("type")])
            body: list[n.Statement] = []
            for each in node.named_children:
                if each.type == "statement_list":
                    body += self.statements(each)
            return n.Case(
                node.start_byte,
                node.end_byte,
                self.function,
                communication,
                values,
                node.type == "default_case",
                body,
            )

    def _alias(self, alias: tree_sitter.Node, types: Sequence[str]) -> None:
        for each in _names(alias):
            self.declare(each, type_=types[0] if len(types) == 1 else "")

    def _switch(self, node: tree_sitter.Node) -> n.Statement:
        value, alias = node.child_by_field_name("value"), node.child_by_field_name("alias")
        with self._scope():
            return n.Switch(
                node.start_byte,
                node.end_byte,
                self.function,
                self._one(node.child_by_field_name("initializer")),
                None if value is None else self.expression(value),
                [
                    self._case(each, alias)
                    for each in node.named_children
                    if each.type in {"expression_case", "type_case", "default_case"}
                ],
            )

    _STATEMENTS: ClassVar[dict[str, Callable[[StatementReader, tree_sitter.Node], n.Statement]]] = {
        "block": block,
        "short_var_declaration": _short_var,
        "assignment_statement": _assign,
        "inc_statement": _increment,
        "dec_statement": _increment,
        "send_statement": _send,
        "receive_statement": _receive,
        "go_statement": _go,
        "defer_statement": _defer,
        "return_statement": _return,
        "break_statement": _branch,
        "continue_statement": _branch,
        "goto_statement": _branch,
        "fallthrough_statement": _branch,
        "labeled_statement": _labeled,
        "if_statement": _if,
        "for_statement": _for,
        "select_statement": _select,
        "expression_switch_statement": _switch,
        "type_switch_statement": _switch,
    }


def _specs(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for each in node.named_children:
        if each.type in {"var_spec", "const_spec"}:
            yield each
        elif each.type == "var_spec_list":
            yield from _specs(each)


def _names(node: tree_sitter.Node | None) -> list[tree_sitter.Node]:
    if node is None:
        return []
    if node.type != "expression_list":
        return [node]
    return [each for each in node.named_children if each.type != "comment"]
