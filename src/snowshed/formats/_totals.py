"""One of a profile's values, added up: what the forms that have room for one value write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from snowshed.model import Profile, Sample

__all__ = ["totals"]

_Key = TypeVar("_Key", bound=Hashable)


def totals(profile: Profile, value: int, key: Callable[[Sample], _Key]) -> Counter[_Key]:
    """Add up the value at the index ``value`` of all samples that are alike in ``key``.

    Raises:
        IndexError: the profile has no such sample type.
    """
    types = profile.sample_types
    if not 0 <= value < len(types):
        names = ", ".join(f"{index} ({each.type})" for index, each in enumerate(types))
        msg = f"value={value}: the profile has no such sample type; accepted: {names or 'none'}"
        raise IndexError(msg)
    added: Counter[_Key] = Counter()
    for sample in profile.samples:
        added[key(sample)] += sample.values[value]
    return added
