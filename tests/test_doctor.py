"""The door of `snowshed.doctor`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import snowshed.doctor


@pytest.mark.parametrize("name", snowshed.doctor.__all__)
def test_every_name_at_the_door_is_there(name: str) -> None:
    assert getattr(snowshed.doctor, name).__doc__ or name == "Ask"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'snowshed\.doctor' has no attribute 'nothing'"):
        snowshed.doctor.nothing  # noqa: B018


def test_what_a_small_dump_does_not_need_is_not_loaded() -> None:
    code = """
import snowshed.doctor, sys
heavy = ("_html", "_sarif", "difflib", "hashlib", "msgspec")
print([name for name in sys.modules if name.rpartition(".")[2] in heavy])
snowshed.doctor.html, snowshed.doctor.sarif
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
