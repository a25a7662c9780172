"""The goroutines that libraries start for what they make: one each, until it is closed.

A client, a pool, a cache or a logger has one that keeps it going. A service has as many of them as
it has clients, which is few; when there are more and more, clients are made and not closed. Which
goroutine belongs to what is told by its functions, and those are in the source of each library.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor.causes._signs import Calls, makers_of
from snowshed.doctor.causes._waits import MANY, grows

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["CLIENTS", "TICKERS", "Helper", "Helpers", "helpers_in"]

_HTTP2 = r"(?:net/http/internal/http2\.\(\*|golang\.org/x/net/http2\.\(\*|net/http\.\(\*http2)"


class Helper(NamedTuple):
    """A goroutine that belongs to something.

    Attributes:
        calls: tells its functions, from their start.
        of: what it belongs to, as in ``each is of ...``.
        each: how many of them one such thing has.
    """

    calls: Calls
    of: str
    each: int = 1


def _helper(calls: str, of: str, each: int = 1) -> Helper:
    return Helper(Calls(calls), of, each)


CLIENTS = (
    _helper(r"database/sql\.\(\*DB\)\.connectionOpener", "a pool of database/sql"),
    _helper(
        r"github\.com/jackc/pgx/v\d/pgxpool\.\(\*Pool\)\.backgroundHealthCheck|"
        r"github\.com/jackc/pgx/v\d/pool\.\(\*Pool\)\.backgroundHealthCheck",
        "a pool of pgx",
    ),
    _helper(
        r"google\.golang\.org/grpc/internal/grpcsync\.\(\*CallbackSerializer\)\.run",
        "a client of gRPC, which has three",
        3,
    ),
    _helper(
        r"google\.golang\.org/grpc\.\(\*ccBalancerWrapper\)\.watcher"
        r"|google\.golang\.org/grpc/internal/transport\.(?:\(\*http2Client\)\.reader"
        r"|[nN]ewHTTP2Client\.func\d)",
        "a connection of a client of gRPC",
    ),
    _helper(_HTTP2 + r"ClientConn\)\.readLoop", "a connection of a client of HTTP/2"),
    _helper(
        r"go\.mongodb\.org/mongo-driver/.*topology\.\(\*Server\)\.update",
        "a server that a client of MongoDB knows",
    ),
    _helper(r"github\.com/(?:IBM|Shopify)/sarama\.\(\*client\)\.backgroundM", "a client of Kafka"),
    _helper(r"github\.com/nats-io/nats(?:\.|%2e)go\.\(\*Conn\)\.flusher", "a client of NATS"),
    _helper(r"github\.com/go-redis/redis/.*pool\.\(\*ConnPool\)\.reaper", "a client of Redis"),
    _helper(
        r"go\.opentelemetry\.io/otel/sdk/trace\.\(\*batchSpanProcessor\)\.processQueue",
        "a processor of spans",
    ),
    _helper(r"gopkg\.in/natefinch/lumberjack.*\(\*Logger\)\.millRun", "a log file that rotates"),
    _helper(r"github\.com/fsnotify/fsnotify\.\(\*\w+\)\.readEvents", "a watcher of files"),
    _helper(r"github\.com/dgraph-io/ristretto.*\(\*Cache.*\)\.processItems", "a cache"),
)
TICKERS = (
    _helper(r"github\.com/patrickmn/go-cache\.\(\*janitor\)\.Run", "a cache that cleans up"),
    _helper(
        r"go\.uber\.org/zap/zapcore\.\(\*BufferedWriteSyncer\)\.flushLoop",
        "a log that is flushed from time to time",
    ),
    _helper(
        r"k8s\.io/apimachinery/pkg/util/wait\.(?:BackoffUntil|JitterUntil|PollUntil|poller)",
        "something that is done from time to time",
    ),
)


class Helpers(NamedTuple):
    """Goroutines of libraries that are too many.

    Attributes:
        group: themselves.
        of: what each belongs to.
        said: what was seen of them.
        left: of how many the maker has ended or gone on.
    """

    group: Group
    of: str
    said: tuple[str, ...]
    left: int


def helpers_in(case: Case, known: tuple[Helper, ...]) -> Iterator[Helpers]:
    """Yield the groups of those that are many, or become more, or whose makers have left."""

    @cache
    def kind_of(function: str) -> Helper | None:
        return next((each for each in known if each.calls.match(function)), None)

    for group in case.groups:
        kinds = (kind_of(frame.function) for frame in group.stack)
        kind = next((each for each in kinds if each is not None), None)
        if kind is None:
            continue
        makers = makers_of(case, group)
        if grows(case, group) or group.leaked or group.count >= MANY * kind.each:
            yield Helpers(group, kind.of, (f"each is of {kind.of}", *makers.said), makers.left)
