"""Section ``observe``: what it refuses, and that it says the value."""

from __future__ import annotations

import math

import pytest

from snowshed import config
from snowshed.errors import ConfigError
from snowshed.observe._settings import Settings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rate", 0.0),
        ("rate", math.inf),
        ("probability", 0.0),
        ("probability", 1.5),
        ("probability", math.nan),
        ("longer_than", -1.0),
        ("blocked_after", 0.0),
        ("log_interval", -1.0),
        ("log_interval", math.nan),
        ("profile_interval", 0.0),
        ("profiles_timeout", math.nan),
        ("keep_files", 0),
        ("keep_bytes", -1),
    ],
)
def test_a_number_out_of_range_is_refused_with_its_value(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{key} must be .*, not {value!r}"):
        Settings(**{key: value})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"debug_port": 65_536}, "debug_port must be 0 to 65535, not 65536"),
        ({"debug_port": -1}, "debug_port must be 0 to 65535, not -1"),
        ({"debug_token": " "}, "debug_token is empty: give one, or leave it out"),
        ({"debug_host": "0.0.0.0"}, r"debug_host '0\.0\.0\.0' can be reached .*: set debug_token"),
        ({"debug_host": "shop.example.com"}, "debug_host 'shop.example.com' can be reached"),
    ],
)
def test_debug_pages_that_cannot_be_served_safely_are_refused(
    given: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Settings(**given)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_needs_no_token_and_others_are_reached_with_one(host: str) -> None:
    assert Settings(debug_host=host, debug_port=0).debug_token is None
    assert Settings(debug_host="0.0.0.0", debug_token="s3cret").debug_host == "0.0.0.0"


def test_the_edges_are_accepted() -> None:
    assert Settings(probability=1.0, log_interval=0.0, keep_files=1).probability == 1.0


def test_a_target_that_is_none_is_refused_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_OBSERVE_PROFILES_TO", "ftp://ann:s3cret@host")
    with pytest.raises(ConfigError) as caught:
        config.section("observe", Settings)
    assert str(caught.value).startswith("SNOWSHED_OBSERVE_PROFILES_TO: profiles_to must be")
    assert "s3cret" not in str(caught.value)


def test_a_header_that_is_none_is_refused_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SNOWSHED_OBSERVE_PROFILES_HEADERS", "s3cret")
    with pytest.raises(ConfigError) as caught:
        config.section("observe", Settings)
    assert "item 1 of profiles_headers" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_environment_fills_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_OBSERVE_SAMPLER", "false")
    monkeypatch.setenv("SNOWSHED_OBSERVE_RATE", "20")
    monkeypatch.setenv("SNOWSHED_OBSERVE_PROFILES_TO", "/var/lib/profiles")
    monkeypatch.setenv("SNOWSHED_OBSERVE_PROFILES_HEADERS", "X-A: 1, X-B: 2")
    assert config.section("observe", Settings) == Settings(
        sampler=False,
        rate=20.0,
        profiles_to="/var/lib/profiles",
        profiles_headers=("X-A: 1", "X-B: 2"),
    )
