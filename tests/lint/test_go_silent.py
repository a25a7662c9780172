"""Which functions are known by their words to have nothing to do with locks."""

from __future__ import annotations

import pytest

from lint._go_code import package
from snowshed.lint._go._locking import locking
from snowshed.lint._go._silent import silent

LOCKED = """
type store struct {
	mu   sync.Mutex
	hook func()
	out  chan int
}

func (s *store) locked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	called(s)
}

func (s *store) takes() {
	s.mu.Lock()
}
"""


def is_silent(code: str) -> bool:
    found = package(LOCKED + code)
    chosen = {each.name for each in silent(found)}
    return "called" in chosen


def test_who_only_works_has_nothing_to_do_with_locks_and_is_not_read() -> None:
    code = "func called(s *store) int { return add(1, 2) }\n\nfunc add(a, b int) int { return a }\n"
    assert is_silent(code)
    found = package(LOCKED + code)
    assert {each.name for each in locking(found)} == {"locked", "takes"}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("func called(s *store) { s.takes() }", id="takes one by another"),
        pytest.param(
            "func called(s *store) { deeper(s) }\nfunc deeper(s *store) { s.takes() }", id="deeper"
        ),
        pytest.param("func called(s *store) { <-s.out }", id="waits"),
        pytest.param("func called(s *store) { for range s.out { } }", id="ranges over a channel"),
        pytest.param("func called(s *store) { s.hook() }", id="calls what a field has"),
        pytest.param(
            "func called(s *store) { hook() }\nvar hook = func() { s.takes() }",
            id="calls what a variable has",
        ),
        pytest.param("func called(f func()) { f() }", id="calls what it is given"),
        pytest.param(
            "func called(f http.HandlerFunc) { f(nil, nil) }",
            id="calls what it is given, of another package",
        ),
        pytest.param("func called(s *store) { once.Do(other) }", id="may be the first"),
    ],
)
def test_who_may_have_to_do_with_one_is_read(code: str) -> None:
    assert not is_silent(code)


def test_those_that_call_each_other_are_silent_together() -> None:
    assert is_silent("func called(s *store) { other(s) }\nfunc other(s *store) { called(s) }")


def test_a_name_may_have_letters_of_any_alphabet() -> None:
    assert not is_silent(
        "func called(s *store) { s.größe() }\nfunc (s *store) größe() { s.takes() }"
    )


def test_who_ranges_over_a_channel_matters_whatever_it_is_called() -> None:
    code = "type s struct { größen chan int }\nfunc f(x *s) { for range x.größen { } }"
    assert [each.name for each in package(code).interesting] == ["f"]
    assert not package(code.replace("x.größen", "x.größenordnung")).interesting
