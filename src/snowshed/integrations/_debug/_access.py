"""Who may see the debug pages: this machine, and whoever knows the token."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from snowshed.observe._serve._exchange import METHODS, UNIX, Request
from snowshed.shed._criticality import TrustedPeers

__all__ = ["Access", "Refusal"]

_LOOPBACK = TrustedPeers(["127.0.0.0/8", "::1"])
# A proxy on this machine speaks for somebody who may be anywhere. One that adds none of these, as
# nginx with nothing but `proxy_pass`, cannot be told from a person at this machine.
_FORWARDED = frozenset(
    {
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    }
)


class Refusal(NamedTuple):
    """Why somebody gets no answer."""

    status: int
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


class Access:
    """Says who may look.

    Args:
        token: what has to be sent as ``Authorization: Bearer ...``; None: nothing. Blanks around
            it, such as the end of the line in a file of secrets, are no part of it.
        allow_remote: whether to answer to other machines too.

    Raises:
        ValueError: an empty token, which is what a variable that is not set becomes.

    A request over a socket that only the user of this process can reach needs no token: that user
    can read it in the memory of the process.
    """

    def __init__(self, token: str | None = None, *, allow_remote: bool = False) -> None:
        if token is not None and not token.strip():
            msg = "debug pages: the token is empty; give one, or None to ask for none"
            raise ValueError(msg)
        self._token = None if token is None else token.strip().encode()
        self._allow_remote = allow_remote

    def __str__(self) -> str:
        remote = "anybody" if self._allow_remote else "this machine"
        return f"{remote} with a token" if self._token is not None else remote

    def refusal(self, request: Request) -> Refusal | None:
        """Return why ``request`` is not answered; None: it is."""
        if request.method not in METHODS:
            return Refusal(405, "only GET", (("allow", "GET, HEAD"),))
        if request.private:
            return None
        if not (self._allow_remote or _is_local(request)):
            return Refusal(403, "only for this machine; DebugApp(allow_remote=True) opens it")
        if self._token is not None and not hmac.compare_digest(_token_in(request), self._token):
            challenge = ("www-authenticate", "Bearer")
            return Refusal(401, "needs the token: 'Authorization: Bearer ...'", (challenge,))
        return None


def _is_local(request: Request) -> bool:
    if not _FORWARDED.isdisjoint(request.headers):
        return False
    return request.peer == UNIX or (bool(request.peer) and _LOOPBACK.trusts(request.peer))


def _token_in(request: Request) -> bytes:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    # As the bytes came: a token need not be ASCII.
    return token.strip().encode("latin-1", "replace") if kind.lower() == "bearer" else b""
