"""Places, locks, what is held where, what functions do to locks, and whom a call may reach."""

from __future__ import annotations

import pytest

from lint._go_code import package
from snowshed.lint._go import Function, Package, callee
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import always_under, callers
from snowshed.lint._go._locking import events, locking, writers
from snowshed.lint._go._locks import Action, operation_of
from snowshed.lint._go._place import class_of, named, type_at
from snowshed.lint._go._places import bound, moved, place_of, traced_back
from snowshed.lint._go._targets import function_of, targets

DECLARED = """package p

import "sync"

type base struct { sync.RWMutex }
type server struct {
	*base
	mu    sync.Mutex
	state struct { sync.Mutex; n int }
	conns map[string]*conn
	list  []conn
	locks [4]sync.Mutex
	cond  *sync.Cond
	read  *sync.Cond
	hook  func(int)
	store store
}
type conn struct { mu sync.Mutex; server *server; next *conn }
type store interface { put(int); get() int }
type memory struct { mu sync.Mutex }

var global sync.Mutex

func (m *memory) put(int) {}
func (m *memory) get() int { return 0 }
func (s *server) find(name string) *conn { c, ok := s.conns[name]; _ = ok; return c }
func (s *server) first() *conn { if s == nil { return nil }; return s.list[0].next }
func New() *server {
	s := &server{hook: func(n int) { println(n) }}
	s.cond = sync.NewCond(&s.mu)
	s.read = sync.NewCond(s.base.RLocker())
	return s
}
"""


def model(code: str) -> Package:
    return package(f"{DECLARED}\n{code}")


def method(found: Package, name: str = "f") -> Function:
    return next(each for each in found.functions if each.name == name)


def last(code: str) -> n.Expression:
    """Return what stands last in a method of ``server``."""
    found = model(f"func (s *server) f(c *conn, k string) {{ {code} }}")
    stated = method(found).body.statements[-1]
    assert isinstance(stated, n.Assign)
    return stated.right[0]


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("_ = s.mu", "s.mu"),
        ("_ = &s.mu", "s.mu"),
        ("_ = (*s).mu", "s.mu"),
        ("_ = s.RWMutex", "s.base.RWMutex"),
        ("_ = s.base.RWMutex", "s.base.RWMutex"),
        ("_ = s.conns[k].mu", "s.conns[k].mu"),
        ("mu := &s.mu; _ = mu", "s.mu"),
        ("t := s; _ = t.mu", "s.mu"),
        ("t := s; t = nil; _ = t.mu", "t.mu"),
        ("x := s.conns[k]; _ = x.mu", "x.mu"),
        ("_ = s.first().mu", "s.list[*].next.mu"),
        ("_ = s.find(k).mu", "s.conns[*].mu"),
        ("_ = global", "global"),
        ("_ = s.other().mu", "s.other().mu"),
        ("_ = any(s).(*server)", "None"),
        ("_ = 1", "None"),
    ],
)
def test_an_expression_names_a_place(code: str, place: str) -> None:
    assert str(place_of(last(code))) == place


@pytest.mark.parametrize(
    ("code", "origin", "of_class"),
    [
        ("x := s.conns[k]; _ = x.mu", "s.conns[*].mu", "conn.mu"),
        ("x, ok := s.conns[k]; _ = ok; _ = x.mu", "s.conns[*].mu", "conn.mu"),
        ("_ = s.locks[2]", "s.locks[*]", "server.locks[...]"),
        ("_ = s.state.Mutex", "s.state.Mutex", "server.state.Mutex"),
        ("_ = s.cond.L", "s.cond.L", "server.cond.L"),
        ("_ = s.RWMutex", "s.base.RWMutex", "base.RWMutex"),
        ("var mu sync.Mutex; _ = mu", "mu", "mu"),
        ("_ = c.mu", "c.mu", "conn.mu"),
    ],
)
def test_a_place_has_an_origin_and_a_class(code: str, origin: str, of_class: str) -> None:
    expression = last(code)
    place = place_of(expression)
    assert place is not None
    assert str(traced_back(place)) == origin
    assert named(class_of(expression.function.file.package, place)) == of_class


