"""Waits with a lock held that somebody ends who does not need it."""

from __future__ import annotations

import pytest

from lint._programs import HUB
from lint._wanted import go

QUIET = {
    "the receiver needs no lock": """
        func (h *hub) run() { for range h.events { println(1) } }
        func (h *hub) f() { h.mu.Lock(); h.events <- 1; h.mu.Unlock() }
        """,
    "one of two receivers needs none": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) drain() { for range h.events {} }
        func (h *hub) f() { h.mu.Lock(); h.events <- 1; h.mu.Unlock() }
        """,
    "another lock": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) f() { h.other.Lock(); h.events <- 1; h.other.Unlock() }
        """,
    "released before": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) f() { h.mu.Lock(); h.mu.Unlock(); h.events <- 1 }
        """,
    "released by who sends": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) send() { h.mu.Unlock(); h.events <- 1; h.mu.Lock() }
        func (h *hub) f() { h.mu.Lock(); defer h.mu.Unlock(); h.send() }
        """,
    "a default": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) f() { h.mu.Lock(); select { case h.events <- 1: default: }; h.mu.Unlock() }
        """,
    "a context, or a timer": """
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) f(ctx context.Context) {
            h.mu.Lock()
            select { case h.events <- 1: case <-ctx.Done(): }
            select { case h.events <- 1: case <-time.After(time.Second): }
            h.mu.Unlock()
        }
        """,
    "only read": """
        func (h *hub) run() { for range h.events { h.rw.RLock(); h.rw.RUnlock() } }
        func (h *hub) f() { h.rw.RLock(); h.events <- 1; h.rw.RUnlock() }
        """,
    "received once, and then taken": """
        func (h *hub) once() { <-h.events; h.count() }
        func (h *hub) f() { h.mu.Lock(); h.events <- 1; h.mu.Unlock() }
        """,
    "taken once, before the loop": """
        func (h *hub) run() { h.count(); for range h.events { println(1) } }
        func (h *hub) f() { h.mu.Lock(); h.events <- 1; h.mu.Unlock() }
        """,
    "a place in the buffer for the only element": """
        func (h *hub) wait() int { h.count(); return <-h.full }
        func (h *hub) f() { h.mu.Lock(); h.full <- 1; h.mu.Unlock() }
        """,
    "a place for each": """
        func other(all []int) *hub { return &hub{full: make(chan int, len(all))} }
        func (h *hub) run() { for range h.full { h.count() } }
        func (h *hub) f() { h.mu.Lock(); h.full <- 1; h.mu.Unlock() }
        """,
    "a large buffer": """
        func f(h *hub) {
            many := make(chan int, 1000000)
            go func() { for range many { h.count() } }()
            h.mu.Lock()
            many <- 1
            h.mu.Unlock()
        }
        """,
    "it is in the buffer already": """
        func (h *hub) send() { h.mu.Lock(); h.full <- 1; h.mu.Unlock() }
        func (h *hub) f() { h.mu.Lock(); <-h.full; h.mu.Unlock() }
        """,
    "a channel that one puts into a queue, and waits": """
        func (h *hub) wait() int {
            i := &item{make(chan int)}
            h.mu.Lock()
            h.stuff = append(h.stuff, i)
            h.mu.Unlock()
            return <-i.out
        }
        func (h *hub) f() { h.mu.Lock(); for _, i := range h.stuff { i.out <- 1 }; h.mu.Unlock() }
        """,
    "closed before the lock that is deferred": """
        func (h *hub) run() { defer func() { close(h.done); h.count() }(); println(1) }
        func (h *hub) stop() { h.mu.Lock(); <-h.done; h.mu.Unlock() }
        """,
    "the lock is taken before the goroutine that waits is started": """
        func f() {
            h := newHub()
            h.count()
            go func() { h.mu.Lock(); h.events <- 1; h.mu.Unlock() }()
            <-h.events
        }
        """,
    "its own condition": """
        func (h *hub) signal() { h.mu.Lock(); h.cond.Signal(); h.mu.Unlock() }
        func (h *hub) f() { h.mu.Lock(); for h.n == 0 { h.cond.Wait() }; h.mu.Unlock() }
        """,
    "a local condition": """
        func f() {
            var mu sync.Mutex
            cond := sync.NewCond(&mu)
            go func() { mu.Lock(); cond.Signal(); mu.Unlock() }()
            mu.Lock()
            cond.Wait()
            mu.Unlock()
        }
        """,
    "the lock of a condition that is made elsewhere": """
        type queue struct { mu sync.Mutex; cond sync.Cond; n int }
        func (q *queue) put() { q.mu.Lock(); q.n++; q.cond.Signal(); q.mu.Unlock() }
        func (q *queue) get() { q.mu.Lock(); for q.n == 0 { q.cond.Wait() }; q.mu.Unlock() }
        """,
    "a condition under a read lock that nobody writes": """
        func (h *hub) f() { h.rw.RLock(); h.other.Lock(); h.wake.Wait(); h.other.Unlock() }
        """,
    "a condition under another lock that who signals does not need": """
        func (h *hub) signal() { h.wake.Signal() }
        func (h *hub) f() { h.mu.Lock(); h.other.Lock(); h.wake.Wait(); h.other.Unlock() }
        """,
    "the members need no lock": """
        func (h *hub) start() { h.group.Add(1); go func() { defer h.group.Done() }() }
        func (h *hub) stop() { h.mu.Lock(); h.group.Wait(); h.mu.Unlock() }
        """,
    "somebody outside may receive": """
        func (h *hub) Events() <-chan int { return h.events }
        func (h *hub) run() { for range h.events { h.count() } }
        func (h *hub) f() { h.mu.Lock(); h.events <- 1; h.mu.Unlock() }
        """,
    "nobody is known": """
        func (h *hub) f(ch chan int, done <-chan struct{}) { h.mu.Lock(); ch <- 1; <-done }
        """,
}


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET.keys())
def test_a_wait_that_somebody_ends_is_not_reported(code: str) -> None:
    go("SN307", f"{HUB}\n{code}")
