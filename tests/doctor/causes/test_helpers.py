from __future__ import annotations

import pytest

from doctor._dumps import case, goroutine, look
from snowshed.doctor._case import Case
from snowshed.doctor.causes._helpers import CLIENTS, TICKERS, helpers_in

MAIN = goroutine(1, "select", "main.main:9", created="")
OPENER = "database/sql.(*DB).connectionOpener"


def of(function: str, count: int, parent: int = 1) -> list[str]:
    made = f"x.New in goroutine {parent}"
    file = "/home/u/go/pkg/mod/x@v1.0.0/x.go"
    return [
        goroutine(10 + n, "select", f"{function}:5", created=made, file=file) for n in range(count)
    ]


@pytest.mark.parametrize(
    "function",
    [
        OPENER,
        "github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck",
        "google.golang.org/grpc.(*ccBalancerWrapper).watcher",
        "google.golang.org/grpc/internal/transport.NewHTTP2Client.func6",
        "google.golang.org/grpc/internal/transport.newHTTP2Client.func3",
        "net/http/internal/http2.(*ClientConn).readLoop",
        "net/http.(*http2ClientConn).readLoop",
        "golang.org/x/net/http2.(*ClientConn).readLoop",
        "go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*Server).update",
        "github.com/IBM/sarama.(*client).backgroundMetadataUpdater",
        "github.com/nats-io/nats%2ego.(*Conn).flusher",
        "github.com/go-redis/redis/v8/internal/pool.(*ConnPool).reaper",
        "go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue",
        "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun",
        "github.com/fsnotify/fsnotify.(*Watcher).readEvents",
        "github.com/dgraph-io/ristretto.(*Cache[...]).processItems",
    ],
)
def test_the_goroutines_of_clients_are_known(function: str) -> None:
    (found,) = helpers_in(case(MAIN, *of(function, 12)), CLIENTS)
    assert found.group.count == 12


@pytest.mark.parametrize(
    "function",
    [
        "github.com/patrickmn/go-cache.(*janitor).Run",
        "go.uber.org/zap/zapcore.(*BufferedWriteSyncer).flushLoop",
        "k8s.io/apimachinery/pkg/util/wait.JitterUntil",
    ],
)
def test_the_loops_of_libraries_are_known(function: str) -> None:
    assert [*helpers_in(case(MAIN, *of(function, 12)), TICKERS)]


def test_a_service_has_some_clients() -> None:
    assert not [*helpers_in(case(MAIN, *of(OPENER, 9)), CLIENTS)]
    serializers = of("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run", 29)
    assert not [*helpers_in(case(MAIN, *serializers), CLIENTS)]


def test_growth_is_told_before_there_are_many() -> None:
    run = "google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"
    looks = [look(MAIN, *of(run, count)) for count in (3, 18)]
    assert [*helpers_in(Case(looks), CLIENTS)]


def test_more_and_more_are_told_with_whose_they_are() -> None:
    (found,) = helpers_in(
        Case([look(MAIN, *of(OPENER, 2)), look(MAIN, *of(OPENER, 30, parent=99))]), CLIENTS
    )
    assert found.left == 30
    assert found.said == (
        "each is of a pool of database/sql",
        "who made 30 of them has ended, or has gone on to something else",
    )


def test_the_server_has_goroutines_of_the_same_functions_that_are_not_meant() -> None:
    server = "google.golang.org/grpc/internal/transport.NewServerTransport.func3"
    assert not [*helpers_in(case(MAIN, *of(server, 50)), CLIENTS)]
