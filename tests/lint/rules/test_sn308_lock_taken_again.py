"""Locks that a goroutine takes although it has them, and all that only looks like it."""

from __future__ import annotations

import pytest

from lint._wanted import go

HEAD = """
package p

import (
	"sort"
	"sync"
	"time"
)

type Inner struct {
	mu    sync.Mutex
	outer *S
}

type S struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	cond   *sync.Cond
	inner  *Inner
	inners map[string]*Inner
	next   *S
	hook   func()
	closed bool
	once   sync.Once
}

func (s *S) get() { s.mu.Lock(); defer s.mu.Unlock() }
"""

SHAPES = {
    "at once": """
        func (s *S) f() {
            s.mu.Lock()
            s.mu.Lock() // want
        }
        """,
    "a method of the same": """
        func (s *S) count() {
            s.mu.Lock() // want
            s.mu.Unlock()
        }
        func (s *S) f() {
            s.mu.Lock()
            defer s.mu.Unlock()
            s.count()
        }
        """,
    "three calls away, and with other names": """
        func (t *S) one() { two(t) }
        func two(given *S) { given.three() }
        func (u *S) three() {
            u.mu.Lock() // want
            u.mu.Unlock()
        }
        func (s *S) f() {
            s.mu.Lock()
            s.one()
            s.mu.Unlock()
        }
        """,
    "a local name for it": """
        func (s *S) f() {
            mu := &s.mu
            mu.Lock()
            s.mu.Lock() // want
        }
        """,
    "by a getter": """
        func (s *S) lock() *sync.Mutex { return &s.mu }
        func (s *S) f() {
            s.mu.Lock()
            s.lock().Lock() // want
        }
        """,
    "write under read": """
        func (s *S) f() {
            s.rw.RLock()
            defer s.rw.RUnlock()
            s.rw.Lock() // want
        }
        """,
    "read under write": """
        func (s *S) f() {
            s.rw.Lock()
            defer s.rw.Unlock()
            s.rw.RLock() // want
        }
        """,
    "read under read, and somebody writes": """
        func (s *S) write() { s.rw.Lock(); s.rw.Unlock() }
        func (s *S) read() {
            s.rw.RLock() // want
            s.rw.RUnlock()
        }
        func (s *S) f() {
            s.rw.RLock()
            defer s.rw.RUnlock()
            s.read()
        }
        """,
    "read under read, and nobody writes": """
        func (s *S) f() {
            s.rw.RLock()
            defer s.rw.RUnlock()
            s.rw.RLock() // want advice
            s.rw.RUnlock()
        }
        """,
    "what a call has left read-locked": """
        func (s *S) begin() { s.rw.RLock() }
        func (s *S) write() { s.rw.Lock(); s.rw.Unlock() }
        func (s *S) f() {
            s.begin()
            s.rw.RLock() // want advice
        }
        """,
    "over and over": """
        func (s *S) f() {
            s.rw.RLock()
            defer s.rw.RUnlock()
            for range s.inners {
                s.rw.Lock() // want
                s.rw.Unlock()
            }
        }
        """,
    "embedded, and of an embedded struct": """
        type base struct{ sync.Mutex }
        type derived struct{ base }
        func (b *base) size() {
            b.Lock() // want
            b.Unlock()
        }
        func (d *derived) f() {
            d.Lock()
            defer d.Unlock()
            d.size()
        }
        """,
    "in a struct without a name": """
        type T struct { state struct { sync.Mutex; n int } }
        var cache struct { sync.Mutex; n int }
        func (t *T) f() {
            t.state.Lock()
            t.state.Lock() // want
        }
        func f() {
            cache.Lock()
            cache.Lock() // want
        }
        """,
    "a variable of the package": """
        var mu sync.Mutex
        func g() {
            mu.Lock() // want
            mu.Unlock()
        }
        func f() { mu.Lock(); g(); mu.Unlock() }
        """,
    "deferred, and so before the unlock that was deferred earlier": """
        func (s *S) count() {
            s.mu.Lock() // want
            s.mu.Unlock()
        }
        func (s *S) f() {
            s.mu.Lock()
            defer s.mu.Unlock()
            defer s.count()
        }
        """,
    "left held by a method": """
        func (s *S) lock() { s.mu.Lock() }
        func (s *S) unlock() { s.mu.Unlock() }
        func (s *S) f() {
            s.lock()
            defer s.unlock()
            s.mu.Lock() // want
        }
        """,
    "by the lock of its condition": """
        func New() *S {
            s := &S{}
            s.cond = sync.NewCond(&s.mu)
            return s
        }
        func (s *S) f() {
            s.cond.L.Lock()
            defer s.cond.L.Unlock()
            s.mu.Lock() // want
        }
        """,
    "a callback that was set, and uses the same object": """
        func (s *S) set(f func()) { s.hook = f }
        func (s *S) count() {
            s.mu.Lock() // want
            s.mu.Unlock()
        }
        func New() *S {
            s := &S{}
            s.set(func() { s.count() })
            return s
        }
        func (s *S) f() {
            s.mu.Lock()
            defer s.mu.Unlock()
            s.hook()
        }
        """,
    "a literal that another method calls with the lock": """
        func (s *S) with(f func()) {
            s.mu.Lock()
            defer s.mu.Unlock()
            f()
        }
        func (s *S) count() {
            s.mu.Lock() // want
            s.mu.Unlock()
        }
        func (s *S) f() { s.with(func() { s.count() }) }
        """,
    "a literal that is called at once": """
        func (s *S) f() {
            s.mu.Lock()
            defer s.mu.Unlock()
            func() {
                s.mu.Lock() // want
                s.mu.Unlock()
            }()
            s.once.Do(func() {
                s.mu.Lock() // want
                s.mu.Unlock()
            })
        }
        """,
    "by a part that knows its whole": """
        func (i *Inner) tell() { i.outer.count() }
        func (s *S) count() {
            s.rw.Lock() // want
            s.rw.Unlock()
        }
        func (s *S) f() {
            s.rw.Lock()
            defer s.rw.Unlock()
            for _, i := range s.inners {
                i.tell()
            }
        }
        """,
    "by what is made around it": """
        type wrapper struct { of *S }
        func (w *wrapper) run() { w.of.count() }
        func wrap(s *S) *wrapper { return &wrapper{of: s} }
        func (s *S) count() {
            s.mu.Lock() // want
            s.mu.Unlock()
        }
        func (s *S) f() {
            s.mu.Lock()
            defer s.mu.Unlock()
            w := wrap(s)
            w.run()
        }
        """,
    "a method of an interface that one type has": """
        type counter interface { count(); stop() }
        type real struct { mu sync.Mutex; self counter }
        func (r *real) stop() {}
        func (r *real) count() {
            r.mu.Lock() // want
            r.mu.Unlock()
        }
        func f(r *real) {
            r.mu.Lock()
            defer r.mu.Unlock()
            var c counter = r
            c.count()
        }
        """,
}

