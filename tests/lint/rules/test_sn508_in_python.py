"""Threads that write the log of Python, and are stopped at the end or not."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import atexit
import logging.handlers
from logging.handlers import QueueHandler, QueueListener
"""


@pytest.mark.parametrize(
    "text",
    [
        (
            "def set_up(q, h):\n"
            "    listener = QueueListener(q, h)\n    listener.start()  # want advice"
        ),
        "def set_up(q, h):\n    logging.handlers.QueueListener(q, h).start()  # want advice",
        "listener = QueueListener(q, h)\nlistener.start()  # want advice",
        (
            "class Log:\n    def open(self):\n        self.listener = QueueListener(q, h)\n"
            "        self.listener.start()  # want advice\n"
            "    def stop(self):\n        self.q.stop()"
        ),
        (
            "def set_up(q, h):\n    global listener\n    listener = QueueListener(q, h)\n"
            "    if h:\n        listener.start()  # want advice"
        ),
    ],
)
def test_one_that_nothing_stops(text: str) -> None:
    (found,) = python("SN508", HEAD + text)
    assert "is never stopped: what is in its queue at the end is not written" in found.message


@pytest.mark.parametrize(
    "text",
    [
        (
            "def f(q, h):\n"
            "    listener = QueueListener(q, h)\n    listener.start()\n    listener.stop()"
        ),
        (
            "def f(q, h):\n    listener = QueueListener(q, h)\n    listener.start()\n"
            "    atexit.register(listener.stop)"
        ),
        (
            "def f(q, h):\n"
            "    listener = QueueListener(q, h)\n    listener.start()\n    return listener"
        ),
        (
            "def f(q, h):\n"
            "    listener = QueueListener(q, h)\n    listener.start()\n    keep(listener)"
        ),
        (
            "class Log:\n    def open(self):\n        self.listener = QueueListener(q, h)\n"
            "        self.listener.start()\n    def close(self):\n        self.listener.stop()"
        ),
        "def f(q, h):\n    with QueueListener(q, h):\n        run()",
        # Not started here: who starts it has it.
        "def f(q, h):\n    return QueueListener(q, h)",
        "def f(q, h):\n    listener = QueueListener(q, h)",
        # Wrong claim 7: a handler with a queue loses nothing.
        "logging.getLogger().addHandler(QueueHandler(queue.Queue()))",
    ],
)
def test_one_that_is_stopped_or_that_somebody_has(text: str) -> None:
    python("SN508", HEAD + text)


def test_another_module_may_stop_it() -> None:
    start = f"{HEAD}\nlistener = QueueListener(q, h)\nlistener.start()\n"
    python("SN508", {"log.py": start, "end.py": "import queue\nlog.listener.stop()\nlisten()\n"})
