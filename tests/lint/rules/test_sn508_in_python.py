"""Threads that write the log of Python, and are stopped at the end or not."""

from __future__ import annotations

import pytest

from lint._wanted import python

HEAD = """
import atexit
import logging.handlers
from logging.handlers import QueueHandler, QueueListener
"""


NOBODY_ELSE_HAS_IT = [
    """\
def set_up(q, h):
    listener = QueueListener(q, h)
    listener.start()  # want
""",
    """\
def set_up(q, h):
    logging.handlers.QueueListener(q, h).start()  # want
""",
    """\
def get_handler(q, background):
    if background:
        listener = logging.handlers.QueueListener(q, http)
        listener.start()  # want
        handler = QueueHandler(q)
    else:
        handler = http
    return handler
""",
    """\
class Log(logging.Logger):
    def __init__(self, q):
        super().__init__("log")
        listener = QueueListener(q, *self.handlers, respect_handler_level=True)
        listener.start()  # want
        self.addHandler(QueueHandler(q))
""",
    """\
_listener = QueueListener(q, h)
_listener.start()  # want
""",
    """\
def set_up(q, h):
    global _listener
    _listener = QueueListener(q, h)
    if h:
        _listener.start()  # want
""",
    """\
if __name__ == "__main__":
    listener = QueueListener(q, h)
    listener.start()  # want
    run()
""",
    """\
def set_up(q, h):
    listener: QueueListener = QueueListener(q, h)
    print(listener)
    listener.start()  # want
""",
]
OTHERS_MAY = [
    """\
listener = QueueListener(q, h)
listener.start()  # want advice
""",
    """\
class Log:
    def open(self):
        self.listener = QueueListener(q, h)
        self.listener.start()  # want advice
    def stop(self):
        self.q.stop()
""",
    """\
def set_up(q, h):
    global listener
    listener = QueueListener(q, h)
    if h:
        listener.start()  # want advice
""",
]


@pytest.mark.parametrize("text", [*NOBODY_ELSE_HAS_IT, *OTHERS_MAY])
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
