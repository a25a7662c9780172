"""What comes over a wire is a request or is refused with a reason; an answer reads as it was."""

from __future__ import annotations

import http.client
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.observe._serve import _exchange
from snowshed.observe._serve._exchange import BadRequest, Request, Response


class Wire:
    """As much of a socket as `http.client` reads an answer from."""

    def __init__(self, sent: bytes) -> None:
        self._sent = sent

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._sent)


def received(sent: bytes, method: str = "GET") -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(Wire(sent), method=method)  # type: ignore[arg-type]
    response.begin()
    return response


def test_a_head_is_a_method_a_target_and_headers() -> None:
    head = b"GET /a%20b?x=1 HTTP/1.1\r\nHost: localhost:6060\r\nX-Odd: a: b \r\nx-odd: c"
    method, target, headers = _exchange.read_head(head)
    assert (method, target) == ("GET", "/a%20b?x=1")
    assert headers == {"host": "localhost:6060", "x-odd": "c"}
    assert _exchange.read_head(b"GET / HTTP/1.0") == ("GET", "/", {})


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "the first line is not 'GET /path HTTP/1.1'"),
        (b"GET /", "the first line is not"),
        (b"GET / HTTP/2", "the first line is not"),
        (b"GET /a b HTTP/1.1", "the first line is not"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "the first line is not"),
        (b"GET / HTTP/1.1\r\nhost", "not a header: 'host'"),
        (b"GET / HTTP/1.1\r\n: x", "not a header"),
        (b"GET / HTTP/1.1\r\na : x", "not a header"),
        (b"GET / HTTP/1.1\r\na: x\r\n b: y", "not a header: ' b: y'"),
        (b"GET / HTTP/1.1" + b"\r\na: x" * 101, "more than 100 headers"),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(head: bytes, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        _exchange.read_head(head)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(head: bytes) -> None:
    try:
        method, target, headers = _exchange.read_head(head)
    except BadRequest:
        return
    assert " " not in method + target
    assert all(name == name.strip() for name in headers)


@given(st.text(max_size=60))
def test_any_target_is_a_path_and_a_query_or_refused(target: str) -> None:
    try:
        path, _ = _exchange.split_target(target)
    except BadRequest:
        return
    assert path.startswith("/")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a%2Fb?c=%20&d", "/a/b", "c=%20&d"),
        ("/a?b?c#d", "/a", "b?c"),
        ("//host/a", "//host/a", ""),
    ],
)
def test_a_target_is_split(target: str, path: str, query: str) -> None:
    assert _exchange.split_target(target) == (path, query)


@pytest.mark.parametrize("target", ["", "*", "http://host/", "%2f", "/%ff"])
def test_a_target_that_is_no_path_is_refused(target: str) -> None:
    with pytest.raises(BadRequest):
        _exchange.split_target(target)


def test_the_first_of_two_parameters_counts_as_in_go() -> None:
    assert Request("/", query="debug=1&debug=2&x=&y=%20").parameters == {
        "debug": "1",
        "x": "",
        "y": " ",
    }


def test_an_answer_reads_as_what_it_was() -> None:
    response = Response(
        200, b"\x1f\x8b", "application/octet-stream", (("content-disposition", "attachment"),)
    )
    got = received(_exchange.head_of(response) + response.body)
    assert (got.status, got.reason, got.read()) == (200, "OK", b"\x1f\x8b")
    assert dict(got.getheaders()) == {
        "content-type": "application/octet-stream",
        "content-length": "2",
        "cache-control": "no-store",
        "content-disposition": "attachment",
        "connection": "close",
    }


def test_an_answer_to_head_has_the_length_and_not_the_body() -> None:
    sent = _exchange.head_of(_exchange.plain(404, "nothing"))
    got = received(sent, "HEAD")
    assert (got.status, got.getheader("content-length")) == (404, "8")
    assert sent.endswith(b"\r\n\r\n")


def test_a_line_of_text_ends_in_a_newline() -> None:
    response = _exchange.plain(405, "only GET", ("allow", "GET, HEAD"))
    assert response.body == b"only GET\n"
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers == (("allow", "GET, HEAD"),)
