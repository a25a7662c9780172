"""The log is written by a thread, which writes all that there is before the service ends."""

import logging
import logging.handlers
import queue
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def logging_set_up(target: logging.Handler) -> Iterator[logging.Logger]:
    """Have records written by a thread."""
    records: queue.Queue[logging.LogRecord] = queue.Queue(10_000)
    logger = logging.getLogger("shop")
    logger.addHandler(logging.handlers.QueueHandler(records))
    logger.setLevel(logging.INFO)
    listener = logging.handlers.QueueListener(records, target)
    listener.start()
    try:
        yield logger
    finally:
        listener.stop()


def main(target: logging.Handler) -> None:
    """Be the service."""
    with logging_set_up(target) as logger:
        for number in range(50):
            logger.info("order %d", number)
        logger.error("no more orders: the database has gone")
