"""A goroutine of each turn of a loop that does not end is told as advice."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

HEAD = """
package p

import (
    "net"
    "net/http"
    "time"
)

func work(what string) {}
"""


def function(code: str) -> None:
    """Hold a function of the statements ``code``."""
    go("SN403", go_function(HEAD, "f(in chan string, sem chan bool, l net.Listener)", code))


@pytest.mark.parametrize(
    "code",
    [
        "for what := range in {\n go work(what) // want advice\n }",
        "for {\n go work(<-in) // want advice\n }",
        "for {\n select {\n case what := <-in:\n go work(what) // want advice\n }\n }",
        "for {\n <-ticker.C\n go work(``) // want advice\n }",
    ],
)
def test_what_piles_up_is_told(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        "for {\n conn, _ := l.Accept()\n go serve(conn)\n }",
        "for what := range in {\n sem <- true\n go func() {\n work(what)\n <-sem\n }()\n }",
        "for {\n done := make(chan bool)\n go func() { done <- true }()\n <-done\n }",
        "for {\n go work(<-in)\n return\n }",
        "for {\n if len(in) > 0 {\n go work(<-in)\n break\n }\n }",
        "for what := range in {\n work(what)\n }",
        "for i := 0; i < 3; i++ {\n go work(``)\n }",
        "go func() {\n for {\n work(<-in)\n }\n }()",
    ],
)
def test_what_does_not_is_not(code: str) -> None:
    function(code)


def test_a_handler_is_left_to_another_rule() -> None:
    go(
        "SN403",
        f"{HEAD}\nfunc h(w http.ResponseWriter, r *http.Request) {{\n"
        " for {\n go work(``)\n }\n}\n",
    )
