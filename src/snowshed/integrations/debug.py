"""What snowshed knows about this process, as JSON over HTTP: for a person with ``curl``.

A metric says that a service sheds. It does not say what it has learned that a route costs, which
rule is half way to acting, or why a breaker is open. All of that stands in the ``statistics()`` of
some object; this shows them, at a path of your choice::

    app.mount("/debug/snowshed", DebugApp(runtime))

It only reads. ``/`` lists what there is, ``/limiter`` shows one thing and ``/all`` everything. What
it shows can hold names of routes and rules, so it answers only to this machine, and can ask for a
token. Costs nothing until it is asked, then O(what it shows).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from snowshed.integrations._open_requests import open_requests
from snowshed.shed._criticality import TrustedPeers
from snowshed.shed._degrade import feature_statistics
from snowshed.shed._pressure import service_pressure
from snowshed.shed._target import shared_targets

if TYPE_CHECKING:
    from snowshed.integrations._asgi_types import Message, Receive, Scope, Send

__all__ = ["DebugApp", "Stated"]

SCHEMA = 1
ALL = "all"
_LOOPBACK = TrustedPeers(["127.0.0.0/8", "::1"])
# A proxy on this machine speaks for somebody who may be anywhere. One that adds none of these, as
# nginx with nothing but `proxy_pass`, cannot be told from a person at this machine.
_FORWARDED = {
    b"forwarded",
    b"via",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-real-ip",
}

logger = logging.getLogger("snowshed.debug")
Source = Callable[[], object]


class Stated(Protocol):
    """What has statistics: a `snowshed.Runtime`."""

    def statistics(self) -> object:
        """Return a dataclass, or whatever else JSON has a word for."""
        ...


_OF_THE_PROCESS: Mapping[str, Source] = {
    "pressure": service_pressure.statistics,
    "features": feature_statistics,
    "targets": lambda: [target.statistics() for target in shared_targets()],
}


def _of_runtime(runtime: Any) -> Iterator[tuple[str, Source]]:
    """Yield what a runtime knows; one that somebody else has made may know less."""
    if runtime is None:
        return
    yield "runtime", runtime.statistics
    budgets = getattr(runtime, "_open_budgets", None)
    if budgets is not None:
        yield "requests", lambda: open_requests(budgets())
    admission = getattr(runtime, "admission", None)
    if admission is not None:
        yield "limiter", admission.limiter.statistics
        yield "routes", admission.routes.statistics
    rules = getattr(runtime, "rules", None)
    if rules is not None:
        yield "rules", rules.report


class _Refusal(Exception):  # noqa: N818 - it is an answer
    def __init__(self, status: int, detail: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


class DebugApp:
    """An ASGI application that shows statistics, to be mounted in yours.

    Args:
        runtime: what `snowshed.init` returned: its totals, open requests, limiter, routes and
            rules; None: only what the process shares (pressure, features, targets).
        sources: what else there is to show, by name: functions that return a dataclass, a mapping,
            a list. Looked at anew for each request, so a mapping that grows is fine. One that
            raises is shown as its error, and logged once.
        token: what a caller has to send as ``Authorization: Bearer ...``; None: nothing.
        allow_remote: answer to other machines too. False: only to a peer on this one that no proxy
            speaks for: a loopback address without a forwarding header, or a Unix socket. A proxy on
            this machine that adds no such header looks the same: behind one, give a token.

    Raises:
        ValueError: an empty token, which is what a variable that is not set becomes.

    Answers ``GET`` and ``HEAD``: 200 and JSON, 401 without the token, 403 to a stranger, 404, and
    405 for other methods.
    """

    def __init__(
        self,
        runtime: Stated | None = None,
        *,
        sources: Mapping[str, Source] | None = None,
        token: str | None = None,
        allow_remote: bool = False,
    ) -> None:
        if token is not None and not token.strip():
            msg = "DebugApp: the token is empty; give one, or None to ask for none"
            raise ValueError(msg)
        self._own: dict[str, Source] = {**dict(_of_runtime(runtime)), **_OF_THE_PROCESS}
        self._sources: Mapping[str, Source] = {} if sources is None else sources
        self._token = None if token is None else token.encode()
        self._allow_remote = allow_remote
        self._failed: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._answer(scope, send)

    def __repr__(self) -> str:
        remote = "anybody" if self._allow_remote else "this machine"
        token = " with a token" if self._token is not None else ""
        return f"<DebugApp {', '.join(self._all())} for {remote}{token}>"

    async def _answer(self, scope: Scope, send: Send) -> None:
        try:
            self._check(scope)
            body = msgspec.json.encode({"schema": SCHEMA, **self._content(_name_in(scope))})
        except _Refusal as refusal:
            problem = {"type": "about:blank", "status": refusal.status, "detail": str(refusal)}
            await _respond(
                scope,
                send,
                refusal.status,
                msgspec.json.encode(problem),
                (b"content-type", b"application/problem+json"),
                *refusal.headers,
            )
        else:
            await _respond(scope, send, 200, body, (b"content-type", b"application/json"))

    def _check(self, scope: Scope) -> None:
        """Refuse whoever may not see this."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise _Refusal(405, "only GET", (b"allow", b"GET, HEAD"))
        if not (self._allow_remote or _is_local(scope)):
            raise _Refusal(403, "only for this machine; DebugApp(allow_remote=True) opens it")
        if self._token is not None and not hmac.compare_digest(_token_in(scope), self._token):
            challenge = b"www-authenticate", b"Bearer"
            raise _Refusal(401, "needs the token: 'Authorization: Bearer ...'", challenge)

    def _content(self, name: str) -> dict[str, object]:
        sources = self._all()
        if not name:
            return {"sources": [*sources, ALL]}
        if name == ALL:
            chosen = sources
        elif name in sources:
            chosen = {name: sources[name]}
        else:
            raise _Refusal(404, f"nothing of that name; there are: {', '.join([*sources, ALL])}")
        content: dict[str, object] = {}
        errors: dict[str, str] = {}
        for each, source in chosen.items():
            try:
                content[each] = msgspec.Raw(msgspec.json.encode(source(), enc_hook=repr))
            except Exception as error:  # noqa: BLE001 - it is shown, and logged once
                content[each] = None
                errors[each] = f"{type(error).__name__}: {error}"
                self._log_once(each, error)
        return {**content, "errors": errors} if errors else content

    def _all(self) -> dict[str, Source]:
        return {**self._own, **self._sources}

    def _log_once(self, name: str, error: Exception) -> None:
        if name not in self._failed:
            self._failed.add(name)
            logger.error("the debug source %r failed", name, exc_info=error)


def _name_in(scope: Scope) -> str:
    root: str = scope.get("root_path", "")
    path: str = scope["path"]
    return path.removeprefix(root).strip("/")


def _is_local(scope: Scope) -> bool:
    if any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    client, server = scope.get("client"), scope.get("server")
    if client is not None and client[0]:
        return _LOOPBACK.trusts(client[0])
    # A peer without an address is local if the server says that it listens on a Unix socket.
    return server is not None and server[1] is None


def _token_in(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.partition(b" ")
            return bytes(token.strip()) if kind.lower() == b"bearer" else b""
    return b""


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _respond(
    scope: Scope, send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]
) -> None:
    length = b"content-length", str(len(body)).encode()
    start: Message = {
        "type": "http.response.start",
        "status": status,
        "headers": [*headers, length, (b"cache-control", b"no-store")],
    }
    await send(start)
    shown = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": shown})
