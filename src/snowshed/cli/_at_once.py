"""Several jobs at the same time, none of which keeps back whoever presses Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["at_once"]

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


def at_once(jobs: Sequence[Callable[[], T]], *expected: type[E], at_most: int) -> list[T | E]:
    """Do all ``jobs`` and return what each gave, in their order.

    Args:
        jobs: what to do; a single one is done in this thread.
        expected: errors that are an outcome, too. Any other is raised when all have ended.
        at_most: how many jobs are being done at any time.
    """
    outcomes: dict[int, T | E] = {}
    unexpected: list[Exception] = []
    places = threading.Semaphore(at_most)

    def do(number: int) -> None:
        with places:
            try:
                outcomes[number] = jobs[number]()
            except expected as error:
                outcomes[number] = error
            except Exception as error:  # noqa: BLE001 - raised by whoever waits
                unexpected.append(error)

    if len(jobs) == 1:
        do(0)
    else:
        # Daemons, unlike the threads of an executor, do not keep back whoever presses Ctrl-C.
        threads = [
            threading.Thread(target=do, args=(number,), daemon=True) for number in range(len(jobs))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if unexpected:
        raise unexpected[0]
    return [outcomes[number] for number in range(len(jobs))]
