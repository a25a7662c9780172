"""The dumps that are measured are such as Go prints, and the rows are measured."""

from __future__ import annotations

import random

from benchmarks.doctor_text import DUMPS, GOAL, ONE, OURS, measure

from snowshed.formats import goroutines
from snowshed.model import GoroutineDump


def test_the_dumps_are_read_without_a_warning() -> None:
    for make in DUMPS.values():
        found = goroutines.read(make(500, random.Random(1)))
        assert isinstance(found, GoroutineDump)
        assert [each.id for each in found.goroutines] == [*range(1, 501)]
        assert (found.warnings, found.notes) == ((), ())


def test_each_is_measured_beside_the_least_that_reading_takes() -> None:
    for group in measure(rounds=1, number=500):
        assert [(row.name, row.goal) for row in group] == [(f"{ONE} again", None), (OURS, GOAL)]
        assert all(row.ratio and row.baseline == ONE for row in group)
