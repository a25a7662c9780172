"""Events and futures that others wait for, and that are set only if nothing fails before.

One task makes the event, does the work for all and sets it; the others find it and wait. If the
work fails, the error goes to the one, and to the others nothing at all. So it is with questions
that share a connection: an answer sets the future of who asked, and the end of the connection none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from snowshed.lint._finding import Tier
from snowshed.lint._python._events import FEEDS, made_in, waits_in
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["set_on_good_path"]

_ADDS = frozenset({"append", "add", "setdefault", "appendleft", "put_nowait"})
_READS = (ast.While, ast.For, ast.AsyncFor)


class _Shared(NamedTuple):
    """An event or future that others find.

    Attributes:
        function: who makes it.
        made: where.
        kept: the attribute or collection in which others find it.
        names: how the function calls it.
        is_one: whether an attribute has it, and not a collection.
    """

    function: Function
    made: ast.Call
    kept: ast.expr
    names: frozenset[str]
    is_one: bool


def set_on_good_path(folder: Folder) -> Iterator[Finding]:
    """Yield each event and future for which others wait for ever if something fails."""
    for module in folder.modules:
        for call in made_in(module):
            shared = _shared(module, call)
            if shared is None or shared.function.is_top:
                continue
            found = _done_by_maker(shared) or _done_by_reader(folder, shared)
            if found is not None:
                yield found


def _shared(module: Module, call: ast.Call) -> _Shared | None:
    function = module.function_of(call)
    above = module.parent(call)
    if not isinstance(above, (ast.Assign, ast.AnnAssign)):
        return None
    targets = above.targets if isinstance(above, ast.Assign) else [above.target]
    names = {each.id for each in targets if isinstance(each, ast.Name)}
    if any(len(function.bindings.get(name, ())) != 1 for name in names):
        return None
    kept = [each for each in (*targets, *_kept(function, names)) if _is_shared(module, each)]
    if len({written(each) for each in kept}) != 1 or _is_handed_on(function, names):
        return None
    whole = kept[0].value if isinstance(kept[0], ast.Subscript) else kept[0]
    is_one = isinstance(kept[0], ast.Attribute) and any(kept[0] is each for each in targets)
    return _Shared(function, call, whole, frozenset((*names, written(kept[0]))), is_one)


def _kept(function: Function, names: set[str]) -> Iterator[ast.expr]:
    """Yield what else one of ``names`` is assigned to, or put into."""
    for assign in function.assigns:
        value = assign.value
        if isinstance(assign, ast.Assign) and isinstance(value, ast.Name) and value.id in names:
            yield from assign.targets
    for call in function.calls:
        given = {each.id for each in call.args if isinstance(each, ast.Name)}
        if isinstance(call.func, ast.Attribute) and call.func.attr in _ADDS and given & names:
            yield call.func.value


def _is_shared(module: Module, node: ast.expr) -> bool:
    """Tell whether it is of ``self`` or of the module."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute) and last_name(node.value) in {"self", "cls"}:
            return True
        node = node.value
    return isinstance(node, ast.Name) and node.id in module.top.bindings


def _is_handed_on(function: Function, names: set[str]) -> bool:
    """Tell whether somebody else gets it, who may set it."""
    module = function.module
    for name in names:
        for read in function.reads(name):
            above = module.parent(read)
            is_put = (
                isinstance(above, ast.Call)
                and isinstance(above.func, ast.Attribute)
                and above.func.attr in _ADDS
            )
            is_known = isinstance(above, (ast.Attribute, ast.Await, ast.Assign, ast.Return))
            if not (is_put or is_known) or module.function_of(read) is not function:
                return True
    return False


# The one who makes it sets it.


def _done_by_maker(shared: _Shared) -> Finding | None:
    function, module = shared.function, shared.function.module
    sets = [call for call in function.calls if _feeds(call) and _of(shared, call)]
    if not sets or not all(_is_good(call) for call in sets):
        return None
    if any(_is_on_bad_path(module, call) for call in function.calls if _feeds(call)):
        return None
    if any(_may_feed(shared, call) for call in _calls_elsewhere(shared)):
        return None
    last = sets[-1]
    fails = next((each for each in function.awaits if _may_fail(shared, each, last)), None)
    waits = _waits(shared)
    if fails is None or not waits:
        return None
    name = written(last.func.value) if isinstance(last.func, ast.Attribute) else ""
    message = (
        f"`{name}` is set only if all goes well: an error in line {fails.lineno} leaves all who "
        "wait for it waiting for ever"
    )
    return module.finding(
        "SN316",
        last,
        message,
        confidence=0.8,
        related=(
            module.related(shared.made, "it is made here"),
            module.related(fails, "an error here passes by"),
            *(module.related(each, "here is waited for it") for each in waits[:3]),
        ),
        waits_at=tuple(each.lineno for each in waits),
    )


