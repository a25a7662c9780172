"""Locks that are taken in both orders, and those that cannot meet."""

from __future__ import annotations

import pytest

from lint._wanted import go
from snowshed.lint import rules
from snowshed.lint._go import read
from snowshed.lint._source import Source

HEAD = """
package p

import "sync"

type A struct {
	mu   sync.Mutex
	rw   sync.RWMutex
	b    *B
	bs   map[int]*B
	hook func()
}

type B struct {
	mu sync.Mutex
	rw sync.RWMutex
	a  *A
}

var gate sync.Mutex
"""

SHAPES = {
    "of two fields that may hold one object": """
        type half struct { mu sync.Mutex }
        type both struct { in, out *half; mu sync.Mutex }
        func (b *both) f() { b.in.mu.Lock(); b.mu.Lock() } // want
        func (b *both) g() { b.mu.Lock(); b.out.mu.Lock() }
        """,
    "until something is set that is no flag": """
        type flagged struct { one, two sync.Mutex; ready bool }
        func (f *flagged) prepare() {
            f.one.Lock()
            defer f.one.Unlock()
            if f.ready {
                return
            }
            f.two.Lock() // want
            defer f.two.Unlock()
        }
        func (f *flagged) use() { f.two.Lock(); f.one.Lock() }
        """,
    "until a flag says that all has stopped": """
        type flagged struct { one, two sync.Mutex; isClosed atomic.Bool; done int32 }
        func (f *flagged) prepare() {
            f.one.Lock()
            defer f.one.Unlock()
            if f.isClosed.Load() {
                return
            }
            if atomic.LoadInt32(&f.done) == 1 {
                return
            }
            f.two.Lock() // want
            defer f.two.Unlock()
        }
        func (f *flagged) use() { f.two.Lock(); f.one.Lock() }
        """,
    "in two functions": """
        func (a *A) f() {
            a.mu.Lock()
            a.b.mu.Lock() // want
        }
        func (b *B) g() { b.mu.Lock(); b.a.mu.Lock() }
        """,
    "two fields of one type": """
        func (a *A) f() {
            a.mu.Lock()
            a.rw.Lock() // want
        }
        func (a *A) g() { a.rw.Lock(); a.mu.Lock() }
        """,
    "by calls": """
        func (a *A) f() {
            a.mu.Lock()
            defer a.mu.Unlock()
            for _, b := range a.bs {
                b.close()
            }
        }
        func (b *B) close() {
            b.mu.Lock() // want
            b.mu.Unlock()
        }
        func (b *B) fail() { b.mu.Lock(); defer b.mu.Unlock(); b.a.remove() }
        func (a *A) remove() { a.mu.Lock(); a.mu.Unlock() }
        """,
    "the rare order is the one that is reported": """
        func (a *A) f1() { a.mu.Lock(); a.b.mu.Lock(); a.b.mu.Unlock(); a.mu.Unlock() }
        func (a *A) f2() { a.mu.Lock(); a.b.mu.Lock(); a.b.mu.Unlock(); a.mu.Unlock() }
        func (b *B) g() {
            b.mu.Lock()
            b.a.mu.Lock() // want
        }
        """,
    "write and read on one side": """
        func (a *A) f() {
            a.rw.RLock()
            a.b.mu.Lock() // want
        }
        func (b *B) g() { b.mu.Lock(); b.a.rw.Lock() }
        """,
    "released by a method, and taken again under the other": """
        func (a *A) f() {
            a.mu.Lock()
            defer a.mu.Unlock()
            a.b.mu.Lock() // want
            defer a.b.mu.Unlock()
            a.pause()
        }
        func (a *A) pause() { a.mu.Unlock(); a.mu.Lock() }
        """,
    "left held by a method": """
        type locks struct { sync.RWMutex; of map[string]*sync.Mutex }
        func (l *locks) lock(name string) {
            l.Lock()
            l.of[name].Lock() // want
            l.Unlock()
        }
        func (l *locks) unlock(name string) {
            l.RLock()
            defer l.RUnlock()
            l.of[name].Unlock()
        }
        func use(l *locks, name string) {
            l.lock(name)
            defer func() { l.unlock(name) }()
        }
        """,
    "a once that takes a lock, and is asked for under it": """
        type lazy struct { mu sync.Mutex; once sync.Once }
        func (l *lazy) init() {
            l.once.Do(func() { // want
                l.mu.Lock()
                l.mu.Unlock()
            })
        }
        func (l *lazy) f() { l.mu.Lock(); defer l.mu.Unlock(); l.init() }
        """,
    "by a callback": """
        func New(b *B) *A {
            a := &A{}
            a.hook = b.tell
            return a
        }
        func (b *B) tell() {
            b.mu.Lock() // want
            b.mu.Unlock()
        }
        func (a *A) f() { a.mu.Lock(); a.hook(); a.mu.Unlock() }
        func (b *B) g() { b.mu.Lock(); b.a.f2(); b.mu.Unlock() }
        func (a *A) f2() { a.mu.Lock(); a.mu.Unlock() }
        """,
    "by a method of an interface": """
        type store interface { add() }
        type owner struct { sync.Mutex; s store }
        type real struct { sync.Mutex; o *owner }
        func (r *real) add() {
            r.Lock() // want
            r.Unlock()
        }
        func (o *owner) f() { o.Lock(); o.s.add(); o.Unlock() }
        func (r *real) g() { r.Lock(); r.o.Lock() }
        """,
}

