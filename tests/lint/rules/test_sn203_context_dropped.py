"""A background where a context is at hand is reported, unless it is meant; the fix hands it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._vet import fixed, vet
from lint._wanted import go

HEAD = """
package p

import (
    "context"
    "log/slog"
    "net/http"
    "time"
)
"""


def function(code: str, name: str = "find") -> None:
    """Hold a function of the statements ``code`` that is given a context."""
    head = f"{HEAD}\nfunc (s *T) {name}(ctx context.Context, id string) error {{\n"
    go("SN203", f"{head}{code}\n}}\n")


@pytest.mark.parametrize(
    "code",
    [
        "return s.db.Query(context.Background(), id) // want",
        "rows, err := s.db.Query(context.TODO(), id) // want\n use(rows)\n return err",
        "if x := s.get(context.Background(), id); x != nil { // want\n return x\n }",
        "for range 3 {\n s.ask(context.Background()) // want\n }",
        "c := context.Background() // want\n s.ask(c, id)",
    ],
)
def test_a_context_that_is_not_handed_on_is_reported(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        "return s.db.Query(ctx, id)",
        # A default for who is given none.
        "if ctx == nil {\n ctx = context.Background()\n }\n return s.db.Query(ctx)",
        "if ctx == nil {\n return s.get(context.Background(), id)\n }",
        # It has a deadline of its own, or lives on purpose.
        (
            "c, cancel := context.WithTimeout(context.Background(), time.Second)\n"
            " defer cancel()\n s.ask(c)"
        ),
        "c := context.WithoutCancel(ctx)\n s.ask(c)",
        "go s.ask(context.Background(), id)",
        "go func() {\n s.ask(context.Background(), id)\n }()",
        "s.later(func() { s.ask(context.Background(), id) })",
        # Done even though the caller has given up.
        "defer s.put(context.Background(), id)",
        "select {\n case <-ctx.Done():\n s.put(context.Background(), id)\n case <-s.c:\n }",
        "if err := s.ask(ctx); err != nil {\n s.put(context.Background(), id)\n }",
        "if ctx.Err() != nil {\n s.put(context.Background(), id)\n }",
        "s.tx.Rollback(context.Background())",
        "s.unlock(context.Background(), id)",
        'slog.InfoContext(context.Background(), "x")',
        "s.log.Error(context.Background(), id)",
        # It lives longer.
        "s.client = NewClient(context.Background(), id)",
        "s.watch(context.Background(), id)",
        "stream, _ := s.stream(context.Background())\n go func() { stream.Recv() }()",
        "if s.queue == nil {\n s.queue = s.make(context.Background())\n }",
        # A reason is given.
        "// The caller's context must not cancel this.\n s.ask(context.Background(), id)",
        "s.ask(context.Background(), id) // detached from the request",
        "c := context.Background()\n s.ctx = c",
    ],
)
def test_what_is_meant_is_not(code: str) -> None:
    function(code)


def test_what_cleans_up_by_its_name_is_not() -> None:
    function("s.ask(context.Background())", "Shutdown")


@pytest.mark.parametrize(
    "name", ["Send", "Render", "Vendors", "Track", "Package", "Append", "Login"]
)
def test_a_word_within_a_word_says_nothing(name: str) -> None:
    function(f"s.{name}(context.Background(), id) // want")
    function("s.ask(context.Background(), id) // want", name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "End",
            "sendAck",
            "ShutDown",
            "TTLReset",
            "closes_all",
            "Stopping",
            "notifyAll",
            "Tracing",
        ),
        *("Cancelled", "rollBack", "MarkDone", "GCEnd", "SetUp", "Initialize", "RunAll"),
    ],
)
def test_a_word_of_the_name_does(name: str) -> None:
    function(f"s.{name}(context.Background(), id)")
    function("s.ask(context.Background(), id)", name)


@pytest.mark.parametrize("name", ["Infof", "Errorw", "Println", "WarningContext", "handleIt"])
def test_what_logs_by_its_name_is_not(name: str) -> None:
    function(f"s.{name}(context.Background(), id)")


def test_a_function_without_a_context_has_none_to_hand_on() -> None:
    go("SN203", f"{HEAD}\nfunc f(id string) {{\n ask(context.Background())\n}}\n")
    go("SN203", f"{HEAD}\nfunc f(_ context.Context) {{\n ask(context.Background())\n}}\n")


def test_a_request_has_a_context_too() -> None:
    (found,) = go(
        "SN203",
        f"{HEAD}\nfunc h(w http.ResponseWriter, req *http.Request) {{\n"
        " ask(context.Background()) // want\n}\n",
    )
    assert found.message.startswith("`context.Background()` stands where `req.Context()` is")


def test_a_handler_that_has_none_to_give_is_left_alone() -> None:
    go(
        "SN203",
        'package p\nimport ("context"; "github.com/nats-io/nats.go")\n'
        "func h(m *nats.Msg) {\n ask(context.Background())\n}\n",
    )


@pytest.mark.house
def test_the_fix_hands_the_context_on(tmp_path: Path) -> None:
    programs = [
        """
        package p

        import (
            "context"
            "database/sql"
        )

        func Count(ctx context.Context, db *sql.DB) *sql.Row {
            return db.QueryRowContext(context.Background(), "select 1")
        }
        """,
        """
        package p

        import (
            "context"
            "database/sql"
            "net/http"
        )

        var db *sql.DB
        var _ = context.Background

        func Count(w http.ResponseWriter, r *http.Request) {
            c := context.TODO()
            db.PingContext(c)
        }
        """,
    ]
    after = [fixed("SN203", programs[0]), fixed("SN203", programs[1])]
    assert "db.QueryRowContext(ctx," in after[0]
    assert "c := r.Context()" in after[1]
    vet(tmp_path, after[1:])
