"""What holds connections is made once: what is made per request or per turn is reported."""

from __future__ import annotations

import pytest

from lint._programs import go_function, go_handler
from lint._wanted import go

HEAD = """
package p

import (
    "context"
    "database/sql"
    "net/http"
    "sync"

    "github.com/jackc/pgx/v5/pgxpool"
    "github.com/redis/go-redis/v9"
    "go.mongodb.org/mongo-driver/mongo"
    "google.golang.org/grpc"
)

type T struct {
    db *sql.DB
    dbs map[string]*sql.DB
    once sync.Once
}

var shared *sql.DB
"""


def handler(code: str) -> None:
    """Hold a handler of the statements ``code``."""
    go("SN503", go_handler(HEAD, code))


@pytest.mark.parametrize(
    "code",
    [
        'db, err := sql.Open("pgx", "dsn") // want\n use(db, err)',
        'db, err := sql.Open("pgx", "dsn") // want\n defer db.Close()\n use(err)',
        "client := redis.NewClient(&redis.Options{}) // want\n client.Get(r.Context(), r.URL.Path)",
        "pool, err := pgxpool.New(r.Context(), dsn) // want\n use(pool, err)",
        "client, err := mongo.Connect(r.Context(), options) // want\n use(client, err)",
        'conn, err := grpc.NewClient("shop:80") // want\n defer conn.Close()\n use(err)',
        "client := &http.Client{Transport: &http.Transport{}} // want\n client.Get(url)",
        "repo := NewRepo(redis.NewClient(nil)) // want\n repo.Get()",
        "var db *sql.DB\n db, _ = sql.Open(a, b) // want\n db.Ping()",
        "func() {\n db, _ := sql.Open(a, b) // want\n db.Ping()\n }()",
        # It is another for each request, and nobody closes it.
        'db, err := sql.Open("pgx", r.FormValue("dsn")) // want\n use(db, err)',
        'db, err := sql.Open("pgx", r.FormValue("dsn")) // want advice\n use(err)\n db.Close()',
    ],
)
def test_what_is_made_for_a_request_is_reported(code: str) -> None:
    handler(code)


@pytest.mark.parametrize(
    "code",
    [
        't.db, _ = sql.Open("pgx", "dsn")',
        't.dbs[r.Host], _ = sql.Open("pgx", "dsn")',
        "db, _ := sql.Open(a, b)\n t.dbs[r.Host] = db",
        "db, _ := sql.Open(a, b)\n t.cache.Store(r.Host, db)",
        "db, _ := sql.Open(a, b)\n t.repo = NewRepo(db)",
        "shared, _ = sql.Open(a, b)",
        "t.once.Do(func() {\n db, _ := sql.Open(a, b)\n use(db)\n })",
        "client := &http.Client{}\n client.Get(url)",
        "client := &http.Client{Transport: t.transport}\n client.Get(url)",
        "client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}\n use(client)",
        "redis := t.redis\n redis.NewClient()",
    ],
)
def test_what_is_kept_or_holds_nothing_is_not(code: str) -> None:
    handler(code)


def test_what_lives_with_a_connection_is_not() -> None:
    handler("c, _ := up.Upgrade(w, r, nil)\n db, _ := sql.Open(a, b)\n serve(c, db)")


def test_a_helper_that_returns_a_new_one_makes_one_too() -> None:
    go(
        "SN503",
        f"""{HEAD}
func dial() (*grpc.ClientConn, error) {{ return grpc.NewClient("shop:80") }}
func open() (db *sql.DB, err error) {{
    db, err = sql.Open("pgx", "dsn")
    return
}}
func (t *T) connect() *redis.Client {{
    client := redis.NewClient(nil)
    return client
}}
func (t *T) h(w http.ResponseWriter, r *http.Request) {{
    conn, err := dial() // want
    db, err := open() // want
    client := t.connect() // want
    use(conn, err, db, client)
}}
func (t *T) start() {{
    conn, err := dial()
    use(conn, err)
}}
""",
    )


@pytest.mark.parametrize(
    "code",
    [
        "for _, job := range jobs {\n db, _ := sql.Open(a, b) // want\n db.Exec(job)\n }",
        "for {\n client := redis.NewClient(options) // want\n client.Get(ctx, key)\n }",
        (
            "for rows.Next() {\n c := &http.Client{Transport: &http.Transport{}} // want\n"
            " c.Get(u)\n }"
        ),
        # Left when it fails only.
        "for {\n db, err := sql.Open(a, b) // want\n if err != nil {\n return\n }\n db.Ping()\n }",
    ],
)
def test_one_in_each_turn_is_reported(code: str) -> None:
    go("SN503", go_function(HEAD, "f(jobs []string, a, b, u, key string)", code))


@pytest.mark.parametrize(
    "code",
    [
        # Tried again until it works.
        "for {\n db, err := sql.Open(a, b)\n if err == nil {\n return\n }\n db.Close()\n }",
        "for range 3 {\n db, err := sql.Open(a, b)\n if err == nil {\n use(db)\n break\n }\n }",
        # Another in each turn.
        "for _, dsn := range jobs {\n db, _ := sql.Open(a, dsn)\n db.Ping()\n }",
        "for range 3 {\n b = next()\n db, _ := sql.Open(a, b)\n db.Ping()\n }",
        (
            "o := options()\n for _, job := range jobs {\n o.Addr = job\n"
            " c := redis.NewClient(o)\n c.Get()\n }"
        ),
        # Kept, all of them.
        "for range 3 {\n db, _ := sql.Open(a, b)\n all = append(all, db)\n }",
        # For somebody else, each.
        "for range 3 {\n db, _ := sql.Open(a, b)\n go func() { use(db) }()\n }",
        "db, _ := sql.Open(a, b)\n for _, job := range jobs {\n db.Exec(job)\n }",
    ],
)
def test_tries_others_and_kept_ones_are_not(code: str) -> None:
    go("SN503", go_function(HEAD, "f(jobs []string, a, b string)", code))


def test_the_message_says_what_is_made_for_whom() -> None:
    (found,) = go(
        "SN503",
        f"{HEAD}\nfunc h(w http.ResponseWriter, r *http.Request) {{\n ask()\n }}\n"
        "func ask() {\n c := redis.NewClient(nil) // want\n c.Get()\n }\n",
    )
    assert found.message == (
        "`redis.NewClient` opens connections of its own for each request to `h`, "
        "and nothing closes it"
    )
    assert found.related[0].message == "the handler: it takes *http.Request"