QUIET = {
    "released between": "s.mu.Lock(); s.mu.Unlock(); s.get()",
    "released on each way": """
        s.mu.Lock()
        if s.closed { s.mu.Unlock(); s.get(); return }
        s.mu.Unlock()
        s.get()
        """,
    "held on one way only": """
        if s.closed { s.mu.Lock() }
        s.mu.Lock()
        """,
    "another field": "s.mu.Lock(); s.rw.Lock(); s.inner.mu.Lock()",
    "another object": "s.mu.Lock(); s.next.get(); s.next.mu.Lock()",
    "elements of one map": """
        for _, i := range s.inners { i.mu.Lock() }
        s.inners["a"].mu.Lock()
        s.inners["b"].mu.Lock()
        """,
    "hand over hand": """
        at := s
        for at.next != nil {
            next := at.next
            next.mu.Lock()
            at.mu.Unlock()
            at = next
        }
        """,
    "set to another": """
        at := s
        at.mu.Lock()
        at = s.next
        at.mu.Lock()
        """,
    "in another goroutine": "s.mu.Lock(); go s.get(); go func() { s.mu.Lock() }(); s.mu.Unlock()",
    "later": "s.mu.Lock(); time.AfterFunc(time.Second, func() { s.get() }); s.mu.Unlock()",
    "tried": "s.mu.Lock(); if s.mu.TryLock() { s.mu.Unlock() }; s.mu.Unlock()",
    "deferred before the lock that is deferred": "s.mu.Lock(); defer s.get(); defer s.mu.Unlock()",
    "a panic between": "s.mu.Lock(); if s.closed { panic(1) }; s.mu.Unlock(); s.get()",
    "its own method Lock": """
        s.mu.Lock()
        sort.Slice(nil, func(a, b int) bool { return a < b })
        s.mu.Unlock()
        """,
}

