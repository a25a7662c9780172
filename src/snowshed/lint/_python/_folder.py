"""The Python files of one folder: what they call of each other, and who of them serves requests."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.lint._python._handlers import Handler, handler_by_itself, registered
from snowshed.lint._python._names import class_around
from snowshed.lint._python._objects import Class, Objects

if TYPE_CHECKING:
    from snowshed.lint._finding import Problem
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["Folder"]

# What waits, for a while or for somebody else, and keeps the thread: for a loop, all of its tasks.
_BLOCKING = frozenset(
    {"time.sleep", "os.system", "os.popen", "os.wait", "os.waitpid", "socket.create_connection"}
    | {"socket.getaddrinfo", "socket.gethostbyname", "urllib.request.urlopen"}
    | {f"requests.{verb}" for verb in ("get", "post", "put", "patch", "delete", "head", "request")}
    | {f"httpx.{verb}" for verb in ("get", "post", "put", "patch", "delete", "head", "request")}
    | {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "getoutput")}
)
_AT_ONCE = frozenset({"WNOHANG", "AI_NUMERICHOST"})
_SESSIONS = ("requests.Session().", "requests.session().", "httpx.Client().")
_ASKS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send"})


class Folder:
    """The modules of one folder.

    Attributes:
        modules: those that parse.
        problems: what could not be read.
    """

    def __init__(self, modules: Sequence[Module], problems: Sequence[Problem] = ()) -> None:
        self.modules = modules
        self.problems = problems
        self._by_name = {module.name: module for module in modules}
        self._blocks: dict[Function, ast.Call | None] = {}
        self._handlers: dict[Function, Handler | None] = {}
        for module in modules:
            module.belongs_to(self)

    def functions(self) -> Iterator[Function]:
        """Yield each function and lambda of each module, and what stands in none."""
        for module in self.modules:
            yield from module.functions

    # Requests.

    @cached_property
    def _registered(self) -> dict[Function, Handler]:
        return registered(self)

    def handler_of(self, function: Function) -> Handler | None:
        """Return what makes ``function`` a handler of requests; None if nothing does."""
        if function not in self._handlers:
            found = handler_by_itself(function) or self._registered.get(function)
            self._handlers[function] = found
        return self._handlers[function]

    def request_of(self, function: Function) -> Handler | None:
        """Return the same of ``function`` or the nearest one that it is written in."""
        within: Function | None = function
        while within is not None:
            found = self.handler_of(within)
            if found is not None:
                return found
            within = within.outer
        return None

    @cached_property
    def _asked_by(self) -> dict[Function, tuple[Function, ast.Call]]:
        """For each function that a handler calls, the first one that does, and where."""
        found: dict[Function, tuple[Function, ast.Call]] = {}
        for caller in self.functions():
            handler = self.request_of(caller)
            if handler is None or handler.kind == "websocket":
                continue
            for call in caller.calls:
                helper = self.helper(caller.module, call)
                if helper is not None:
                    found.setdefault(helper, (caller, call))
        return found

    def asked_by(self, function: Function) -> tuple[Function, ast.Call] | None:
        """Return a handler of requests that calls ``function``, and where; None if none does.

        Handlers of this folder are asked, those of WebSockets left out.
        """
        return self._asked_by.get(function)

    # Helpers.

    def helper(self, module: Module, call: ast.Call) -> Function | None:
        """Return the function of this folder that ``call`` calls, as far as names tell."""
        return self.function_at(module, call.func)

    def function_at(self, module: Module, node: ast.expr) -> Function | None:
        """Return the function of this folder that ``node`` names.

        It is one of the same module, a method of the same class (``self.load``), one of a module
        beside it, or a method of an object whose class stands in this folder.
        """
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
                class_ = class_around(module, node)
                return module.method(class_, node.attr) if class_ is not None else None
            if isinstance(node.value, ast.Name) and node.value.id in module.classes:
                return module.method(module.classes[node.value.id], node.attr)
            return self._imported(module.dotted(node)) or self._objects.method(module, node)
        if isinstance(node, ast.Name):
            if node.id not in module.imports:
                return module.function(node.id, module.function_of(node))
            return self._imported(module.dotted(node))
        return None

    def class_of(self, module: Module, node: ast.expr) -> Class | None:
        """Return the class of this folder that the object ``node`` is of; None if unknown."""
        if isinstance(node, ast.Name) and node.id in {"self", "cls"}:
            class_ = class_around(module, node)
            return Class(module, class_) if class_ is not None else None
        return self._objects.class_of(module, node)

    @cached_property
    def _objects(self) -> Objects:
        return Objects(self.modules)

    def _imported(self, full: str) -> Function | None:
        """Return the function that ``.helpers.load`` or ``my.package.helpers.load`` is."""
        package, _, name = full.rpartition(".")
        package, _, beside = package.rpartition(".")
        module = self._by_name.get(beside)
        if module is None or not self._is_here(package):
            return None
        return module.function(name)

    def _is_here(self, package: str) -> bool:
        """Tell whether modules of ``package`` are those of this folder."""
        if package in {"", "."}:
            return True
        parts = self.modules[0].source.path.split("/")[:-1]
        names = package.split(".")
        return "" not in names and parts[-len(names) :] == names

    def blocks(self, function: Function) -> ast.Call | None:
        """Return the call in ``function`` itself that sleeps or does I/O while the loop waits."""
        if function not in self._blocks:
            is_blocking = (call for call in function.calls if _is_blocking(function.module, call))
            self._blocks[function] = next(is_blocking, None)
        return self._blocks[function]


def _is_blocking(module: Module, call: ast.Call) -> bool:
    if module.is_awaited(call):
        return False
    if module.dotted(call.func) in _BLOCKING:
        given = [*call.args, *(each.value for each in call.keywords)]
        return not (any(map(_waits_for_nothing, given)) or _asks_for_itself(module, call))
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in _ASKS):
        return False
    return module.origin(call.func).startswith(_SESSIONS)


def _asks_for_itself(module: Module, call: ast.Call) -> bool:
    """Tell whether the name that is looked up is that of the machine, which it has at hand."""
    tests = [above.test for above in module.up(call) if isinstance(above, ast.If)]
    return "socket." in module.dotted(call.func) and any(
        isinstance(each, ast.Constant) and each.value == "localhost"
        for node in (*call.args, *tests)
        for each in ast.walk(node)
    )


def _waits_for_nothing(argument: ast.expr) -> bool:
    """Tell whether ``argument`` is a flag that has a call return at once."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in _AT_ONCE for each in ast.walk(argument)
    )
