"""Dumps of real programs with libraries that cannot be built here; see dumps/README.md."""

from __future__ import annotations

from pathlib import Path

from snowshed.doctor import Look, diagnose, load, look_at

_FOLDER = Path(__file__).parent / "dumps"


def recorded(name: str) -> Look:
    found = look_at(load(name, (_FOLDER / f"{name}.txt.gz").read_bytes()))
    assert found is not None
    return found


def told_of(name: str) -> set[tuple[str, int]]:
    """What the doctor tells of that dump: details, and how many have each."""
    return {(each.detail, each.count) for each in diagnose([recorded(name)]).findings}
