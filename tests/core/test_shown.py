"""A reason quotes an error, whatever its class does."""

from __future__ import annotations

import pytest

from _virtual import virtual
from snowshed.core import open_scope
from snowshed.core._shown import shown


class MuteError(Exception):
    def __repr__(self):
        raise RuntimeError("no words")


def test_an_error_is_quoted():
    assert shown(LookupError("x")) == "LookupError('x')"


def test_a_long_one_is_cut():
    assert shown(LookupError("x" * 1000)) == "LookupError('" + "x" * 187 + "..."


def test_of_one_that_cannot_be_shown_the_class_is():
    assert shown(MuteError()) == "MuteError"


@virtual
async def test_a_scope_raises_it_itself():
    with pytest.raises(MuteError):
        async with open_scope("x") as scope:
            raise MuteError
    assert scope.reason == "scope 'x' failed: MuteError"
