"""What a test needs from the machine: skips with the reason, or fails where nothing may be missing.

In CI a skip would hide that a part of the product goes untested, so there it is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip this test because of ``reason``; with ``CI`` set, fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI nothing may be missing", pytrace=False)
    pytest.skip(reason)


def program(name: str) -> str:
    """Return the path of an executable."""
    return shutil.which(name) or missing(f"needs the program {name!r} on PATH")


def module(name: str) -> None:
    """Require an importable module, without importing it."""
    if importlib.util.find_spec(name) is None:
        missing(f"needs the Python module {name!r}")
