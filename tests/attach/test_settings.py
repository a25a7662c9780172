"""Section ``run``: what it refuses, and that it says the value."""

from __future__ import annotations

import math

import pytest

from snowshed import config
from snowshed.attach._settings import Settings
from snowshed.errors import ConfigError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("budget", 0),
        ("budget", -1),
        ("after_budget", 0),
        ("timeout", 0.0),
        ("timeout", -0.5),
        ("timeout", math.nan),
        ("timeout", math.inf),
        ("sites_from", -1),
        ("grace", -1.0),
        ("grace", math.inf),
        ("log_interval", math.nan),
    ],
)
def test_a_limit_out_of_range_is_refused_with_its_value(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{key} must be .*, not {value!r}"):
        Settings(**{key: value})


@pytest.mark.parametrize(
    "accepted",
    [
        {"budget": 1, "after_budget": 1},
        {"timeout": None, "sites_from": None},
        {"timeout": 0.001, "sites_from": 0, "grace": 0.0, "log_interval": 0.0},
    ],
)
def test_the_edges_are_accepted(accepted: dict[str, float | None]) -> None:
    settings = Settings(**accepted)
    assert {key: getattr(settings, key) for key in accepted} == accepted


def test_the_environment_fills_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_RUN_MODE", "enforce")
    monkeypatch.setenv("SNOWSHED_RUN_ON_EXCESS", "cancel")
    monkeypatch.setenv("SNOWSHED_RUN_DRIVER", "shop.db,shop.cache")
    assert config.section("run", Settings) == Settings(
        mode="enforce", on_excess="cancel", driver=("shop.db", "shop.cache")
    )


def test_a_budget_of_zero_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SNOWSHED_RUN_BUDGET", "0")
    with pytest.raises(ConfigError) as caught:
        config.section("run", Settings)
    assert str(caught.value) == ("SNOWSHED_RUN_BUDGET: budget must be a positive number, not 0")


def test_callees_are_a_list_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_RUN_CALLEES", ".shop.internal,stock")
    assert config.section("run", Settings).callees == (".shop.internal", "stock")
    monkeypatch.setenv("SNOWSHED_RUN_CALLEES", ",")
    assert config.section("run", Settings).callees == ()
