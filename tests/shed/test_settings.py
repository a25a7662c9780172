"""Section ``shed``: what is accepted, what is not, and what is made of it."""

from __future__ import annotations

import msgspec
import pytest

from snowshed.shed import (
    AIMDLimit,
    DeadlineLimit,
    FixedLimit,
    RoutePolicy,
    VegasLimit,
    WindowedLimit,
)
from snowshed.shed._settings import Settings, admission_of


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
    settings = msgspec.convert(given, Settings)
    admission = admission_of(settings, name="shop", enforce=True)
    assert admission.routes.find("GET", "/feed").cost(light=True) == 8


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("deadline", DeadlineLimit),
        ("gradient2", WindowedLimit),
        ("vegas", VegasLimit),
        ("aimd", AIMDLimit),
        ("fixed", FixedLimit),
    ],
)
def test_the_limit_can_be_chosen_by_name(name: str, kind: type) -> None:
    settings = msgspec.convert({"limit": name, "max_limit": 30}, Settings)
    limit = admission_of(settings, name="shop", enforce=True).limiter.limit
    assert isinstance(limit, kind)
    if name in {"deadline", "fixed"}:
        assert limit.limit == 30


@pytest.mark.parametrize(
    ("mode", "enforce", "refuses"),
    [("enforce", True, True), ("enforce", False, False), ("dry-run", True, False)],
)
def test_nobody_is_refused_unless_both_the_service_and_the_section_enforce(
    mode: str, enforce: bool, refuses: bool
) -> None:
    settings = msgspec.convert({"mode": mode}, Settings)
    assert admission_of(settings, name="shop", enforce=enforce).enforce is refuses
