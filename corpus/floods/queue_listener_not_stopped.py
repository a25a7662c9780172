"""A service logs fifty orders and why there are no more, and ends; its log is written slowly."""

from __future__ import annotations

import logging
import threading
from typing import Any

MEASURES = "records of 51 that are not written when the service has ended"
AT_MOST = 0
VIRTUAL = False


class SlowDisk(logging.Handler):
    """Writes nothing before the service has ended, or waits for what is to be written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.busy = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self.busy.wait(0.01)
        self.written.append(record.getMessage())


async def flood(service: Any) -> float:
    """Be the process that runs the service."""
    disk = SlowDisk()
    service.main(disk)
    return 51 - len(disk.written)
