"""What a function takes and gives. Of most functions nobody asks for more than the name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.lint._go._expressions import written
from snowshed.lint._go._scope import Kind, Variable

if TYPE_CHECKING:
    import tree_sitter

    from snowshed.lint._go._function import Function

__all__ = ["Signature", "signature_of"]


@dataclass(slots=True)
class Signature:
    """The head of a function.

    Attributes:
        receiver: the variable of a method's receiver; None if it has no name or is no method.
        receiver_type: the type of it, as written; empty if it is no method.
        parameters: what it takes; one without a name is called ``_``.
        results: types of what it gives, as written.
        named: the variables that its body knows.
    """

    receiver: Variable | None = None
    receiver_type: str = ""
    parameters: list[Variable] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    named: list[Variable] = field(default_factory=list)


def signature_of(function: Function, node: tree_sitter.Node) -> Signature:
    """Return what ``node``, the parser's node of ``function``, says in its head."""
    found = Signature()
    for each in _declared(function, node.child_by_field_name("receiver"), Kind.RECEIVER):
        found.receiver_type = each.type_
        found.receiver = each if each.name != "_" else None
    found.parameters = [
        *_declared(function, node.child_by_field_name("parameters"), Kind.PARAMETER)
    ]
    given = node.child_by_field_name("result")
    results = []
    if given is not None and given.type == "parameter_list":
        results = [*_declared(function, given, Kind.RESULT)]
        found.results = [each.type_ for each in results]
    elif given is not None:
        found.results = [written(given)]
    receivers = [found.receiver] if found.receiver is not None else []
    every = [*receivers, *found.parameters, *results]
    found.named = [each for each in every if each.name != "_"]
    return found


def _declared(
    function: Function, listed: tree_sitter.Node | None, kind: Kind
) -> Iterator[Variable]:
    for each in listed.named_children if listed is not None else ():
        if each.type == "comment":
            continue
        type_ = written(each.child_by_field_name("type"))
        if each.type == "variadic_parameter_declaration":
            type_ = f"[]{type_}"
        names = [written(name) for name in each.children_by_field_name("name")]
        for name in names or ["_"]:
            yield Variable(name, kind, function, type_)
