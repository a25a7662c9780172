"""A question to a running process, and its answer or one line that says why there is none.

The process serves its debug pages over HTTP, on a Unix socket of its own or on a port. That needs
no library: it is one GET on one connection.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from snowshed.cli._at_once import at_once
from snowshed.cli._output import fail
from snowshed.cli._why import CannotAsk, CutOff, NoSuchPage, why_not
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from snowshed.cli._access import Access
    from snowshed.cli._get import Place

__all__ = [
    "CannotAsk",
    "CutOff",
    "NoSuchPage",
    "Process",
    "Question",
    "ask_all",
    "ask_for_part",
    "at_socket",
    "at_url",
    "read_json",
    "said_instead",
    "where",
    "why_not",
]

_ASKED_AT_ONCE = 8
_PAGES = "/debug"
_HOST = re.compile(r"[^\x00-\x20\x7f]+")
_PORTS = {"http": 80, "https": 443}


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
        from urllib.parse import urlencode

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
            if isinstance(error, CutOff):
                raise CutOff(msg, error.body) from None
            raise type(error)(msg) from None


def at_socket(pid: int, path: Path, timeout: float) -> Process:
    """Return the process that listens on a Unix socket.

    Args:
        pid: its id.
        path: of the socket.
        timeout: seconds that an answer may take.
    """

    def answers(question: Question) -> bytes:
        from snowshed.cli._get import AtSocket

        return _got(AtSocket(path), f"{_PAGES}/{question.target}", (), timeout)

    return Process(str(pid), pid, answers)


def at_url(url: str, access: Access) -> Process:
    """Return the process that serves its debug pages at a URL.

    Args:
        url: where; ``/debug`` if it has no path. One that ends in ``/debug/pprof`` or
            ``/debug/snowshed`` is cut there.
        access: how it is asked.

    Raises:
        CannotAsk: the URL is none, or what should be sent cannot be.
    """
    parts = _split(url)
    headers = access.sent()
    base = parts.path.rstrip("/")
    for tree in ("/pprof", "/snowshed"):
        base = base.removesuffix(tree)

    @functools.cache
    def place() -> Place:
        from snowshed.cli._get import AtPort, context_of

        tls = context_of(access.cacert) if parts.scheme == "https" else None
        return AtPort(parts.hostname or "", parts.port or _PORTS[parts.scheme], tls)

    def answers(question: Question) -> bytes:
        return _got(place(), f"{base or _PAGES}/{question.target}", headers, access.timeout)

    return Process(url, None, answers)


def _got(place: Place, target: str, headers: Iterable[tuple[str, bytes]], timeout: float) -> bytes:
    # Here and not above: what speaks HTTP takes as long to load as all the rest.
    from snowshed.cli._get import get

    return get(place, target, headers, timeout)


def _split(url: str) -> SplitResult:
    from urllib.parse import urlsplit

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
        msg = (
            f"a URL with a name or a password before {parts.hostname}: "
            "only --token and --header are sent"
        )
        raise CannotAsk(msg)
    if parts.query or parts.fragment:
        msg = f"{url} has a query or a fragment, which no page of ours would get: leave it out"
        raise CannotAsk(msg)
    return parts


def ask_all(
    processes: Sequence[Process], question: Question, command: str = ""
) -> list[tuple[Process, bytes]]:
    """Ask all processes at the same time; return the answers of those that gave one.

    A process that gives none is a line on stderr, as long as another does, if ``command`` is there
    to begin it.

    Raises:
        CannotAsk: none gave one.
    """
    jobs = [functools.partial(process.ask, question) for process in processes]
    outcomes = [*zip(processes, at_once(jobs, CannotAsk, at_most=_ASKED_AT_ONCE), strict=True)]
    answers = [(process, body) for process, body in outcomes if isinstance(body, bytes)]
    errors = [error for _, error in outcomes if isinstance(error, CannotAsk)]
    if not answers:
        raise errors[0]
    for error in errors if command else ():
        fail(f"{command}: {error}")
    return answers


def ask_for_part(process: Process, question: Question, cut: list[str]) -> bytes:
    """Return the answer, or what came of one that was cut off, and note that in ``cut``.

    Raises:
        CannotAsk: nothing came.
    """
    try:
        return process.ask(question)
    except CutOff as error:
        if not error.body:
            raise
        cut.append(str(error))
        return error.body


@contextmanager
def said_instead(cut: Sequence[str]) -> Iterator[None]:
    """Say of what cannot be read that it was cut off, where it was: that is why.

    Raises:
        CannotAsk: in place of a `FormatError`.
    """
    try:
        yield
    except FormatError:
        if cut:
            raise CannotAsk(cut[-1]) from None
        raise


def read_json(process: Process, body: bytes, *keys: str) -> dict[str, Any]:
    """Return the document in an answer.

    Raises:
        CannotAsk: it is none, or lacks one of the keys.
    """
    import json

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
