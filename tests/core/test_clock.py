"""There is one clock, monotonic, and a test can replace it for a while."""

from __future__ import annotations

import time

import pytest

from snowshed.core import _clock


def test_now_is_the_monotonic_clock() -> None:
    before = time.monotonic()
    assert before <= _clock.now() <= time.monotonic()


def test_another_clock_is_read_only_inside_the_block_even_if_the_block_fails() -> None:
    def fail() -> None:
        with _clock.reading(lambda: 42.0):
            assert _clock.now() == 42.0
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert _clock.now() != 42.0


def test_replacements_nest() -> None:
    with _clock.reading(lambda: 1.0):
        with _clock.reading(lambda: 2.0):
            assert _clock.now() == 2.0
        assert _clock.now() == 1.0
