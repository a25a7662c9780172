"""The first answer of many, and as many answers as were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN303"
HEAD = "package p\n\nfunc ask(string) int { return 1 }\n\ntype atomic struct{}\n"


def program(body: str) -> str:
    return go_function(HEAD, "f(names []string) int", body)


STUCK = {
    "the first of many": """
	ch := make(chan int)
	for _, name := range names {
		go func() {
			ch <- ask(name) // want
		}()
	}
	return <-ch
	""",
    "of errors": """
	ch := make(chan int)
	for _, name := range names {
		go func(name string) {
			if n := ask(name); n > 0 {
				ch <- n // want
			}
		}(name)
	}
	return <-ch
	""",
    "three, of which one is taken": """
	ch := make(chan int, 1)
	for i := 0; i < 3; i++ {
		go func() {
			ch <- i // want
		}()
	}
	return <-ch
	""",
    "a stream without an end": """
	ch := make(chan int)
	go func() {
		for {
			ch <- ask("") // want
		}
	}()
	return <-ch + <-ch
	""",
}
WELL = {
    "a place for each": """
	ch := make(chan int, len(names))
	for _, name := range names {
		go func() { ch <- ask(name) }()
	}
	return <-ch
	""",
    "as many as are taken": """
	ch := make(chan int)
	for i := 0; i < 2; i++ {
		go func() { ch <- i }()
	}
	return <-ch + <-ch
	""",
    "all are taken": """
	ch := make(chan int)
	for _, name := range names {
		go func() { ch <- ask(name) }()
	}
	sum := 0
	for range names {
		sum += <-ch
	}
	return sum
	""",
    "another way out": """
	ch, done := make(chan int), make(chan struct{})
	defer close(done)
	for _, name := range names {
		go func() {
			select {
			case ch <- ask(name):
			case <-done:
			}
		}()
	}
	return <-ch
	""",
    "the last of many": """
	ch := make(chan int)
	var left atomic
	for range names {
		go func() {
			if left.Add(-1) == 0 {
				ch <- 1
			}
		}()
	}
	return <-ch
	""",
    "a number of a type": """
	ch := make(chan int)
	for p := int32(0); p < 2; p++ {
		go func() { ch <- 1 }()
	}
	return <-ch + <-ch
	""",
    "a stream that may end": """
	ch := make(chan int)
	go func() {
		for _, name := range names {
			ch <- ask(name)
		}
	}()
	return <-ch + <-ch
	""",
    "several, written one by one": """
	ch := make(chan int)
	for _, name := range names {
		go func() { ch <- ask(name) }()
	}
	return <-ch + <-ch + <-ch
	""",
}


@pytest.mark.parametrize("body", STUCK.values(), ids=STUCK.keys())
def test_more_is_sent_than_is_taken(body: str) -> None:
    (found,) = go(RULE, program(body))
    assert found.waits_at == (found.span.line,)


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_enough_is_taken(body: str) -> None:
    go(RULE, program(body))


def test_it_says_how_often() -> None:
    (found,) = go(RULE, program(STUCK["the first of many"]))
    assert found.message == (
        "`ch <- ask(name)` is done in a loop, and `ch` is received from once: "
        "what is left over waits for ever"
    )
    (found,) = go(RULE, program(STUCK["three, of which one is taken"]))
    assert "up to 3 times" in found.message


def test_the_fix_has_a_place_for_each() -> None:
    assert "make(chan int, len(names))" in fixed(RULE, program(STUCK["the first of many"]))
    assert "make(chan int, 3)" in fixed(RULE, program(STUCK["three, of which one is taken"]))


def test_without_a_length_there_is_none() -> None:
    (found,) = go(RULE, program(STUCK["a stream without an end"]))
    assert found.fix is None


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    names = ["the first of many", "three, of which one is taken"]
    vet(tmp_path, [fixed(RULE, program(STUCK[name])) for name in names])


def test_there_is_a_place_for_each_of_what_is_written_out() -> None:
    go(
        "SN303",
        """
        package p

        func one() string {
            urls := []string{"a", "b", "c"}
            answers := make(chan string, 3)
            for _, url := range urls {
                go func() { answers <- get(url) }()
            }
            return <-answers
        }

        func short(urls [3]string) string {
            answers := make(chan string, 1)
            for _, url := range urls {
                go func() { answers <- get(url) }() // want
            }
            return <-answers
        }
        """,
    )
