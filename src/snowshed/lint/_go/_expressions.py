"""From the parser's tree to `_nodes`: expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._scope import Kind, Scope, Variable

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._go._function import Function

__all__ = ["ExpressionReader", "written"]

# Names of the language that stand where a value may stand, and are none of the program.
_TYPES = frozenset(
    {
        "array_type",
        "channel_type",
        "function_type",
        "generic_type",
        "implicit_length_array_type",
        "interface_type",
        "map_type",
        "negated_type",
        "pointer_type",
        "qualified_type",
        "slice_type",
        "struct_type",
        "type_identifier",
    }
)
# What a key of a literal may be that is no name of a field.
_COMPUTED = frozenset(
    {"call_expression", "unary_expression", "binary_expression", "index_expression"}
)
_LITERALS = frozenset(
    {
        "false",
        "float_literal",
        "imaginary_literal",
        "int_literal",
        "interpreted_string_literal",
        "iota",
        "nil",
        "raw_string_literal",
        "rune_literal",
        "true",
    }
)


def written(node: tree_sitter.Node | None) -> str:
    """Return the source of ``node`` in one line, with single spaces."""
    text = None if node is None else node.text
    return "" if text is None else " ".join(text.decode(errors="replace").split())


class ExpressionReader:
    """Reads expressions, with the names that are known where they stand."""

    def __init__(self, function: Function, scope: Scope) -> None:
        self.function = function
        self.scope = scope
        self._variables = function.file.package.variables
        self._text = function.file.source.text

    def expression(self, node: tree_sitter.Node) -> n.Expression:
        """Return what ``node`` is."""
        kind = node.type
        read = self._READERS.get(kind)
        if read is not None:
            return read(self, node)
        if kind in _LITERALS:
            return n.Literal(node.start_byte, node.end_byte, self.function)
        if kind in _TYPES:
            return n.Type(node.start_byte, node.end_byte, self.function, written(node))
        return self._other(node)

    def expressions(self, node: tree_sitter.Node | None) -> list[n.Expression]:
        """Return what an ``expression_list`` has, or the one expression."""
        if node is None:
            return []
        if node.type != "expression_list":
            return [self.expression(node)]
        return [self.expression(each) for each in node.named_children if each.type != "comment"]

    def name(self, node: tree_sitter.Node) -> n.Name:
        """Return ``node`` as a name that is used here."""
        start, end = node.start_byte, node.end_byte
        text = self._text(start, end)
        variable = self.scope.find(text)
        if variable is None:
            variable = self._variables.get(text)
        found = n.Name(start, end, self.function, text, variable)
        if variable is not None:
            variable.uses.append(found)
        return found

    def _parenthesized(self, node: tree_sitter.Node) -> n.Expression:
        inner = node.named_children
        return self.expression(inner[0]) if len(inner) == 1 else self._other(node)

    def _selector(self, node: tree_sitter.Node) -> n.Expression:
        operand, name = node.child_by_field_name("operand"), node.child_by_field_name("field")
        if operand is None or name is None:
            return self._other(node)
        start, end = node.start_byte, node.end_byte
        field = self._text(name.start_byte, name.end_byte)
        return n.Selector(start, end, self.function, self.expression(operand), field)

    def _call(self, node: tree_sitter.Node) -> n.Expression:
        called = node.child_by_field_name("function")
        listed = node.child_by_field_name("arguments")
        if called is None or listed is None:
            return self._other(node)
        arguments, spread = [], False
        for each in listed.named_children:
            if each.type == "variadic_argument":
                spread = True
                arguments.append(self.expression(each.named_children[0]))
            elif each.type != "comment":
                arguments.append(self.expression(each))
        return n.Call(
            node.start_byte,
            node.end_byte,
            self.function,
            self.expression(called),
            arguments,
            spread,
        )

    def _unary(self, node: tree_sitter.Node) -> n.Expression:
        sign, operand = node.child_by_field_name("operator"), node.child_by_field_name("operand")
        if operand is None:
            return self._other(node)
        start, end, inner = node.start_byte, node.end_byte, self.expression(operand)
        operator = "" if sign is None else sign.type
        if operator == "<-":
            return n.Receive(start, end, self.function, inner)
        return n.Unary(start, end, self.function, operator, inner)

    def _binary(self, node: tree_sitter.Node) -> n.Expression:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = node.child_by_field_name("operator")
        if left is None or right is None or sign is None:
            return self._other(node)
        return n.Binary(
            node.start_byte,
            node.end_byte,
            self.function,
            sign.type,
            self.expression(left),
            self.expression(right),
        )

    def _index(self, node: tree_sitter.Node) -> n.Expression:
        operand = node.child_by_field_name("operand") or node.child_by_field_name("type")
        if operand is None:
            return self._other(node)
        rest = [each for each in node.named_children if each.id != operand.id]
        return n.Index(
            node.start_byte,
            node.end_byte,
            self.function,
            self.expression(operand),
            [self.expression(each) for each in rest],
        )

    def _conversion(self, node: tree_sitter.Node) -> n.Expression:
        """Return a call of ``f[T](x)`` or ``m[k](x)``, which the grammar takes for a conversion."""
        type_, operand = node.child_by_field_name("type"), node.child_by_field_name("operand")
        base = None if type_ is None else type_.child_by_field_name("type")
        if type_ is None or base is None or operand is None or type_.type != "generic_type":
            return self._other(node)
        listed = type_.child_by_field_name("type_arguments")
        indices = [
            self._named(each.named_children[0])
            for each in (listed.named_children if listed is not None else ())
            if each.type == "type_elem" and each.named_child_count
        ]
        start, end = type_.start_byte, type_.end_byte
        called = n.Index(start, end, self.function, self._named(base), indices)
        return n.Call(
            node.start_byte,
            node.end_byte,
            self.function,
            called,
            [self.expression(operand)],
            spread=False,
        )

    def _named(self, node: tree_sitter.Node) -> n.Expression:
        """Return as an expression what the grammar takes for the name of a type."""
        if node.type == "type_identifier":
            return self.name(node)
        owner, name = node.child_by_field_name("package"), node.child_by_field_name("name")
        if node.type != "qualified_type" or owner is None:
            return self.expression(node)
        return n.Selector(
            node.start_byte, node.end_byte, self.function, self.name(owner), written(name)
        )

    def _composite(self, node: tree_sitter.Node) -> n.Expression:
        type_ = written(node.child_by_field_name("type"))
        return self._elements(node, node.child_by_field_name("body"), type_)

    def _elements(
        self, node: tree_sitter.Node, body: tree_sitter.Node | None, type_: str
    ) -> n.Composite:
        made = n.Composite(node.start_byte, node.end_byte, self.function, type_, [], [], [])
        for each in body.named_children if body is not None else ():
            if each.type == "keyed_element":
                key = each.child_by_field_name("key") or each.named_children[0]
                made.keys.append(written(key))
                computed = key.named_children[0] if key.named_child_count else key
                if key.type == "literal_element" and computed.type in _COMPUTED:
                    made.computed.append(self.expression(computed))
                made.values.append(
                    self._element(each.child_by_field_name("value") or each.named_children[-1])
                )
            elif each.type == "literal_element":
                made.keys.append(None)
                made.values.append(self._element(each))
        return made

    def _element(self, node: tree_sitter.Node) -> n.Expression:
        inner = node.named_children[0] if node.named_child_count else node
        if inner.type != "literal_value":
            return self.expression(inner)
        return self._elements(inner, inner, "")

    def _literal_function(self, node: tree_sitter.Node) -> n.Expression:
        literal = self.function.nested(node, self.scope)
        return n.FunctionLiteral(node.start_byte, node.end_byte, self.function, literal)

    def _other(self, node: tree_sitter.Node) -> n.Expression:
        parts: list[n.Node] = [
            self.expression(each) for each in node.named_children if each.type != "comment"
        ]
        return n.Other(node.start_byte, node.end_byte, self.function, parts)

    _READERS: ClassVar[dict[str, Callable[[ExpressionReader, tree_sitter.Node], n.Expression]]] = {
        "identifier": name,
        "parenthesized_expression": _parenthesized,
        "package_identifier": name,
        "selector_expression": _selector,
        "call_expression": _call,
        "unary_expression": _unary,
        "binary_expression": _binary,
        "index_expression": _index,
        "type_instantiation_expression": _index,
        "type_conversion_expression": _conversion,
        "composite_literal": _composite,
        "func_literal": _literal_function,
    }

    def declare(
        self,
        node: tree_sitter.Node,
        kind: Kind = Kind.LOCAL,
        *,
        type_: str = "",
        value: n.Expression | None = None,
        source: n.Expression | None = None,
        place: int = 0,
    ) -> n.Name:
        """Make the name in ``node`` known from here on, and return it."""
        start, end = node.start_byte, node.end_byte
        text = self._text(start, end)
        variable = Variable(text, kind, self.function, type_, value, source, place)
        made = n.Name(start, end, self.function, text, variable)
        variable.declared = made
        if text != "_":
            self.scope.declare(variable)
            self.function.declares(variable)
        return made
