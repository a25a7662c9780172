"""A server that waits for a header for ever is told as advice, and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go, go_findings

HEAD = """
package p

import (
    "net"
    "net/http"
    "time"
)
"""


@pytest.mark.parametrize(
    "code",
    [
        "s := &http.Server{Handler: h} // want advice\n s.ListenAndServe()",
        "s := http.Server{WriteTimeout: time.Second} // want advice\n s.Serve(l)",
        'http.ListenAndServe(":1", h) // want advice',
        'go http.ListenAndServeTLS(":1", "c", "k", h) // want advice',
        "http.Serve(l, h) // want advice",
    ],
)
def test_one_without_is_told(code: str) -> None:
    go("SN205", go_function(HEAD, "f(l net.Listener, h http.Handler)", code))


@pytest.mark.parametrize(
    "code",
    [
        "s := &http.Server{ReadTimeout: time.Second}\n s.ListenAndServe()",
        "s := &http.Server{ReadHeaderTimeout: time.Second}\n s.ListenAndServe()",
        "s := &http.Server{}\n s.ReadHeaderTimeout = time.Second\n s.ListenAndServe()",
        "s := grpc.NewServer()\n s.Serve(l)",
        "s := &other.Server{}\n s.ListenAndServe()",
    ],
)
def test_one_with_a_limit_is_not(code: str) -> None:
    go("SN205", go_function(HEAD, "f(l net.Listener)", code))


@pytest.mark.house
def test_the_fix_limits_how_long_it_waits_for_a_header(tmp_path: Path) -> None:
    programs = [
        'package p\n\nimport "net/http"\n\nvar S = &http.Server{Addr: ":1"}\n',
        'package p\n\nimport "net/http"\n\nvar S = http.Server{}\n',
        """
        package p

        import (
            "net/http"
            t "time"
        )

        func F() *http.Server {
            t.Sleep(1)
            return &http.Server{
                Addr:    ":1",
                Handler: nil,
            }
        }
        """,
    ]
    after = [fixed("SN205", each) for each in programs]
    assert 'http.Server{ReadHeaderTimeout: 10 * time.Second, Addr: ":1"}' in after[0]
    assert "\n        ReadHeaderTimeout: 10 * t.Second,\n" in after[2]
    vet(tmp_path, after)


@pytest.mark.parametrize(
    ("code", "after"),
    [
        (
            'http.ListenAndServe(":"+port, h)',
            '(&http.Server{Addr: ":" + port, Handler: h, LIMIT}).ListenAndServe()',
        ),
        (
            'http.ListenAndServeTLS(":1", "c", "k", nil)',
            '(&http.Server{Addr: ":1", LIMIT}).ListenAndServeTLS("c", "k")',
        ),
        (
            "http.Serve(l, h)",
            "(&http.Server{Handler: h, LIMIT}).Serve(l)",
        ),
        (
            'http.ServeTLS(l, h, "c", "k")',
            '(&http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}).ServeTLS(l, "c", "k")',
        ),
    ],
)
def test_the_fix_of_a_call_makes_the_server(code: str, after: str) -> None:
    after = after.replace("LIMIT", "ReadHeaderTimeout: 10 * time.Second")
    assert after in fixed("SN205", f"{HEAD}\nfunc f() error {{\n return {code}\n}}\n")


@pytest.mark.parametrize(
    "code",
    [
        'http.ListenAndServe(":1", /* what serves */ h)',
        'http.ListenAndServe(\n ":1", // where\n h,\n)',
        "http.Serve(both())",
        "http.Serve(all...)",
        "http.Serve(l, (h))",
    ],
)
def test_a_call_that_is_more_than_its_arguments_is_left_alone(code: str) -> None:
    (found,) = go_findings("SN205", {"p/a.go": f"{HEAD}\nfunc f() {{\n {code}\n}}\n"})
    assert found.fix is None


def test_without_a_name_for_the_time_there_is_no_fix() -> None:
    code = 'package p\n\nimport (\n"net/http"\n. "time"\n)\n\nfunc f() { http.Serve(l, h) }\n'
    (found,) = go_findings("SN205", {"p/a.go": code})
    assert found.fix is None


HIDDEN = """
package p

import "net/http"

func F(time int) error {
	return http.ListenAndServe(":1", nil)
}

func G(time int) error {
	server := &http.Server{Addr: ":1"}
	return server.ListenAndServe()
}

func H() error {
	return http.ListenAndServe(":1", nil)
}
"""


@pytest.mark.house
def test_where_another_thing_is_called_time_there_is_no_fix(tmp_path: Path) -> None:
    after = fixed("SN205", HIDDEN, left=2)
    assert after.count("ReadHeaderTimeout") == 1
    vet(tmp_path, [after])