QUIET_MORE = {
    "the caller's lock is released first": """
        func (s *S) pause() { s.mu.Unlock(); s.get(); s.mu.Lock() }
        func (s *S) f() { s.mu.Lock(); defer s.mu.Unlock(); s.pause() }
        """,
    "the caller's lock is released, and taken more than once": """
        func (s *S) startAndUnlock() {
            if s.closed { s.mu.Unlock(); return }
            s.mu.Unlock()
            s.get()
            s.mu.Lock()
            s.closed = true
            s.mu.Unlock()
        }
        func (s *S) f() { s.mu.Lock(); s.startAndUnlock() }
        """,
    "a parameter that is set to another object": """
        func (s *S) top() int {
            for s.next != nil { s = s.next; s.mu.Lock(); s.mu.Unlock() }
            return 0
        }
        func (s *S) f() { s.mu.Lock(); defer s.mu.Unlock(); s.top() }
        """,
    "another goroutine releases it": """
        func f() {
            var mu sync.Mutex
            mu.Lock()
            go func() { mu.Unlock(); mu.Lock() }()
            mu.Lock()
            mu.Unlock()
        }
        """,
    "a goroutine is handed the lock": """
        func (s *S) start() { s.rw.RLock(); go s.runLocked() }
        func (s *S) runLocked() { s.rw.RUnlock() }
        func (s *S) f() { s.start(); s.rw.Lock(); s.rw.Unlock() }
        """,
    "deferred on each of two ways": """
        func (s *S) set() {
            if s.closed {
                s.mu.Lock(); defer s.mu.Unlock()
            } else {
                s.mu.Lock(); defer s.mu.Unlock()
            }
        }
        func (s *S) f() { s.set(); s.get() }
        """,
    "released with something to be told": """
        type gate struct{}
        func (g *gate) Lock() {}
        func (g *gate) Unlock(set bool) {}
        type conn struct { gate gate }
        func (c *conn) unlock() { c.gate.Unlock(c == nil) }
        func (c *conn) f(other *conn) { c.gate.Lock(); c.unlock(); other.gate.Lock() }
        func (c *conn) g() { c.gate.Lock(); c.unlock(); c.gate.Lock(); c.unlock() }
        """,
    "of two keys": """
        type keyed struct{}
        func (k *keyed) Lock(key string) {}
        func (k *keyed) Unlock(key string) {}
        func f(k *keyed) { k.Lock("a"); k.Lock("b"); k.Unlock("b"); k.Unlock("a") }
        """,
    "a flag says whether": """
        func (s *S) count(lock bool) {
            if lock { s.mu.Lock(); defer s.mu.Unlock() }
        }
        func (s *S) f() { s.mu.Lock(); defer s.mu.Unlock(); s.count(false) }
        """,
    "a tree": """
        func (s *S) walk() { s.mu.Lock(); defer s.mu.Unlock(); if s.next != nil { s.next.walk() } }
        """,
    "a method of the field": """
        func (i *Inner) get() { i.mu.Lock(); i.mu.Unlock() }
        func (s *S) f() { s.mu.Lock(); s.inner.get(); s.mu.Unlock() }
        """,
    "a callback that uses another object": """
        func New(other *S) *S {
            s := &S{}
            s.hook = func() { other.get() }
            return s
        }
        func (s *S) f() { s.mu.Lock(); s.hook(); s.mu.Unlock() }
        """,
    "a callback that is one of two": """
        func New() *S {
            s := &S{}
            s.hook = func() { s.get() }
            s.hook = func() {}
            return s
        }
        func (s *S) f() { s.mu.Lock(); s.hook(); s.mu.Unlock() }
        """,
    "a lock of another kind": """
        type lease struct{}
        func (l *lease) Lock() error { return nil }
        func f(l *lease) { l.Lock(); l.Lock() }
        """,
    "an interface that two types have": """
        type counter interface { count() }
        type one struct { mu sync.Mutex }
        type two struct { mu sync.Mutex }
        func (o *one) count() { o.mu.Lock(); o.mu.Unlock() }
        func (t *two) count() {}
        func f(o *one) { o.mu.Lock(); var c counter = o; c.count(); o.mu.Unlock() }
        """,
}


