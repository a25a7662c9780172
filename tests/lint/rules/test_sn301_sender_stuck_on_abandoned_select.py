"""Senders whose receiver is a select that may leave, and those that end whatever it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_selecting
from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN301"


STUCK = {
    "a context": """
	ch := make(chan int)
	go func() {
		ch <- 1 // want
	}()
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	""",
    "a timeout, and behind the select nothing": """
	ch := make(chan int)
	go func() {
		n, _ := work()
		ch <- n // want
	}()
	select {
	case <-ch:
	case <-time.After(timeout):
	}
	return nil
	""",
    "two channels, of which one is sent to": """
	ok, failed := make(chan int), make(chan error)
	go func() {
		if n, err := work(); err != nil {
			failed <- err // want
		} else {
			ok <- n // want
		}
	}()
	select {
	case <-ok:
	case <-failed:
	case <-time.After(timeout):
	}
	return nil
	""",
    "a channel for each turn": """
	for {
		done := make(chan bool)
		go func() {
			done <- true // want
		}()
		select {
		case <-stop:
			return nil
		case <-done:
		}
	}
	""",
    "one of the ways out receives": """
	done := make(chan bool)
	go func() {
		done <- true // want
		close(done)
	}()
	select {
	case <-stop:
		return nil
	case <-done:
	case <-ctx.Done():
		<-done
	}
	return nil
	""",
    "the send of a helper": """
	ch := make(chan answer)
	go send(ch)
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
}

func send(to chan<- answer) {
	n, err := work()
	to <- answer{n, err} // want
	""",
    "a default": """
	ch := make(chan int)
	go func() {
		ch <- 1 // want
	}()
	select {
	case <-ch:
	default:
	}
	return nil
	""",
    "a place for one, and two are sent": """
	ch := make(chan int, 1)
	go func() {
		ch <- 1
		ch <- 2 // want
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
	return nil
	""",
    "a function that is called later": """
	retry := make(chan int)
	time.AfterFunc(timeout, func() {
		retry <- 1 // want
	})
	select {
	case <-retry:
	case <-ctx.Done():
	}
	return nil
	""",
    "a loop that collects": """
	ch := make(chan int)
	for range 3 {
		go func() {
			ch <- 1 // want
		}()
	}
	for range 3 {
		select {
		case <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
	""",
    "the first error of many": """
	failed := make(chan error)
	done := make(chan struct{})
	for range 10 {
		go func() {
			_, err := work()
			failed <- err // want
		}()
	}
	for {
		select {
		case err := <-failed:
			if err != nil {
				return err
			}
		case <-done:
			return nil
		}
	}
	""",
}


@pytest.mark.parametrize("body", STUCK.values(), ids=STUCK.keys())
def test_a_sender_that_is_left_behind(body: str) -> None:
    stuck = go(RULE, go_selecting(body))
    assert stuck
    for found in stuck:
        assert found.waits_at
        assert any("has no place" in place.message for place in found.related)


def test_it_says_which_case_leaves() -> None:
    (found,) = go(RULE, go_selecting(STUCK["a context"]))
    line = found.span.line + 2
    assert found.message == (
        f"`ch <- 1` has no receiver once the select on line {line} has left by `<-ctx.Done()`"
    )
    assert [place.span.line for place in found.related] == [line + 3, found.span.line - 2]
    assert found.waits_at == (found.span.line,)


MENDED = ["a context", "one of the ways out receives", "the send of a helper"]


@pytest.mark.parametrize("name", MENDED)
def test_the_fix_gives_the_channel_a_place(name: str) -> None:
    (found,) = go(RULE, go_selecting(STUCK[name]))
    assert found.fix is not None
    assert found.fix.safe
    assert ", 1)" in fixed(RULE, go_selecting(STUCK[name]), safe=True)


def test_for_more_than_one_somebody_has_to_look() -> None:
    (found,) = go(RULE, go_selecting(STUCK["a place for one, and two are sent"]))
    assert found.fix is not None
    assert not found.fix.safe
    assert [edit.text for edit in found.fix.edits] == [", 2"]


def test_without_a_number_there_is_no_fix() -> None:
    (found,) = go(
        RULE,
        go_selecting(
            STUCK["the first error of many"].replace("range 10", "range time.Now().Day()")
        ),
    )
    assert found.fix is None


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    vet(tmp_path, [fixed(RULE, go_selecting(STUCK[name]), safe=True) for name in MENDED])
