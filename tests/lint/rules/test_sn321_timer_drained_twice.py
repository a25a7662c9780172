"""Timers whose value is waited for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN321"
LOOP = """
package p

import "time"

type S struct {
	timer *time.Timer
	reset chan int
}

func (s *S) run(d time.Duration) {
	for {
		select {
		case <-s.timer.C:
			println("late")
		case <-s.reset:
			if !s.timer.Stop() {
				<-s.timer.C // want
			}
			s.timer.Reset(d)
		}
	}
}
"""


def test_a_value_that_was_taken_is_waited_for() -> None:
    (found,) = go(RULE, LOOP)
    assert found.message == (
        "`<-s.timer.C` waits for ever if line 13 has taken the value of `s.timer`"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('println("late")', "s.timer.Reset(d)"),
        ('println("late")', "return"),
        ('println("late")', "s.timer = time.NewTimer(d)"),
        ("<-s.timer.C // want", "select {\n\t\t\t\tcase <-s.timer.C:\n\t\t\t\tdefault:\n\t\t\t\t}"),
        ("if !s.timer.Stop() {", "if s.other.Stop() {"),
        ("case <-s.timer.C:", "case <-s.other.C:"),
    ],
    ids=["reset", "left", "another", "not waited for", "another question", "another timer"],
)
def test_what_is_well(old: str, new: str) -> None:
    code = LOOP.replace(old, new)
    assert code != LOOP
    go(RULE, code.replace(" // want", ""))


def test_a_drain_that_comes_once_is_well() -> None:
    go(
        RULE,
        """
        package p

        import "time"

        func wait(done chan int, d time.Duration) {
            timer := time.NewTimer(d)
            select {
            case <-done:
                if !timer.Stop() {
                    <-timer.C
                }
            case <-timer.C:
            }
        }
        """,
    )


@pytest.mark.house
def test_the_fix_goes_on(tmp_path: Path) -> None:
    after = fixed(RULE, LOOP)
    assert "select {\n\t\t\t\tcase <-s.timer.C: // want\n\t\t\t\tdefault:\n\t\t\t\t}" in after
    vet(tmp_path, [after])
