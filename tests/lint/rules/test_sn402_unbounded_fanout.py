"""One goroutine for each of many is reported; a few, and what is limited, are not."""

from __future__ import annotations

import pytest

from lint._programs import go_function, go_handler
from lint._wanted import go

HEAD = """
package p

import (
    "context"
    "database/sql"
    "encoding/json"
    "net/http"
    "os/exec"
    "strings"
    "sync"

    "golang.org/x/sync/errgroup"
)

type T struct {
    peers []string
    db *sql.DB
    sem chan struct{}
}

type question struct { IDs []string }

var table = []string{"a", "b"}

func work(ctx context.Context, id string) {}
func ask(url string) { http.Get(url) }
"""
JOINED = """
    var wg sync.WaitGroup
    defer wg.Wait()
"""


def handler(code: str) -> None:
    """Hold a handler of the statements ``code``."""
    go("SN402", go_handler(HEAD, code))


def function(code: str) -> None:
    """Hold a function of the statements ``code``, which is given some."""
    go("SN402", go_function(HEAD, "(t *T) f(ctx context.Context, n int, ids []string)", code))


@pytest.mark.parametrize(
    "code",
    [
        (
            'for _, id := range strings.Split(r.FormValue("ids"), ",") {\n'
            " wg.Go(func() { use(id) }) // want\n }"
        ),
        (
            'for _, id := range r.URL.Query()["id"] {\n wg.Add(1)\n go func() { // want\n'
            " defer wg.Done()\n use(id)\n }()\n }"
        ),
        (
            "var q question\n json.NewDecoder(r.Body).Decode(&q)\n for _, id := range q.IDs {\n"
            " wg.Go(func() { use(id) }) // want\n }"
        ),
        (
            "ids := t.db.QueryIDs(r.Context())\n for _, id := range ids {\n"
            " wg.Go(func() { use(id) }) // want\n }"
        ),
        (
            "g, ctx := errgroup.WithContext(r.Context())\n for _, id := range r.Form {\n"
            " g.Go(func() error { // want\n return nil\n })\n }\n g.Wait()\n use(ctx)"
        ),
        # Of the service's own: there are a few.
        "for _, peer := range t.peers {\n wg.Go(func() { use(peer) }) // want advice\n }",
    ],
)
def test_what_a_request_decides_the_number_of_is_reported(code: str) -> None:
    handler(JOINED + code)


@pytest.mark.parametrize(
    "code",
    [
        "for _, id := range ids {\n wg.Go(func() { http.Get(id) }) // want\n }",
        "for _, id := range ids {\n wg.Go(func() { ask(id) }) // want\n }",
        "for _, id := range ids {\n go ask(id) // want\n }",
        "some := sorted(ids)\n for i := range some {\n go ask(some[i]) // want\n }",
        "for i := 0; i < len(ids); i++ {\n go ask(ids[i]) // want\n }",
        (
            "for _, id := range ids {\n go func(id string) { // want\n exec.Command(id).Run()\n"
            " }(id)\n }"
        ),
        "rows, _ := t.db.Query(ctx)\n for rows.Next() {\n go ask(rows.Text()) // want\n }",
        "for _, id := range ids {\n go work(ctx, id) // want advice\n }",
        "for _, one := range other() {\n go ask(one) // want advice\n }",
        "for _, peer := range t.peers {\n go ask(peer) // want advice\n }",
        "endpoints := ids\n for _, each := range endpoints {\n go ask(each) // want advice\n }",
        # Each stays until it is told to end: as many as there are of something.
        "for _, id := range ids {\n go func() { // want advice\n for {\n ask(id)\n }\n }()\n }",
    ],
)
def test_what_asks_others_for_each_that_is_given_is_reported(code: str) -> None:
    function(JOINED + code)


