"""What type an expression has, and what a call calls."""

from __future__ import annotations

import pytest

from lint._go_code import package
from snowshed.lint._go import _nodes as n
from snowshed.lint._go import base_of, callee, channel_element, is_channel, owner_of, type_of

DECLARED = """package p

type conn struct { mu sync.Mutex; out chan error }
type base struct { sync.RWMutex; quit chan bool }
type server struct {
	*base
	conns map[string]*conn
	list  []*conn
	ready done
	next  func() *conn
}
type done chan struct{}
type names []string

func (s *server) open(name string) (*conn, error) { return s.conns[name], nil }
func (c *conn) results() <-chan error { return c.out }
func (b *base) stop() {}
func generic[T any](x T) *server { return nil }

var global = &server{}
"""


def typed(code: str) -> str:
    """Return the type of what stands last in a function of ``server`` with the names of above."""
    found = package(f"{DECLARED}\nfunc (s *server) f(c *conn, n int) {{ {code} }}")
    method = found.method("server", "f")
    assert method is not None
    stated = method.body.statements[-1]
    assert isinstance(stated, n.Assign)
    return type_of(stated.right[0])


@pytest.mark.parametrize(
    ("code", "type_"),
    [
        ("_ = s", "*server"),
        ("_ = s.conns", "map[string]*conn"),
        ("_ = s.conns[n].mu", "sync.Mutex"),
        ("_ = s.list[0].out", "chan error"),
        ("_ = s.RWMutex", "sync.RWMutex"),
        ("_ = s.base.quit", "chan bool"),
        ("_ = s.quit", "chan bool"),
        ("_ = s.ready", "chan struct{}"),
        ("_ = <-s.quit", "bool"),
        ("_ = &c.mu", "*sync.Mutex"),
        ("_ = *c", "conn"),
        ("_ = any(s).(*conn)", "*conn"),
        ("_ = c.results()", "<-chan error"),
        ("x, err := s.open(``); _ = x", "*conn"),
        ("x, err := s.open(``); _ = err", "error"),
        ("for _, x := range s.list { }; _ = s.list", "[]*conn"),
        ("x := make(chan int, 3); _ = x", "chan int"),
        ("x := new(conn); _ = x", "*conn"),
        ("x := &conn{}; _ = x.out", "chan error"),
        ("var x, y chan<- int; _ = y", "chan<- int"),
        ("x := func() (int, *conn) { return 0, nil }; a, b := x(); _ = b", "*conn"),
        ("_ = generic(1)", "*server"),
        ("_ = global.list", "[]*conn"),
        ("_ = http.DefaultClient", ""),
        ("_ = elsewhere.New().ch", ""),
    ],
)
def test_the_type_of_an_expression_is_known_as_far_as_the_package_tells(
    code: str, type_: str
) -> None:
    assert typed(code) == type_


def test_ranges_give_elements() -> None:
    found = package(
        f"{DECLARED}\nfunc (s *server) f() {{\n"
        "for i, a := range s.list { g(a) }\n"
        "for k, b := range s.conns { g(b) }\n"
        "for d := range s.quit { g(d) }\n}"
    )
    method = found.method("server", "f")
    assert method is not None
    assert [type_of(call.arguments[0]) for call in method.all(n.Call)] == ["*conn", "*conn", "bool"]


def test_a_variable_that_is_set_to_itself_has_no_type() -> None:
    assert typed("x := x.next(); _ = x") == ""


@pytest.mark.parametrize(
    ("type_", "element"),
    [
        ("chan int", "int"),
        ("<-chan error", "error"),
        ("chan<- struct{}", "struct{}"),
        ("chan (<-chan int)", "(<-chan int)"),
        ("[]chan int", ""),
        ("channel", ""),
    ],
)
def test_what_goes_through_a_channel(type_: str, element: str) -> None:
    assert channel_element(type_) == element
    assert is_channel(type_) is bool(element)


@pytest.mark.parametrize(
    ("type_", "base"),
    [("*server", "server"), ("server[int]", "server"), ("[]*server", ""), ("map[a]b", "")],
)
def test_the_name_in_a_type(type_: str, base: str) -> None:
    assert base_of(type_) == base


def test_who_declares_a_field() -> None:
    found = package(DECLARED)
    assert owner_of(found, "*server", "quit") == "base"
    assert owner_of(found, "server", "list") == "server"
    assert owner_of(found, "server", "missing") == ""


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("s.open(``)", "(*server).open"),
        ("s.stop()", "(*base).stop"),
        ("s.list[0].results()", "(*conn).results"),
        ("generic[int](1)", "generic"),
        ("func() { }()", "(*server).f.func1"),
        ("g := func() { }; g()", "(*server).f.func1"),
        ("var g func(); g = func() { g() }; g()", "(*server).f.func1"),
        ("g := func() { }; g = other; g()", None),
        ("g := func() { }; for _, g = range s.all { g() }", None),
        ("open(``)", None),
        ("elsewhere.open(``)", None),
        ("s.next()", None),
    ],
)
def test_which_function_a_call_calls(code: str, called: str | None) -> None:
    found = package(f"{DECLARED}\nfunc (s *server) f() {{ {code} }}").method("server", "f")
    assert found is not None
    function = callee(found.all(n.Call)[-1])
    assert (None if function is None else function.display) == called


def test_a_range_over_a_map_gives_keys_and_values() -> None:
    found = package(
        "type conn struct{}\nfunc f(m map[*conn]string) { for c, s := range m { _, _ = c, s } }"
    )
    (loop,) = found.functions[0].all(n.For)
    assert [type_of(each) for each in loop.keys] == ["*conn", "string"]
