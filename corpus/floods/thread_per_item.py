"""A customer has a hundred and twenty files."""

from __future__ import annotations

import threading
import time
from typing import Any

MEASURES = "threads at once while 120 files are copied"
AT_MOST = 12
VIRTUAL = False


async def flood(service: Any) -> float:
    """Copy the files."""
    most, copied, lock = 0, [], threading.Lock()
    all_started = threading.Event()

    def copy(name: str) -> None:
        nonlocal most
        # Long enough for all that want to run at the same time to do so.
        all_started.wait(0.02)
        with lock:
            most = max(most, threading.active_count())
            copied.append(name)
        time.sleep(0.001)

    service.back_up([f"{number}.txt" for number in range(120)], copy)
    assert len(copied) == 120
    return most
