"""Senders that end, whatever the select of their receiver does."""

from __future__ import annotations

import pytest

from lint._programs import go_selecting
from lint._wanted import go

RULE = "SN301"


WELL = {
    "a place": """
	ch := make(chan int, 1)
	go func() { ch <- 1 }()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "a place for each of two": """
	ch := make(chan int, 2)
	go func() { ch <- 1 }()
	go func() { ch <- 2 }()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "a send that may be left out": """
	ch := make(chan int)
	go func() {
		select {
		case ch <- 1:
		default:
		}
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "a send that gives up with the context": """
	ch := make(chan int)
	go func() {
		select {
		case ch <- 1:
		case <-ctx.Done():
		}
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "drained in the other case": """
	ch := make(chan int)
	go func() { ch <- 1 }()
	select {
	case <-ch:
	case <-ctx.Done():
		<-ch
	}
	return nil
	""",
    "drained behind it, in both": """
	ch := make(chan int)
	go func() { ch <- 1 }()
	select {
	case <-ctx.Done():
	case <-time.After(timeout):
	}
	<-ch
	return nil
	""",
    "drained at the end": """
	ch := make(chan int)
	defer func() { <-ch }()
	go func() { ch <- 1 }()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "drained by another goroutine": """
	ch := make(chan int)
	go func() { ch <- 1 }()
	select {
	case <-ch:
	case <-ctx.Done():
		go func() { <-ch }()
	}
	return nil
	""",
    "the other case goes on waiting": """
	ch := make(chan int)
	tick := time.NewTicker(timeout)
	go func() { ch <- 1 }()
	for {
		select {
		case <-ch:
			return nil
		case <-tick.C:
			println("still")
		}
	}
	""",
    "the answer or the error, and nothing else": """
	ok, failed := make(chan int), make(chan error)
	go func() {
		if n, err := work(); err != nil {
			failed <- err
		} else {
			ok <- n
		}
	}()
	select {
	case <-ok:
		return nil
	case err := <-failed:
		return err
	}
	""",
    "told the end behind the send": """
	ch, done := make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		ch <- 1
	}()
	select {
	case <-ch:
	case <-done:
	}
	return nil
	""",
    "handed to somebody who is not seen": """
	ch := make(chan int)
	errors.As(nil, ch)
	go func() { ch <- 1 }()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "the wait of a context that lives": """
	select {
	case <-time.After(timeout):
	case <-ctx.Done():
	}
	return nil
	""",
    "full, with a default": """
	ch := make(chan int, 1)
	ch <- 1
	select {
	case ch <- 2:
	default:
	}
	return nil
	""",
}


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_a_sender_that_ends(body: str) -> None:
    go(RULE, go_selecting(body))


def test_a_main_that_leaves_ends_all() -> None:
    go(
        RULE,
        """
        package main

        func main() {
            ch, stop := make(chan int), make(chan int)
            go func() { ch <- 1 }()
            select {
            case <-ch:
            case <-stop:
            }
        }
        """,
    )
