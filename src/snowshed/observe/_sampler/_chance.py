"""Which tasks a look takes, so that any sum over them is true on average.

The rule: each task is taken with probability p at each look, and no more than so many stacks in a
second. Done by the letter that is a coin for each of 100,000 tasks, fifty times in a second. So it
is done in two steps, each with a known probability for each task.

First some are *drawn*, unseen: a random one from each stretch of 1/p tasks, of longer stretches if
that would be more than `DRAWN_AT_MOST`. Each task is drawn with the same probability. Those that
are not the user's are put back. Then, of those that are left, as many as there are tokens are
*taken*. A taken one stands for one over the product of both probabilities, which is known exactly,
whatever was drawn. A look for which there is no token does not take place, and the next one stands
for its time as well.

Source of the semantics: two-phase sampling with the Horvitz-Thompson estimator.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import TypeVar

__all__ = ["Tokens", "draw", "stretch", "take"]

T = TypeVar("T")
DRAWN_AT_MOST = 16


def stretch(count: int, probability: float) -> float:
    """Return the number of tasks from which one is drawn: one over the probability of each."""
    return max(1 / probability, count / DRAWN_AT_MOST)


def draw(count: int, length: float, rng: random.Random) -> Iterator[int]:
    """Yield random indices below ``count``, one of each stretch of ``length``.

    Each index is yielded with the probability ``1 / length``. Cost: O(count / length).

    Args:
        count: how many there are.
        length: 1 or more; need not be whole.
        rng: the source of chance.
    """
    for number in range(math.ceil(count / length)):
        index = int((number + rng.random()) * length)
        # The last stretch is longer than what is left.
        if index < count:
            yield index


def take(found: list[T], most: int, rng: random.Random) -> tuple[list[T], float]:
    """Return at most ``most`` of ``found``, and for how many each of them stands."""
    if len(found) <= most:
        return found, 1.0
    # To draw one is what nearly every look does, and several times as fast.
    taken = rng.sample(found, most) if most > 1 else [found[int(rng.random() * len(found))]]
    return taken, len(found) / most


class Tokens:
    """A bucket of tokens that fills at a constant rate.

    Args:
        rate: tokens in a second.
        most: tokens that it holds, 1 or more.
    """

    __slots__ = ("_filled", "_most", "_rate", "_tokens")

    def __init__(self, rate: float, most: float) -> None:
        self._rate = rate
        self._most = most
        self._tokens = 0.0
        self._filled: float | None = None

    def fill(self, now: float) -> int:
        """Return the whole tokens that there are now."""
        if self._filled is not None:
            more = max(now - self._filled, 0.0) * self._rate
            self._tokens = min(self._tokens + more, self._most)
        self._filled = now
        return int(self._tokens + 1e-9)

    def spend(self, count: int) -> None:
        """Take some out."""
        self._tokens -= count
