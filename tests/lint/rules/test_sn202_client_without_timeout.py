"""A client of HTTP without a timeout is told as advice."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

HEAD = """
package p

import (
    "context"
    "net/http"
    "time"
)
"""


@pytest.mark.parametrize(
    "code",
    [
        "c := &http.Client{} // want advice\n c.Get(u)",
        "c := http.Client{Transport: t} // want advice\n c.Do(req)",
        "return &T{client: &http.Client{}} // want advice",
        "s.client = &http.Client{} // want advice",
    ],
)
def test_one_without_is_told(code: str) -> None:
    go("SN202", go_function(HEAD, "(s *T) f(u string) *T", code))


@pytest.mark.parametrize(
    "code",
    [
        "c := &http.Client{Timeout: time.Second}\n c.Get(u)",
        "c := &http.Client{}\n c.Timeout = time.Second\n c.Get(u)",
        "s.client = &http.Client{}\n s.client.Timeout = s.timeout",
        "req, _ := http.NewRequestWithContext(ctx, `GET`, u, nil)\n c := http.Client{}\n c.Do(req)",
        "c := &other.Client{}\n c.Get(u)",
        "c := http.DefaultClient\n c.Get(u)",
    ],
)
def test_one_with_a_limit_is_not(code: str) -> None:
    go("SN202", go_function(HEAD, "(s *T) f(ctx context.Context, u string)", code))


def test_a_variable_of_the_package_is_looked_at() -> None:
    go("SN202", f"{HEAD}\nvar c = &http.Client{{}} // want advice\n")
    go("SN202", f"{HEAD}\nvar c = &http.Client{{}}\nfunc init() {{\n c.Timeout = time.Second\n}}\n")
