"""What snowshed knows about this process, over HTTP: for ``curl``, and for ``go tool pprof``.

A metric says that a service sheds. It does not say what it has learned that a route costs, which
rule is half way to acting, why a breaker is open, or what ten thousand tasks wait for. This shows
them, at a path of your choice::

    app.mount("/debug", DebugApp(runtime))

It only reads. ``/debug/pprof/`` is what Go services have under that name: tasks and threads as
goroutines, for any tool that can read those. ``/debug/snowshed/`` is JSON: it lists what there is,
``/debug/snowshed/limiter`` shows one thing and ``/debug/snowshed/all`` all statistics. What it
shows can hold names of routes, rules and requests, so it answers only to this machine, and can ask
for a token. Costs nothing until it is asked, then O(what it shows).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from snowshed.integrations._debug import Access, Observed, Pages
from snowshed.observe._serve._exchange import UNIX, Request, Response, plain

if TYPE_CHECKING:
    from snowshed.integrations._asgi_types import Message, Receive, Scope, Send
    from snowshed.observe._snapshot._snapshot import Snapshot

__all__ = ["DebugApp", "Stated"]

# Each holds a thread, and some of them for as long as the request says.
LONG_AT_ONCE = 8


class Stated(Protocol):
    """What has statistics: a `snowshed.Runtime`."""

    def statistics(self) -> object:
        """Return a dataclass, or whatever else JSON has a word for."""
        ...


class DebugApp:
    """An ASGI application that shows what is known of this process, to be mounted in yours.

    Mounted at ``/debug`` it answers below ``/debug/pprof/`` and ``/debug/snowshed/``; mounted at
    ``/debug/snowshed``, or elsewhere, the JSON is right there, and ``pprof/`` beside it.

    Args:
        runtime: what `snowshed.init` returned: its totals, open requests, limiter, routes, rules
            and tasks; None: only what the process shares (pressure, features, targets).
        sources: what else there is to show, by name: functions that return a dataclass, a mapping,
            a list. Looked at anew for each request, so a mapping that grows is fine. One that
            raises is shown as its error, and logged once.
        token: what a caller has to send as ``Authorization: Bearer ...``; None: nothing.
        allow_remote: answer to other machines too. False: only to a peer on this one that no proxy
            speaks for: a loopback address without a forwarding header, or a Unix socket. A proxy on
            this machine that adds no such header looks the same: behind one, give a token.

    Raises:
        ValueError: an empty token, which is what a variable that is not set becomes; or a source
            with the name of a page, such as ``tasks``, which would never be seen.

    Answers ``GET`` and ``HEAD``: 200, 401 without the token, 403 to a stranger, 404, 405 for other
    methods, and 503 while 8 long answers are being given. Those, profiles and all that looks at
    each task, are made in a thread of their own, so that the loop goes on.
    """

    def __init__(
        self,
        runtime: Stated | None = None,
        *,
        sources: Mapping[str, Callable[[], object]] | None = None,
        token: str | None = None,
        allow_remote: bool = False,
    ) -> None:
        self._pages = Pages(
            runtime,
            sources=sources,
            observed=_observed_by(runtime),
            access=Access(token, allow_remote=allow_remote),
        )
        self._places = threading.BoundedSemaphore(LONG_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await _respond(scope, send, await self._answer(_request_in(scope)))

    def __repr__(self) -> str:
        return f"<DebugApp {self._pages}>"

    async def _answer(self, request: Request) -> Response:
        if not self._pages.is_long(request):
            return self._pages.answer(request)
        if not self._places.acquire(blocking=False):
            return plain(503, "busy; ask again", ("retry-after", "1"))
        return await self._in_thread(request)

    async def _in_thread(self, request: Request) -> Response:
        # Not the threads of the loop, which are the service's, and few.
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Response] = loop.create_future()

        def run() -> None:
            found = plain(500, "the page failed")  # whatever ends this thread, somebody waits
            try:
                found = self._pages.answer(request)
            finally:
                self._places.release()
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(_hand_over, answered, found)

        try:
            threading.Thread(target=run, name="snowshed-debug-answer", daemon=True).start()
        except RuntimeError:  # no thread can be had
            self._places.release()
            return plain(503, "no thread can be started; ask again", ("retry-after", "1"))
        return await answered


def _hand_over(answered: asyncio.Future[Response], found: Response) -> None:
    if not answered.done():  # or whoever asked has left
        answered.set_result(found)


def _observed_by(runtime: object) -> Observed:
    observed = getattr(runtime, "observed", None)
    # Also a process that nobody watches can be looked at.
    return observed if isinstance(observed, Observed) else Observed(snapshot=_look)


def _look() -> Snapshot:
    from snowshed.observe._snapshot import _snapshot  # noqa: PLC0415 - only if somebody asks

    return _snapshot.take()


def _request_in(scope: Scope) -> Request:
    root: str = scope.get("root_path", "")
    path: str = scope["path"].removeprefix(root)
    client, server = scope.get("client"), scope.get("server")
    if client is not None and client[0]:
        peer = client[0]
    else:
        # A peer without an address is local if the server says that it listens on a Unix socket.
        peer = UNIX if server is not None and server[1] is None else ""
    return Request(
        path=path if path.startswith("/") else f"/{path}",
        method=scope["method"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers={
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        },
        peer=peer,
    )


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _respond(scope: Scope, send: Send, response: Response) -> None:
    headers = (
        ("content-type", response.content_type),
        ("content-length", str(len(response.body))),
        ("cache-control", "no-store"),
        *response.headers,
    )
    start: Message = {
        "type": "http.response.start",
        "status": response.status,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }
    await send(start)
    shown = b"" if scope["method"] == "HEAD" else response.body
    await send({"type": "http.response.body", "body": shown})
