"""What went wrong with a question is told in one line that says what to do."""

from __future__ import annotations

import errno
import socket

import pytest

from snowshed.cli._why import (
    CannotAsk,
    NoSuchPage,
    refused,
    told_of_certificate,
    told_of_network,
    told_of_tls,
    who_speaks,
    why_not,
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(), "nobody listens there (any more)"),
        (FileNotFoundError(), "nobody listens there (any more)"),
        (socket.gaierror(-2, "no such name"), "there is no host 'shop' as far as is known here ("),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "cannot be reached: No route to host"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "it closed the connection without an"),
    ],
)
def test_who_cannot_be_reached(error: OSError, told: str) -> None:
    assert told_of_network(error, "shop").startswith(told)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (10, "the certificate of shop has expired; it has to be renewed there"),
        (9, "the certificate of shop is not valid yet; does the clock here go right?"),
        (62, "the certificate is for another host: \\x1bx; ask by the name that is in it"),
        (18, "nobody who is known here has signed the certificate of shop (\\x1bx); --cacert FILE"),
        (23, "the certificate of shop is refused: \\x1bx"),
    ],
)
def test_each_fault_of_a_certificate_has_words(code: int, told: str) -> None:
    assert told_of_certificate(code, "\x1bx", "shop").startswith(told)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("WRONG_VERSION_NUMBER", "speaks no https there: try http://"),
        ("RECORD_LAYER_FAILURE", "speaks no https there: try http://"),
        ("UNEXPECTED_EOF_WHILE_READING", "ended the connection before https was agreed on"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "not be agreed on: tlsv1 alert protocol version"),
    ],
)
def test_tls_that_is_none(reason: str, told: str) -> None:
    assert told in told_of_tls(reason, "")


def test_who_says_nothing_and_who_greets_with_escapes() -> None:
    assert who_speaks("").startswith("it closed the connection without an answer; is the port")
    assert "it begins with '\\x1b[2J'" in who_speaks("\x1b[2J\r\n")


SIGN_IN = "https://sso.example/login?next=/debug"


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (302, {"location": SIGN_IN}, b"", f"Found (302); it sends one to sign in at {SIGN_IN}: as"),
        (302, {"location": "/oauth2/start"}, b"", "Found (302); it sends one to sign in at"),
        (301, {"location": "http://b/author"}, b"", "Moved Permanently (301); it is at http://b/"),
        (303, {}, b"", "See Other (303)"),
        (401, {}, b"", "it asks for a token, or for another one: --token, or SNOWSHED_DEBUG_TOKEN"),
        (401, {"www-authenticate": "Basic realm=x"}, b"", "it asks for a name and a password: --h"),
        (403, {}, b"go away", "go away (403); what opens it may be a token or a cookie: --token"),
        (403, {}, b"<html>", "Forbidden (403); what opens it"),
        (404, {}, b"404 page not found\n", "404 page not found (404); the debug pages of a"),
        (500, {}, b"panic: oh\r\n\r\ngoroutine 1", "panic: oh"),
        (599, {}, b"", "answer (599)"),
    ],
)
def test_an_answer_that_is_none(
    status: int, headers: dict[str, str], body: bytes, told: str
) -> None:
    error = refused(status, headers, body)
    assert str(error).startswith(told)
    assert type(error) is (NoSuchPage if status == 404 else CannotAsk)


def test_a_place_steers_no_terminal_and_is_not_longer_than_what_one_reads() -> None:
    told = str(refused(302, {"location": "http://a/\x1b[2J" + "x" * 10_000}, b""))
    assert told.isprintable()
    assert len(told) < 1200


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"detail": "\\u001b[31mred"}', "\\x1b[31mred"),
        (b'{"detail": "' + b"x" * 5000 + b'"}', "x" * 1000),
        (b"[" * 100_000, "[" * 200),
    ],
)
def test_what_is_said_in_place_of_an_answer_is_bounded(body: bytes, told: str) -> None:
    assert why_not(500, body) == told
