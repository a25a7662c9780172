"""Why there is no answer, in one line: what was found, and what to do.

Whoever asks a service at night has mistyped the port, reached a proxy that wants a password, or
found the service hung. Each of these looks alike to a library: an exception with the words of
OpenSSL in it. Here each is told apart, in words, and without what would steer a terminal: much of
it comes from whoever answers.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping

from snowshed._printable import printable

__all__ = [
    "CannotAsk",
    "CutOff",
    "NoSuchPage",
    "refused",
    "told_of_certificate",
    "told_of_network",
    "told_of_tls",
    "who_speaks",
    "why_not",
]

# Of what is said in place of an answer: characters.
_TOLD_AT_MOST = 1000
_BEGINNING = 60
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_OF_A_TOKEN = "--token, or SNOWSHED_DEBUG_TOKEN"  # noqa: S105 - where it is given, not what it is
_SIGN_IN = re.compile(r"log-?in|sign-?in|sso\b|oauth|saml|openid|auth(?:orize|enticate)?\b", re.I)
# Who answers in the wrong words, by how they begin.
_SPEAKERS = (
    ("SSH-", "an SSH server"),
    ("220 ", "a mail or FTP server"),
    ("220-", "a mail or FTP server"),
    ("-ERR", "Redis or the like"),
    ("-NOAUTH", "Redis or the like"),
    ("-DENIED", "Redis or the like"),
    ("RFB ", "a screen sharing server"),
    ("AMQP", "a message broker"),
)
_CLOSED = "it closed the connection without an answer"
_WHICH = "is the port right, and does it speak http or https?"
_TLS = ("\x15\x03", "\x16\x03")
# What OpenSSL says of an answer that is no TLS: it takes the letters of HTTP for a length.
_NO_TLS = {
    *("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL"),
    *("RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE"),
}
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = {62, 63, 64}
_UNKNOWN_SIGNER = {2, 18, 19, 20, 21}


class CannotAsk(Exception):  # noqa: N818 - it is told to the user, not caught by him
    """A process gives no answer; the text says why, and what to do."""


class NoSuchPage(CannotAsk):
    """The service has no such page."""


class CutOff(CannotAsk):
    """The answer ended too early.

    Attributes:
        body: what came of it.
    """

    def __init__(self, why: str, body: bytes = b"") -> None:
        super().__init__(why)
        self.body = body


def told_of_network(error: OSError, place: str) -> str:
    """Return why nobody could be reached at ``place``."""
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "nobody listens there (any more)"
    told = printable(error.strerror or error)
    if type(error).__name__ == "gaierror":  # not to load `socket` for it
        return f"there is no host {place!r} as far as is known here ({told}); is the name right?"
    if isinstance(error, ConnectionError) and error.errno != errno.ECONNABORTED:
        return f"{_CLOSED} ({told}); {_WHICH}"
    return f"cannot be reached: {told}"


def told_of_certificate(code: int, message: str, place: str) -> str:
    """Return what is wrong with a certificate, by the numbers of OpenSSL."""
    told = printable(message)
    if code == _EXPIRED:
        return f"the certificate of {place} has expired; it has to be renewed there"
    if code == _NOT_YET:
        return f"the certificate of {place} is not valid yet; does the clock here go right?"
    if code in _OTHER_NAME:
        return f"the certificate is for another host: {told}; ask by the name that is in it"
    if code in _UNKNOWN_SIGNER:
        return (
            f"nobody who is known here has signed the certificate of {place} ({told}); "
            "--cacert FILE names who has"
        )
    return f"the certificate of {place} is refused: {told}"


def told_of_tls(reason: str | None, told: str) -> str:
    """Return why no TLS could be spoken, by the word of OpenSSL for it."""
    if reason in _NO_TLS:
        return "what answers speaks no https there: try http://, or another port"
    if reason in {"UNEXPECTED_EOF_WHILE_READING", None} or "EOF" in told:
        return "it ended the connection before https was agreed on: try http://, or another port"
    word = (reason or told).lower().replace("_", " ")
    return f"https could not be agreed on: {printable(word)}"


def who_speaks(line: str) -> str:
    """Return who it may be that answers with ``line`` in place of HTTP."""
    begun = line[:_BEGINNING].rstrip("\r\n")
    if line.startswith(_TLS):
        return "what answers speaks https: try https://"
    for start, name in _SPEAKERS:
        if line.startswith(start):
            return f"what answers is no HTTP server, but {name} ({begun!r}): is the port right?"
    if not begun:
        return f"{_CLOSED}; {_WHICH}"
    return f"what answers is no HTTP server: it begins with {begun!r}; is the port right?"


def refused(status: int, headers: Mapping[str, str], body: bytes) -> CannotAsk:
    """Return the error for an answer that is none, with what to do about it."""
    kind = NoSuchPage if status == _NOT_FOUND else CannotAsk
    location = headers.get("location")
    if location is not None and status // 100 == 3:
        return kind(why_not(status, b"") + _moved(location))
    told = why_not(status, body)
    if status == _UNAUTHORIZED and headers.get("www-authenticate", "").lower().startswith("basic"):
        told = "it asks for a name and a password: --header 'Authorization: Basic ...'"
    hints = {
        _NOT_FOUND: "; the debug pages of a service are at /debug, unless the URL says where",
        _FORBIDDEN: f"; what opens it may be a token or a cookie: {_OF_A_TOKEN}, or --header",
    }
    return kind(told + hints.get(status, ""))


def _moved(location: str) -> str:
    # Not followed: a token is for whom the user has named.
    place = printable(location[:_TOLD_AT_MOST])
    if _SIGN_IN.search(location):
        return (
            f"; it sends one to sign in at {place}: ask the service itself, behind the proxy, "
            f"or say who you are: {_OF_A_TOKEN}, or --header"
        )
    return f"; it is at {place}, so name that place"


def why_not(status: int, body: bytes) -> str:
    """Return why there is no answer, from what came instead."""
    if status == _UNAUTHORIZED:
        return f"it asks for a token, or for another one: {_OF_A_TOKEN}"
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        first = body[:200].decode(errors="replace").strip().partition("\n")[0].rstrip()
        # A page for browsers begins with what nobody wants to read.
        for_people = first and not first.startswith("<")
        detail = first if for_people else _name_of(status)
    told = printable(str(detail)[:_TOLD_AT_MOST])
    shown = status not in {_FORBIDDEN, _NOT_FOUND} or f"({status})" in told
    return told if shown else f"{told} ({status})"


def _name_of(status: int) -> str:
    # Here and not above: it takes a while to load, and is hardly ever needed.
    from http import HTTPStatus

    known = status in {each.value for each in HTTPStatus}
    return f"{HTTPStatus(status).phrase if known else 'answer'} ({status})"
