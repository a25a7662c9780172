"""Which functions serve a request: as many of them run at once as clients want.

A framework is known by the types that it hands to a handler, under the names that the file imports
them by; nothing is resolved beyond that, so a type of one's own that wraps such a type is not seen.
The methods of a gRPC service are known by what their struct embeds or is registered as. A function
that only handlers call serves their requests, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._finding import Related
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._types import base_of, callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import File, Package
    from snowshed.lint._go._scope import Variable

__all__ = [
    "Handler",
    "handler_of",
    "has_handlers",
    "imported",
    "lives_long",
    "place_of",
    "serving",
    "unversioned",
]


@dataclass(frozen=True, slots=True)
class Handler:
    """What makes a function one that serves requests.

    Attributes:
        function: the handler itself.
        kind: ``http``, ``grpc``, ``stream`` (of gRPC) or ``message``.
        how: where that is said, such as ``it takes *http.Request``.
        context: what its request's context is written as, such as ``r.Context()``; empty: none.
        request: the parameters that bring the request.
    """

    function: Function
    kind: str
    how: str
    context: str = ""
    request: tuple[Variable, ...] = ()


TYPES = {
    ("github.com/gin-gonic/gin", "Context"): ("http", "{}.Request.Context()"),
    ("github.com/labstack/echo", "Context"): ("http", "{}.Request().Context()"),
    ("github.com/gofiber/fiber", "Ctx"): ("http", "{}.UserContext()"),
    ("github.com/valyala/fasthttp", "RequestCtx"): ("http", "{}"),
    ("github.com/kataras/iris", "Context"): ("http", "{}.Request().Context()"),
    ("github.com/cloudwego/hertz/pkg/app", "RequestContext"): ("http", ""),
    ("github.com/emicklei/go-restful", "Request"): ("http", "{}.Request.Context()"),
    ("github.com/gobuffalo/buffalo", "Context"): ("http", "{}"),
    ("github.com/gogf/gf/net/ghttp", "Request"): ("http", "{}.Context()"),
    ("connectrpc.com/connect", "Request"): ("grpc", ""),
    ("github.com/bufbuild/connect-go", "Request"): ("grpc", ""),
    ("google.golang.org/grpc", "UnaryServerInfo"): ("grpc", ""),
    ("google.golang.org/grpc", "StreamServerInfo"): ("stream", ""),
    ("github.com/nats-io/nats.go", "Msg"): ("message", ""),
    ("github.com/nats-io/nats.go/jetstream", "Msg"): ("message", ""),
    ("github.com/nats-io/stan.go", "Msg"): ("message", ""),
    ("github.com/nsqio/go-nsq", "Message"): ("message", ""),
    ("github.com/eclipse/paho.mqtt.golang", "Message"): ("message", ""),
    ("cloud.google.com/go/pubsub", "Message"): ("message", ""),
    ("github.com/Shopify/sarama", "ConsumerMessage"): ("message", ""),
    ("github.com/IBM/sarama", "ConsumerMessage"): ("message", ""),
    ("github.com/rabbitmq/amqp091-go", "Delivery"): ("message", ""),
    ("github.com/streadway/amqp", "Delivery"): ("message", ""),
    ("github.com/hibiken/asynq", "Task"): ("message", ""),
    ("github.com/aws/aws-lambda-go/events", "SQSEvent"): ("message", ""),
}
"""What a handler takes: path without the version, name of the type; kind, and its context."""
_PATHS = frozenset(path for path, _ in TYPES) | {"net/http"}
_VERSION = re.compile(r"/v\d+(?=/|$)")
_SERVICE = re.compile(r"(?:Unimplemented|Unsafe)\w*Server")
_REGISTERED = re.compile(rb"\bRegister\w+Server\(\s*[\w.]+,\s*&?(?:new)?(\w+)[{(]")
_RESOLVERS = frozenset({"queryResolver", "mutationResolver"})
_CALLERS = 8
"""How many places may call a function that serves what its callers do; with more nobody looks."""


def unversioned(path: str) -> str:
    """Return the ``path`` of an import without its major version: ``pgx/v5/pgxpool``."""
    return _VERSION.sub("", path)


def imported(file: File, type_: str) -> tuple[str, str]:
    """Return the path, without a version, and the name of a type of another package, or empty."""
    owner, dot, name = base_of(type_).rpartition(".")
    path = file.imports.get(owner, "") if dot else ""
    return (unversioned(path), name) if path else ("", "")


def handler_of(function: Function) -> Handler | None:
    """Return what makes ``function`` itself a handler; None if it is none."""
    kept = function.kept.get("handler", function)
    if kept is function:
        kept = function.kept["handler"] = _by_types(function) or _by_service(function)
    return kept if isinstance(kept, Handler) else None


def _by_types(function: Function) -> Handler | None:
    file = function.file
    if not function.parameters or not _imports_one(file):
        return None
    writer = request = None
    for each in function.parameters:
        path, name = imported(file, each.type_)
        if path == "net/http":
            writer = each if name == "ResponseWriter" else writer
            request = each if name == "Request" and each.type_.startswith("*") else request
        known = TYPES.get((path, name))
        if known is not None and not function.results[1:]:
            return Handler(function, known[0], f"it takes {each.type_}", *_of(each, known[1]))
    if writer is None or request is None:
        return None
    return Handler(function, "http", "it takes *http.Request", *_of(request, "{}.Context()"))


def _imports_one(file: File) -> bool:
    kept = file.package.kept.setdefault("handling", {})
    assert isinstance(kept, dict)
    if file not in kept:
        kept[file] = any(unversioned(path) in _PATHS for path in file.imports.values())
    return bool(kept[file])


def _of(variable: Variable, context: str) -> tuple[str, tuple[Variable, ...]]:
    named = variable.name != "_"
    return context.format(variable.name) if named else "", (variable,) * named


def _by_service(function: Function) -> Handler | None:
    """Return whether it is a method of a gRPC service, or of a resolver of GraphQL."""
    if not function.receiver_type or not function.name[:1].isupper():
        return None
    streams = [each for each in function.parameters if _is_stream(each.type_)]
    first = function.parameters[0] if function.parameters else None
    unary = first is not None and first.type_ == "context.Context" and len(function.results) == 2
    unary = unary and function.results[1] == "error"
    if not streams and not unary:
        return None
    package = function.file.package
    if function.receiver_type not in _services(package):
        is_resolver = function.receiver_type in _RESOLVERS
        if not is_resolver or not unary:
            return None
    asked = streams[0] if streams else function.parameters[0]
    context = "{}.Context()" if streams else "{}"
    named = tuple(each for each in function.parameters if each.name != "_")
    how = f"it is a method of the service {function.receiver_type}"
    kind = "stream" if streams else "grpc"
    return Handler(function, kind, how, _of(asked, context)[0], named)


def _is_stream(type_: str) -> bool:
    return re.search(r"_\w+Server$|StreamingServer\[", type_) is not None


def _services(package: Package) -> frozenset[str]:
    """Return the types that are gRPC services."""
    found = package.kept.get("services")
    if not isinstance(found, frozenset):
        found = package.kept["services"] = frozenset(_find_services(package))
    return found


def _find_services(package: Package) -> Iterator[str]:
    for struct in package.structs.values():
        if any(_SERVICE.fullmatch(each) for each in struct.embedded):
            yield struct.name
    for file in package.files:
        if b"grpc" in file.source.content and b"Register" in file.source.content:
            for match in _REGISTERED.finditer(file.source.content):
                name = match[1].decode()
                yield from (each for each in package.structs if each.lower() == name.lower())


def place_of(handler: Handler) -> Related:
    """Return where ``handler`` stands: its first line."""
    function = handler.function
    source = function.file.source
    end = source.content.find(b"\n", function.start, function.end)
    span = source.span(function.start, end if end >= 0 else function.end)
    return Related(source.path, span, f"the handler: {handler.how}")


def has_handlers(package: Package) -> bool:
    """Tell whether a function of ``package`` may be a handler: cheap."""
    if _services(package) or any(_imports_one(file) for file in package.files):
        return True
    return any(each in package.structs for each in _RESOLVERS)


_TAKES_OVER = re.compile(rb"\.(?:Upgrade|Hijack|EnableFullDuplex)\(|\bwebsocket\.")


def lives_long(function: Function) -> bool:
    """Tell whether ``function`` takes its connection over: it ends when the client wants."""
    return _TAKES_OVER.search(function.outermost.code) is not None


def serving(function: Function) -> Handler | None:
    """Return the handler whose requests ``function`` serves; None if there is none, or others.

    That is a handler, a literal in one, and a function that is only called in such.
    """
    if not has_handlers(function.file.package):
        return None
    found = _around(function)
    if found is not None:
        return found
    named = function.outermost
    kept = named.kept.get("serving", named)
    if kept is named:
        kept = named.kept["serving"] = _by_callers(named)
    return kept if isinstance(kept, Handler) else None


def _around(function: Function) -> Handler | None:
    """Return the handler that ``function`` is, or is a literal in."""
    at: Function | None = function
    while at is not None:
        found = handler_of(at)
        if found is not None:
            return found
        at = at.outer
    return None


def _by_callers(function: Function) -> Handler | None:
    """Return the handler that calls ``function``, however deep, if nobody else does."""
    found = None
    seen, waiting = {function}, [function]
    while waiting:
        at = waiting.pop()
        places = _places(at) if _is_private(at) and len(seen) < _CALLERS else None
        if not places:
            return None
        for place in places:
            handler = _around(place)
            found = found or handler
            if handler is None and place.outermost not in seen:
                seen.add(place.outermost)
                waiting.append(place.outermost)
    return found


def _is_private(function: Function) -> bool:
    name = function.name
    return bool(name) and not name[0].isupper() and name not in {"main", "init"}


def _places(function: Function) -> list[Function] | None:
    """Return the functions that call ``function``; None if it is used in another way, too."""
    package = function.file.package
    token = function.name.encode()
    name = re.compile(rb"\b%s\b" % re.escape(token))
    if any(token in content and name.search(content) for content in package.unread):
        return None
    files = {each for each in package.files if token in each.source.content}
    users = [
        each
        for each in package.functions
        if each.file in files
        and not each.file.source.is_test
        and each is not function
        and token in each.code
        and name.search(each.code)
    ]
    if len(users) > _CALLERS:
        return None
    found = []
    for user in users:
        for part in user.family():
            uses = [each for each in _mentions(part) if _name(each) == function.name]
            for use in uses:
                call = use.parent
                if not isinstance(call, n.Call) or call.called is not use:
                    return None
                called = callee(call)
                if called is None and isinstance(use, n.Selector) and _is_other(use):
                    continue
                if called is not None and called is not function:
                    continue
                found.append(part)
    return found


def _mentions(function: Function) -> list[n.Name | n.Selector]:
    return [*function.all(n.Name), *function.all(n.Selector)]


def _name(mention: n.Name | n.Selector) -> str:
    if isinstance(mention, n.Selector):
        return mention.field_
    return mention.name if mention.variable is None else ""


def _is_other(use: n.Selector) -> bool:
    """Tell whether ``use`` names a function of another package."""
    operand = use.operand
    return isinstance(operand, n.Name) and operand.variable is None
