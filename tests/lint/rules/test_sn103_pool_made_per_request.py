"""A pool of workers of each request is reported; one that is kept is not."""

from __future__ import annotations

import pytest

from lint._programs import go_handler
from lint._wanted import go

HEAD = """
package p

import (
    "net/http"

    "github.com/alitto/pond"
    "github.com/gammazero/workerpool"
    "github.com/panjf2000/ants/v2"
)

var shared = pond.New(10, 100)
"""


def handler(code: str) -> None:
    """Hold a handler of the statements ``code``."""
    go("SN103", go_handler(HEAD, code))


@pytest.mark.parametrize(
    "code",
    [
        "pool, err := ants.NewPool(10) // want\n defer pool.Release()\n use(err)",
        "pool := pond.New(10, 1000) // want\n defer pool.StopAndWait()",
        "wp := workerpool.New(4) // want\n wp.Submit(work)",
    ],
)
def test_one_of_each_request_is_reported(code: str) -> None:
    handler(code)


@pytest.mark.parametrize(
    "code",
    [
        "t.pool, _ = ants.NewPool(10)",
        "if t.pool == nil {\n t.pool = pond.New(10, 10)\n }",
        "t.once.Do(func() {\n p := pond.New(10, 10)\n use(p)\n })",
        "t.pools[r.Host] = workerpool.New(3)",
        "shared.Submit(work)",
    ],
)
def test_one_that_is_kept_is_not(code: str) -> None:
    handler(code)


def test_one_that_is_made_at_the_start_is_not() -> None:
    go("SN103", f"{HEAD}\nfunc main() {{\n p := workerpool.New(4)\n p.Submit(work)\n}}\n")
