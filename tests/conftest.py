"""What holds for every test of the house."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does: no fault of ours.
settings.register_profile("house", settings(), deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="module", autouse=True)
def _no_garbage_of_other_modules() -> Iterator[None]:
    """Have what a module has left behind die with it.

    Tasks that fail on purpose tell of it when they are collected, and the traceback is formatted by
    way of `ast.parse`. CPython 3.11 cannot parse while it parses: if the collection falls into a
    test that does (Hypothesis reads the source of lambdas), that one ends with a `SystemError`.
    """
    yield
    if sys.version_info < (3, 12):
        gc.collect()
