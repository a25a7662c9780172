"""A goroutine that may end without a word to who waits for it."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

RULE = "SN319"
HEAD = "package p\n\nfunc check(int) error { return nil }\n"


def program(body: str) -> str:
    return go_function(HEAD, "f(items []int, in chan int)", body)


SKIPPED = {
    "none of its turns tells it": """
	found := make(chan int)
	go func() {
		for _, item := range items {
			if check(item) == nil {
				found <- item
				return
			}
		}
	}()
	println(<-found) // want
	""",
    "a close": """
	done := make(chan struct{})
	go func() {
		for item := range in {
			if check(item) != nil {
				return
			}
		}
		close(done)
	}()
	<-done // want
	""",
    "a result": """
	result := make(chan int)
	go func() {
		if check(1) != nil {
			println("failed")
		} else {
			result <- 1
		}
	}()
	println(<-result) // want
	""",
    "of a named function": """
	done := make(chan struct{})
	go work(in, done)
	<-done // want
}

func work(in chan int, done chan struct{}) {
	if check(<-in) != nil {
		return
	}
	close(done)
	""",
    "a close that a range waits for": """
	out := make(chan int)
	go func() {
		for _, item := range items {
			if check(item) != nil {
				return
			}
			out <- item
		}
		close(out)
	}()
	for item := range out { // want
		println(item)
	}
	""",
    "a defer that comes too late": """
	done := make(chan struct{})
	go func() {
		if check(1) != nil {
			return
		}
		defer close(done)
		println("work")
	}()
	<-done // want
	""",
}
WELL = {
    "deferred": """
	done := make(chan struct{})
	go func() {
		defer close(done)
		for item := range in {
			if check(item) != nil {
				return
			}
		}
	}()
	<-done
	""",
    "on each way": """
	result := make(chan int)
	go func() {
		if check(1) != nil {
			result <- 0
			return
		}
		result <- 1
	}()
	<-result
	""",
    "it waits for something else, too": """
	done := make(chan struct{})
	go func() {
		if check(1) != nil {
			return
		}
		close(done)
	}()
	select {
	case <-done:
	case <-in:
	}
	""",
    "another may tell it": """
	done := make(chan struct{}, 2)
	for range 2 {
		go func() {
			if check(1) != nil {
				return
			}
			done <- struct{}{}
		}()
	}
	go func() { done <- struct{}{} }()
	<-done
	""",
    "started and waited for under one condition": """
	done := make(chan struct{})
	if len(items) > 0 {
		go func() {
			if check(1) != nil {
				return
			}
			close(done)
		}()
	}
	if len(items) > 1 {
		<-done
	}
	""",
    "one for each item": """
	out := make(chan int)
	go func() {
		for _, item := range items {
			out <- item
		}
	}()
	for range items {
		<-out
	}
	""",
    "who waits tells it to end": """
	out, quit := make(chan int), make(chan int)
	defer close(quit)
	go func() {
		for {
			select {
			case <-quit:
				return
			case n := <-in:
				out <- n
			}
		}
	}()
	<-out
	""",
    "it goes on for ever": """
	out := make(chan int)
	go func() {
		for {
			out <- 1
		}
	}()
	<-out
	""",
}


@pytest.mark.parametrize("body", SKIPPED.values(), ids=SKIPPED.keys())
def test_it_is_not_told_on_each_way(body: str) -> None:
    (found,) = go(RULE, program(body))
    assert found.waits_at == (found.span.line,)
    assert found.related[0].message.startswith("ends without")


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_a_signal_that_comes_on_each_way_is_not_reported(body: str) -> None:
    go(RULE, program(body))


def test_a_test_that_fails_in_its_goroutine() -> None:
    go(
        RULE,
        """
        package p

        import "testing"

        func TestIt(t *testing.T) {
            done := make(chan int)
            go func() {
                if work() != nil {
                    t.Fatal("no")
                }
                close(done)
            }()
            <-done // want
        }

        func work() error { return nil }
        """,
        is_test=True,
    )
