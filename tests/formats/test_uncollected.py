from __future__ import annotations

import gc

import pytest

from snowshed.formats._uncollected import uncollected


def test_the_collector_is_off_within_and_on_behind_whatever_happens() -> None:
    within: list[bool] = []

    def fails() -> None:
        with uncollected():
            within.append(gc.isenabled())
            raise ValueError

    with pytest.raises(ValueError):
        fails()
    assert (within, gc.isenabled()) == ([False], True)


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
