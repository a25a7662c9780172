"""What holds for every test of the house."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does: no fault of ours.
settings.register_profile("house", settings(), deadline=None)
settings.load_profile("house")


def pytest_collection_finish() -> None:
    _leave_alone_what_is_there()


@pytest.fixture(scope="module", autouse=True)
def _no_garbage_of_other_modules() -> Iterator[None]:
    """Have what a module has left behind die with it, and what stays be left alone from then on.

    Tasks that fail on purpose tell of it when they are collected, and the traceback is formatted by
    way of `ast.parse`. CPython 3.11 cannot parse while it parses: if the collection falls into a
    test that does (Hypothesis reads the source of lambdas), that one ends with a `SystemError`.
    """
    yield
    _leave_alone_what_is_there()


def _leave_alone_what_is_there() -> None:
    """Keep the collector from modules, and from thousands of tests that wait for their turn.

    Nothing of that is garbage, and each test on virtual time collects what it has left: without
    this, looking through all the rest took most of the time that such a test takes.
    """
    gc.collect()
    gc.freeze()
