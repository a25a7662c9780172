"""Reports of ours that are read again, and what is said of those that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from snowshed.errors import FormatError
from snowshed.formats._findings import findings_in, typed


def name(found: Any) -> str:
    return str(typed(found, "name", str))


def read(data: bytes) -> list[str]:
    return [*findings_in("known.json", data, name, accepted="accepted: a baseline")]


def test_each_finding_is_read() -> None:
    document = {"schema": 1, "findings": [{"name": "a"}, {"name": "b", "more": 1}]}
    assert read(json.dumps(document).encode()) == ["a", "b"]


@pytest.mark.parametrize(
    ("document", "where", "what"),
    [
        (b"", "the baseline", "no JSON (JSONDecodeError)"),
        (b"[" * 100_000, "the baseline", "no JSON (RecursionError)"),
        (b"\xff", "the baseline", "no JSON (UnicodeDecodeError)"),
        (b"[]", "the baseline", 'no "schema": 1 in it'),
        (b'{"schema": 2}', "the baseline", 'no "schema": 1 in it'),
        (b'{"schema": 1}', "the baseline", 'no list of "findings" in it'),
        (b'{"schema": 1, "findings": [{"name": "a"}, 3]}', "findings[1]", "no object"),
        (b'{"schema": 1, "findings": [{}]}', "findings[0]", "'name' is missing"),
        (b'{"schema": 1, "findings": [{"name": 1}]}', "findings[0]", "'name' is of another type"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_accepted(
    document: bytes, where: str, what: str
) -> None:
    with pytest.raises(FormatError) as caught:
        read(document)
    assert (caught.value.format, caught.value.where) == ("known.json", where)
    assert caught.value.what == f"{what}; accepted: a baseline"


def test_true_is_no_number() -> None:
    with pytest.raises(TypeError, match="of another type"):
        typed({"count": True}, "count", int)
