"""Work that a handler starts and lets go is reported; what it waits for, ends or limits is not."""

from __future__ import annotations

import pytest

from lint._wanted import go, go_findings
from snowshed.lint import Tier

HEAD = """
package p

import (
    "context"
    "errgroup"
    "io"
    "net/http"
    "os"
    "sync"
    "sync/atomic"
    "time"
)

type T struct {
    wg sync.WaitGroup
    running bool
    inflight atomic.Int64
    seen map[string]bool
    queue chan string
    once sync.Once
    sem chan struct{}
}

func work(ctx context.Context) {}
func stream(w io.Writer, c chan any) {
    for range c {
    }
}
func (t *T) one(c <-chan any) { <-c }
func (t *T) keep(c chan bool) { t.kept = c }
"""


def handler(code: str) -> None:
    """Hold a handler with the statements ``code``."""
    go(
        "SN101",
        f"{HEAD}\nfunc (t *T) handle(w http.ResponseWriter, r *http.Request) {{\n{code}\n}}\n",
    )


@pytest.mark.parametrize(
    "code",
    [
        "go work(context.Background()) // want",
        "go work(r.Context()) // want",
        "go func() { // want\n work(context.Background())\n}()",
        "if r.Method == http.MethodPost {\n go work(context.Background()) // want\n}",
        "for range 10 {\n go work(context.Background()) // want\n}",
        "go func() { t.queue <- r.URL.Path }() // want",
        # Deferred, and cancelled before it has begun.
        "ctx, cancel := context.WithCancel(r.Context())\n defer cancel()\n go work(ctx) // want",
        # Another group than that which it belongs to.
        (
            "var a, b sync.WaitGroup\n a.Add(1)\n go func() { // want advice\n defer a.Done()\n"
            " }()\n b.Wait()"
        ),
        "done := make(chan bool)\n go func() { // want\n done <- true\n }()",
        "g := new(errgroup.Group)\n g.Go(func() error { // want\n return nil\n })",
        "func() {\n go work(context.Background()) // want\n }()",
        "t.wg.Add(1)\n go func() { // want advice\n defer t.wg.Done()\n work(r.Context())\n }()",
        "done := make(chan bool)\n t.keep(done)\n go func() { // want advice\n close(done)\n }()",
    ],
)
def test_what_a_handler_lets_go_is_reported(code: str) -> None:
    handler(code)


@pytest.mark.parametrize(
    "code",
    [
        # It waits.
        (
            "var wg sync.WaitGroup\n wg.Add(1)\n go func() {\n defer wg.Done()\n"
            " work(r.Context())\n }()\n wg.Wait()"
        ),
        "done := make(chan struct{})\n go func() {\n close(done)\n }()\n <-done",
        "done := make(chan struct{})\n defer func() { <-done }()\n go func() {\n close(done)\n }()",
        (
            "c := make(chan int)\n go func() { c <- 1 }()\n select {\n case <-c:\n"
            " case <-time.After(time.Second):\n }"
        ),
        "c := make(chan int)\n go produce(c)\n for x := range c {\n _ = x\n }",
        (
            "g, ctx := errgroup.WithContext(r.Context())\n g.Go(func() error {\n work(ctx)\n"
            " return nil\n })\n g.Wait()"
        ),
        "var wg sync.WaitGroup\n wg.Go(func() { work(r.Context()) })\n wg.Wait()",
        (
            "pr, pw := io.Pipe()\n go func() {\n defer pw.Close()\n pw.Write(nil)\n }()\n"
            " io.Copy(w, pr)"
        ),
        "c := make(chan any)\n go func() { c <- 1 }()\n stream(w, c)",
        "c := make(chan any)\n go func() { c <- 1 }()\n t.one(c)",
        # It ends with the request.
        "go func() {\n <-r.Context().Done()\n }()",
        (
            "ctx := r.Context()\n go func() {\n select {\n case <-ctx.Done():\n case <-t.queue:\n"
            " }\n }()"
        ),
        (
            "ctx, cancel := context.WithCancel(context.Background())\n defer cancel()\n"
            " go func() {\n <-ctx.Done()\n }()"
        ),
        "stop := make(chan struct{})\n defer close(stop)\n go func() {\n <-stop\n }()",
        # Something limits it.
        "t.sem <- struct{}{}\n go func() {\n defer func() { <-t.sem }()\n }()",
        (
            "select {\n case t.sem <- struct{}{}:\n go func() {\n defer func() { <-t.sem }()\n"
            " }()\n default:\n }"
        ),
        "if !t.limiter.Allow() {\n return\n }\n go work(context.WithoutCancel(r.Context()))",
        (
            "if err := t.slots.Acquire(r.Context(), 1); err != nil {\n return\n }\n"
            " go work(context.WithoutCancel(r.Context()))"
        ),
        "if t.inflight.Add(1) > 100 {\n return\n }\n go work(r.Context())",
        "if t.running {\n return\n }\n t.running = true\n go work(context.Background())",
        (
            "if _, ok := t.seen[r.URL.Path]; ok {\n return\n }\n t.seen[r.URL.Path] = true\n"
            " go work(context.Background())"
        ),
        "t.once.Do(func() { go work(context.Background()) })",
        # It takes the connection over.
        "conn, _ := t.upgrader.Upgrade(w, r, nil)\n go t.write(conn)\n t.read(conn)",
        "conn, _, _ := w.(http.Hijacker).Hijack()\n go io.Copy(conn, conn)",
        # It stops the process.
        "go t.server.Shutdown(context.Background())",
        "go func() {\n time.Sleep(time.Second)\n os.Exit(0)\n }()",
    ],
)
def test_what_has_an_owner_or_a_limit_is_not(code: str) -> None:
    handler(code)


