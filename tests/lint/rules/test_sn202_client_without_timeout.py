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


@pytest.mark.parametrize(
    ("code", "mark"),
    [
        ("var streamClient = &http.Client{}", ""),
        ("var upstreamClient = &http.Client{}", " // want advice"),
        ("func F() *T {\n return &T{\n downloads: &http.Client{},\n }\n}", ""),
        ("func F() *T {\n return &T{\n details: &http.Client{}, // want advice\n }\n}", ""),
        ("func (p *Proxy) f() {\n p.c = &http.Client{}\n}", ""),
        ("func newTunnel() *http.Client {\n return &http.Client{}\n}", ""),
    ],
)
def test_what_goes_on_for_as_long_as_it_is_wanted_is_not(code: str, mark: str) -> None:
    go("SN202", f"{HEAD}\n{code}{mark}\n")


def test_the_name_of_a_file_may_say_so() -> None:
    code = f"{HEAD}\nvar client = &http.Client{{}}\n"
    go("SN202", {"upload.go": code})
    go("SN202", {"client.go": code.replace("{}\n", "{} // want advice\n")})


ASKS = """
type API struct{ client *http.Client }

func New() *API {
    return &API{
        client: &http.Client{},
    }
}

func (a *API) ask(ctx context.Context, u string) {
    ctx, cancel := context.WithTimeout(ctx, time.Second)
    defer cancel()
    req, _ := http.NewRequestWithContext(ctx, "GET", u, nil)
    a.client.Do(req)
}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a.client.Do(req)", "a.client.Get(u)"),
        ('NewRequestWithContext(ctx, "GET"', 'NewRequest("GET"'),
        ("context.WithTimeout(ctx, time.Second)", "context.WithCancel(ctx)"),
    ],
)
def test_requests_whose_contexts_end(old: str, new: str) -> None:
    go("SN202", HEAD + ASKS)
    told = ASKS.replace("&http.Client{},", "&http.Client{}, // want advice").replace(old, new)
    go("SN202", HEAD + told)
