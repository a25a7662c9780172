"""Ways out on which a lock stays held, and those on which that is meant so."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import LOCKED, go_function
from lint._vet import fixed, vet
from lint._wanted import go

SHAPES = {
    "an error": """
        s.mu.Lock()
        if s.bad {
            return errBad // want
        }
        s.mu.Unlock()
        return nil
        """,
    "one of several": """
        s.mu.Lock()
        if err := work(); err != nil {
            s.mu.Unlock()
            return err
        }
        switch {
        case s.bad:
            return errBad // want
        }
        s.mu.Unlock()
        return nil
        """,
    "for reading": """
        s.rw.RLock()
        if s.bad {
            return nil // want
        }
        s.rw.RUnlock()
        return nil
        """,
    "a break, and behind the loop nobody releases it": """
        for {
            s.mu.Lock()
            if s.bad {
                break // want
            }
            s.mu.Unlock()
        }
        work()
        return nil // want
        """,
    "a break at the end": """
        func() {
            for {
                s.mu.Lock()
                if s.bad {
                    break // want
                }
                s.mu.Unlock()
            }
        }()
        return nil
        """,
    "the end has it": """
        s.mu.Lock()
        if s.bad {
            s.mu.Unlock()
            return errBad
        }
        return nil // want
        """,
    "a continue, and the next turn takes it": """
        for _, each := range s.list {
            s.mu.Lock()
            if each.bad {
                continue // want
            }
            s.mu.Unlock()
        }
        return nil
        """,
    "a continue of an outer loop": """
        outer:
        for {
            s.mu.Lock()
            for _, each := range s.list {
                if each.bad {
                    continue outer // want
                }
            }
            s.mu.Unlock()
        }
        """,
    "in a literal that runs later": """
        go func() {
            s.mu.Lock()
            if s.bad {
                return // want
            }
            s.mu.Unlock()
        }()
        return nil
        """,
    "taken again before": """
        s.mu.Lock()
        s.mu.Unlock()
        work()
        s.mu.Lock()
        if s.bad {
            return nil // want
        }
        s.mu.Unlock()
        return nil
        """,
    "of a key": """
        var locks keyed
        locks.Lock("a")
        if s.bad {
            return nil // want
        }
        locks.Unlock("a")
        return nil
        """,
    "a select": """
        s.mu.Lock()
        select {
        case <-make(chan int):
            return nil // want
        default:
        }
        s.mu.Unlock()
        return nil
        """,
}


@pytest.mark.parametrize("code", SHAPES.values(), ids=SHAPES.keys())
def test_a_way_out_with_the_lock_is_reported(code: str) -> None:
    go("SN309", go_function(LOCKED, "(s *S) f() error", code))


TURNS = """
package p

import "sync"

type set struct {{
    mu    sync.RWMutex
    size  int
    names []string
}}

func send(sets []*set) []*set {{
    var kept []*set
    for _, s := range sets {{
        s.mu.RLock()
        if s.size == 0 {{
            {early}
        }}
        println(s.names[0])
        s.mu.RUnlock()
    }}
    {behind}
    return kept
}}
"""


@pytest.mark.parametrize(
    ("early", "behind"),
    [
        ("continue // want", ""),
        ("s.mu.RUnlock(); continue", ""),
        ("kept = append(kept, s); continue", ""),
        ("continue", "for _, s := range sets { s.mu.RUnlock() }"),
    ],
    ids=["left", "released", "given to others", "all are released behind"],
)
def test_the_lock_of_an_element_that_a_turn_leaves(early: str, behind: str) -> None:
    go("SN309", TURNS.format(early=early, behind=behind))


def test_what_others_release_is_told_where_none_of_them_comes_behind() -> None:
    code = """
        func (s *S) Begin() { s.mu.Lock() }
        func (s *S) End() { s.mu.Unlock() }
        func (s *S) Run() { for { s.step() } }
        func (s *S) step() {
            s.mu.Lock()
            if s.bad {
                return // want
            }
            s.mu.Unlock()
        }
        """
    go("SN309", f"{LOCKED}\n{code}")


def test_it_tells_where_the_next_turn_waits() -> None:
    code = """
        func (s *S) f() {
            for {
                s.mu.Lock()
                if s.bad {
                    continue // want
                }
                s.mu.Unlock()
            }
        }
        """
    (found,) = go("SN309", f"{LOCKED}\n{code}")
    assert found.waits_at == (found.span.line - 2,)
    assert found.message == (
        f"`continue` leaves `s.mu` locked, and line {found.span.line - 2} waits for it in the "
        "next turn"
    )


FIXED = {
    "on a line of its own": (
        "s.mu.Lock()\n\tif s.bad {\n\t\treturn errBad\n\t}\n\ts.mu.Unlock()\n\treturn nil",
        "\t\ts.mu.Unlock()\n\t\treturn errBad",
    ),
    "behind something": (
        "s.rw.RLock()\n\tif s.bad { return errBad }\n\ts.rw.RUnlock()\n\treturn nil",
        "{ s.rw.RUnlock(); return errBad }",
    ),
    "a turn": (
        "for {\n\t\ts.mu.Lock()\n\t\tif s.bad {\n\t\t\tcontinue\n\t\t}\n\t\ts.mu.Unlock()\n\t}",
        "\t\t\ts.mu.Unlock()\n\t\t\tcontinue",
    ),
}


@pytest.mark.parametrize(("code", "want"), FIXED.values(), ids=FIXED.keys())
def test_the_fix_releases_it_before(code: str, want: str) -> None:
    assert want in fixed("SN309", _program(code))


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    vet(tmp_path, [fixed("SN309", _program(code)) for code, _ in FIXED.values()])


def _program(code: str) -> str:
    return (
        'package main\n\nimport (\n\t"errors"\n\t"sync"\n)\n\nvar errBad = errors.New("bad")\n\n'
        "type S struct {\n\tmu  sync.Mutex\n\trw  sync.RWMutex\n\tbad bool\n}\n\n"
        f"func (s *S) f() error {{\n\t{code}\n}}\n\nfunc main() {{ _ = (&S{{}}).f() }}\n"
    )
