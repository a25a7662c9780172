"""A customer has a hundred files, and to copy one takes as long as to begin with all of them."""

from __future__ import annotations

import threading
from typing import Any

MEASURES = "threads at once that copy 100 files"
AT_MOST = 12
VIRTUAL = False


async def flood(service: Any) -> float:
    """Copy the files."""
    inside = most = 0
    copied: list[str] = []
    lock, enough = threading.Lock(), threading.Event()

    def copy(name: str) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == 100:
                enough.set()
        # Those who have a limit never get there, and wait for this once.
        enough.wait(0.5)
        enough.set()
        with lock:
            inside -= 1
            copied.append(name)

    service.back_up([f"{number}.txt" for number in range(100)], copy)
    assert len(copied) == 100
    return most
