"""Every kind of fault says the same things about itself, as people read them with ``explain``."""

from __future__ import annotations

import pytest

from snowshed.doctor.causes import ALL, details, told


def test_each_has_a_name_of_its_own() -> None:
    names = list(details())
    assert names == sorted(names)
    assert len(names) == len(ALL)


@pytest.mark.parametrize("name", details())
def test_each_says_what_it_looks_for_and_what_speaks_against_it(name: str) -> None:
    said = told(name)
    assert said.startswith(f"{name}: ")
    parts = [
        each for each in ("Looks for", "Why", "Evidence", "Against", "Silence") if each in said
    ]
    assert parts == ["Looks for", "Why", "Evidence", "Against", "Silence"]
    assert "`" not in said


@pytest.mark.parametrize("name", details())
def test_each_has_advice(name: str) -> None:
    detail = details()[name]
    assert detail.why
    assert detail.go or detail.python


def test_an_unknown_one_has_nothing_to_say() -> None:
    with pytest.raises(KeyError):
        told("no-such")
