"""The door of `snowshed.observe`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import snowshed.observe


@pytest.mark.parametrize("name", snowshed.observe.__all__)
def test_every_name_at_the_door_is_there_and_is_explained(name: str) -> None:
    assert getattr(snowshed.observe, name).__doc__
    assert name in dir(snowshed.observe)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'snowshed\.observe' has no attribute 'nothing'"):
        snowshed.observe.nothing  # noqa: B018


def test_opening_the_door_loads_nothing_behind_it() -> None:
    code = "import snowshed.observe, sys; print([m for m in sys.modules if 'observe._' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
