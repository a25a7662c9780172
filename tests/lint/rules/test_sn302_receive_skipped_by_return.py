"""Functions that leave on a way that does not receive, and those that always do."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN302"
HEAD = """\
package p

import (
	"context"
	"errors"
)

var _ = errors.New

func work() (int, error) { return 1, nil }

func check(int) error { return nil }
"""


def program(body: str) -> str:
    return go_function(HEAD, "f(ctx context.Context, items []int) error", body)


STUCK = {
    "an error on the way": """
	ch := make(chan int)
	go func() {
		ch <- 1 // want
	}()
	if err := check(1); err != nil {
		return err
	}
	<-ch
	return nil
	""",
    "a way of a switch": """
	ch := make(chan int)
	go func() {
		ch <- 1 // want
	}()
	switch len(items) {
	case 0:
		return nil
	case 1:
		<-ch
	default:
		println(<-ch)
	}
	return nil
	""",
    "a place for one, and two send": """
	ch := make(chan int, 1)
	go func() {
		ch <- 1 // want
	}()
	go func() {
		ch <- 2 // want
	}()
	if err := check(1); err != nil {
		return err
	}
	<-ch
	<-ch
	return nil
	""",
    "a loop that is left because of something else": """
	ch := make(chan int)
	go func() {
		defer close(ch)
		for _, item := range items {
			ch <- item // want
		}
	}()
	for item := range ch {
		if err := check(item); err != nil {
			return err
		}
	}
	return nil
	""",
    "a constant that is too small": """
	ch := make(chan int, size)
	go func() {
		defer close(ch)
		for _, item := range items {
			ch <- item // want
		}
	}()
	for range ch {
		if ctx.Err() != nil {
			break
		}
	}
	return nil
}

const size = 4

func g() {
	""",
    "the first error of many": """
	errs := make(chan error)
	for _, item := range items {
		go func() {
			errs <- check(item) // want
		}()
	}
	for range items {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
	""",
    "by a helper": """
	ch := make(chan int)
	go send(ch)
	if err := check(1); err != nil {
		return err
	}
	<-ch
	return nil
}

func send(to chan int) {
	to <- 1 // want
	""",
}
WELL = {
    "a place": """
	ch := make(chan int, 1)
	go func() { ch <- 1 }()
	if err := check(1); err != nil {
		return err
	}
	<-ch
	return nil
	""",
    "received on each way": """
	ch := make(chan int)
	go func() { ch <- 1 }()
	if err := check(1); err != nil {
		<-ch
		return err
	}
	<-ch
	return nil
	""",
    "received when it leaves": """
	ch := make(chan int)
	defer func() { <-ch }()
	go func() { ch <- 1 }()
	return check(1)
	""",
    "received by another": """
	ch := make(chan int)
	go func() { ch <- 1 }()
	go func() { println(<-ch) }()
	return check(1)
	""",
    "returned before it is started": """
	ch := make(chan int)
	if err := check(1); err != nil {
		return err
	}
	go func() { ch <- 1 }()
	<-ch
	return nil
	""",
    "started and received under one condition": """
	ch := make(chan int)
	if len(items) > 0 {
		go func() { ch <- 1 }()
	}
	if len(items) > 0 {
		<-ch
	}
	return nil
	""",
    "made under a condition": """
	var ch chan int
	if len(items) > 0 {
		ch = make(chan int)
		go func() { ch <- 1 }()
	}
	if ch != nil {
		<-ch
	}
	return nil
	""",
    "as often as it is sent": """
	ch := make(chan error)
	for _, item := range items {
		go func() { ch <- check(item) }()
	}
	var first error
	for range items {
		if err := <-ch; err != nil && first == nil {
			first = err
		}
	}
	return first
	""",
    "when none is left": """
	ch := make(chan error)
	left := 0
	for _, item := range items {
		left++
		go func() { ch <- check(item) }()
	}
	for {
		select {
		case err := <-ch:
			println(err)
			left--
			if left == 0 {
				return nil
			}
		}
	}
	""",
    "a sender that stops at its error": """
	ch := make(chan error)
	go func() {
		for _, item := range items {
			err := check(item)
			ch <- err
			if err != nil {
				return
			}
		}
	}()
	for range items {
		if err := <-ch; err != nil {
			return err
		}
	}
	return nil
	""",
    "a sender that is asked": """
	asked, ch := make(chan int), make(chan int)
	go func() {
		for n := range asked {
			ch <- n
		}
	}()
	defer close(asked)
	for range items {
		asked <- 1
		<-ch
		if err := check(1); err != nil {
			return err
		}
	}
	return nil
	""",
    "tokens": """
	tokens := make(chan int, 2)
	tokens <- 1
	tokens <- 2
	for _, item := range items {
		<-tokens
		go func() {
			defer func() { tokens <- 1 }()
			_ = check(item)
		}()
	}
	return nil
	""",
    "a function that calls itself": """
	return chain(3, make(chan int, 1))
}

func chain(i int, up chan int) error {
	if i == 0 {
		go func() { up <- 1 }()
		return nil
	}
	down := make(chan int)
	go chain(i-1, down)
	<-down
	up <- 1
	return nil
	""",
    "a place for each, which a number says": """
	const n = 3
	ch := make(chan error, n)
	for i := 0; i < n; i++ {
		go func() { ch <- check(i) }()
	}
	for range n {
		if err := <-ch; err != nil {
			return err
		}
	}
	return nil
	""",
}


@pytest.mark.parametrize("body", STUCK.values(), ids=STUCK.keys())
def test_a_way_that_does_not_receive(body: str) -> None:
    stuck = go(RULE, program(body))
    assert stuck
    for found in stuck:
        assert found.waits_at
        assert len(found.related) == 2


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_what_is_received_on_each_way(body: str) -> None:
    go(RULE, program(body))


TEST = """
package p

import "testing"

func TestIt(t *testing.T) {
    ch := make(chan int)
    go func() {
        ch <- 1 // want advice
    }()
    if _, err := work(); err != nil {
        t.Fatal(err)
    }
    <-ch
}

func work() (int, error) { return 1, nil }
"""


def test_a_test_that_fails_is_advice_in_tests() -> None:
    go(RULE, TEST, is_test=True)
    go(RULE, TEST.replace(" advice", ""))


def test_a_test_that_returns_is_told() -> None:
    go(RULE, TEST.replace("t.Fatal(err)", "return").replace(" advice", ""), is_test=True)


MENDED = ["an error on the way", "by a helper"]


@pytest.mark.parametrize("name", MENDED)
def test_the_fix_gives_the_channel_a_place(name: str) -> None:
    assert "make(chan int, 1)" in fixed(RULE, program(STUCK[name]), safe=True)


def test_for_two_somebody_has_to_look() -> None:
    stuck = go(RULE, program(STUCK["a place for one, and two send"]))
    assert len(stuck) == 2
    for found in stuck:
        assert found.fix is not None
        assert not found.fix.safe
        assert [edit.text for edit in found.fix.edits] == [", 2"]


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    vet(tmp_path, [fixed(RULE, program(STUCK[name]), safe=True) for name in MENDED])
