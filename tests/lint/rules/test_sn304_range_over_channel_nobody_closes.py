"""A range over a channel that nobody closes, and those that end in another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN304"
HEAD = "package p\n\nfunc do(int) {}\n"


def program(body: str) -> str:
    return go_function(HEAD, "f(items []int, n int)", body)


ENDLESS = {
    "workers": """
	jobs := make(chan int)
	for i := 0; i < n; i++ {
		go func() {
			for item := range jobs { // want
				do(item)
			}
		}()
	}
	for _, item := range items {
		jobs <- item
	}
	""",
    "a worker with a name": """
	jobs := make(chan int, 10)
	go work(jobs)
	for _, item := range items {
		jobs <- item
	}
}

func work(jobs <-chan int) {
	for item := range jobs { // want
		do(item)
	}
	""",
    "who makes it waits": """
	found := make(chan int)
	go func() {
		for _, item := range items {
			found <- item
		}
	}()
	for item := range found { // want
		do(item)
	}
	""",
}
WELL = {
    "closed behind it": """
	jobs := make(chan int)
	go func() {
		for item := range jobs {
			do(item)
		}
	}()
	for _, item := range items {
		jobs <- item
	}
	close(jobs)
	""",
    "closed by another": """
	jobs := make(chan int)
	go func() {
		defer close(jobs)
		for _, item := range items {
			jobs <- item
		}
	}()
	for item := range jobs {
		do(item)
	}
	""",
    "left by what came": """
	jobs := make(chan int)
	go func() {
		for item := range jobs {
			if item == 0 {
				return
			}
		}
	}()
	for _, item := range items {
		jobs <- item
	}
	jobs <- 0
	""",
    "fed for ever": """
	jobs := make(chan int)
	go func() {
		for {
			jobs <- 1
		}
	}()
	for item := range jobs {
		do(item)
	}
	""",
    "of a slice of channels": """
	all := []chan int{make(chan int)}
	for _, each := range all {
		each <- 1
	}
	""",
    "handed on": """
	jobs := make(chan int)
	keep = jobs
	go func() {
		for item := range jobs {
			do(item)
		}
	}()
	jobs <- 1
}

var keep chan int

func g() {
	""",
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS.keys())
def test_nobody_closes_it(body: str) -> None:
    (found,) = go(RULE, program(body))
    assert found.waits_at == (found.span.line,)


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_it_ends(body: str) -> None:
    go(RULE, program(body))


def test_what_main_starts_ends_with_it() -> None:
    code = program(ENDLESS["workers"]).replace("package p", "package main")
    go(
        RULE,
        code.replace(
            "func f(items []int, n int) {", "func main() {\n\titems, n := []int{}, 1"
        ).replace(" // want", ""),
    )


@pytest.mark.parametrize("name", ["workers", "a worker with a name"])
def test_the_fix_closes_it_when_its_maker_ends(name: str) -> None:
    assert "\n\tdefer close(jobs)\n" in fixed(RULE, program(ENDLESS[name]))


def test_who_does_not_send_does_not_close() -> None:
    (found,) = go(RULE, program(ENDLESS["who makes it waits"]))
    assert found.fix is None


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    vet(tmp_path, [fixed(RULE, program(ENDLESS["workers"]))])


TICKER = """
package p

import "time"

type sink struct{ ticker *time.Ticker }

func (s *sink) start() {
    s.ticker = time.NewTicker(time.Second)
    go func() {
        for range s.ticker.C { // want
            println("flush")
        }
    }()
}

func (s *sink) Close() {
    s.ticker.Stop()
}
"""


def test_a_ticker_that_is_stopped_closes_nothing() -> None:
    (found,) = go(RULE, TICKER)
    assert "`Stop` does not close it" in found.message


@pytest.mark.parametrize(
    "end",
    ["s.ticker = nil", "var o other\n    o.ticker.Stop()"],
    ids=["for ever", "another"],
)
def test_the_goroutine_of_what_is_closed(end: str) -> None:
    (found,) = go(RULE, TICKER.replace("s.ticker.Stop()", end))
    assert "whatever `(*sink).Close` does" in found.message


def test_the_method_of_what_is_closed() -> None:
    code = TICKER.replace("go func() {", "go s.flush()\n}\n\nfunc (s *sink) flush() {")
    go(RULE, code.replace("        }\n    }()\n}", "        }\n}").replace("s.ticker.Stop()", ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('println("flush")', "if s == nil {\n                return\n            }"),
        ("func (s *sink) Close() {\n    s.ticker.Stop()", "func (s *sink) Size() {"),
        ("go func() {", "run(func() {"),
    ],
    ids=["left", "nothing ends it", "who knows by whom it is run"],
)
def test_a_ticker_for_ever(old: str, new: str) -> None:
    code = TICKER.replace("s.ticker.Stop()", "println()") if "run" in new else TICKER
    assert old in code
    code = code.replace(old, new).replace("}()" if "run" in new else "\0", "})")
    go(RULE, code.replace(" // want", ""))


def test_who_ranges_may_stop_it_at_its_end() -> None:
    code = 'package p\nimport "time"\nfunc f() {\nt := time.NewTicker(1)\ndefer t.Stop()\n'
    go(RULE, code + "for range t.C {\nprintln()\n}\n}\n")
