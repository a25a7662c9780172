"""What is asked for an attribute may be anything."""

from __future__ import annotations

from snowshed.core._read import read


class Unbound:
    there = 7

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("working outside of a request")


def test_what_is_there_is_read_and_what_is_not_or_raises_is_none() -> None:
    assert read(Unbound(), "there") == 7
    assert read(Unbound(), "elsewhere") is None
    assert read(object(), "elsewhere") is None