@pytest.mark.parametrize("code", SHAPES.values(), ids=SHAPES.keys())
def test_a_lock_that_is_taken_again_is_reported(code: str) -> None:
    go("SN308", f"{HEAD}\n{code}")


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET.keys())
def test_what_takes_no_lock_twice_is_not_reported(code: str) -> None:
    go("SN308", f"{HEAD}\nfunc (s *S) f() {{\n{code}\n}}")


@pytest.mark.parametrize("code", QUIET_MORE.values(), ids=QUIET_MORE.keys())
def test_functions_that_take_no_lock_twice_are_not_reported(code: str) -> None:
    go("SN308", f"{HEAD}\n{code}")


def test_it_tells_the_way_and_where_the_goroutines_will_stand() -> None:
    code = """
        func (s *S) f() {
            s.mu.Lock()
            s.step()
        }
        func (s *S) step() { s.last() }
        func (s *S) last() {
            s.mu.Lock() // want
        }
        """
    (found,) = go("SN308", f"{HEAD}\n{code}")
    assert found.message == (
        "`s.mu.Lock()` waits for its own goroutine when (*S).f gets here with `s.mu` held"
    )
    assert [each.message for each in found.related] == [
        "`s.mu` is taken here",
        "called here: `s.step`",
        "which calls this: `s.last`",
    ]
    assert found.waits_at == (found.span.line,)


def test_two_read_locks_are_told_with_less_confidence() -> None:
    code = """
        func (s *S) write() { s.rw.Lock(); s.rw.Unlock() }
        func (s *S) f() {
            s.rw.RLock()
            s.rw.RLock() // want
        }
        func (s *S) g() {
            s.mu.Lock()
            s.mu.Lock() // want
        }
        """
    read, write = sorted(go("SN308", f"{HEAD}\n{code}"), key=lambda each: each.span.line)
    assert read.confidence < write.confidence
    assert "once a writer comes in between" in read.message
    assert write.message.endswith("is held since line 35")


def test_what_stands_in_another_file_is_told_at_the_call() -> None:
    (found,) = go(
        "SN308",
        {
            "a.go": 'package p\nimport "sync"\ntype S struct { sync.Mutex }\n'
            "func (s *S) f() { s.Lock(); s.g(); s.Unlock() } // want\n",
            "b.go": "package p\nfunc (s *S) g() {\n\ts.Lock()\n\ts.Unlock()\n}\n",
        },
    )
    assert found.message.startswith("`s.Lock()` in (*S).g, which is called from here, waits for")
    assert found.waits_at == ()
    assert found.related[-1].path == "app/a.go"
