"""The log is written by a thread, so that nobody waits for the disk, not even at the end.

The thread is a daemon, so the process ends with what is still in the queue: the last records, which
say why it ended.

Cause: unreleased-resource. In the wild: livekit/agents#4928.
"""

import logging
import logging.handlers
import queue


def set_up_logging(target: logging.Handler) -> logging.Logger:
    """Have records written by a thread."""
    records: queue.Queue[logging.LogRecord] = queue.Queue(10_000)
    logger = logging.getLogger("shop")
    logger.addHandler(logging.handlers.QueueHandler(records))
    logger.setLevel(logging.INFO)
    listener = logging.handlers.QueueListener(records, target)
    listener.start()  # bug: SN508
    return logger


def main(target: logging.Handler) -> None:
    """Be the service."""
    logger = set_up_logging(target)
    for number in range(50):
        logger.info("order %d", number)
    logger.error("no more orders: the database has gone")
