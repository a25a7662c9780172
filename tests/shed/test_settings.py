"""Section ``shed``: what is accepted and what is not."""

from __future__ import annotations

import msgspec
import pytest

from snowshed.shed import RoutePolicy
from snowshed.shed._settings import Settings


def test_the_defaults_refuse_what_is_too_much_for_one_second() -> None:
    settings = Settings()
    assert (settings.mode, settings.objective, settings.limit) == ("enforce", 1.0, "deadline")
    assert settings.rules is settings.redis is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"objective": 0.0}, "objective must be a positive number of seconds, not 0.0"),
        ({"objective": float("nan")}, "objective must be"),
        ({"max_limit": 1.0}, "max_limit must be 2 tasks or more, not 1.0"),
        ({"trusted": ("10.0.0.0/99",)}, "10.0.0.0/99"),
        ({"routes": {"GET": RoutePolicy()}}, "GET"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_value(
    wrong: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**wrong)  # type: ignore[arg-type]


def test_routes_are_read_as_they_stand_in_the_file() -> None:
    given = {"routes": {"GET /feed": {"cost": 32, "light": 8, "criticality": "sheddable"}}}
    assert msgspec.convert(given, Settings).routes == {
        "GET /feed": RoutePolicy(cost=32, light=8, criticality="sheddable")
    }
