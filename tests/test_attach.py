"""The door of `snowshed.attach`: names that arrive when they are first used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import snowshed
import snowshed.attach


def test_each_name_leads_to_what_it_names() -> None:
    for name in snowshed.attach.__all__:
        assert getattr(snowshed.attach, name).__name__ == name
    assert set(snowshed.attach.__all__) <= set(dir(snowshed.attach))
    assert snowshed.attach.init is snowshed.init


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"'snowshed.attach' has no attribute 'detach'"):
        snowshed.attach.detach  # noqa: B018 - the look is the test


def test_who_judges_tasks_alone_loads_no_server_and_no_sampler() -> None:
    code = (
        "import sys; from snowshed.attach._classify import Classifier;"
        "print([m for m in sys.modules if m.startswith(('snowshed.observe', 'snowshed.shed'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