@pytest.mark.parametrize(
    "code",
    [
        'for _, id := range []string{"a", "b"} {\n go ask(id)\n }',
        "for _, id := range table {\n go ask(id)\n }",
        'hosts := []string{"a", "b"}\n for _, host := range hosts {\n go ask(host)\n }',
        "for i := 0; i < n; i++ {\n go ask(ids[i])\n }",
        "for range n {\n go ask(ids[0])\n }",
        "for range 10 {\n go ask(ids[0])\n }",
        "count, _ := strconv.Atoi(ids[0])\n for i := range count {\n go ask(ids[i])\n }",
        (
            "for _, id := range ids {\n t.sem <- struct{}{}\n go func() {\n"
            " defer func() { <-t.sem }()\n ask(id)\n }()\n }"
        ),
        (
            "for _, id := range ids {\n go func() {\n t.sem <- struct{}{}\n"
            " defer func() { <-t.sem }()\n ask(id)\n }()\n }"
        ),
        (
            "for _, id := range ids {\n if t.slots.Acquire(ctx, 1) != nil {\n break\n }\n"
            " go ask(id)\n }"
        ),
        (
            "var g errgroup.Group\n g.SetLimit(4)\n for _, id := range ids {\n"
            " g.Go(func() error {\n ask(id)\n return nil\n })\n }"
        ),
        (
            "p := pool.New().WithMaxGoroutines(3)\n for _, id := range ids {\n"
            " p.Go(func() { ask(id) })\n }"
        ),
        (
            "for start := 0; start < len(ids); start += 10 {\n var wg sync.WaitGroup\n"
            " for _, id := range ids[start:] {\n wg.Go(func() { ask(id) })\n }\n wg.Wait()\n }"
        ),
        (
            "for _, id := range ids {\n done := make(chan bool)\n go func() {\n ask(id)\n"
            " close(done)\n }()\n <-done\n }"
        ),
        (
            "for _, id := range ids {\n if running >= 10 {\n <-done\n }\n go func() {\n ask(id)\n"
            " done <- true\n }()\n }"
        ),
        "for _, id := range ids {\n limiter.Wait(ctx)\n go ask(id)\n }",
        "for _, id := range ids {\n ask(id)\n }\n go ask(ids[0])",
        "for _, id := range ids {\n t.pool.Submit(func() { ask(id) })\n }",
    ],
)
def test_a_few_and_what_is_limited_are_not(code: str) -> None:
    function(f"done := make(chan bool, 10)\n running := 0\n use(done, running)\n{code}")


def test_what_a_handler_does_not_wait_for_is_left_to_another_rule() -> None:
    handler("for _, id := range r.Form {\n go ask(id)\n }")


def test_what_the_maker_of_a_handler_was_given_is_a_setting() -> None:
    go(
        "SN402",
        f"""{HEAD}
        func handle(names []string) http.HandlerFunc {{
            return func(w http.ResponseWriter, r *http.Request) {{
                var wg sync.WaitGroup
                for _, name := range names {{
                    wg.Go(func() {{ ask(name) }}) // want advice
                }}
                wg.Wait()
            }}
        }}
        """,
    )


def test_arguments_are_evaluated_at_the_statement_and_no_capture_is_told_of() -> None:
    """Wrong claim 5: it is a fan-out without a limit, and that is all it is."""
    (found,) = go(
        "SN402",
        f"{HEAD}\nfunc f(urls []string) {{\n"
        " for _, u := range urls {\n go ask(u) // want\n }\n}\n",
    )
    assert found.message == (
        "`go ask(...)` starts a goroutine for each of `urls`, "
        "and nothing limits how many run at once"
    )


def test_what_is_written_out_or_cut_to_a_number_is_no_flood() -> None:
    go(
        "SN402",
        """
        package p

        import (
            "net/http"
            "sync"
        )

        func listed(w http.ResponseWriter, r *http.Request) {
            var wg sync.WaitGroup
            for _, name := range []string{r.FormValue("a"), r.FormValue("b")} {
                wg.Add(1)
                go func() { defer wg.Done(); http.Get(name) }()
            }
            wg.Wait()
        }

        func cut(w http.ResponseWriter, r *http.Request) {
            var wg sync.WaitGroup
            for _, id := range r.Form["id"][:4] {
                wg.Add(1)
                go func() { defer wg.Done(); http.Get(id) }()
            }
            wg.Wait()
        }
        """,
    )


@pytest.mark.parametrize(
    ("started", "mark"),
    [
        ("go each.Close()", ""),
        ("go each.GracefulStop()", ""),
        ("go func() {\n defer wg.Done()\n _ = each.Close()\n }()", ""),
        ('go func() {\n if err := each.Stop(); err != nil {\n log.Printf("%v", err)\n }\n }()', ""),
        ("go stop(each)", ""),
        ("go each.Load()", " // want advice"),
        ("go each.Closed()", " // want advice"),
        ("go func() { // want advice\n each.Load()\n each.Close()\n }()", ""),
        ("go func() { // want advice\n use(each)\n }()", ""),
    ],
)
def test_what_only_ends_what_it_is_given_is_no_flood(started: str, mark: str) -> None:
    loop = (
        f"var wg sync.WaitGroup\n for _, each := range rows {{\n wg.Add(1)\n {started}{mark}\n }}"
    )
    go("SN402", go_function(HEAD, "(t *T) f(rows []*row)", f"{loop}\n wg.Wait()"))
