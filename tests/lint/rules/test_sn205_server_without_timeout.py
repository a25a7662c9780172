"""A server that waits for a header for ever is told as advice, and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go

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
