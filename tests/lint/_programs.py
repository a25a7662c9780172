"""Programs of one function, which is what most tests of a rule look at."""

from __future__ import annotations

__all__ = [
    "HANDLER",
    "HUB",
    "LOCKED",
    "LOCKS",
    "go_function",
    "go_handler",
    "go_selecting",
    "python_function",
]

HANDLER = "@app.get('/x')\nasync def handler(request):"
"""How a function of Python begins that serves requests."""

_SELECTING = """\
package main

import (
	"context"
	"errors"
	"time"
)

var _ = errors.New
var _ = time.Now

type answer struct {
	n   int
	err error
}

func work() (int, error) { return 1, nil }

func main() { _ = f(context.Background(), time.Second, nil) }
"""

HUB = """
package p

import (
	"context"
	"sync"
	"time"
)

type hub struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	other  sync.Mutex
	n      int
	events chan int
	full   chan int
	done   chan struct{}
	group  sync.WaitGroup
	cond   *sync.Cond
	wake   *sync.Cond
	stuff  []*item
	hook   func()
}

type item struct{ out chan int }

func (h *hub) count() { h.mu.Lock(); h.n++; h.mu.Unlock() }

func newHub() *hub {
	h := &hub{events: make(chan int), full: make(chan int, 1), done: make(chan struct{})}
	h.cond = sync.NewCond(&h.mu)
	h.wake = sync.NewCond(&h.other)
	return h
}
"""
"""What methods stand below that wait with the lock of a ``hub`` held."""

LOCKED = """
package p

import (
	"errors"
	"os"
	"sync"
	"testing"
)

var errBad = errors.New("bad")

type S struct {
	mu   sync.Mutex
	rw   sync.RWMutex
	Shared sync.Mutex
	bad  bool
	next *S
	list []*S
}

func work() error { return nil }

type keyed struct{}

func (k *keyed) Lock(key string)   {}
func (k *keyed) Unlock(key string) {}
"""
"""What methods stand below that take the locks of an ``S`` and release them."""

LOCKS = """
package p

import (
	"sort"
	"sync"
	"time"
)

type Inner struct {
	mu    sync.Mutex
	s     *S
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
"""What methods stand below that take several locks: of an ``S``, and of what is in it."""


def go_function(head: str, signature: str, body: str) -> str:
    """Return a file of Go: ``head``, and below it a function whose statements are ``body``."""
    lines = body.strip("\n")
    return f"{head}\nfunc {signature} {{\n{lines}\n}}\n"


def go_handler(head: str, body: str) -> str:
    """Return a file of Go: ``head``, and below it a method that serves requests by ``body``."""
    return go_function(head, "(t *T) h(w http.ResponseWriter, r *http.Request)", body)


def go_selecting(body: str) -> str:
    """Return a program of Go that calls a function with things to wait for, which does ``body``."""
    given = "ctx context.Context, timeout time.Duration, stop chan struct{}"
    return go_function(_SELECTING, f"f({given}) error", body)


def python_function(head: str, body: str, *, left: int = 4) -> str:
    """Return a file of Python: ``head``, and below it ``body``, so many columns to the left."""
    lines = body.strip("\n").splitlines()
    return f"{head}\n" + "\n".join(line[left:] for line in lines).rstrip() + "\n"
