"""What the application sends on one ASGI connection, as its request sees it pass.

A 500 that may be ours is held back until it is known why it was sent: frameworks make one of every
exception that they do not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.shed._final import FINAL_MARK, NEVER, RETRY_NAME

if TYPE_CHECKING:
    from snowshed.integrations._asgi_types import Message, Send
    from snowshed.integrations._request import RequestScope
    from snowshed.shed._admission import Admitted

__all__ = ["Response", "note_phase"]

HELD_AT_MOST = 64 * 1024
LIGHT = (b"snowshed-level", b"light")
NOT_AGAIN = (RETRY_NAME.encode(), NEVER.encode())


def note_phase(request: RequestScope, message: Message) -> None:
    """Tell the request how far its response is."""
    kind = message["type"]
    if kind in {"http.response.start", "websocket.accept"}:
        request.begin_response()
    elif kind == "http.response.body" and not message.get("more_body", False):
        request.end_response()


class Response:
    """The response of one request.

    Args:
        request: whose.
        send: of the server.
        admitted: the request's admission, if it has one.
        holds: whether a 500 may be held back; False: everything passes as it comes.
    """

    __slots__ = (
        "_admitted",
        "_holds",
        "_mark",
        "_request",
        "_send",
        "_size",
        "begun",
        "held",
        "status",
    )

    def __init__(
        self,
        request: RequestScope,
        send: Send,
        admitted: Admitted | None,
        *,
        holds: bool = True,
    ) -> None:
        self._holds = holds
        self._request = request
        self._send = send
        self._admitted = admitted
        self._mark = FINAL_MARK.get()
        self.held: list[Message] = []
        self._size = 0
        self.begun = False
        self.status = 0

    @property
    def failed(self) -> bool:
        """Whether the service could not answer."""
        return self.status >= 500 or not self.begun

    async def send(self, message: Message) -> None:
        """Take what the application sends."""
        if not self.begun and (self.held or self._may_be_ours(message)):
            self.held.append(message)
            self._size += len(message.get("body", b""))
            if self._size > HELD_AT_MOST:
                await self.release()
            return
        await self._pass(message)

    def _may_be_ours(self, message: Message) -> bool:
        request = self._request
        return (
            self._holds
            and message.get("status") == 500
            and (request.refused > 0 or request.reason is not None)
        )

    async def release(self) -> None:
        """Send what was held back."""
        held, self.held = self.held, []
        for message in held:
            await self._pass(message)

    async def _pass(self, message: Message) -> None:
        if not self.begun:
            self.begun = True
            self._begin(message)
        note_phase(self._request, message)
        await self._send(message)

    def _begin(self, message: Message) -> None:
        self.status = message.get("status", 0)
        if self._admitted is not None:
            self._admitted.answered()
            if self._admitted.gave_light:
                message["headers"] = [*message.get("headers", ()), LIGHT]
        if self.status >= 500 and self._mark is not None and self._mark.final:
            message["headers"] = [*message.get("headers", ()), NOT_AGAIN]
