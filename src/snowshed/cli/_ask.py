"""A question to a running process, and its answer or one line that says why there is none.

The process serves its debug pages over HTTP, on a Unix socket of its own or on a port. That needs
no library: it is one GET on one connection.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlencode, urlsplit

import click

from snowshed.cli._duration import duration_in
from snowshed.cli._output import fail

__all__ = [
    "CannotAsk",
    "NoSuchPage",
    "Process",
    "Question",
    "ask_all",
    "asks",
    "asks_a_process",
    "at_socket",
    "at_url",
    "read_json",
    "safe",
    "where",
    "why_not",
]

# A hundred thousand tasks, one by one, are 30 MB.
_ANSWER_AT_MOST = 1 << 29
_ASKED_AT_ONCE = 8
# Of what is said in place of an answer: characters.
_TOLD_AT_MOST = 1000
_PAGES = "/debug"
_HOST = re.compile(r"[^\x00-\x20\x7f]+")


class CannotAsk(Exception):  # noqa: N818 - it is told to the user, not caught by him
    """A process gives no answer; the text says why, and what to do."""


class NoSuchPage(CannotAsk):
    """The service has no such page."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        page: below ``/debug``, such as ``snowshed/tasks``.
        parameters: of the query, by name; several values of one name are asked for one by one.
    """

    page: str
    parameters: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The page with its query, as in the first line of a request."""
        given = {name: value for name, value in self.parameters.items() if value}
        return self.page + (f"?{urlencode(given, doseq=True)}" if given else "")


Answers: TypeAlias = Callable[[Question], bytes]


@dataclass(frozen=True, slots=True)
class Process:
    """One process that can be asked.

    Attributes:
        name: its id, or its URL.
        pid: its id; None if it is known by a URL only.
        answers: gives the body of the answer to a question.
    """

    name: str
    pid: int | None
    answers: Answers

    def ask(self, question: Question) -> bytes:
        """Return the body of the answer.

        Raises:
            CannotAsk: there is none.
        """
        try:
            return self.answers(question)
        except CannotAsk as error:
            msg = f"{self.name}: {error}"
            raise type(error)(msg) from None


def at_socket(pid: int, path: Path, timeout: float) -> Process:
    """Return the process that listens on a Unix socket.

    Args:
        pid: its id.
        path: of the socket.
        timeout: seconds that it may let us wait, at connecting and at each piece of the answer.
    """

    def answers(question: Question) -> bytes:
        return _get(_UnixConnection(path, timeout), f"{_PAGES}/{question.target}", {})

    return Process(str(pid), pid, answers)


def at_url(url: str, token: str | None, timeout: float) -> Process:
    """Return the process that serves its debug pages at a URL.

    Args:
        url: where; ``/debug`` if it has no path. One that ends in ``/debug/pprof`` or
            ``/debug/snowshed`` is cut there.
        token: what the pages ask for.
        timeout: seconds that it may let us wait.

    Raises:
        CannotAsk: the URL is none, or the token none that can be sent.
    """
    parts = _split(url)
    headers = _bearing(token)
    base = parts.path.rstrip("/")
    for tree in ("/pprof", "/snowshed"):
        base = base.removesuffix(tree)
    https = parts.scheme == "https"
    kind = http.client.HTTPSConnection if https else http.client.HTTPConnection

    def answers(question: Question) -> bytes:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        return _get(connection, f"{base or _PAGES}/{question.target}", headers)

    return Process(url, None, answers)


def _bearing(token: str | None) -> dict[str, bytes]:
    if token is None:
        return {}
    if not token.strip().isprintable():
        msg = "the token holds a line break or another control character; give it without"
        raise CannotAsk(msg)
    return {"authorization": b"Bearer " + token.strip().encode()}


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        msg = f"{url} is no URL: {error}"
        raise CannotAsk(msg) from None
    if (
        parts.scheme not in {"http", "https"}
        or not _HOST.fullmatch(parts.hostname or "")
        or port == 0
    ):
        msg = f"{url} is no URL of a service; such as http://127.0.0.1:8000"
        raise CannotAsk(msg)
    if "@" in parts.netloc:
        # Not shown: it holds a password.
        msg = f"a URL with a name or a password before {parts.hostname}: only --token is sent"
        raise CannotAsk(msg)
    if parts.query or parts.fragment:
        msg = f"{url} has a query or a fragment, which no page of ours would get: leave it out"
        raise CannotAsk(msg)
    return parts


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _get(
    connection: http.client.HTTPConnection, target: str, headers: Mapping[str, bytes]
) -> bytes:
    try:
        connection.request("GET", target, headers=dict(headers))
        with connection.getresponse() as response:
            body = response.read(_ANSWER_AT_MOST + 1)
    except TimeoutError:
        waited = f"no answer within {connection.timeout:g} s"
        msg = f"{waited}; is it stopped, or starved? --timeout waits for longer"
        raise CannotAsk(msg) from None
    except (FileNotFoundError, ConnectionRefusedError):
        msg = "nobody listens there (any more)"
        raise CannotAsk(msg) from None
    except OSError as error:
        told = str(error.strerror or error)
        hint = "; does it speak https?" if "WRONG_VERSION_NUMBER" in told else ""
        msg = f"cannot be reached: {told}{hint}"
        raise CannotAsk(msg) from None
    except (http.client.InvalidURL, UnicodeError) as error:
        msg = f"that is no URL: {error}"
        raise CannotAsk(msg) from None
    except http.client.HTTPException as error:
        msg = f"what answers is no HTTP server: {type(error).__name__}"
        raise CannotAsk(msg) from None
    finally:
        connection.close()
    if len(body) > _ANSWER_AT_MOST:
        msg = f"the answer has more than {_ANSWER_AT_MOST >> 20} MB"
        raise CannotAsk(msg)
    if response.status != http.client.OK:
        hint = _hint(response.status, response.headers.get("location"))
        kind = NoSuchPage if response.status == http.client.NOT_FOUND else CannotAsk
        raise kind(why_not(response.status, body) + hint)
    return body


