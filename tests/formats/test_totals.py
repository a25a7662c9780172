"""Samples that are alike in what counts are added up; a value that is not there is named."""

from __future__ import annotations

import pytest

from snowshed.formats import collapsed, goroutines
from snowshed.formats._totals import totals
from snowshed.model import Frame, Profile, Sample, ValueType

MAIN = (Frame("main", "", 0),)
WAITS = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
PROFILE = Profile(
    WAITS, (Sample(MAIN, (1, 9), (("a", "b"),)), Sample(MAIN, (2, 5)), Sample((), (4, 4)))
)


def test_samples_are_added_up_by_what_they_are_alike_in() -> None:
    assert totals(PROFILE, 1, lambda sample: sample.stack) == {MAIN: 14, (): 4}
    assert totals(PROFILE, 0, lambda sample: sample.labels) == {(("a", "b"),): 1, (): 6}


@pytest.mark.parametrize("value", [2, -1])
@pytest.mark.parametrize("profile", [PROFILE, Profile(WAITS, ())])
def test_a_value_that_the_profile_does_not_have_is_refused(profile: Profile, value: int) -> None:
    words = rf"^value={value}: .* accepted: 0 \(contentions\), 1 \(delay\)$"
    with pytest.raises(IndexError, match=words):
        collapsed.write(profile, value)
    with pytest.raises(IndexError, match=words):
        goroutines.write_debug1(profile, value=value)
