"""A goroutine of a handler in which a panic ends the process is told as advice."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

HEAD = """
package p

import "net/http"

func work() { use() }
func safe() {
    defer func() { recover() }()
    use()
}
"""


def handler(code: str) -> None:
    """Hold a handler of the statements ``code``."""
    go("SN104", go_function(HEAD, "h(w http.ResponseWriter, r *http.Request)", code))


@pytest.mark.parametrize(
    "code",
    [
        "go work() // want advice",
        "done := make(chan bool)\n go func() { // want advice\n done <- true\n }()\n <-done",
        "go func(x int) { // want advice\n work()\n }(1)",
    ],
)
def test_what_does_not_recover_is_told(code: str) -> None:
    handler(code)


@pytest.mark.parametrize(
    "code",
    [
        "go safe()",
        (
            "go func() {\n defer func() {\n if x := recover(); x != nil {\n use(x)\n }\n }()\n"
            " work()\n }()"
        ),
        "go func() {\n defer logging.Recover()\n work()\n }()",
        "go other.Work()",
        "work()",
    ],
)
def test_what_does_or_is_not_known_is_not(code: str) -> None:
    handler(code)


def test_other_functions_are_left_alone() -> None:
    go("SN104", f"{HEAD}\nfunc main() {{\n go work()\n}}\n")


def test_who_serves_without_recovering_has_nothing_to_lose() -> None:
    code = 'package p\nimport "github.com/nats-io/nats.go"\nfunc h(m *nats.Msg) {\n go work()\n}\n'
    go("SN104", f"{code}func work() {{ use() }}\n")
