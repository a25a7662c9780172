"""A result that waits for whoever called, and one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._vet import fixed, vet
from lint._wanted import go

RULE = "SN306"
FUTURE = """
package p

func Later(work func() int) <-chan int {
	ch := make(chan int)
	go func() {
		ch <- work() // want
	}()
	return ch
}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("make(chan int)", "make(chan int, 1)"),
        ("\t\tch <- work()", "\t\tfor {\n\t\tch <- work()"),
        ("\t\tch <- work()", "\t\tch <- work()\n\t\tch <- work()"),
        ("\treturn ch", "\t<-ch\n\treturn nil"),
    ],
    ids=["a place", "a stream", "two", "not returned"],
)
def test_others_are_no_result_that_is_returned(old: str, new: str) -> None:
    code = FUTURE.replace(old, new).replace(" // want", "")
    if "for {" in new:
        code = code.replace("\t}()", "\t}}()")
    go(RULE, code)


def test_a_result_that_nobody_takes() -> None:
    (found,) = go(RULE, FUTURE)
    assert found.fix is not None
    assert found.fix.safe


def test_a_send_with_another_way_out_is_well() -> None:
    code = """
    package p

    func Later(work func() int, stop chan int) chan int {
        ch := make(chan int)
        go func() {
            select {
            case ch <- work():
            case <-stop:
            }
        }()
        return ch
    }
    """
    go(RULE, code)


@pytest.mark.house
def test_the_fix_gives_it_a_place(tmp_path: Path) -> None:
    after = fixed(RULE, FUTURE, safe=True)
    assert "make(chan int, 1)" in after
    vet(tmp_path, [after])


def test_one_of_several_results_is_one() -> None:
    code = """
    package p

    func Wait(stop, ready chan int) <-chan int {
        result := make(chan int)
        go func() {
            select {
            case <-stop:
                result <- 0 // want
                return
            case <-ready:
            }
            result <- 1
        }()
        return result
    }
    """
    go(RULE, code)


@pytest.mark.parametrize(
    ("use", "mark"),
    [("return <-later()", ""), ("select {\ncase <-later():\ndefault:\n}\nreturn 0", "// want")],
    ids=["they receive", "one may leave"],
)
def test_callers_that_are_known(use: str, mark: str) -> None:
    code = f"""
package p

func later() chan int {{
    ch := make(chan int)
    go func() {{
        ch <- 1 {mark}
    }}()
    return ch
}}

func use() int {{
{use}
}}
"""
    go(RULE, code)
