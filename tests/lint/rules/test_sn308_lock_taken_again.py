"""Locks that a goroutine takes although it has them, and all that only looks like it."""

from __future__ import annotations

import pytest

from lint._programs import LOCKS
from lint._wanted import go

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
    "a once in itself": """
        func (s *S) open() {
            s.once.Do(func() { // want
                s.closed = false
            })
        }
        func (s *S) f() {
            s.once.Do(func() { s.open() })
        }
        func (s *S) g() { s.once.Do(s.open) }
        """,
    "by a part that knows its whole": """
        func (i *Inner) tell() { i.s.count() }
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


@pytest.mark.parametrize("code", SHAPES.values(), ids=SHAPES.keys())
def test_a_lock_that_is_taken_again_is_reported(code: str) -> None:
    go("SN308", f"{LOCKS}\n{code}")


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
    (found,) = go("SN308", f"{LOCKS}\n{code}")
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
    read, write = sorted(go("SN308", f"{LOCKS}\n{code}"), key=lambda each: each.span.line)
    assert read.confidence < write.confidence
    assert "once a writer comes in between" in read.message
    assert write.message.endswith(f"is held since line {write.span.line - 1}")


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
