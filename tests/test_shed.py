"""The door of ``snowshed.shed``: every name is there, and none is loaded before it is used."""

from __future__ import annotations

import subprocess
import sys
from typing import Literal, get_origin

import pytest

import snowshed.shed


@pytest.mark.parametrize("name", snowshed.shed.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    found = getattr(snowshed.shed, name)
    assert found.__doc__ or get_origin(found) is Literal


def test_the_names_are_sorted_and_listed() -> None:
    assert list(snowshed.shed.__all__) == sorted(snowshed.shed.__all__)
    assert set(snowshed.shed.__all__) <= set(dir(snowshed.shed))


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Avalanche'"):
        snowshed.shed.Avalanche  # noqa: B018


def test_what_a_request_carries_loads_nothing_else() -> None:
    code = (
        "import sys, snowshed.shed._baggage;"
        "print(sorted(m for m in sys.modules if m.startswith('snowshed.shed.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['snowshed.shed._baggage', 'snowshed.shed._criticality']\n"
