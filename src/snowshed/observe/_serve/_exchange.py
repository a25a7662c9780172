"""A question about this process and its answer: as much of HTTP as a person with ``curl`` needs.

The same pages are served inside the service's own application and by a thread beside it. So what
answers is a function from `Request` to `Response`, which knows neither. Here too is how the two
look on a wire, for the thread: one request, without a body, on one connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

__all__ = [
    "Answer",
    "BadRequest",
    "Request",
    "Response",
    "head_of",
    "plain",
    "read_head",
    "split_target",
]

UNIX = "unix"
METHODS = frozenset({"GET", "HEAD"})
_NAMES_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to know.

    Attributes:
        path: below the place where the pages are, decoded, with a slash in front.
        method: such as ``GET``.
        query: what follows the question mark, as it came.
        headers: values by name in lower case; the last one of a name that came twice.
        peer: address of whoever asks, ``unix`` for a Unix socket, empty if unknown.
        private: came over a socket that only the user of this process can reach.
    """

    path: str
    method: str = "GET"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    private: bool = False

    @property
    def parameters(self) -> dict[str, str]:
        """The query by name; the first value of a name that came twice, as in Go."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        return dict(reversed(pairs))


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered.

    Attributes:
        status: of HTTP.
        body: all of it.
        content_type: of the body.
        headers: name and value of each header beside that, in lower case.
    """

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Answer: TypeAlias = Callable[[Request], Response]


class BadRequest(ValueError):  # noqa: N818 - named as in HTTP
    """What came is no request that can be answered."""


def plain(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """Return a line of text."""
    return Response(status, f"{text}\n".encode(), headers=headers)


def read_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Return method, target and headers of a request: all that comes before its body.

    Raises:
        BadRequest: it is none of HTTP/1.
    """
    first, *rest = head.decode("latin-1").replace("\r\n", "\n").rstrip("\n").split("\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        msg = "the first line is not 'GET /path HTTP/1.1'"
        raise BadRequest(msg)
    if len(rest) > _NAMES_AT_MOST:
        msg = f"more than {_NAMES_AT_MOST} headers"
        raise BadRequest(msg)
    headers = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            msg = f"not a header: {line[:40]!r}"
            raise BadRequest(msg)
        headers[name.lower()] = value.strip()
    return words[0], words[1], headers


def split_target(target: str) -> tuple[str, str]:
    """Return the path, decoded, and the query of what the first line of a request asks for.

    Raises:
        BadRequest: it does not start with a slash, or is not UTF-8.
    """
    if not target.startswith("/"):
        msg = "only a path can be asked for"
        raise BadRequest(msg)
    path, _, query = target.partition("?")
    try:
        return unquote(path, errors="strict"), query.partition("#")[0]
    except UnicodeDecodeError as error:
        msg = "the path is not UTF-8"
        raise BadRequest(msg) from error


def head_of(response: Response) -> bytes:
    """Return what goes over the wire before the body; the end of it ends the connection."""
    reason = HTTPStatus(response.status).phrase
    lines = [
        f"HTTP/1.1 {response.status} {reason}",
        f"content-type: {response.content_type}",
        f"content-length: {len(response.body)}",
        "cache-control: no-store",
        *(f"{name}: {value}" for name, value in response.headers),
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
