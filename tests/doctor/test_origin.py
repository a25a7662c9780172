from __future__ import annotations

import pytest

from doctor._dumps import goroutine, look
from doctor._family_dumps import ACCEPTS, idle, in_group, serves, tasks
from snowshed.doctor._alike import alike_in
from snowshed.doctor._origin import Line, Origin
from snowshed.model import Frame, Goroutine

FILE = "/srv/shop/main.go"


def origin(text: str) -> Origin:
    (group,) = look(text).groups
    (alike,) = alike_in(group.members)
    return Origin(alike)


def line_of(text: str) -> Line:
    line = origin(text).line
    assert line is not None
    return line


@pytest.mark.parametrize(
    "outermost",
    [
        "net/http.(*conn).serve",
        "net/http.(*http2serverConn).runHandler",
        "net/http/internal/http2.(*serverConn).runHandler",
        "golang.org/x/net/http2.(*serverConn).runHandler",
        "shop/vendor/golang.org/x/net/http2.(*serverConn).runHandler",
        "google.golang.org/grpc.(*Server).serveStreams.func2.1",
        "google.golang.org/grpc.(*Server).serveStreams.func1.2",
        "google.golang.org/grpc.(*Server).serverWorker",
        "github.com/valyala/fasthttp.(*workerPool).getCh.func1",
        "net/rpc.(*service).call",
    ],
)
def test_servers_are_known_by_their_outermost_call(outermost: str) -> None:
    assert origin(goroutine(5, "select", "main.search:9", f"{outermost}:3")).serves


@pytest.mark.parametrize(
    "outermost",
    [
        "main.(*conn).serve",
        "net/http.(*persistConn).readLoop",
        "google.golang.org/grpc.(*Server).handleRawConn.func1",
        "net/http.(*http2serverConn).readFrames",
        "main.worker",
    ],
)
def test_others_do_not_serve(outermost: str) -> None:
    assert not origin(goroutine(5, "select", "main.search:9", f"{outermost}:3")).serves


def test_a_crash_dump_shows_the_end_of_each_stack_too() -> None:
    end = ("net/http.(*conn).serve:2109", "runtime.goexit:1693")
    found = origin(goroutine(5, "select", "main.search:9", *end))
    assert (found.serves, found.runs) == (True, "main.search")
    assert origin(goroutine(5, "select", *end)).runs == "net/http.(*conn).serve"


def test_a_deep_stack_may_have_lost_its_outermost_call() -> None:
    assert origin(
        goroutine(5, "select", "main.search:9", created="net/http.(*Server).Serve in goroutine 1")
    ).serves


@pytest.mark.parametrize(
    ("calls", "by"),
    [
        (("net/http.(*persistConn).readLoop:2325",), "net/http.(*Transport).dialConn"),
        (("net/http.(*persistConn).writeLoop:2518",), "net/http.(*Transport).dialConn"),
        (
            ("net/http.(*connReader).backgroundRead:702",),
            "net/http.(*connReader).startBackgroundRead",
        ),
        (("database/sql.(*DB).connectionOpener:1261",), "database/sql.OpenDB"),
        (("database/sql.(*Rows).awaitDone:3011",), "database/sql.(*Rows).initContextClose"),
        (
            ("net/http/internal/http2.(*clientConnReadLoop).run:9",),
            "net/http/internal/http2.(*Transport).newClientConn",
        ),
        (
            ("context.(*cancelCtx).propagateCancel.func2:514",),
            "context.(*cancelCtx).propagateCancel",
        ),
    ],
)
def test_helpers_of_a_library_are_nobodys_tasks(calls: tuple[str, ...], by: str) -> None:
    assert origin(goroutine(5, "select", *calls, created=f"{by} in goroutine 4")).line is None


def test_what_the_program_starts_is_its_task_whatever_that_runs() -> None:
    (text,) = tasks([5], 4)
    assert line_of(text) == Line(Frame("main.search", FILE, 10))
    copies = goroutine(5, "IO wait", "io.Copy:9", created="main.proxy in goroutine 4")
    assert line_of(copies) == Line(Frame("main.proxy", FILE, 10))


def test_what_is_given_to_a_group_is_told_by_what_it_runs() -> None:
    (text,) = in_group([5], 4)
    line = line_of(text)
    assert (line.at.function, line.runs) == ("sync.(*WaitGroup).Go", "main.search.func1")
    new = goroutine(
        6,
        "runnable",
        "golang.org/x/sync/errgroup.(*Group).Go.func1:78",
        created="golang.org/x/sync/errgroup.(*Group).Go in goroutine 4",
    )
    assert line_of(new).runs == ""


def test_a_group_is_known_wherever_its_source_lies() -> None:
    """Some builds tell of no module in the path, and the group looks like the program's own."""
    go = "golang.org/x/sync/errgroup.(*Group).Go"
    calls = ("main.search.func1:71", f"{go}.func1:78")
    line = line_of(goroutine(5, "sleep", *calls, created=f"{go} in goroutine 4"))
    assert line.runs == "main.search.func1"


