"""Queues without a limit, and what puts into them from where nothing can wait."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._python._grows import added_for_ever, handler_of_full, slow_work
from snowshed.lint._python._many import through
from snowshed.lint._python._names import class_around, scope_of
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Related
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["fed_without_limit"]

_QUEUES = frozenset(
    f"{library}.{kind}"
    for library in ("asyncio", "queue", "multiprocessing", "culsans")
    for kind in ("Queue", "LifoQueue", "PriorityQueue", "JoinableQueue")
)
_LATER = ("call_soon_threadsafe", "call_soon", "add_done_callback", "partial")
# What is called so is called by somebody who goes on at once.
_CALLBACK = re.compile(
    r"^_*(?:on|handle|when|receive)_|(?:callback|_cb|received|_handler|_hook|listener)$"
    r"|^_*(?:callback|emit|notify|publish|broadcast|dispatch|push|enqueue|feed|offer)(?:_|$)"
)
_IS_END = re.compile(
    r"stop|done|end|sentinel|close|quit|exit|shutdown|finish|eof|none", re.IGNORECASE
)
# What is called so says that there are no more, or gives back what was taken before.
_ENDS = re.compile(
    r"stop|close|terminate|kill|shutdown|exit|cancel|release|requeue|put_back|give_back|start|connect$"
)
_ADDS = frozenset({"append", "add", "insert", "setdefault", "appendleft"})
_LONG = 50


@dataclass(slots=True)
class _Fed:
    """A queue, by the call that makes it.

    Attributes:
        module: where it is made.
        puts: each place that puts into it, and what its function is to who calls it.
        why: why it is sure to be missed that it has no limit; empty if nothing says so.
        seen: the places that say so.
    """

    module: Module
    puts: list[tuple[ast.AST, str]] = field(default_factory=list)
    why: str = ""
    seen: list[Related] = field(default_factory=list)


def fed_without_limit(folder: Folder) -> Iterator[Finding]:
    """Yield each queue without a limit that a handler or a callback feeds: what SN311 says."""
    for module in folder.modules:
        makers = _Makers(module)
        fed: dict[ast.Call, _Fed] = {}
        for node, owner, is_later in _puts(module):
            function = module.function_of(node)
            made = makers.made(function, owner)
            if made is None or not _has_no_limit(made) or _asks_how_full(function):
                continue
            one = fed.setdefault(made, _Fed(module))
            who = _who(folder, function, is_later=is_later)
            if who:
                one.puts.append((node, who))
            if not one.why:
                _look_closer(folder, one, made, node, owner)
        for made, one in fed.items():
            if one.puts or one.why:
                yield _found(made, one)


def _look_closer(folder: Folder, one: _Fed, made: ast.Call, put: ast.AST, owner: ast.expr) -> None:
    """Find what says that the limit will be missed, if anything does."""
    module = one.module
    is_fed = bool(one.puts) or _takes_what_it_puts(module, put)
    handler = handler_of_full(module, put)
    work = slow_work(folder, module, owner) if is_fed else None
    added = added_for_ever(folder, module, made)
    if handler is not None:
        one.why = "so it is never full: what is to be done then is never done"
        one.seen = [module.related(handler, "this never happens")]
    elif work is not None:
        one.why = f"and who empties it waits for {_asked(work)} with each element"
        one.seen = [module.related(work, "this is waited for before the next one is taken")]
    elif added is not None and isinstance(added.func, ast.Attribute):
        collection = written(added.func.value)
        one.why = f"and nothing ever takes it out of `{collection}`: it is fed for ever"
        one.seen = [module.related(added, "it is added here")]
    if one.why:
        one.seen.append(module.related(put, "it is put in here"))


def _asked(work: ast.Await) -> str:
    name = written(work.value.func) if isinstance(work.value, ast.Call) else ""
    return f"`{name}`" if 0 < len(name) <= _LONG else "somebody else"


def _takes_what_it_puts(module: Module, put: ast.AST) -> bool:
    """Tell whether a plain function, which cannot wait, passes on what it is given."""
    function = module.function_of(put)
    if function.is_async or function.is_top or _ENDS.search(function.short_name):
        return False
    given = {each.id for each in ast.walk(put) if isinstance(each, ast.Name)} - {"self", "cls"}
    return bool(given & function.parameters)


def _found(made: ast.Call, fed: _Fed) -> Finding:
    module, word = fed.module, written(made.func)
    if fed.why:
        message = f"`{word}` has no limit, {fed.why}"
        return module.finding("SN311", made, message, related=fed.seen, tier=Tier.DEFAULT)
    _, who = fed.puts[0]
    message = (
        f"`{word}` has no limit, and is fed by {who}, which cannot wait: what "
        "comes faster than it is taken stays in memory"
    )
    related = [module.related(node, "it is put in here") for node, _ in fed.puts[:3]]
    return module.finding("SN311", made, message, related=related, tier=Tier.ADVICE, confidence=0.7)


def _puts(module: Module) -> Iterator[tuple[ast.AST, ast.expr, bool]]:
    """Yield each put that does not wait, its queue, and whether another thread has it done."""
    for call in module.calls_named("put_nowait"):
        if isinstance(call.func, ast.Attribute) and not _is_end(call.args):
            yield call, call.func.value, False
    for call in module.calls_named(*_LATER):
        for at, argument in enumerate(call.args):
            puts = isinstance(argument, ast.Attribute) and argument.attr == "put_nowait"
            if isinstance(argument, ast.Attribute) and puts and not _is_end(call.args[at + 1 :]):
                yield call, argument.value, True


def _is_end(arguments: list[ast.expr]) -> bool:
    """Tell whether what is put is no element, but the word that there are no more."""
    item = next(iter(arguments), None)
    if isinstance(item, ast.Constant):
        return True
    name = last_name(item.func if isinstance(item, ast.Call) else item) if item is not None else ""
    return name.isupper() or _IS_END.search(name) is not None


def _who(folder: Folder, function: Function, *, is_later: bool) -> str:
    """Return what ``function`` is to those who call it; nothing if it could wait."""
    name = function.short_name
    if folder.request_of(function) is not None:
        return f"the handler `{name}`"
    if function.is_top or function.is_async or _ENDS.search(name):
        return ""
    if is_later:
        return f"`{name}` from another thread"
    if _CALLBACK.search(name) or _is_handed_on(function):
        return f"the callback `{name}`"
    return ""


def _is_handed_on(function: Function) -> bool:
    """Tell whether somebody is given the function, to call it."""
    is_lambda = isinstance(function.node, ast.Lambda)
    return (function.node if is_lambda else function.short_name) in function.module.handed_on


def _asks_how_full(function: Function) -> bool:
    return not function.called.isdisjoint({"full", "qsize"})


def _has_no_limit(made: ast.Call) -> bool:
    given = [keyword.value for keyword in made.keywords if keyword.arg in {None, "maxsize"}]
    for limit in (*made.args[:1], *given):
        value = limit.operand if isinstance(limit, ast.UnaryOp) else limit
        if not isinstance(value, ast.Constant) or (value is limit and value.value != 0):
            return False
    return True


class _Makers:
    """What makes the queues of a module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def made(self, function: Function, owner: ast.expr, steps: int = 3) -> ast.Call | None:
        """Return the call that makes the queue ``owner``, or the queues of a collection."""
        if steps == 0:
            return None
        if isinstance(owner, ast.Subscript):
            return self._added(owner.value)
        if isinstance(owner, ast.Call):
            return self._returned(owner)
        for value in self._values(function, owner):
            found = self.made(function, value, steps - 1)
            if found is not None:
                return found
        return None

    def _returned(self, call: ast.Call) -> ast.Call | None:
        """Return ``call`` if it makes a queue, or what makes those that it gets elsewhere."""
        if self._module.dotted(call.func) in _QUEUES:
            return call
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in {"get", "setdefault"}:
            return self._added(method.value)
        return None

    def _values(self, function: Function, owner: ast.expr) -> list[ast.expr]:
        """Return what a variable or an attribute of ``self`` may hold."""
        found: Sequence[ast.AST | None] = []
        if isinstance(owner, ast.Attribute):
            of_self = isinstance(owner.value, ast.Name) and owner.value.id == "self"
            class_ = class_around(self._module, owner) if of_self else None
            found = self._module.attribute(class_, owner.attr) if class_ is not None else []
        elif isinstance(owner, ast.Name):
            scope = scope_of(function, owner.id)
            found = scope.bindings[owner.id] if scope is not None else []
            drawn = scope.loops if scope is not None else []
            for loop in drawn:
                if isinstance(loop, ast.For) and owner.id in {
                    last_name(e) for e in ast.walk(loop.target)
                }:
                    found = [*found, self._added(through(loop.iter))]
        return [each for each in found if isinstance(each, ast.expr)]

    def _added(self, collection: ast.expr) -> ast.Call | None:
        """Return the call that makes a queue that something puts into ``collection``."""
        name = written(collection)
        class_ = class_around(self._module, collection) if name.startswith("self.") else None
        for function, value in self._kept.get((name, class_), ()):
            found = self.made(function, value, 2)
            if found is not None:
                return found
        return None

    @cached_property
    def _kept(self) -> dict[tuple[str, ast.ClassDef | None], list[tuple[Function, ast.expr]]]:
        """What is put into each collection, and by whom: one of ``self`` is that of a class."""
        found: dict[tuple[str, ast.ClassDef | None], list[tuple[Function, ast.expr]]] = {}
        for function in self._module.functions:
            for collection, value in _put_into(function):
                name = written(collection)
                class_ = _class_of(function) if name.startswith("self.") else None
                found.setdefault((name, class_), []).append((function, value))
        return found


def _class_of(function: Function | None) -> ast.ClassDef | None:
    """Return the class of the method that ``function`` is, or is written in."""
    while function is not None and function.class_ is None:
        function = function.outer
    return function.class_ if function is not None else None


def _put_into(function: Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each collection that something is put into, and that."""
    for call in function.calls:
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in _ADDS and call.args:
            yield method.value, call.args[-1]
    for assign in function.assigns:
        if isinstance(assign, ast.Assign):
            targets = (each for each in assign.targets if isinstance(each, ast.Subscript))
            yield from ((target.value, assign.value) for target in targets)
