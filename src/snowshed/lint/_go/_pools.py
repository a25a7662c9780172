"""What is meant to be made once: clients with connections of their own, and pools of workers.

They are known by the packages that they come from. A function of the package that returns a new one
makes one, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import imported, unversioned
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._types import callee

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["CLIENTS", "WORKERS", "Made", "fate_of", "made_in"]

CLIENTS: Mapping[str, str] = {
    "database/sql": "Open OpenDB",
    "net/http": "Transport{}",
    "github.com/jmoiron/sqlx": "Open MustOpen Connect MustConnect ConnectContext",
    "gorm.io/gorm": "Open",
    "github.com/jinzhu/gorm": "Open",
    "github.com/jackc/pgx": "Connect ConnectConfig",
    "github.com/jackc/pgx/pgxpool": "New NewWithConfig Connect ConnectConfig",
    "github.com/redis/go-redis": "NewClient NewClusterClient NewFailoverClient NewUniversalClient",
    "github.com/go-redis/redis": "NewClient NewClusterClient NewFailoverClient NewUniversalClient",
    "github.com/gomodule/redigo/redis": "Dial DialURL DialContext Pool{}",
    "go.mongodb.org/mongo-driver/mongo": "Connect NewClient",
    "google.golang.org/grpc": "Dial DialContext NewClient",
    "go.etcd.io/etcd/client": "New NewFromURL",
    "go.etcd.io/etcd/clientv3": "New NewFromURL",
    "github.com/nats-io/nats.go": "Connect",
    "github.com/rabbitmq/amqp091-go": "Dial DialConfig DialTLS",
    "github.com/streadway/amqp": "Dial DialConfig DialTLS",
    "github.com/IBM/sarama": "NewClient NewSyncProducer NewAsyncProducer NewConsumer",
    "github.com/Shopify/sarama": "NewClient NewSyncProducer NewAsyncProducer NewConsumer",
    "github.com/segmentio/kafka-go": "NewWriter NewReader Writer{}",
    "github.com/confluentinc/confluent-kafka-go/kafka": "NewProducer NewConsumer",
    "github.com/twmb/franz-go/pkg/kgo": "NewClient",
    "github.com/elastic/go-elasticsearch": "NewClient NewDefaultClient NewTypedClient",
    "github.com/olivere/elastic": "NewClient",
    "github.com/influxdata/influxdb-client-go": "NewClient NewClientWithOptions",
    "github.com/eclipse/paho.mqtt.golang": "NewClient",
    "github.com/docker/docker/client": "NewClientWithOpts NewEnvClient",
    "cloud.google.com/go/storage": "NewClient",
    "cloud.google.com/go/pubsub": "NewClient",
    "cloud.google.com/go/firestore": "NewClient",
    "cloud.google.com/go/bigquery": "NewClient",
    "go.temporal.io/sdk/client": "Dial NewClient",
}
"""What makes a client, by the path of its package without the version; ``T{}`` is a literal."""
WORKERS: Mapping[str, str] = {
    "github.com/panjf2000/ants": "NewPool NewPoolWithFunc NewMultiPool",
    "github.com/alitto/pond": "New NewPool NewResultPool",
    "github.com/gammazero/workerpool": "New",
    "github.com/Jeffail/tunny": "New NewFunc NewCallback",
}
"""The same of what makes a pool of workers."""


@dataclass(frozen=True, slots=True)
class Made:
    """An expression that makes one.

    Attributes:
        node: the call or the literal.
        what: what makes it, such as ``sql.Open``.
        arguments: what says which one is made.
        helper: whether it is a function of the package that makes it.
    """

    node: n.Call | n.Composite
    what: str
    arguments: tuple[n.Expression, ...]
    helper: bool = False


def made_in(package: Package, known: Mapping[str, str]) -> Iterator[Made]:
    """Yield where ``package`` makes one of ``known``.

    Args:
        package: where to look.
        known: `CLIENTS` or `WORKERS`.

    Cost: no function is read that does not name one, or a function that returns one.
    """
    makers: dict[Function, str] = {}
    for file in package.files:
        if file.source.is_test:
            continue
        tokens = [each for each in _names(file.imports, known) if each in file.source.content]
        for function in package.functions if tokens else ():
            if function.file is file and any(token in function.code for token in tokens):
                yield from _of_family(function, known, makers)
    yield from _made_by(package, makers)


def _of_family(
    function: Function, known: Mapping[str, str], makers: dict[Function, str]
) -> Iterator[Made]:
    """Yield what ``function`` and its literals make; put it to ``makers`` if it returns one."""
    for part in function.family():
        for made in _made(part, known):
            yield made
            if part is function and fate_of(made).returned:
                makers[function] = made.what


def _names(imports: Mapping[str, str], known: Mapping[str, str]) -> Iterator[bytes]:
    """Yield how a file names what makes one: ``redis.NewClient``."""
    for name, path in imports.items():
        for made in known.get(unversioned(path), "").split():
            yield f"{name}.{made.removesuffix('}')}".encode()


def _made(function: Function, known: Mapping[str, str]) -> Iterator[Made]:
    for call in function.all(n.Call):
        called = call.called
        if isinstance(called, n.Selector) and isinstance(called.operand, n.Name):
            path = unversioned(function.file.imports.get(called.operand.name, ""))
            if called.operand.variable is None and called.field_ in known.get(path, "").split():
                yield Made(call, call.path, tuple(call.arguments))
    for literal in function.all(n.Composite):
        path, name = imported(function.file, literal.type_)
        if f"{name}{{}}" in known.get(path, "").split() and not _keeps_none(literal):
            yield Made(literal, literal.type_, tuple(literal.values))


def _keeps_none(literal: n.Composite) -> bool:
    """Tell whether it is a transport that keeps no connection."""
    pairs = zip(literal.keys, literal.values, strict=True)
    return any(key == "DisableKeepAlives" and value.text == "true" for key, value in pairs)


def _made_by(package: Package, makers: Mapping[Function, str]) -> Iterator[Made]:
    """Yield the calls of functions of the package that return a new one."""
    if not makers:
        return
    names = {each.name for each in makers if each.name}
    tokens = [f"{name}(".encode() for name in names]
    for function in package.functions:
        if function in makers or not any(token in function.code for token in tokens):
            continue
        for part in function.family():
            for call in part.all(n.Call):
                called = callee(call) if call.method in names else None
                if called in makers:
                    yield Made(call, call.path, tuple(call.arguments), helper=True)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of what is made.

    Attributes:
        kept: whether it is kept for longer than its function: in a field, a map, a variable of
            the package.
        returned: whether the function returns it.
        variable: whether a variable of the function is all that holds it, and where it is declared.
    """

    kept: bool = False
    returned: bool = False
    variable: n.Name | None = None