def _hint(status: int, location: str | None) -> str:
    if status == http.client.NOT_FOUND:
        return "; the debug pages of a service are at /debug, unless the URL says where"
    if location is not None and status // 100 == 3:
        # Not followed: a token is for whom the user has named.
        return f"; it is at {safe(location[:_TOLD_AT_MOST])}, so name that place"
    return ""


def why_not(status: int, body: bytes) -> str:
    """Return why there is no answer, from what came instead."""
    if status == http.client.UNAUTHORIZED:
        return "it asks for a token, or for another one: --token, or SNOWSHED_DEBUG_TOKEN"
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        first = body[:200].decode(errors="replace").strip().partition("\n")[0]
        # A page for browsers begins with what nobody wants to read.
        for_people = first and not first.startswith("<")
        detail = (
            first if for_people else f"{http.client.responses.get(status, 'answer')} ({status})"
        )
    told = safe(str(detail)[:_TOLD_AT_MOST])
    return f"{told} (404)" if status == http.client.NOT_FOUND and "(404)" not in told else told


def ask_all(
    processes: Sequence[Process], question: Question, command: str = ""
) -> list[tuple[Process, bytes]]:
    """Ask all processes at the same time; return the answers of those that gave one.

    A process that gives none is a line on stderr, as long as another does, if ``command`` is there
    to begin it.

    Raises:
        CannotAsk: none gave one.
    """
    outcomes = [*zip(processes, _outcomes(processes, question), strict=True)]
    answers = [(process, body) for process, body in outcomes if isinstance(body, bytes)]
    errors = [error for _, error in outcomes if isinstance(error, CannotAsk)]
    if not answers:
        raise errors[0]
    for error in errors if command else ():
        fail(f"{command}: {error}")
    return answers


def _outcomes(processes: Sequence[Process], question: Question) -> list[bytes | CannotAsk]:
    found: list[bytes | CannotAsk] = [CannotAsk("was not asked")] * len(processes)
    places = threading.Semaphore(_ASKED_AT_ONCE)

    def ask(number: int) -> None:
        with places:
            try:
                found[number] = processes[number].ask(question)
            except CannotAsk as error:
                found[number] = error

    # Daemons, unlike the threads of an executor, do not keep back whoever presses Ctrl-C.
    threads = [
        threading.Thread(target=ask, args=(number,), daemon=True) for number in range(len(found))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def read_json(process: Process, body: bytes, *keys: str) -> dict[str, Any]:
    """Return the document in an answer.

    Raises:
        CannotAsk: it is none, or lacks one of the keys.
    """
    try:
        found = json.loads(body)
        if found["schema"] == 1 and all(key in found for key in keys):
            return dict(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    msg = f"{process.name}: what answers is not snowshed, or a later version of it"
    raise CannotAsk(msg)


def where(names: Sequence[str]) -> str:
    """Return where the answers come from: the names of processes, in the words of a sentence."""
    if len(names) > 1:
        return f"in {len(names)} processes"
    return f"in process {names[0]}" if names[0].isdecimal() else f"at {names[0]}"


def safe(text: str) -> str:
    """Return ``text`` without what would steer a terminal: names come from requests, too."""
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(each: str) -> str:
    return each.encode("unicode_escape", "backslashreplace").decode()


def asks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that asks somebody."""
    for option in (
        click.option(
            "--timeout",
            default="1m",
            callback=duration_in,
            metavar="1m",
            help="Wait so long for an answer. [1m]",
        ),
        click.option(
            "--token",
            envvar="SNOWSHED_DEBUG_TOKEN",
            metavar="TOKEN",
            help="What a URL asks for. [SNOWSHED_DEBUG_TOKEN]",
        ),
    ):
        command = option(command)
    return command


def asks_a_process(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command has that asks one process, or one service."""
    return click.argument("target", metavar="PID|URL")(asks(command))
