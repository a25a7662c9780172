"""Who serves requests, where goroutines and values come from and go to: asked of small programs."""

from __future__ import annotations

import pytest

from lint._go_code import function, package
from snowshed.lint._go import Function, matters, read
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._handlers import TYPES, handler_of, imported, serving
from snowshed.lint._go._joins import Bond, Spawn, bond_of, spawns_in
from snowshed.lint._go._limits import is_limited
from snowshed.lint._go._origins import Origin, origin_of
from snowshed.lint._go._pools import CLIENTS, WORKERS, fate_of, made_in
from snowshed.lint._source import Source


def test_a_handler_knows_its_request_and_its_context() -> None:
    found = handler_of(
        function('import "net/http"\nfunc f(w http.ResponseWriter, q *http.Request) {}')
    )
    assert found is not None
    assert (found.kind, found.context) == ("http", "q.Context()")
    assert [each.name for each in found.request] == ["q"]


def test_a_request_without_a_name_has_no_context() -> None:
    found = handler_of(
        function('import "net/http"\nfunc f(_ http.ResponseWriter, _ *http.Request) {}')
    )
    assert found is not None
    assert (found.context, found.request) == ("", ())


def test_a_type_is_told_by_its_path_without_the_version() -> None:
    file = function('import "github.com/labstack/echo/v4"\nfunc f(c echo.Context) {}').file
    assert imported(file, "echo.Context") == ("github.com/labstack/echo", "Context")
    assert imported(file, "*other.Context") == ("", "")
    assert imported(file, "Context") == ("", "")


def test_helpers_that_call_each_other_are_followed_and_not_for_ever() -> None:
    found = package(
        """
        import "net/http"
        func h(w http.ResponseWriter, r *http.Request) { a(3) }
        func a(n int) { b(n) }
        func b(n int) { if n > 0 { a(n - 1) }; go work() }
        func lonely() { lonely() }
        """
    )
    served = {each.name: serving(each) is not None for each in found.functions}
    assert served == {"h": True, "a": True, "b": True, "lonely": False}


def spawn(code: str) -> Spawn:
    """Return the first goroutine of a function of ``code``."""
    return next(spawns_in(function(f"func f(ctx context.Context, n int) {{\n{code}\n}}")))


@pytest.mark.parametrize(
    ("code", "bond"),
    [
        ("go work()", Bond.NONE),
        ("go work(ctx)", Bond.NONE),
        ("done := make(chan bool)\ngo work(done)\n<-done", Bond.JOINED),
        ("done := make(chan bool)\ngo work(done)\nreturn done", Bond.TRACKED),
        ("done := make(chan bool)\ngo work(done)\nclose(done)", Bond.NONE),
        ("done := make(chan bool)\ngo func() { <-done }()\nclose(done)", Bond.ENDED),
        ("go func() { <-ctx.Done() }()", Bond.ENDED),
        ("c := make(chan int)\ngo func() { for range c { } }()\nclose(c)", Bond.ENDED),
        ("var wg sync.WaitGroup\nwg.Go(work)\nwg.Wait()", Bond.JOINED),
        ("go func() { defer s.wg.Done() }()", Bond.TRACKED),
    ],
)
def test_what_ties_a_goroutine(code: str, bond: Bond) -> None:
    assert bond_of(spawn(code)) is bond


def test_what_a_function_of_the_package_calls_its_parameters_is_translated() -> None:
    found = function(
        """
        type T struct { stop chan bool }
        func (t *T) run(in chan int) { for range in { }; <-t.stop }
        func f(t *T) {
            c := make(chan int)
            go t.run(c)
            close(c)
        }
        """
    )
    (only,) = spawns_in(found)
    assert {"t.stop", "c"} <= only.shared
    assert bond_of(only) is Bond.ENDED


@pytest.mark.parametrize(
    ("code", "limited"),
    [
        ("go work()", False),
        ("sem <- 1\ngo func() { <-sem }()", True),
        ("<-tokens\ngo func() { tokens <- 1 }()", True),
        ("jobs <- 1\ngo work()", False),
        ("limiter.Wait(ctx)\ngo work()", True),
        ("if len(s.running) > 10 { return }\ngo work()", True),
        ("s.bucket.Take()\ngo work()", True),
        ("s.db.Take(n)\ngo work()", False),
        ("s.db.Limit(n)\ngo work()", False),
        ("countTokens(n)\ngo work()", False),
        ("if n > 10 { return }\ngo work()", False),
        ("if err != nil { return }\ngo work()", False),
        ("g := new(errgroup.Group)\ng.Go(work)", False),
        ("g := new(errgroup.Group)\ng.SetLimit(3)\ng.Go(work)", True),
        ("p := pool.New()\np.Go(work)", True),
    ],
)
def test_what_limits_a_goroutine(code: str, limited: bool) -> None:
    assert is_limited(spawn(code)) is limited