def test_a_place_of_a_called_function_is_one_of_the_caller() -> None:
    found = model(
        "func (s *server) f(c *conn) { for _, x := range s.conns { x.tell(c.next); go x.tell(c) } }"
        "func (c *conn) tell(other *conn) {"
        "    var own conn; _ = other.mu; _ = c.server.mu; _ = own.mu"
        "}"
    )
    tell = method(found, "tell")
    call = method(found).all(n.Call)[0]
    assert callee(call) is tell
    by = bound(call, tell)
    asked = [each.right[0] for each in tell.all(n.Assign)]
    given = [place_of(each) for each in asked]
    assert [str(moved(each, by, tell)) for each in given if each is not None] == [
        "c.next.mu",
        "s.mu",
        "None",
    ]


def test_what_a_place_has_is_known_by_its_type() -> None:
    place = place_of(last("_ = s.conns[k].server.list[0].mu"))
    assert place is not None
    assert type_at(model(""), place) == "sync.Mutex"


@pytest.mark.parametrize(
    ("code", "lock", "mode"),
    [
        ("s.mu.Lock()", "s.mu", "write"),
        ("s.RLock()", "s.base.RWMutex", "read"),
        ("s.base.Lock()", "s.base.RWMutex", "write"),
        ("s.RLocker().Lock()", "s.base.RWMutex", "read"),
        ("s.state.Lock()", "s.state.Mutex", "write"),
        ("s.cond.L.Lock()", "s.mu", "write"),
        ("s.read.L.Lock()", "s.base.RWMutex", "read"),
        ("s.locks[1].Lock()", "s.locks[1]", "write"),
        ("global.Lock()", "global", "write"),
    ],
)
def test_a_call_takes_a_lock(code: str, lock: str, mode: str) -> None:
    call = next(each for each in method(model(f"func (s *server) f() {{ {code} }}")).all(n.Call))
    found = operation_of(call)
    assert found is not None
    assert (found.action, str(found.lock), found.mode) == (Action.TAKE, lock, mode)


@pytest.mark.parametrize(
    "code",
    [
        "other.Lock()",
        "s.mu.Lock(ctx)",
        "_ = s.mu.Lock(1)",
        "s.mu.Lock(1, 2)",
        "s.mu.Wait()",
        "file.Lock()",
        "Lock()",
        "own.Lock()",
    ],
)
def test_other_calls_take_no_lock(code: str) -> None:
    found = model(
        f"func (s *server) f() {{ var own disk; {code} }}\n"
        "type disk struct {}; func (d *disk) Lock() error { return nil }"
    )
    assert operation_of(method(found).all(n.Call)[0]) is None


def summary(code: str) -> dict[str, object]:
    found = model(code)
    of = locking(found)[method(found)]
    return {
        "taken": sorted(f"{each.lock} {each.mode} {len(each.chain)}" for each in of.taken),
        "holds": sorted(f"{lock} {mode}" for lock, mode in of.holds),
        "releases": sorted(str(each) for each in of.releases),
        "waits": sorted(each.node.text for each in of.waited),
    }


def test_a_function_does_to_locks_what_those_do_that_it_calls() -> None:
    assert summary(
        "func (s *server) f(ch chan int) { s.g(s.conns[``]); <-ch }"
        "func (t *server) g(c *conn) { t.mu.Lock(); t.mu.Unlock(); c.mu.Lock(); c.mu.Unlock() }"
        "func top(s *server) { s.Lock(); s.f(nil) }"
    ) == {
        "taken": ["s.conns[*].mu write 1", "s.mu write 1"],
        "holds": [],
        "releases": [],
        "waits": ["<-ch"],
    }


