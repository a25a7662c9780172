"""What is often said and wrong is not repeated, in whatever shape it is written.

The programs of the page are held by ``test_myths.py``; these are the same claims in other words.
"""

from __future__ import annotations

from textwrap import dedent

import pytest

from lint._wanted import go_findings, python_findings
from snowshed.lint import rules
from snowshed.lint.rules import told as about

WELL = {
    "1 a default on a full channel does not block": """
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
    "1 a send before a select with a default": """
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
    "2 a reset after the timer fired": """
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
    "3 a timeout beside a context that lives": """
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
    "5 arguments are evaluated at the go statement": """
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
    "5 a method of each": """
        package p

        import "sync"

        type job struct{ done *sync.WaitGroup }

        func (j *job) run() { defer j.done.Done() }

        func f(jobs [4]*job) {
            for _, each := range jobs {
                go each.run()
            }
        }
        """,
    "6 a count of goroutines says nothing": """
        package p

        import (
            "expvar"
            "runtime"
            "time"
        )

        func init() {
            expvar.Publish("goroutines", expvar.Func(func() any { return runtime.NumGoroutine() }))
        }

        func watch(stop chan struct{}, limit int, tell func(int)) {
            ticker := time.NewTicker(time.Second)
            defer ticker.Stop()
            for {
                select {
                case <-stop:
                    return
                case <-ticker.C:
                    if alive := runtime.NumGoroutine(); alive > limit {
                        tell(alive)
                    }
                }
            }
        }
        """,
    "7 zap writes when it is called": """
        package p

        import (
            "log/slog"
            "os"

            "go.uber.org/zap"
            "go.uber.org/zap/zapcore"
        )

        func logger(encoder zapcore.Encoder) (*zap.Logger, error) {
            if os.Getenv("PLAIN") != "" {
                out := zapcore.Lock(os.Stderr)
                return zap.New(zapcore.NewCore(encoder, out, zap.InfoLevel)), nil
            }
            return zap.NewProduction()
        }

        func text() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stdout, nil)) }
        """,
}
# So it was once, and is no more: told of what is older, and never of what is not.
ONCE = {
    "a ticker that is not stopped": (
        (1, 23),
        """
        package p

        import "time"

        func f(ready func() bool) {
            ticker := time.NewTicker(time.Second)
            for !ready() {
                <-ticker.C
            }
            for range time.Tick(time.Second) {
                if ready() {
                    return
                }
            }
        }
        """,
    ),
    "a timer in each turn": (
        (1, 23),
        """
        package p

        import "time"

        func f(in chan int) {
            for {
                select {
                case <-in:
                case <-time.After(time.Minute):
                    return
                }
            }
        }
        """,
    ),
    "a variable of all turns": (
        (1, 22),
        """
        package p

        import "sync"

        func f(names [4]string, use func(string)) {
            var group sync.WaitGroup
            group.Add(4)
            for _, name := range names {
                go func() {
                    defer group.Done()
                    use(name)
                }()
            }
            group.Wait()
        }
        """,
    ),
}
IN_PYTHON = {
    "7 a handler with a queue loses nothing, and its listener is stopped": """
        import atexit
        import logging
        import queue
        from logging.handlers import QueueHandler, QueueListener

        lines = queue.SimpleQueue()
        logging.getLogger().addHandler(QueueHandler(lines))
        listener = QueueListener(lines, logging.StreamHandler())
        listener.start()
        atexit.register(listener.stop)
        """,
    "clients that have a timeout by themselves": """
        import aiohttp
        import httpx

        shared = httpx.AsyncClient()


        def load(url):
            with httpx.Client() as client:
                return httpx.get(url), client.get(url)


        async def fetch(url):
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return await answer.text(), await shared.get(url)
        """,
}


def told(code: str, version: tuple[int, int]) -> list[tuple[str, int, str]]:
    """Return what is said of a file of Go, in whatever tier."""
    return [
        (rule.id, found.span.line, found.message)
        for rule in rules().values()
        if rule.in_go is not None
        for found in go_findings(rule.id, {"p/a.go": dedent(code)}, go=version)
    ]


@pytest.mark.parametrize("name", WELL)
@pytest.mark.parametrize("version", [(1, 21), (1, 27)])
def test_it_is_not_said(name: str, version: tuple[int, int]) -> None:
    found = told(WELL[name], version)
    # That nothing limits them is true of these, and another thing.
    assert [each for each in found if each[0] != "SN402" or not name.startswith("5")] == []


@pytest.mark.parametrize("name", ONCE)
def test_what_was_so_once_is_said_of_no_more_than_that(name: str) -> None:
    (major, minor), code = ONCE[name]
    assert told(code, (major, minor - 1)) != []
    assert told(code, (major, minor)) == []
    assert told(code, (1, 27)) == []


@pytest.mark.parametrize("name", IN_PYTHON)
def test_it_is_not_said_of_python(name: str) -> None:
    for rule in rules().values():
        if rule.in_python is not None:
            files = {"app/main.py": dedent(IN_PYTHON[name])}
            assert [*python_findings(rule.id, files)] == []


def test_each_claim_is_here() -> None:
    # The fourth is the one that is said, below.
    assert {name[0] for name in WELL} == {*"123567"}


def test_4_the_deferred_cancel_is_said() -> None:
    code = 'package p\nimport (\n"context"\n"time"\n)\n'
    code += "func f(fn func(context.Context)) {\n"
    code += "ctx, cancel := context.WithTimeout(context.Background(), time.Second)\n"
    code += "defer cancel()\ngo fn(ctx)\n}\n"
    (found,) = go_findings("SN209", {"p/a.go": code})
    assert found.span.line == 8


@pytest.mark.parametrize("text", ["NumGoroutine", "blocked for", "minutes in a dump"])
def test_6_no_rule_takes_a_count_or_a_hint_for_a_measurement(text: str) -> None:
    assert [id_ for id_ in rules() if text in about(id_)] == []
