"""A body that some way leaves open is reported; one that is closed, handed on or missing is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._vet import fixed, vet
from lint._wanted import go, go_findings

HEAD = """
package p

import (
    "bufio"
    "encoding/json"
    "fmt"
    "io"
    "net/http"
)

type T struct {
    client *http.Client
    resp *http.Response
}
"""
GET = "resp, err := http.Get(url)"
FAILED = "\n if err != nil {\n return err\n }\n"


def function(code: str) -> None:
    """Hold a function of the statements ``code``."""
    head = f"{HEAD}\nfunc (t *T) f(url string, req *http.Request, other Doer) error {{\n"
    go("SN501", f"{head}{code}\n}}\n")


@pytest.mark.parametrize(
    "code",
    [
        f"{GET} // want{FAILED} return nil",
        f"{GET} // want{FAILED} fmt.Println(resp.Status)\n return nil",
        f"{GET} // want{FAILED} b, err := io.ReadAll(resp.Body)\n use(b)\n return err",
        f"{GET} // want{FAILED} return json.NewDecoder(resp.Body).Decode(&t)",
        f"{GET} // want{FAILED} dec := json.NewDecoder(resp.Body)\n return dec.Decode(&t)",
        # Closed on one way only.
        (
            f"{GET} // want{FAILED} if resp.StatusCode != 200 {{\n return nil\n }}\n"
            " defer resp.Body.Close()\n return nil"
        ),
        (
            f"{GET} // want{FAILED} b, err := io.ReadAll(resp.Body){FAILED} use(b)\n"
            " return resp.Body.Close()"
        ),
        f"{GET} // want{FAILED} if resp.StatusCode == 200 {{\n resp.Body.Close()\n }}\n return nil",
        (
            f"{GET} // want{FAILED} switch resp.StatusCode {{\n case 200:\n"
            f" resp.Body.Close()\n }}\n"
            " return nil"
        ),
        # Again in the next turn.
        (
            f"for {{\n {GET} // want\n if err != nil {{\n continue\n }}\n"
            f" if resp.StatusCode == 200 {{\n"
            " resp.Body.Close()\n return nil\n }\n }"
        ),
        "resp, err := t.client.Do(req) // want\n use(err)\n return nil",
        "resp, err := t.client.Post(url, url, nil) // want\n use(err)\n return nil",
        "resp, err := other.Do(req) // want\n use(err)\n return nil",
        "r2, _ := http.NewRequest(url, url, nil)\n resp, err := other.Do(r2) // want\n return err",
        "resp, err := t.client.Transport.RoundTrip(req) // want\n use(err)\n return nil",
        "if resp, err := http.Get(url); err == nil { // want\n use(resp.Status)\n }\n return nil",
        "_, err := http.Get(url) // want\n return err",
        "http.Get(url) // want\n return nil",
        "go http.Post(url, url, nil) // want\n return nil",
        "func() {\n resp, err := http.Get(url) // want\n use(err)\n }()\n return nil",
    ],
)
def test_a_way_that_leaves_it_open_is_reported(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        f"{GET}{FAILED} defer resp.Body.Close()\n return nil",
        f"{GET}{FAILED} defer func() {{ _ = resp.Body.Close() }}()\n return nil",
        (
            f"{GET}{FAILED} defer func() {{\n io.Copy(io.Discard, resp.Body)\n"
            f" resp.Body.Close()\n }}()\n"
            " if resp.StatusCode != 200 {\n return nil\n }\n return nil"
        ),
        f"{GET}{FAILED} resp.Body.Close()\n return nil",
        f"{GET}\n if err == nil {{\n resp.Body.Close()\n }}\n return nil",
        f"{GET}\n if resp != nil {{\n defer resp.Body.Close()\n }}\n return err",
        f"{GET}\n if resp == nil {{\n return err\n }}\n resp.Body.Close()\n return nil",
        f"{GET}\n switch {{\n case err != nil:\n return err\n }}\n resp.Body.Close()\n return nil",
        (
            f"{GET}\n if err != nil || resp.StatusCode != 200 {{\n return err\n }}\n"
            " resp.Body.Close()\n"
            " return nil"
        ),
        f"{GET}{FAILED} panic(resp.Status)",
        f"for {{\n {GET}\n if err != nil {{\n continue\n }}\n resp.Body.Close()\n }}",
        # Handed on.
        f"{GET}{FAILED} return t.read(resp)",
        f"{GET}{FAILED} return t.read(resp.Body)",
        f"{GET}{FAILED} defer closeBody(resp.Body)\n return nil",
        f"{GET}{FAILED} t.resp = resp\n return nil",
        f"{GET}{FAILED} t.r = bufio.NewReader(resp.Body)\n return nil",
        f"{GET}{FAILED} r := bufio.NewReader(resp.Body)\n return t.read(r)",
        f"{GET}{FAILED} body := resp.Body\n defer body.Close()\n return nil",
        f"{GET}{FAILED} go func() {{ t.read(resp) }}()\n return nil",
        f"{GET}{FAILED} return &T{{resp: resp}}",
        f"{GET}{FAILED} go func() {{ io.Copy(io.Discard, resp.Body) }}()\n return nil",
        f"{GET}{FAILED} return resp.Write(w)",
        (
            f"{GET}{FAILED} if resp.StatusCode != http.StatusSwitchingProtocols {{\n"
            " resp.Body.Close()\n }\n return nil"
        ),
        # Nothing that is known to be a response.
        "resp, err := other.Get(url)\n use(resp.Status)\n return err",
        "resp, err := other.Do(url)\n use(resp.Status)\n return err",
        "resp, err := http.Head(url)\n use(resp, err)\n return nil",
    ],
)
def test_what_is_closed_or_handed_on_is_not(code: str) -> None:
    function(code)


def test_who_returns_it_leaves_it_to_its_caller() -> None:
    go(
        "SN501",
        f"{HEAD}\nfunc f(url string) (*http.Response, error) {{\n {GET}\n return resp, err\n}}\n"
        f"func g(url string) (*http.Response, error) {{\n return http.Get(url)\n}}\n"
        f"func h(url string) (io.Reader, error) {{\n {GET}\n"
        f" return bufio.NewReader(resp.Body), err\n}}\n",
    )


def test_it_is_said_which_return_leaves_it_open() -> None:
    code = (
        f"{HEAD}func f(url string) error {{\n {GET}{FAILED} if resp.StatusCode != 200 {{\n"
        " return nil\n }\n return resp.Body.Close()\n}\n"
    )
    (found,) = go_findings("SN501", {"p/a.go": code})
    line = code.splitlines().index(" return nil") + 1
    assert found.message == f"`resp.Body` is not closed when line {line} returns"
    assert [each.span.line for each in found.related] == [line]


@pytest.mark.house
def test_the_fix_closes_it_behind_the_check_of_the_error(tmp_path: Path) -> None:
    programs = [
        """
        package p

        import (
            "encoding/json"
            "net/http"
        )

        func F(url string, into any) error {
            resp, err := http.Get(url)
            if err != nil {
                return err
            }
            return json.NewDecoder(resp.Body).Decode(into)
        }
        """,
        """
        package p

        import (
            "errors"
            "net/http"
        )

        func F(client *http.Client, req *http.Request) error {
            resp, err := client.Do(req)
            if err != nil {
                return err
            }
            if resp.StatusCode != 200 {
                return errors.New(resp.Status)
            }
            defer resp.Body.Close()
            return nil
        }
        """,
    ]
    after = [fixed("SN501", each) for each in programs]
    assert "        return err\n    }\n    defer resp.Body.Close()\n    return json" in after[0]
    vet(tmp_path, after)


def test_the_fix_moves_the_line_that_closes_it_too_late() -> None:
    after = fixed(
        "SN501",
        """package p

import (
	"errors"
	"net/http"
)

func f(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	defer resp.Body.Close()
	return nil
}
""",
    )
    assert after.count("defer resp.Body.Close()") == 1
    assert after.index("defer resp.Body.Close()") < after.index("resp.StatusCode")


def test_there_is_no_fix_where_no_check_is_or_a_loop() -> None:
    for code in (
        f"func f(url string) {{\n {GET}\n use(err)\n}}",
        f"func f(url string) error {{\n for {{\n {GET}{FAILED} use(resp.Status)\n }}\n}}",
    ):
        (found,) = go_findings("SN501", {"p/a.go": f"{HEAD}\n{code}\n"})
        assert found.fix is None