@pytest.mark.parametrize(
    ("code", "holds", "releases"),
    [
        ("s.mu.Lock()", ["s.mu write"], []),
        ("s.RLock()", ["s.base.RWMutex read"], []),
        ("s.mu.Lock(); defer s.mu.Unlock()", [], []),
        ("s.mu.Unlock()", [], ["s.mu"]),
        ("s.mu.Unlock(); s.mu.Lock()", [], []),
        ("s.mu.Unlock(); s.mu.Lock(); s.mu.Unlock()", [], ["s.mu"]),
        ("if s == nil { s.mu.Unlock() }", [], ["s.mu"]),
        ("for i := 0; i < 2; i++ { s.mu.Unlock(); s.mu.Lock() }", [], []),
        ("if s == nil { s.mu.Lock() }", [], []),
        ("if s == nil { s.mu.Lock(); return }; s.mu.Lock()", ["s.mu write"], []),
        ("var c conn; c.mu.Lock()", [], []),
        ("defer func() { s.mu.Unlock() }()", [], ["s.mu"]),
        ("s.lock()", ["s.mu write"], []),
        ("s.lock(); s.unlock()", [], []),
    ],
)
def test_a_function_leaves_locks_held_or_releases_those_of_its_caller(
    code: str, holds: list[str], releases: list[str]
) -> None:
    found = summary(
        f"func (s *server) f() {{ {code} }}\n"
        "func (s *server) lock() { s.mu.Lock() }\nfunc (s *server) unlock() { s.mu.Unlock() }"
    )
    assert (found["holds"], found["releases"]) == (holds, releases)


def test_functions_that_call_each_other_in_a_circle_settle() -> None:
    found = summary(
        "func (s *server) f() { s.mu.Lock(); s.mu.Unlock(); s.g() }\nfunc (s *server) g() { s.f() }"
    )
    assert found["taken"] == ["s.mu write 0"]


def test_what_happens_under_a_lock_is_an_event() -> None:
    found = model(
        "func (s *server) f(ch chan int) {"
        "    s.mu.Lock(); ch <- 1; s.mu.Unlock(); <-ch; s.Lock(); g(ch)"
        "}"
        "func g(ch chan int) { select { case <-ch: default: }; for range ch {} }"
    )
    happened = [
        (each.what.node.text, [str(lock) for lock, *_ in each.held]) for each in events(found)
    ]
    assert happened == [("ch <- 1", ["s.mu"]), ("for range ch {}", ["s.base.RWMutex"])]


def test_somebody_takes_a_lock_for_writing() -> None:
    found = model("func (s *server) f() { s.RLock(); s.mu.Lock() }")
    assert {named(key): each.text for key, each in writers(found).items()} == {
        "server.mu": "s.mu.Lock()"
    }


def reached(code: str) -> list[str]:
    found = model(f"func (s *server) f(m *memory) {{ {code} }}")
    return [each.function.display for each in targets(method(found).all(n.Call)[0])]


def test_a_call_reaches_what_is_in_a_field_and_the_one_type_of_an_interface() -> None:
    assert reached("s.hook(1)") == ["New.func1"]
    assert reached("s.store.put(1)") == ["(*memory).put"]
    assert reached("m.put(1)") == ["(*memory).put"]
    assert reached("s.store.other()") == []
    assert reached("s.other(1)") == []


def test_a_value_is_a_function() -> None:
    found = model(
        "func (s *server) f() { _ = s.first; _ = New; _ = func() {}; _ = made(s); _ = 1; _ = s.mu }"
        "func made(s *server) func() { return func() { s.first() } }"
    )
    values = [each.right[0] for each in method(found).all(n.Assign)]
    names = [None if each is None else each.function.display for each in map(function_of, values)]
    assert names == ["(*server).first", "New", "(*server).f.func1", "made.func1", None, None]


def test_all_callers_of_a_function_hold_a_lock() -> None:
    found = model(
        "func (s *server) F() { s.mu.Lock(); s.g(); s.mu.Unlock() }"
        "func (s *server) g() { s.h() }"
        "func (s *server) h() { s.k(); go s.i() }"
        "func (s *server) i() { s.k() }"
        "func (s *server) k() { s.Lock() }"
    )
    under = {
        each.name: sorted(named(key) for key in always_under(each))
        for each in found.functions
        if each.name in {"F", "g", "h", "i", "k"}
    }
    assert under == {"F": [], "g": ["server.mu"], "h": ["server.mu"], "i": [], "k": []}
    calls = callers(method(found, "k"))
    assert [each.function.name for each in calls] == ["h", "i"]
