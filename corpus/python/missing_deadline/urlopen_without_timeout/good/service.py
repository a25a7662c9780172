"""Webhooks are delivered by a thread that gives up on a subscriber who does not answer."""

import json
import queue
import urllib.request

TIMEOUT = 5.0


def deliver(url: str, event: dict[str, object]) -> int:
    """Send an event to one subscriber."""
    request = urllib.request.Request(
        url, data=json.dumps(event).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return answer.status


def deliver_all(waiting: queue.Queue[tuple[str, dict[str, object]] | None]) -> None:
    """Send what is waiting until None comes: the body of the thread."""
    while (next_one := waiting.get()) is not None:
        try:
            deliver(*next_one)
        except OSError:
            continue
