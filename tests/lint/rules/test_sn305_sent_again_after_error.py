"""A goroutine that sends once more behind its error, and one that returns."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN305"
HEAD = "package p\n\ntype answer struct {\n\tn   int\n\terr error\n}\n\n"
HEAD += "func work() (int, error) { return 1, nil }\n"


def program(body: str) -> str:
    return go_function(HEAD, "f(items []int) answer", body)


AGAIN = {
    "no return": """
	ch := make(chan answer)
	go func() {
		n, err := work()
		if err != nil {
			ch <- answer{err: err}
		}
		ch <- answer{n: n} // want
	}()
	return <-ch
	""",
    "a nil for the error": """
	ch := make(chan answer)
	go func() {
		n, err := work()
		if err != nil {
			ch <- answer{}
			println("failed")
		}
		println("done")
		ch <- answer{n: n} // want
	}()
	println("wait")
	_ = <-ch
	return answer{}
	""",
    "in a loop": """
	failed := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range items {
			if _, err := work(); err != nil {
				failed <- err // want
			}
		}
	}()
	<-done
	return answer{err: <-failed}
	""",
}
WELL = {
    "a return": """
	ch := make(chan answer)
	go func() {
		n, err := work()
		if err != nil {
			ch <- answer{err: err}
			return
		}
		ch <- answer{n: n}
	}()
	return <-ch
	""",
    "an else": """
	ch := make(chan answer)
	go func() {
		if n, err := work(); err != nil {
			ch <- answer{err: err}
		} else {
			ch <- answer{n: n}
		}
	}()
	return <-ch
	""",
    "both are taken": """
	ch := make(chan answer)
	go func() {
		n, err := work()
		if err != nil {
			ch <- answer{err: err}
		}
		ch <- answer{n: n}
		close(ch)
	}()
	var last answer
	for last = range ch {
	}
	return last
	""",
}


@pytest.mark.parametrize("body", AGAIN.values(), ids=AGAIN.keys())
def test_it_is_sent_once_more(body: str) -> None:
    go(RULE, program(body))


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_it_is_sent_once(body: str) -> None:
    go(RULE, program(body))


def test_two_callers_of_one_helper_are_one_finding() -> None:
    go(
        RULE,
        """
        package p

        func both(err error) {
            ch := make(chan error)
            go func() { send(ch, nil) }()
            <-ch
            go func() { send(ch, err) }()
            <-ch
        }

        func send(ch chan error, err error) {
            if err != nil {
                ch <- err
            }
            ch <- nil // want
        }
        """,
    )


def test_the_fix_returns() -> None:
    after = fixed(RULE, program(AGAIN["no return"]))
    assert "\t\t\tch <- answer{err: err}\n\t\t\treturn\n\t\t}\n" in after


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    vet(tmp_path, [fixed(RULE, program(AGAIN[name])) for name in ("no return", "in a loop")])
