"""A deferred cancel beside a goroutine with the same context."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

RULE = "SN209"
HEAD = """\
package p

import (
	"context"
	"log"
	"net/http"
	"sync"
	"time"
)

var _ = log.Println
var _ sync.WaitGroup
var _ = http.StatusOK

func work(context.Context) {}
func step() error           { return nil }
"""


def program(body: str) -> str:
    return go_function(HEAD, "f(ctx context.Context, w http.ResponseWriter, names []string)", body)


CANCELLED = {
    "it returns at once": """
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel() // want
	go work(ctx)
	""",
    "of a literal": """
	child, cancel := context.WithCancel(context.Background())
	defer cancel() // want
	go func() {
		work(child)
	}()
	w.WriteHeader(http.StatusAccepted)
	log.Println("started")
	""",
    "one for each": """
	child, cancel := context.WithDeadline(ctx, time.Now())
	defer cancel() // want
	for range names {
		go work(child)
	}
	""",
    "on one of the ways": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel() // want
	if len(names) == 0 {
		go work(child)
		return
	}
	work(child)
	""",
}
WELL = {
    "it belongs to the goroutine": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	go func() {
		defer cancel()
		work(child)
	}()
	""",
    "it is waited for by a channel": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	done := make(chan int, 1)
	go func() {
		work(child)
		done <- 1
	}()
	<-done
	""",
    "it is waited for by a select": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	done := make(chan int, 1)
	go func() {
		work(child)
		done <- 1
	}()
	select {
	case <-done:
	case <-child.Done():
	}
	""",
    "it is waited for by a group": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var group sync.WaitGroup
	for range names {
		group.Add(1)
		go func() {
			defer group.Done()
			work(child)
		}()
	}
	group.Wait()
	""",
    "it is waited for at the end": """
	var group sync.WaitGroup
	defer group.Wait()
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	group.Add(1)
	go func() {
		defer group.Done()
		work(child)
	}()
	""",
    "it helps in what is done meanwhile": """
	child, cancel := context.WithCancel(ctx)
	defer cancel()
	go work(child)
	if err := step(); err != nil {
		return
	}
	""",
    "it has another context": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	work(child)
	go work(ctx)
	""",
    "it is not cancelled with it": """
	child, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	work(child)
	go work(context.WithoutCancel(child))
	""",
    "another cancel": """
	stop := func() {}
	defer stop()
	go work(ctx)
	""",
}


@pytest.mark.parametrize("body", CANCELLED.values(), ids=CANCELLED.keys())
def test_it_is_cancelled_at_once(body: str) -> None:
    (found,) = go(RULE, program(body))
    assert "as soon as `f` returns" in found.message
    assert len(found.related) == 1


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_it_is_cancelled_when_it_should(body: str) -> None:
    go(RULE, program(body))
