"""Requests that nothing limits in time are reported, and mended by a client that has a timeout."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go

HEAD = """
package p

import (
    "context"
    "net/http"
    "net/url"
    "time"
)

var mine = &http.Client{Timeout: time.Second}
"""


def function(code: str, name: str = "p") -> None:
    """Hold a function of the statements ``code``."""
    head = HEAD.replace("package p", f"package {name}")
    go("SN201", go_function(head, "f(ctx context.Context, given *http.Request)", code))


@pytest.mark.parametrize(
    "code",
    [
        'http.Get("u") // want',
        'resp, err := http.Post("u", "t", nil) // want\n use(resp, err)',
        'if _, err := http.PostForm("u", url.Values{}); err != nil { // want\n }',
        'go http.Head("u") // want',
        'http.DefaultClient.Get("u") // want',
        'req, _ := http.NewRequest("GET", "u", nil)\n http.DefaultClient.Do(req) // want',
        (
            'req, _ := http.NewRequestWithContext(context.Background(), "GET", "u", nil)\n'
            " http.DefaultClient.Do(req) // want"
        ),
        (
            'c := context.TODO()\n req, _ := http.NewRequestWithContext(c, "GET", "u", nil)\n'
            " http.DefaultClient.Do(req) // want"
        ),
    ],
)
def test_what_may_wait_for_ever_is_reported(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        'mine.Get("u")',
        'req, _ := http.NewRequest("GET", "u", nil)\n mine.Do(req)',
        'req, _ := http.NewRequestWithContext(ctx, "GET", "u", nil)\n http.DefaultClient.Do(req)',
        (
            'req, _ := http.NewRequest("GET", "u", nil)\n req = req.WithContext(ctx)\n'
            " http.DefaultClient.Do(req)"
        ),
        (
            "c, cancel := context.WithTimeout(context.Background(), 1)\n defer cancel()\n"
            ' req, _ := http.NewRequestWithContext(c, "GET", "u", nil)\n http.DefaultClient.Do(req)'
        ),
        "http.DefaultClient.Do(given)",
        'http.DefaultClient.Timeout = time.Second\n http.NewRequest("GET", "u", nil)',
        'http := other()\n http.Get("u")',
        "given.Header.Get(`u`)",
    ],
)
def test_what_may_have_a_deadline_is_not(code: str) -> None:
    function(code)


def test_a_program_for_a_person_is_told_as_advice_and_a_server_is_not() -> None:
    function('http.Get("u") // want advice', "main")
    function('http.Get("u") // want\n http.ListenAndServe(":1", nil)', "main")


def test_another_package_of_the_name_is_another() -> None:
    go("SN201", 'package p\nimport "example.com/http"\nfunc f() {\n http.Get("u")\n}\n')


@pytest.mark.house
def test_the_fix_is_a_client_with_a_timeout(tmp_path: Path) -> None:
    programs = [
        """
        package p

        import "net/http"

        func F() (*http.Response, error) {
            return http.Get("u")
        }
        """,
        """
        package p

        import (
            h "net/http"
        )

        func F() error {
            if _, err := h.DefaultClient.Head("u"); err != nil {
                return err
            }
            h.Get("v")
            _, err := h.Post("v", "t", nil)
            return err
        }
        """,
        """
        package p

        import (
            "net/http"
            t "time"
        )

        func F() (*http.Response, error) {
            t.Sleep(t.Second)
            req, err := http.NewRequest("GET", "u", nil)
            if err != nil {
                return nil, err
            }
            return http.DefaultClient.Do(req)
        }
        """,
    ]
    after = [fixed("SN201", each) for each in programs]
    assert "(&http.Client{Timeout: 30 * time.Second}).Get" in after[0]
    assert 'import "time"' in after[0]
    assert "(&http.Client{Timeout: 30 * t.Second}).Do(req)" in after[2]
    vet(tmp_path, after)
