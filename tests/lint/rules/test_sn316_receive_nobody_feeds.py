"""Receives of what nobody sends, and those that somebody may feed after all."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN316"


@pytest.mark.parametrize(
    "code",
    [
        """
        package p
        type w struct{ stopped chan struct{} }
        func start() *w { return &w{stopped: make(chan struct{})} }
        func (w *w) wait() {
            <-w.stopped // want
        }
        """,
        """
        package p
        type buffer struct{ c chan bool }
        type reader struct{ recv *buffer }
        func (b *buffer) get() <-chan bool { return b.c }
        func made() *reader { return &reader{recv: &buffer{c: make(chan bool)}} }
        func (r *reader) read() {
            select {
            case <-r.recv.get(): // want
            }
        }
        """,
        """
        package p
        func f() {
            done := make(chan bool)
            go forget(done)
            <-done // want
        }
        func forget(done chan bool) {}
        """,
        """
        package p
        type W struct{ done chan int }
        func New() *W { return &W{make(chan int)} }
        func (w *W) Done() <-chan int { return w.done }
        func (w *W) wait() {
            for range w.Done() { // want
            }
        }
        """,
        """
        package p
        func f() {
            var c chan int
            <-c // want
        }
        """,
        """
        package p
        func f() {
            go func() {
                var c chan int
                c <- 1 // want
            }()
        }
        """,
    ],
    ids=[
        "a field",
        "by a getter",
        "a parameter",
        "shown to who can only receive",
        "nil",
        "nil, sent",
    ],
)
def test_nobody_sends_to_it(code: str) -> None:
    (found,) = go(RULE, code)
    assert found.waits_at == (found.span.line,)


@pytest.mark.parametrize(
    "code",
    [
        """
        package p
        type w struct{ stopped chan struct{} }
        func start() *w { return &w{stopped: make(chan struct{})} }
        func (w *w) wait() { <-w.stopped }
        func (w *w) stop() { close(w.stopped) }
        """,
        """
        package p
        type W struct{ Stopped chan struct{} }
        func start() *W { return &W{Stopped: make(chan struct{})} }
        func (w *W) wait() { <-w.Stopped }
        """,
        """
        package p
        import "os/signal"
        import "os"
        func f() {
            c := make(chan os.Signal, 1)
            signal.Notify(c)
            <-c
        }
        """,
        """
        package p
        type feeder interface{ Feed(c chan int) }
        func f(by feeder) {
            c := make(chan int)
            by.Feed(c)
            <-c
        }
        """,
        """
        package p
        func f(feed func(c chan int)) {
            c := make(chan int)
            feed(c)
            <-c
        }
        """,
        """
        package p
        type W struct{ done chan int }
        func New() *W { return &W{make(chan int)} }
        func (w *W) Done() chan int { return w.done }
        func (w *W) wait() { <-w.Done() }
        """,
        """
        package p
        func f(stop chan int) {
            dead := make(chan int)
            select {
            case <-dead:
            case <-stop:
            }
        }
        """,
        """
        package p
        type server struct{ reload chan chan error }
        func New() *server { return &server{make(chan chan error)} }
        func (s *server) Reload() <-chan chan error { return s.reload }
        func (s *server) ask() error {
            c := make(chan error)
            s.reload <- c
            return <-c
        }
        """,
        """
        package p
        type node struct{ status chan chan int }
        func start() *node {
            n := &node{make(chan chan int)}
            go n.run()
            return n
        }
        func (n *node) run() {
            for c := range n.status {
                c <- 1
            }
        }
        func (n *node) ask() int {
            c := make(chan int)
            n.status <- c
            return <-c
        }
        """,
        """
        package p
        func f() {
            var c chan int
            defer func() { <-c }()
            c = make(chan int, 1)
            c <- 1
        }
        """,
        """
        package p
        func f(on bool) {
            var c chan int
            select {
            case <-c:
            default:
            }
        }
        """,
        """
        package p
        var block = make(chan int)
        func f() { <-block }
        """,
        """
        package p
        type pool struct{ waiters map[string]chan int }
        func (p *pool) wait(k string) {
            c := make(chan int)
            p.waiters[k] = c
            <-c
        }
        func (p *pool) wake(k string) {
            p.waiters[k] <- 1
        }
        """,
    ],
    ids=[
        "closed elsewhere",
        "a field of others",
        "handed to another package",
        "handed to an interface",
        "handed to a function value",
        "shown to who may send",
        "a case of several",
        "sent to somebody outside",
        "sent to a loop that answers",
        "made later",
        "a case that is nil",
        "of the package",
        "kept in a map",
    ],
)
def test_somebody_may_send_to_it(code: str) -> None:
    go(RULE, code)


def test_a_test_only_tries_out_what_it_gives() -> None:
    code = """
    package p
    func wait(c chan int) { <-c%s }
    """
    made = "package p\nfunc TestIt() { wait(make(chan int)) }\n"
    go(RULE, {"a.go": code % "", "a_test.go": made})
    go(RULE, {"a.go": code % " // want\n", "b.go": made})
