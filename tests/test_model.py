"""The door of the plain data: every name is there, also those that are loaded when asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from snowshed import model


@pytest.mark.parametrize("name", model.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(model, name) is not None


def test_what_is_not_there_is_said_as_everywhere() -> None:
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = model.NoSuchThing  # type: ignore[attr-defined]


def test_the_classes_of_a_trace_are_loaded_only_for_one() -> None:
    code = "import sys, snowshed.model; print('snowshed.model._gotrace' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
