"""Ways out that release the lock, and functions that mean to leave it held."""

from __future__ import annotations

import pytest

from lint._programs import LOCKED, go_function
from lint._wanted import go

QUIET = {
    "deferred": "s.mu.Lock(); defer s.mu.Unlock(); if s.bad { return errBad }; return nil",
    "deferred in a literal": """
        s.mu.Lock()
        defer func() { s.bad = false; s.mu.Unlock() }()
        if s.bad { return errBad }
        return nil
        """,
    "deferred under a flag": """
        locked := true
        s.mu.Lock()
        defer func() { if locked { s.mu.Unlock() } }()
        if s.bad { return errBad }
        s.mu.Unlock()
        locked = false
        return nil
        """,
    "released on all": """
        s.mu.Lock()
        if s.bad { s.mu.Unlock(); return errBad }
        s.mu.Unlock()
        return nil
        """,
    "held on one way only": """
        if s.bad { s.mu.Lock() }
        if err := work(); err != nil { return err }
        if s.bad { s.mu.Unlock() }
        return nil
        """,
    "behind the loop": """
        for {
            s.mu.Lock()
            if s.bad { break }
            s.mu.Unlock()
        }
        s.mu.Unlock()
        return nil
        """,
    "deferred behind the loop": """
        for {
            s.mu.Lock()
            if s.bad { break }
            s.mu.Unlock()
        }
        defer s.mu.Unlock()
        return work()
        """,
    "each turn begins with it": """
        s.mu.Lock()
        for !s.bad {
            s.mu.Unlock()
            err := work()
            s.mu.Lock()
            if err != nil { continue }
        }
        s.mu.Unlock()
        return nil
        """,
    "the end has it, and others can release it": """
        s.Shared.Lock()
        if s.bad { s.Shared.Unlock(); return errBad }
        return nil
        """,
    "a goroutine releases it": """
        s.mu.Lock()
        if s.bad {
            go func() { work(); s.mu.Unlock() }()
            return nil
        }
        s.mu.Unlock()
        return nil
        """,
    "handed on as a value": """
        s.mu.Lock()
        if s.bad {
            release(s.mu.Unlock)
            return nil
        }
        s.mu.Unlock()
        return nil
        """,
    "the caller's": """
        if s.bad {
            s.mu.Unlock()
            work()
            s.mu.Lock()
            return nil
        }
        return nil
        """,
    "a panic, or the end of the process": """
        s.mu.Lock()
        if s.bad { panic("bad") }
        if s.list == nil { os.Exit(1) }
        s.mu.Unlock()
        return nil
        """,
    "a test that has failed": """
        var t *testing.T
        s.mu.Lock()
        if s.bad { t.Fatal("bad") }
        s.mu.Unlock()
        return nil
        """,
    "a function that unlocks": """
        s.mu.Lock()
        if s.bad { return s.unlockAndFail() }
        s.mu.Unlock()
        return nil
        """,
    "elements": """
        for _, each := range s.list {
            each.mu.Lock()
            if each.bad { s.kept = append(s.kept, each); continue }
            each.mu.Unlock()
        }
        return nil
        """,
    "tried": "if !s.mu.TryLock() { return nil }; s.mu.Unlock(); return nil",
}

QUIET_MORE = {
    "a function that locks": """
        func (s *S) lockIfGood() bool {
            s.mu.Lock()
            if !s.bad { return true }
            s.mu.Unlock()
            return false
        }
        """,
    "what is returned is locked": """
        func (s *S) find() *S {
            for _, each := range s.list {
                each.mu.Lock()
                if each.bad { return each }
                each.mu.Unlock()
            }
            return nil
        }
        """,
    "another function releases it for others": """
        func (s *S) done() { s.mu.Unlock() }
        func (s *S) begin() error {
            s.mu.Lock()
            if s.bad { return nil }
            s.mu.Unlock()
            return errBad
        }
        """,
    "a function behind it releases it": """
        func (s *S) begin() error {
            s.mu.Lock()
            if s.bad { return nil }
            s.mu.Unlock()
            return errBad
        }
        func (s *S) Run() {
            if s.begin() == nil { s.end() }
        }
        func (s *S) end() { s.mu.Unlock() }
        """,
    "the way out releases it": """
        func (s *S) fail() error { s.mu.Unlock(); return errBad }
        func (s *S) f() error {
            s.mu.Lock()
            if s.bad { return s.fail() }
            s.mu.Unlock()
            return nil
        }
        """,
}


@pytest.mark.parametrize("code", QUIET.values(), ids=QUIET.keys())
def test_ways_that_release_it_are_not_reported(code: str) -> None:
    go("SN309", go_function(LOCKED, "(s *S) f() error", code))


@pytest.mark.parametrize("code", QUIET_MORE.values(), ids=QUIET_MORE.keys())
def test_functions_that_mean_to_leave_it_held_are_not_reported(code: str) -> None:
    go("SN309", f"{LOCKED}\n{code}")
