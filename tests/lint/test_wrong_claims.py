"""What is often said and wrong is not repeated, in whatever shape it is written.

The programs of the page are held by ``test_myths.py``; these are the same claims in other words.
"""

from __future__ import annotations

from textwrap import dedent

import pytest

from lint._wanted import go_findings
from snowshed.lint import rules

WELL = {
    "a default on a full channel does not block": """
        package p

        type log struct{ lines chan string }

        func New() *log {
            l := &log{lines: make(chan string, 1)}
            go func() {
                for line := range l.lines {
                    println(line)
                }
            }()
            return l
        }

        func (l *log) Put(line string) bool {
            select {
            case l.lines <- line:
                return true
            default:
                return false
            }
        }

        func (l *log) Close() { close(l.lines) }
        """,
    "a send before a select with a default": """
        package p

        func f() {
            full := make(chan int, 1)
            full <- 1
            select {
            case full <- 2:
            default:
            }
        }
        """,
    "a reset after the timer fired": """
        package p

        import "time"

        func f(stop chan int) {
            timer := time.NewTimer(time.Second)
            defer timer.Stop()
            for {
                select {
                case <-timer.C:
                    timer.Reset(time.Second)
                case <-stop:
                    return
                }
            }
        }
        """,
    "a timeout beside a context that lives": """
        package p

        import (
            "context"
            "time"
        )

        func pause(d time.Duration) {
            ctx := context.Background()
            select {
            case <-time.After(d):
            case <-ctx.Done():
            }
        }
        """,
    "arguments are evaluated at the go statement": """
        package p

        import "sync"

        func f(users []string, fetch func(string)) {
            var group sync.WaitGroup
            group.Add(len(users))
            for _, user := range users {
                go func(user string) {
                    defer group.Done()
                    fetch(user)
                }(user)
            }
            group.Wait()
        }
        """,
}


@pytest.mark.parametrize("name", WELL)
@pytest.mark.parametrize("version", [(1, 21), (1, 27)])
def test_it_is_not_said(name: str, version: tuple[int, int]) -> None:
    told = [
        (rule.id, found.span.line, found.message)
        for rule in rules().values()
        if rule.in_go is not None
        for found in go_findings(rule.id, {"p/a.go": dedent(WELL[name])}, go=version)
        # That nothing limits them is true of these, and another thing.
        if not (rule.id == "SN402" and name.startswith("arguments are evaluated"))
    ]
    assert told == []


def test_the_deferred_cancel_is_said() -> None:
    code = 'package p\nimport (\n"context"\n"time"\n)\n'
    code += "func f(fn func(context.Context)) {\n"
    code += "ctx, cancel := context.WithTimeout(context.Background(), time.Second)\n"
    code += "defer cancel()\ngo fn(ctx)\n}\n"
    (found,) = go_findings("SN209", {"p/a.go": code})
    assert found.span.line == 8
