"""Waits with a lock held that the other side needs, and those that somebody ends without it."""

from __future__ import annotations

import pytest

from lint._programs import HUB
from lint._wanted import go

SHAPES = {
    "a send, and the receiver takes it for each element": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) f() {
            h.mu.Lock()
            h.events <- 1 // want
            h.mu.Unlock()
        }
        """,
    "the receiver is called in a loop": """
        func (h *hub) start() { go func() { for { h.step() } }() }
        func (h *hub) step() { <-h.events; h.count() }
        func (h *hub) f() {
            h.mu.Lock()
            defer h.mu.Unlock()
            h.events <- 1 // want
        }
        """,
    "the receiver has it": """
        func (h *hub) f() {
            h.mu.Lock()
            defer h.mu.Unlock()
            h.events <- 1 // want
        }
        func (h *hub) take() int { h.mu.Lock(); defer h.mu.Unlock(); return <-h.events }
        """,
    "a send in a function that is called with it": """
        func (h *hub) run() { for { select { case <-h.events: h.count() } } }
        func (h *hub) send() {
            h.events <- 1 // want
        }
        func (h *hub) f() { h.mu.Lock(); h.send(); h.mu.Unlock() }
        """,
    "a buffer that somebody empties again and again": """
        func (h *hub) run() { for { select { case <-h.full: h.count(); case <-h.done: return } } }
        func (h *hub) f() {
            h.mu.Lock()
            h.full <- 1 // want
            h.mu.Unlock()
        }
        """,
    "a close that comes after a loop that takes it": """
        func (h *hub) run() {
            defer close(h.done)
            for range h.events { h.count() }
        }
        func (h *hub) stop() {
            h.mu.Lock()
            defer h.mu.Unlock()
            close(h.events)
            <-h.done // want
        }
        """,
    "a group whose members take it": """
        func (h *hub) start() {
            h.group.Add(1)
            go func() { defer h.group.Done(); h.count() }()
        }
        func (h *hub) stop() {
            h.mu.Lock()
            defer h.mu.Unlock()
            h.group.Wait() // want
        }
        """,
    "a condition, and the lock of another": """
        func (h *hub) signal() { h.mu.Lock(); h.wake.Signal(); h.mu.Unlock() }
        func (h *hub) f() {
            h.mu.Lock()
            h.other.Lock()
            h.wake.Wait() // want
            h.other.Unlock()
            h.mu.Unlock()
        }
        """,
    "local ones": """
        func f() {
            var mu sync.Mutex
            ch := make(chan int)
            go func() {
                mu.Lock()
                defer mu.Unlock()
                ch <- 1 // want
            }()
            mu.Lock()
            println(1)
            mu.Unlock()
            <-ch
        }
        """,
    "a select all of whose cases are like that": """
        func (h *hub) run() { for { select { case <-h.events: h.count() } } }
        func (h *hub) f() {
            h.mu.Lock()
            select { // want
            case h.events <- 1:
            }
            h.mu.Unlock()
        }
        """,
    "a select that nothing else ends before all is stopped": """
        func (h *hub) run() {
            for {
                select {
                case <-h.full: println(1)
                case <-time.After(time.Second): h.flush()
                }
            }
        }
        func (h *hub) flush() {
            h.mu.Lock()
            defer h.mu.Unlock()
            select { case <-h.full: default: }
        }
        func (h *hub) f(stop chan int) {
            h.mu.Lock()
            defer h.mu.Unlock()
            select { // want
            case h.full <- 1:
            case <-stop:
            }
        }
        """,
    "a select that only waits to be stopped": """
        func (h *hub) f() {
            h.mu.Lock()
            defer h.mu.Unlock()
            select { // want
            case <-h.done:
            }
        }
        func (h *hub) stop() { h.count(); close(h.done) }
        """,
    "a buffer of a size that is set": """
        func other(size int) *hub { return &hub{full: make(chan int, size)} }
        func (h *hub) run() { for range h.full { h.count() } }
        func (h *hub) f() {
            h.mu.Lock()
            h.full <- 1 // want
            h.mu.Unlock()
        }
        """,
    "a callback takes it between two receives": """
        func (h *hub) run() { for { <-h.events; h.hook() } }
        func New() *hub {
            h := newHub()
            h.hook = func() { h.count() }
            go h.run()
            return h
        }
        func (h *hub) f() {
            h.mu.Lock()
            h.events <- 1 // want
            h.mu.Unlock()
        }
        """,
    "for reading, and the other for writing": """
        func (h *hub) run() { for range h.events { h.rw.Lock(); h.rw.Unlock() } }
        func (h *hub) f() {
            h.rw.RLock()
            h.events <- 1 // want
            h.rw.RUnlock()
        }
        """,
    "nobody receives, and who would close it needs the lock": """
        func (h *hub) add() { i := &item{make(chan int)}; h.stuff = append(h.stuff, i) }
        func (h *hub) stop() {
            h.mu.Lock()
            for _, i := range h.stuff { close(i.out) }
            h.mu.Unlock()
        }
        func (h *hub) f() {
            h.mu.Lock()
            for _, i := range h.stuff {
                i.out <- 1 // want
            }
            h.mu.Unlock()
        }
        """,
    "a condition under a read lock that somebody wants to write": """
        func (h *hub) write() { h.rw.Lock(); h.n++; h.rw.Unlock() }
        func (h *hub) next() {
            h.other.Lock()
            defer h.other.Unlock()
            h.wake.Wait() // want
        }
        func (h *hub) f() {
            h.rw.RLock()
            defer h.rw.RUnlock()
            h.next()
        }
        """,
    "who would end it waits for one that needs the lock": """
        func f() {
            h := newHub()
            stop, ready := make(chan struct{}), make(chan struct{})
            defer close(stop)
            go func() {
                h.mu.Lock()
                defer h.mu.Unlock()
                <-stop // want
            }()
            go func() {
                h.mu.Lock()
                close(ready)
                h.mu.Unlock()
            }()
            <-ready
        }
        """,
}


@pytest.mark.parametrize("code", SHAPES.values(), ids=SHAPES.keys())
def test_a_wait_that_only_one_ends_who_needs_the_lock_is_reported(code: str) -> None:
    go("SN307", f"{HUB}\n{code}")


def test_it_tells_who_needs_the_lock() -> None:
    code = """
        func (h *hub) run() {
            for range h.events {
                h.count()
            }
        }
        func (h *hub) send() {
            h.events <- 1 // want
        }
        func (h *hub) f() {
            h.mu.Lock()
            h.send()
            h.mu.Unlock()
        }
        """
    (found,) = go("SN307", f"{HUB}\n{code}")
    assert found.message == (
        "`h.events <-` waits with `h.mu` held, and (*hub).run, which would end it, needs the same "
        "lock on line 26"
    )
    assert [(each.span.line, each.message) for each in found.related] == [
        (found.span.line + 3, "`h.mu` is taken here"),
        (found.span.line + 4, "called here: `h.send`"),
        (26, "(*hub).run takes it here"),
        (found.span.line - 5, "to get here, which would end the wait"),
    ]
    assert found.waits_at == (found.span.line, 26)
