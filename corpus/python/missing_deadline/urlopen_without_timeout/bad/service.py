"""Webhooks are delivered by a thread that has no limit for a delivery.

One subscriber that accepts and never answers stops the deliveries to all others, and the queue in
front of the thread grows. `urlopen` has no timeout of its own.

Cause: missing-deadline. In the wild: rachelos/we-mp-rss#394 (six notifiers of one service).
"""

import json
import queue
import urllib.request


def deliver(url: str, event: dict[str, object]) -> int:
    """Send an event to one subscriber."""
    request = urllib.request.Request(
        url, data=json.dumps(event).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # bug: SN201
        return answer.status


def deliver_all(waiting: queue.Queue[tuple[str, dict[str, object]] | None]) -> None:
    """Send what is waiting until None comes: the body of the thread."""
    while (next_one := waiting.get()) is not None:
        try:
            deliver(*next_one)
        except OSError:
            continue