def _feeds(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in FEEDS:
        return False
    # What is given something to set is a cache or a variable.
    return call.func.attr != "set" or not (call.args or call.keywords)


def _is_good(call: ast.Call) -> bool:
    return last_name(call.func) in {"set", "set_result"}


def _of(shared: _Shared, call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and written(call.func.value) in shared.names


def _is_on_bad_path(module: Module, node: ast.AST) -> bool:
    """Tell whether it stands where an error leads: in an ``except`` or a ``finally``."""
    child = node
    for above in module.up(node):
        if isinstance(above, ast.ExceptHandler):
            return True
        if isinstance(above, (ast.Try, ast.TryStar)) and child in above.finalbody:
            return True
        child = above
    return False


def _calls_elsewhere(shared: _Shared) -> Iterator[ast.Call]:
    for function in shared.function.module.functions:
        if function is not shared.function:
            yield from (call for call in function.calls if _feeds(call))


def _may_feed(shared: _Shared, call: ast.Call) -> bool:
    """Tell whether a call elsewhere may set it: by its name, or by a variable that has it."""
    of = call.func.value if isinstance(call.func, ast.Attribute) else call
    return not isinstance(of, ast.Attribute) or of.attr == last_name(shared.kept)


def _may_fail(shared: _Shared, each: ast.Await, last: ast.Call) -> bool:
    """Tell whether an error of ``each`` passes by what sets it."""
    is_between = shared.made.lineno < each.lineno < last.lineno
    if not is_between or _is_on_bad_path(shared.function.module, each):
        return False
    child: ast.AST = each
    for above in shared.function.module.up(each):
        if isinstance(above, (ast.Try, ast.TryStar)) and child in above.body:
            goes_on = not all(map(_leaves, above.handlers))
            if goes_on:
                return False
        child = above
    return not any(each is wait or each.value is wait for wait in _waits(shared))


def _leaves(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], (ast.Raise, ast.Return))


def _waits(shared: _Shared) -> list[ast.expr]:
    """Return the plain waits for it, as far as they can be told from others."""
    attribute = last_name(shared.kept)
    found = []
    for function in shared.function.module.functions:
        for wait, of in waits_in(function):
            same = written(of) in shared.names if function is shared.function else False
            holds = _holds(function, of, attribute)
            if same or holds:
                found.append(wait)
    return found


def _holds(function: Function, of: ast.expr, attribute: str) -> bool:
    """Tell whether ``of`` is what ``self.attribute``, or something in it, is."""
    if isinstance(of, ast.Name):
        values = function.bindings.get(of.id, [])
        return any(
            isinstance(each, (ast.Name, ast.Attribute)) and last_name(each) == attribute
            for value in values
            if value is not None
            for each in ast.walk(value)
        )
    while isinstance(of, ast.Subscript):
        of = of.value
    return last_name(of) == attribute


# Somebody who reads answers sets it.


def _done_by_reader(folder: Folder, shared: _Shared) -> Finding | None:
    function, module = shared.function, shared.function.module
    attribute = last_name(shared.kept)
    waits = [each for each, of in waits_in(function) if written(of) in shared.names]
    if shared.is_one or not waits or not isinstance(shared.kept, ast.Attribute):
        return None
    word = attribute.encode()
    if any(word in each.source.content for each in folder.modules if each is not module):
        return None
    feeds = [call for call in _calls_elsewhere(shared) if _may_feed(shared, call)]
    own = [call for call in function.calls if _feeds(call) and _of(shared, call)]
    if own or not feeds or not all(last_name(call.func) == "set_result" for call in feeds):
        return None
    if module.calls_named("set_exception"):
        return None
    if any(_tells_all(module, call, attribute) for call in feeds):
        return None
    reader = module.function_of(feeds[0])
    loop = next((each for each in module.up(feeds[0]) if isinstance(each, _READS)), None)
    message = (
        f"`{written(waits[0])}` ends with an answer only: when `{reader.short_name}` is over, "
        f"nobody gives those in `{attribute}` an error"
    )
    return module.finding(
        "SN316",
        waits[0],
        message,
        tier=Tier.DEFAULT if loop is not None and reader.is_async else Tier.ADVICE,
        confidence=0.7,
        related=(module.related(feeds[0], "this alone sets it"),),
    )


def _tells_all(module: Module, feed: ast.Call, attribute: str) -> bool:
    """Tell whether ``feed`` stands in a loop over all who wait, and so is no single answer."""
    return any(
        last_name(each) == attribute
        for above in module.up(feed)
        if isinstance(above, ast.For)
        for each in ast.walk(above.iter)
    )