QUIET = {
    "one order": """
        func (a *A) f() { a.mu.Lock(); a.b.mu.Lock() }
        func (b *B) g() { b.a.mu.Lock(); b.mu.Lock() }
        """,
    "released first": """
        func (a *A) f() { a.mu.Lock(); a.mu.Unlock(); a.b.mu.Lock() }
        func (b *B) g() { b.mu.Lock(); b.a.mu.Lock() }
        """,
    "under one more": """
        func (a *A) f() { gate.Lock(); a.mu.Lock(); a.b.mu.Lock() }
        func (b *B) g() { gate.Lock(); b.mu.Lock(); b.a.mu.Lock() }
        """,
    "under one more, of a caller": """
        func (a *A) f() { gate.Lock(); a.f2(); gate.Unlock() }
        func (a *A) f2() { a.mu.Lock(); a.f3(); a.mu.Unlock() }
        func (a *A) f3() { a.b.mu.Lock(); a.b.mu.Unlock() }
        func (b *B) g() { gate.Lock(); b.mu.Lock(); b.a.mu.Lock() }
        """,
    "only read": """
        func (a *A) f() { a.rw.RLock(); a.b.mu.Lock() }
        func (b *B) g() { b.mu.Lock(); b.a.rw.RLock() }
        """,
    "of one field": """
        type node struct { mu sync.Mutex; up, down *node }
        func (n *node) f() { n.mu.Lock(); n.up.mu.Lock() }
        func (n *node) g() { n.mu.Lock(); n.down.mu.Lock() }
        """,
    "just made": """
        func New(b *B) *A {
            a := &A{b: b}
            a.mu.Lock()
            b.mu.Lock()
            return a
        }
        func (b *B) g() { b.mu.Lock(); b.a.mu.Lock() }
        """,
    "in another goroutine": """
        func (a *A) f() { a.mu.Lock(); go func() { a.b.mu.Lock() }() }
        func (b *B) g() { b.mu.Lock(); b.a.mu.Lock() }
        """,
    "a row of locks": """
        type striped struct { locks []sync.Mutex; mu sync.Mutex }
        func (s *striped) f(n int) { s.locks[n].Lock(); s.mu.Lock() }
        func (s *striped) g(n int) { s.mu.Lock(); s.locks[n].Lock() }
        """,
    "until a flag is set": """
        type flagged struct { one, two sync.Mutex; ready atomic.Bool }
        func (f *flagged) prepare() {
            f.one.Lock()
            defer f.one.Unlock()
            if f.ready.Load() {
                return
            }
            f.two.Lock()
            defer f.two.Unlock()
        }
        func (f *flagged) use() { f.two.Lock(); f.one.Lock() }
        """,
    "of two fields": """
        type half struct { mu sync.Mutex }
        type both struct { in, out half; mu sync.Mutex }
        func (b *both) f() { b.in.mu.Lock(); b.mu.Lock() }
        func (b *both) g() { b.mu.Lock(); b.out.mu.Lock() }
        """,
    "tried": """
        func (a *A) f() { a.mu.Lock(); if a.b.mu.TryLock() { a.b.mu.Unlock() } }
        func (b *B) g() { b.mu.Lock(); b.a.mu.Lock() }
        """,
}


@pytest.mark.parametrize("code", SHAPES.values(), ids=SHAPES.keys())
def test_locks_that_are_taken_in_both_orders_are_reported(code: str) -> None:
    go("SN315", f"{HEAD}\n{code}")


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET.keys())
def test_locks_that_cannot_wait_for_each_other_are_not_reported(code: str) -> None:
    go("SN315", f"{HEAD}\n{code}")


def test_it_tells_both_orders() -> None:
    code = """
        func (a *A) f() {
            a.mu.Lock()
            a.step()
        }
        func (a *A) step() {
            a.b.mu.Lock() // want
        }
        func (b *B) g() {
            b.mu.Lock()
            b.a.mu.Lock()
        }
        """
    (found,) = go("SN315", f"{HEAD}\n{code}")
    assert found.message == (
        f"`B.mu` is taken with `A.mu` held, and line {found.span.line + 4} of (*B).g takes `A.mu` "
        "with `B.mu` held"
    )
    assert [(each.span.line - found.span.line, each.message) for each in found.related] == [
        (-4, "`A.mu` is taken here first"),
        (-3, "called here: `a.step`"),
        (3, "elsewhere `B.mu` is taken first"),
        (4, "and then `A.mu`"),
    ]


def test_the_order_that_only_a_test_has_is_told_in_the_test() -> None:
    code = HEAD + "func (a *A) f() { a.mu.Lock(); a.b.mu.Lock() }\n"
    test = "package p\n" + "".join(
        f"func g{number}(b *B) {{ b.mu.Lock(); b.a.mu.Lock() }}\n" for number in range(3)
    )
    sources = [Source("a.go", code.encode()), Source("a_test.go", test.encode(), is_test=True)]
    (package,) = read(sources)
    (found,) = rules()["SN315"].in_go(package)  # type: ignore[misc]
    assert (found.path, found.span.line) == ("a_test.go", 2)
