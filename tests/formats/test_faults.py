"""A million faults of one kind are one warning, with the place of the first."""

from __future__ import annotations

from snowshed.formats._faults import Faults


def test_faults_are_counted_by_kind_behind_what_was_known_before() -> None:
    faults = Faults(["3 bytes left"])
    faults.note("samples left out", "at byte 7")
    faults.note("strings that are not there", "number 9")
    faults.note("samples left out", "at byte 8")
    assert faults.lines() == (
        "3 bytes left",
        "samples left out: 2, first at byte 7",
        "strings that are not there: 1, first number 9",
    )


def test_the_place_is_looked_for_once() -> None:
    asked = []

    def place() -> str:
        asked.append(1)
        return "at line 1"

    faults = Faults()
    for _ in range(3):
        faults.note("lines left out", place)
    assert len(asked) == 1
    assert faults.lines() == ("lines left out: 3, first at line 1",)
