"""Those who were refused come back in several waves, not in one."""

from __future__ import annotations

import random
from collections import Counter

from snowshed.shed._retry_after import come_back


def test_each_whole_second_is_as_likely_as_the_others() -> None:
    rng = random.Random(1)
    waves = Counter(come_back(rng) for _ in range(4000))
    assert sorted(waves) == [1.0, 2.0, 3.0, 4.0]
    assert max(waves.values()) < 1.2 * min(waves.values())