@pytest.mark.parametrize(
    ("code", "origin"),
    [
        ("x := []string{}", Origin.WRITTEN),
        ("x := s.hosts", Origin.OWN),
        ("x := names", Origin.OWN),
        ("x := append([]string{}, names...)", Origin.OWN),
        ("x := strings.Split(q.URL.Path, 1)", Origin.REQUEST),
        ("x := q.URL.Query()[names[0]]", Origin.REQUEST),
        ("var x T\njson.NewDecoder(q.Body).Decode(&x)", Origin.REQUEST | Origin.READ),
        ("x, err := s.db.Query(q)", Origin.OWN | Origin.READ | Origin.REQUEST),
        ("x := y\ny := x", Origin.WRITTEN),
        ("x := other()", Origin.MADE),
    ],
)
def test_where_a_value_comes_from(code: str, origin: Origin) -> None:
    found = function(
        'import "net/http"\nfunc g(names []string) http.HandlerFunc {\n'
        "return func(w http.ResponseWriter, q *http.Request) {\n"
        f"{code}\nuse(x)\n}}\n}}\nvar s = settings()\n",
        "g",
    )
    (literal,) = found.literals
    used = next(each for each in literal.all(n.Call) if each.path == "use")
    assert origin_of(used.arguments[0]) == origin


def test_what_a_function_is_given_comes_from_its_caller() -> None:
    found = function("func f(ctx context.Context, names []string) { use(names[1:], ctx) }")
    (used,) = found.all(n.Call)
    assert [origin_of(each) for each in used.arguments] == [Origin.GIVEN, Origin.WRITTEN]


def made(code: str) -> tuple[bool, bool]:
    """Return whether what is made is kept, and whether it is returned."""
    found = package(f'import "database/sql"\ntype T struct {{ db *sql.DB }}\n{code}')
    one = next(made_in(found, CLIENTS))
    fate = fate_of(one)
    return fate.kept, fate.returned


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        ("func f() { db, _ := sql.Open(a, b); db.Ping() }", (False, False)),
        ("func f() (*sql.DB, error) { return sql.Open(a, b) }", (False, True)),
        ("func f() (*T, error) { db, err := sql.Open(a, b); return &T{db}, err }", (False, True)),
        ("func f(t *T) { db, _ := sql.Open(a, b); t.db = db }", (True, False)),
        ("func f() { db, _ := sql.Open(a, b); all = append(all, db) }", (True, False)),
        ("func f() { db, _ := sql.Open(a, b); out <- db }", (True, False)),
    ],
)
def test_what_becomes_of_what_is_made(code: str, fate: tuple[bool, bool]) -> None:
    assert made(code) == fate


def test_a_function_is_no_handler_for_its_name() -> None:
    found: Function = function("func ServeHTTP() {}", "ServeHTTP")
    assert handler_of(found) is None
    assert serving(found) is None


HANDLER = 'package p\nimport "net/http"\nfunc h(w http.ResponseWriter, r *http.Request)'


def test_who_is_called_by_what_was_not_read_may_serve_anybody() -> None:
    code = f"{HANDLER} {{ a() }}\nfunc a() {{}}\n"
    sources = [Source("p/a.go", code.encode())]
    (alone,) = read(sources)
    (beside,) = read(sources, unread=[b"package p\nfunc start() { a() }\n"])
    assert serving(alone.functions[1]) is not None
    assert serving(beside.functions[1]) is None


def test_a_test_that_calls_a_helper_changes_nothing() -> None:
    code = f"{HANDLER} {{ a() }}\nfunc a() {{}}\n"
    test = b"package p\nfunc TestA() { a() }\n"
    (found,) = read([Source("p/a.go", code.encode()), Source("p/a_test.go", test, is_test=True)])
    assert serving(found.functions[1]) is not None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'package p\nimport "net/http"\nfunc f(r *http.Request) {}\n', True),
        (b'package p\nimport "github.com/redis/go-redis/v9"\nfunc f() {}\n', True),
        (b'package p\nimport "github.com/jackc/pgx/v5/pgxpool"\nfunc f() {}\n', True),
        (b'package p\nimport "github.com/gin-gonic/gin"\n', True),
        (b'package p\nimport "strings"\nfunc f() { g("net/http") }\n', False),
    ],
)
def test_what_requests_come_by_and_clients_matter(content: bytes, expected: bool) -> None:
    assert matters(content) is expected


@pytest.mark.parametrize("path", sorted({*CLIENTS, *WORKERS, *(path for path, _ in TYPES)}))
def test_whatever_is_known_by_its_path_matters(path: str) -> None:
    assert matters(f'package p\nimport "{path}"\n'.encode())
