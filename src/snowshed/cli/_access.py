"""How a service is asked: for how long, as whom, and how it is known to be the one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

from snowshed.cli._duration import duration_in
from snowshed.cli._why import CannotAsk

__all__ = ["Access", "Asking", "asks", "asks_a_process"]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
# What says where a question ends: it has no body.
_NOT_OURS = {"content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True, slots=True)
class Access:
    """How a service is asked.

    What it is sent goes to the host that the user has named, and to no other: nobody is followed
    elsewhere. And it is in no message, not even in one about a mistake in it.

    Attributes:
        timeout: seconds that an answer may take.
        token: what its pages ask for.
        headers: what else is sent, each as ``Name: value``.
        cacert: file with the certificates of those who may have signed that of the service.
    """

    timeout: float
    token: str | None = None
    headers: tuple[str, ...] = ()
    cacert: str | None = None

    def sent(self) -> list[tuple[str, bytes]]:
        """Return the headers to send.

        Raises:
            CannotAsk: one of them cannot be.
        """
        found = [_header(written, place) for place, written in enumerate(self.headers, 1)]
        if self.token is not None:
            if not self.token.strip().isprintable():
                msg = "the token holds a line break or another control character; give it without"
                raise CannotAsk(msg)
            if any(name.lower() == "authorization" for name, _ in found):
                msg = "--token is sent as the header 'Authorization', and --header has one as well"
                raise CannotAsk(msg)
            found.append(("authorization", b"Bearer " + self.token.strip().encode()))
        return found


@dataclass(frozen=True, slots=True)
class Asking:
    """How a service is examined.

    Attributes:
        access: for how long, as whom, and how it is known.
        force: whether to ask for a list of goroutines even if it is long.
        apart: seconds between two profiles.
        trace: seconds for which to trace a service in Go; None: not at all.
    """

    access: Access
    force: bool
    apart: float
    trace: float | None = None

    @property
    def patient(self) -> Access:
        """How it is asked, with time for what takes as long as somebody wants."""
        return replace(self.access, timeout=self.access.timeout + (self.trace or 0.0))


def _header(written: str, place: int) -> tuple[str, bytes]:
    name, colon, value = written.partition(":")
    which = f"--header, number {place}"
    if not colon or not _NAME.fullmatch(name):
        msg = f"{which}: not of the form 'Name: value'"
        raise CannotAsk(msg)
    if not value.replace("\t", " ").isprintable():
        msg = f"{which}: {name} holds a line break or another control character; give it without"
        raise CannotAsk(msg)
    if name.lower() in _NOT_OURS:
        msg = f"{which}: {name} is not for you to say, as a question has no body"
        raise CannotAsk(msg)
    return name, value.strip().encode()


def asks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that asks somebody; it gets them as ``access``."""

    @functools.wraps(command)
    def with_access(
        *args: Any,
        timeout: float,
        token: str | None,
        header: tuple[str, ...],
        cacert: str | None,
        **rest: Any,
    ) -> Any:
        return command(*args, access=Access(timeout, token, header, cacert), **rest)

    decorated: Callable[..., Any] = with_access
    for option in (
        click.option(
            "--cacert",
            metavar="FILE",
            help="Who may have signed the certificate of a URL, as PEM. [as the system says]",
        ),
        click.option(
            "--header",
            multiple=True,
            metavar="'NAME: VALUE'",
            help="Send it to a URL, such as a cookie; repeatable.",
        ),
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
        decorated = option(decorated)
    return decorated


def asks_a_process(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command has that asks one process, or one service."""
    return click.argument("target", metavar="PID|URL")(asks(command))
