"""A library that is missing is named with the command that installs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from snowshed.integrations._extra import needs


def test_the_missing_library_is_named_with_its_extra():
    error = needs("grpc", "grpc", ModuleNotFoundError("No module named 'grpc'", name="grpc"))
    assert str(error) == "module 'grpc' is not installed; pip install 'snowshed[grpc]'"
    assert isinstance(error, ModuleNotFoundError)
    assert error.name == "grpc"


def test_another_missing_module_is_not_blamed_on_the_extra():
    inner = ModuleNotFoundError("No module named 'h11'", name="h11")
    assert needs("httpx", "httpx", inner) is inner


@pytest.mark.parametrize("library", ["httpx", "httpx2", "aiohttp", "grpc"])
def test_an_integration_without_its_library_says_one_clear_line(library):
    code = f"import sys; sys.modules[{library!r}] = None; import snowshed.integrations.{library}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: module {library!r} is not installed; "
        f"pip install 'snowshed[{library}]'"
    )
    assert "During handling" not in done.stderr