def test_a_library_that_calls_the_program_has_started_a_task() -> None:
    text = goroutine(
        5,
        "sleep",
        "main.slow:9",
        "net/http.HandlerFunc.ServeHTTP:2",
        "net/http.(*timeoutHandler).ServeHTTP.func1:3",
        created="net/http.(*timeoutHandler).ServeHTTP in goroutine 4",
    )
    assert line_of(text).runs == "main.slow"


def test_whoever_made_it_may_not_be_told() -> None:
    assert origin(goroutine(1, "running", "main.main:9", created="")).line is None


def test_a_maker_is_at_it_as_long_as_it_is_in_the_function() -> None:
    (task,), (grouped,) = tasks([5], 4), in_group([6], 4)
    inside, outside = origin(serves(4, "main.search:75")), origin(serves(4, "main.list:12"))
    for line in (line_of(task), line_of(grouped)):
        assert inside.stands_in(line)
        assert not outside.stands_in(line)


def test_a_maker_of_methods_is_at_it_as_long_as_it_waits() -> None:
    by = "sync.(*WaitGroup).Go in goroutine 4"
    calls = ("main.(*job).run:20", "sync.(*WaitGroup).Go.func1:239")
    line = line_of(goroutine(5, "sleep", *calls, created=by))
    assert origin(serves(4, "main.search:75")).stands_in(line)
    assert not origin(serves(4, "main.search:75", state="IO wait")).stands_in(line)


def test_the_body_of_a_loop_over_a_function_is_in_that_function() -> None:
    (task,) = tasks([5], 4, "main.search-range1")
    assert origin(serves(4, "main.search:75")).stands_in(line_of(task))
    assert origin(serves(4, "main.search-range1:71", "slices.All:9", "main.search:75")).stands_in(
        line_of(task)
    )
    (grouped,) = in_group([6], 4, "main.search.search-range1")
    assert origin(serves(4, "main.search:75")).stands_in(line_of(grouped))


def test_a_connection_is_between_requests_if_no_handler_runs() -> None:
    assert origin(idle(4)).between_requests
    assert not origin(serves(4, "main.search:75")).between_requests
    # The handler is that of a library.
    assert not origin(serves(4, "net/http.(*timeoutHandler).ServeHTTP:9")).between_requests
    assert not origin(goroutine(5, "select", "main.worker:9")).between_requests


def test_the_place_of_what_a_group_runs_is_where_its_maker_stands() -> None:
    (grouped,) = in_group([6], 4)
    maker = origin(serves(4, "main.search:75"))
    assert maker.place_of(line_of(grouped)) == Frame("main.search", FILE, 75)
    assert origin(serves(4, "main.list:12")).place_of(line_of(grouped)) == line_of(grouped).at


def test_waiting_for_tasks_and_waiting_in_a_library_are_told_apart() -> None:
    assert origin(serves(4, "main.search:75")).waits_for_tasks
    results = origin(serves(4, "main.search:75", state="chan receive"))
    assert (results.waits_for_tasks, results.waits_at_channel) == (False, True)
    rows = ("database/sql.(*DB).QueryContext:9", "main.search:75")
    assert not origin(serves(4, *rows, state="select")).waits_at_channel


def test_who_accepts_connections_starts_who_serves_them() -> None:
    accepts = origin(ACCEPTS)
    assert accepts.accepted(Frame("net/http.(*Server).Serve", FILE, 10))
    assert not accepts.accepted(Frame("main.main", FILE, 60))
    own = origin(
        goroutine(1, "IO wait", "net.(*TCPListener).Accept:380", "main.main:40", created="")
    )
    assert own.accepted(Frame("main.main", FILE, 41))
    # Workers that were started before the loop are no connections.
    assert not own.accepted(Frame("main.main", FILE, 12))
    assert not origin(idle(5)).accepted(Frame("main.main", FILE, 41))


def test_who_reads_a_connection_serves_it_unless_it_is_a_client() -> None:
    read = ("net.(*conn).Read:196", "bufio.(*Reader).Read:9")
    pump = (*read, "github.com/gorilla/websocket.(*Conn).ReadMessage:9", "main.readPump:30")
    assert origin(goroutine(5, "IO wait", *pump)).serves_connection
    query = (
        *read,
        "github.com/lib/pq.(*conn).recv:9",
        "database/sql.(*DB).QueryContext:9",
        "main.audit:30",
    )
    assert not origin(goroutine(5, "IO wait", *query)).serves_connection


def test_a_stack_may_be_empty() -> None:
    (alike,) = alike_in([Goroutine(5, "created", ())])
    found = Origin(alike)
    assert (found.serves, found.in_program, found.line, found.runs) == (False, False, None, "")
    assert found.accepts_in is None
