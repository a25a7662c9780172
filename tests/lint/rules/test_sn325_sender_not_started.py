"""As many receives as there might be senders, and senders that are left out."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN325"
LOOP = """
package p

import "errors"

var errBad = errors.New("bad")

func sizes(names []string, load func(string) int) (int, error) {{
    results := make(chan int, len(names))
    count := len(names)
    for {turns} {{
        {skip}
        go func() {{
            results <- load("a")
        }}()
        println(count)
    }}
    sum := 0
    for {again} {{
        {take}
    }}
    {behind}
    return sum, nil
}}
"""
SKIP = 'if names[0] == "" { continue }'
TAKE = "sum += <-results"
SAME = {
    "elements": ("_, name := range names", "range names"),
    "a length": ("i := 0; i < len(names); i++", "i := 0; i < len(names); i++"),
    "elements and their length": ("i := range names", "i := 0; i < len(names); i++"),
    "a number": ("i := 0; i < count; i++", "i := 0; i < count; i++"),
    "a number and the elements": ("i := range names", "i := 0; i < count; i++"),
    "a range over a number": ("range count", "range count"),
}


def loop(**parts: str) -> str:
    return LOOP.format(
        **{
            "turns": "_, name := range names",
            "again": "range names",
            "skip": SKIP,
            "take": f"{TAKE} // want",
            "behind": "",
        }
        | parts
    )


@pytest.mark.parametrize(("turns", "again"), SAME.values(), ids=SAME.keys())
def test_a_turn_that_is_left_out(turns: str, again: str) -> None:
    go(RULE, loop(turns=turns, again=again))


def test_a_loop_that_ends_early() -> None:
    go(RULE, loop(skip='if names[0] == "" { break }', behind="close(results)"))


def test_a_start_that_has_a_condition() -> None:
    code = loop(skip='if names[0] != "" {').replace("}()\n", "}()\n }\n")
    go(RULE, code)


QUIET = {
    "none is left out": {"skip": ""},
    "the function ends": {"skip": 'if names[0] == "" { return 0, errBad }'},
    "it sends itself": {"skip": 'if names[0] == "" { results <- 0; continue }'},
    "the number is counted": {
        "again": "i := 0; i < count; i++",
        "skip": 'if names[0] == "" { count--; continue }',
        "turns": "i := 0; i < count; i++",
    },
    "the elements are changed": {"behind": "names = nil"},
    "another number": {"again": "i := 0; i < 2; i++"},
    "another receiver": {"take": 'if names[0] != "" { sum += <-results }'},
    "a way out": {"take": "select {\ncase <-results:\ndefault:\n}"},
    "closed by others": {"behind": "go close(results)"},
    "a receiver that has counted": {
        "take": f"if sum >= count {{ break }}\n        {TAKE}",
    },
    "a receiver that leaves some out": {
        "take": f"if sum >= count {{ continue }}\n        {TAKE}",
    },
    "a receiver that gives up": {
        "take": f"if sum >= count {{ return sum, nil }}\n        {TAKE}",
    },
    "a branch of an inner loop": {"skip": "for range names { continue }"},
}


@pytest.mark.parametrize("parts", QUIET.values(), ids=QUIET.keys())
def test_as_many_as_are_started(parts: dict[str, str]) -> None:
    go(RULE, loop(**{"take": TAKE} | parts))


@pytest.mark.parametrize("leaves", ["return 0, errBad", "panic(errBad)"])
def test_who_leaves_before_anything_is_received(leaves: str) -> None:
    code = loop(take=TAKE).replace("sum := 0", f"if count > 3 {{ {leaves} }}\n    sum := 0")
    go(RULE, code)


def test_who_leaves_when_something_was_received() -> None:
    take = "n := <-results // want\n        if n == 0 { return n, errBad }"
    go(RULE, loop(take=take))


ANSWERS = """
package p

func both(first, second bool, load func(int) error) error {{
    done := make(chan error)
    if first {{
        go func() {{
            done <- load(1)
        }}()
    }}{other} if second {{
        go func() {{
            done <- load(2)
        }}()
    }}
    err := <-done
    {take}
    return err
}}
"""


@pytest.mark.parametrize(
    ("other", "take"),
    [
        ("\n", "<-done // want"),
        (" else", ""),
        ("\n", ""),
        ("\n", "if second { <-done }"),
        ("\n", "go close(done); <-done"),
    ],
    ids=["both", "one of both", "one at least", "under the same condition", "closed"],
)
def test_senders_that_may_not_be_started(other: str, take: str) -> None:
    go(RULE, ANSWERS.format(other=other, take=take))


GUARDED = """
package p

import "log"

func one(isReady bool, turns []int, load func() error) error {{
    done := make(chan error)
    if isReady {{
        go func() {{
            done <- load()
        }}()
    }}
    {between}
    return <-done{mark}
}}
"""
LEAVES = {
    "returns": "if !isReady { return nil }",
    "panics": 'if !isReady { panic("no") }',
    "ends the process": 'if !isReady { log.Fatal("no") }',
    "returns by a switch": "switch {\n    case !isReady:\n        return nil\n    }",
}
GOES_ON = {
    "asks": "if !isReady { println() }",
    "leaves a loop": "for range turns { if !isReady { break } }",
}


@pytest.mark.parametrize("between", LEAVES.values(), ids=LEAVES.keys())
def test_a_receive_that_is_not_come_to_without_a_sender(between: str) -> None:
    go(RULE, GUARDED.format(between=between, mark=""))


@pytest.mark.parametrize("between", GOES_ON.values(), ids=GOES_ON.keys())
def test_a_receive_that_is_come_to_all_the_same(between: str) -> None:
    go(RULE, GUARDED.format(between=between, mark=" // want"))


def test_a_condition_that_the_function_leaves_by() -> None:
    code = """
    package p

    func one(is_ready bool, load func() error) error {
        done := make(chan error)
        if !is_ready {
            return nil
        }
        go func() {
            done <- load()
        }()
        return <-done
    }
    """
    go(RULE, code)
