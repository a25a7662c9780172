"""What looks as if a lock were taken twice, and is not."""

from __future__ import annotations

import pytest

from lint._programs import LOCKS, go_function
from lint._wanted import go

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
    "a part that knows another whole": """
        func (i *Inner) tell() { i.outer.get() }
        func (s *S) f() { s.mu.Lock(); for _, i := range s.inners { i.tell() }; s.mu.Unlock() }
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


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET.keys())
def test_what_takes_no_lock_twice_is_not_reported(code: str) -> None:
    go("SN308", go_function(LOCKS, "(s *S) f()", code))


@pytest.mark.parametrize("code", QUIET_MORE.values(), ids=QUIET_MORE.keys())
def test_functions_that_take_no_lock_twice_are_not_reported(code: str) -> None:
    go("SN308", f"{LOCKS}\n{code}")