_KEEPS = re.compile(
    r"^(?:append|[sS]tore|[sS]et\w*|[pP]ut\w*|[aA]dd\w*|[rR]egister\w*|LoadOrStore|[pP]ush|[sS]ave\w*"
    r"|[iI]nsert|[kK]eep|[cC]ache\w*|Swap|CompareAndSwap)$"
)


def fate_of(made: Made) -> Fate:
    """Return what becomes of it in its function."""
    return _fate(made.node, 0)


def _fate(node: n.Node, depth: int) -> Fate:
    at, parent = node, node.parent
    while parent is not None and _is_around(parent, at):
        at, parent = parent, parent.parent
    match parent:
        case n.Return():
            return Fate(returned=True)
        case n.Call() if at is not parent.called:
            return Fate(kept=_KEEPS.match(parent.method) is not None)
        case n.Assign(left=left, right=right) | n.Var(left=left, right=right):
            place = right.index(at) if len(right) > 1 and at in right else 0
            return _held(left[place], depth)
        case n.Send():
            return Fate(kept=True)
        case _:
            return Fate()


def _is_around(parent: n.Node, node: n.Node) -> bool:
    """Tell whether what ``parent`` makes has ``node`` in it: a client, of its transport."""
    if isinstance(parent, n.Unary | n.Composite | n.Other):
        return True
    if not isinstance(parent, n.Call) or node is parent.called or _KEEPS.match(parent.method):
        return False
    return re.match(r"^(?:New|Must|new|make)", parent.method) is not None


def _held(left: n.Expression, depth: int) -> Fate:
    if not isinstance(left, n.Name) or left.variable is None:
        return Fate(kept=not isinstance(left, n.Name))
    variable = left.variable
    if variable.function is not left.function:
        return Fate(kept=True)
    returned = variable.kind is Kind.RESULT
    for use in variable.uses:
        if use is left:
            continue
        found = _fate(use, depth + 1) if depth < 3 and _is_value(use) else Fate()
        if found.kept:
            return found
        returned = returned or found.returned
    return Fate(returned=returned, variable=variable.declared)


def _is_value(use: n.Name) -> bool:
    """Tell whether ``use`` hands it on: it is not called, compared or dereferenced."""
    parent = use.parent
    return not isinstance(parent, n.Selector | n.Binary | n.Index)
