"""The door of the package: its names arrive when they are first used."""

from __future__ import annotations

import importlib.metadata

import pytest

import snowshed
from snowshed import errors


@pytest.mark.parametrize("name", snowshed.__all__)
def test_every_public_name_arrives_and_stays(name: str) -> None:
    first = getattr(snowshed, name)
    assert vars(snowshed)[name] is first
    assert name in dir(snowshed)


def test_every_error_can_be_caught_by_its_name_at_the_door() -> None:
    assert set(errors.__all__) <= set(snowshed.__all__)
    assert snowshed.SnowshedError is errors.SnowshedError


def test_the_version_is_that_of_the_distribution() -> None:
    assert snowshed.__version__ == importlib.metadata.version("snowshed")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'snowshed' has no attribute 'open_scoop'"):
        _ = snowshed.open_scoop
