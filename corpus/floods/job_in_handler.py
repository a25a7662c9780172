"""Fifteen orders are placed, one after another, while a mail takes a while."""

from __future__ import annotations

import threading
from typing import Any

from corpus.floods._world import clients

MEASURES = "mails of 15 that are not sent when the last order has been answered"
AT_MOST = 2
VIRTUAL = False


async def flood(service: Any) -> float:
    """Place the orders."""
    sent: list[str] = []
    pause = threading.Event()

    def send(mail: str) -> None:
        pause.wait(0.1)
        sent.append(mail)

    service.app.state.send = send
    async with clients(service.app) as client:
        for number in range(15):
            answer = await client.post("/orders", json={"mail": f"{number}@example.org"})
            assert answer.status_code == 202
        return 15 - len(sent)