@pytest.mark.parametrize(
    ("imports", "signature"),
    [
        ('"github.com/gin-gonic/gin"', "f(c *gin.Context)"),
        ('"github.com/labstack/echo/v4"', "f(c echo.Context) error"),
        ('"github.com/gofiber/fiber/v2"', "f(c *fiber.Ctx) error"),
        ('"github.com/valyala/fasthttp"', "f(ctx *fasthttp.RequestCtx)"),
        ('h "net/http"', "f(w h.ResponseWriter, r *h.Request)"),
        ('"net/http"', "f(w http.ResponseWriter, r *http.Request, vars map[string]string) error"),
        ('"github.com/nats-io/nats.go"', "f(m *nats.Msg)"),
        ('"github.com/nsqio/go-nsq"', "(h *H) HandleMessage(m *nsq.Message) error"),
    ],
)
def test_handlers_are_known_by_what_they_take(imports: str, signature: str) -> None:
    go("SN101", f"package p\nimport {imports}\nfunc {signature} {{\n go work() // want\n}}\n")


@pytest.mark.parametrize(
    ("imports", "signature"),
    [
        ('"net/http"', "f(r *http.Request)"),
        ('"net/http"', "(t *T) RoundTrip(r *http.Request) (*http.Response, error)"),
        ('"example.com/http"', "f(w http.ResponseWriter, r *http.Request)"),
        ('"example.com/gin"', "f(c *gin.Context)"),
        ('"github.com/gin-gonic/gin"', "f(c *gin.Engine)"),
        ('"context"', "(s *Server) Get(ctx context.Context, in *In) (*Out, error)"),
        ('"context"', "main()"),
    ],
)
def test_what_is_no_handler_is_not_taken_for_one(imports: str, signature: str) -> None:
    go(
        "SN101",
        f"package p\nimport {imports}\ntype Server struct{{}}\nfunc {signature} {{\n"
        " go work()\n}\n",
    )


def test_the_methods_of_a_service_are_handlers_and_no_others() -> None:
    go(
        "SN101",
        """
        package p
        import ("context"; pb "example.com/api")
        type server struct {
            pb.UnimplementedShopServer
            queue chan string
        }
        func (s *server) Buy(ctx context.Context, in *pb.Order) (*pb.Bill, error) {
            go s.mail(in) // want
            return nil, nil
        }
        func (s *server) Run(ctx context.Context) error {
            go s.loop()
            return nil
        }
        func (s *server) Watch(in *pb.Order, stream pb.Shop_WatchServer) error {
            go s.feed(stream)
            return nil
        }
        """,
    )


def test_a_service_may_be_known_by_what_registers_it() -> None:
    go(
        "SN101",
        """
        package p
        import ("context"; "google.golang.org/grpc"; pb "example.com/api")
        type server struct{}
        func (s *server) Buy(ctx context.Context, in *pb.Order) (*pb.Bill, error) {
            go s.mail(in) // want
            return nil, nil
        }
        func main() {
            g := grpc.NewServer()
            pb.RegisterShopServer(g, &server{})
        }
        """,
    )


def test_a_helper_of_handlers_alone_serves_their_requests() -> None:
    (found,) = go(
        "SN101",
        """
        package p
        import "net/http"
        type T struct{}
        func (t *T) get(w http.ResponseWriter, r *http.Request) { t.tell("get") }
        func (t *T) put(w http.ResponseWriter, r *http.Request) { t.tell("put") }
        func (t *T) tell(what string) {
            go send(what) // want
        }
        func (t *T) shared(what string) { go send(what) }
        func (t *T) post(w http.ResponseWriter, r *http.Request) { t.shared("post") }
        func (t *T) start() { t.shared("start") }
        func (t *T) kept(what string) { go send(what) }
        func (t *T) patch(w http.ResponseWriter, r *http.Request) { t.later(t.kept) }
        func (t *T) Public(what string) { go send(what) }
        func (t *T) head(w http.ResponseWriter, r *http.Request) { t.Public("head") }
        """,
    )
    assert [each.span.line for each in found.related] == [4]
    assert "(*T).get" in found.message


def test_a_literal_may_be_the_handler() -> None:
    go(
        "SN101",
        """
        package p
        import "net/http"
        func middleware(next http.Handler) http.Handler {
            go once()
            return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
                go count(r) // want
                next.ServeHTTP(w, r)
            })
        }
        func routes(mux *http.ServeMux) {
            done := make(chan bool)
            mux.HandleFunc("/a", func(w http.ResponseWriter, r *http.Request) {
                go func() { done <- true }() // want
            })
            mux.HandleFunc("/b", func(w http.ResponseWriter, r *http.Request) { <-done })
        }
        """,
    )


def test_the_message_names_what_is_started_and_by_whom() -> None:
    code = (
        'package p\nimport "net/http"\n'
        "func f(w http.ResponseWriter, r *http.Request) {\n go s.mail(r)\n}\n"
    )
    (found,) = go_findings("SN101", {"p/a.go": code})
    assert found.message.startswith("`go s.mail(...)` outlives the request: `f` does not wait")
    assert found.tier is Tier.DEFAULT
    assert found.function == "f"
