"""Which functions serve a request: there are as many of them running as clients want.

No framework is imported to know it; each says it in the source. By a decorator that names a path,
a call that registers the function, a parameter that is annotated as a request, or by the names of
a class and its methods. What only looks a little like a handler is taken for none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._python._names import annotated
from snowshed.lint._python._nodes import last_name, written

if TYPE_CHECKING:
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["Handler", "handler_by_itself", "registered"]


@dataclass(frozen=True, slots=True)
class Handler:
    """What makes a function one that serves requests.

    Attributes:
        kind: ``http``, ``websocket``, ``grpc`` or ``middleware``.
        how: where that is said, such as ``@app.get``.
    """

    kind: str
    how: str


_VERBS = frozenset({"get", "post", "put", "delete", "patch", "head", "options"})
_ROUTES = _VERBS | {"route", "api_route", "trace"}
_SOCKETS = frozenset({"websocket", "websocket_route", "ws"})
_MIDDLEWARE = frozenset({"middleware", "before_request", "after_request", "on_request"})
_PATHS = frozenset({"path", "rule", "uri"})
_BY_NAME = ("litestar.", "starlite.", "blacksheep.", "robyn.")
_GRAPHQL = frozenset({"strawberry.field", "strawberry.mutation"})
_FRAMEWORKS = frozenset(
    {
        "aiohttp",
        "blacksheep",
        "django",
        "fastapi",
        "litestar",
        "quart",
        "rest_framework",
        "sanic",
        "starlette",
        "starlite",
        "tornado",
        "web",
    }
)
_VIEWS = ("View", "Endpoint", "RequestHandler", "Resource", "APIHandler", "Controller")
# Calls that take a handler, and those that do where their first argument is a path.
_REGISTRARS = frozenset(
    {
        "Route",
        "APIRoute",
        "add_get",
        "add_post",
        "add_put",
        "add_delete",
        "add_patch",
        "add_head",
        "add_route",
        "add_view",
        "add_api_route",
        "add_url_rule",
        "Depends",
        "Security",
    }
)
_SOCKET_REGISTRARS = frozenset(
    {"WebSocketRoute", "add_websocket_route", "add_api_websocket_route", "APIWebSocketRoute"}
)
_WITH_PATH = _VERBS | {"route", "view", "path", "re_path"}


def handler_by_itself(function: Function) -> Handler | None:
    """Return what makes ``function`` a handler where it is written."""
    if function.is_top or isinstance(function.node, ast.Lambda):
        return None
    for decorator in function.decorators:
        found = _decorated(function, decorator)
        if found is not None:
            return found
    return _annotated(function) or _method(function) or _view(function)


def _decorated(function: Function, decorator: ast.expr) -> Handler | None:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    last = last_name(called)
    how = f"@{written(called)}" if last else ""
    if last in _MIDDLEWARE and isinstance(called, (ast.Attribute, ast.Name)):
        return Handler("middleware", how)
    full = function.module.dotted(called)
    if full in _GRAPHQL:
        return Handler("http", how)
    if not isinstance(decorator, ast.Call) or not (
        full.startswith(_BY_NAME) or (isinstance(called, ast.Attribute) and _names_path(decorator))
    ):
        return None
    if last in _SOCKETS:
        return Handler("websocket", how)
    return Handler("http", how) if last in _ROUTES else None


def _names_path(call: ast.Call) -> bool:
    """Tell whether a path is among the arguments of a decorator."""
    if any(keyword.arg in _PATHS for keyword in call.keywords):
        return True
    return bool(call.args) and is_path(call.args[0])


def is_path(node: ast.expr) -> bool:
    """Tell whether ``node`` is written as the path of a URL."""
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return is_path(node.left) or is_path(node.right)
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    return node.value == "" or node.value.startswith(("/", "{", "<"))


def _annotated(function: Function) -> Handler | None:
    for argument in function.arguments:
        if argument.annotation is None:
            continue
        kind = annotated(function.module, argument.annotation)
        if kind.partition(".")[0] not in _FRAMEWORKS:
            continue
        if kind.endswith((".WebSocket()", ".HTTPConnection()")):
            return Handler("websocket", f"{argument.arg}: WebSocket")
        if kind.endswith((".Request()", ".HttpRequest()", ".BaseRequest()")):
            return Handler("http", f"{argument.arg}: {last_name(argument.annotation) or 'Request'}")
    return None


def _method(function: Function) -> Handler | None:
    class_ = function.class_
    if class_ is None:
        return None
    name, names = function.short_name, [each.arg for each in function.arguments]
    how = f"{class_.name}.{name}"
    dispatches = name == "dispatch" and {"request", "call_next"} <= {*names}
    if dispatches or (name == "__call__" and names[1:4] == ["scope", "receive", "send"]):
        return Handler("middleware", how)
    bases = [last_name(base) for base in class_.bases]
    if any(base.endswith("Servicer") for base in bases):
        served = len(names) == 3 and not name.startswith("_")
        return Handler("grpc", how) if served else None
    is_view = any(base.endswith(_views(function.module)) for base in bases)
    if is_view and name in _VERBS and not any("WebSocket" in base for base in bases):
        return Handler("http", how)
    return None


def _views(module: Module) -> tuple[str, ...]:
    """Return how the names of classes end of which some methods serve requests."""
    of_tornado = any(full.startswith("tornado") for full in module.imports.values())
    return (*_VIEWS, "Handler") if of_tornado else _VIEWS


def _view(function: Function) -> Handler | None:
    """Django names views in another file; they are kept in ``views`` and take ``request``."""
    path = function.module.source.path.split("/")
    of_views = path[-1] == "views.py" or "views" in path[-2:-1]
    if not of_views or function.outer is None or not function.outer.is_top:
        return None
    names = [each.arg for each in function.arguments if each.arg != "self"]
    is_view = names[:1] == ["request"] and not function.short_name.startswith("_")
    return Handler("http", "a view of Django") if is_view else None


def registered(folder: Folder) -> dict[Function, Handler]:
    """Return the functions that a call in ``folder`` registers as handlers."""
    found: dict[Function, Handler] = {}
    for module in folder.modules:
        for call, kind in _registrations(module):
            how = f"{written(call.func)}(...)"
            for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                if isinstance(value, (ast.Name, ast.Attribute)):
                    function = folder.function_at(module, value)
                    if function is not None:
                        found.setdefault(function, Handler(kind, how))
    return found


def _registrations(module: Module) -> Iterator[tuple[ast.Call, str]]:
    for call in module.calls_named(*_REGISTRARS):
        yield call, "http"
    for call in module.calls_named(*_SOCKET_REGISTRARS):
        yield call, "websocket"
    for call in module.calls_named(*_WITH_PATH):
        if len(call.args) >= 2 and (
            any(map(is_path, call.args[:2])) or module.dotted(call.func).startswith("django.")
        ):
            yield call, "http"
