"""When those who were refused may come back: not all at the same moment.

HTTP tells it in whole seconds, so whole seconds are what is drawn; a fraction that is rounded at
the end would make two waves of everybody.
"""

from __future__ import annotations

import random

__all__ = ["come_back"]

SOONEST, LATEST = 1, 4
_random = random.Random()  # noqa: S311 - jitter


def come_back(rng: random.Random = _random) -> float:
    """Return the seconds after which it is worth trying again: 1 to 4, at random."""
    return float(rng.randint(SOONEST, LATEST))
