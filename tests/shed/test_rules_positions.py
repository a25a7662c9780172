"""Each key and value of a TOML text is found where it stands, however it is written."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.shed._rules._positions import Path, Positions

TEXT = '''\
# a comment = 1
mode = "dry-run"   # [[rules]]

[features]
"non core" = ["a", "b",  # ]
  'c']
dotted.inner . key = 1

[[rules]]
name = """
[not]
a = table \\""" """
when = 'error_rate > 15%'
action = { degrade = ["x"], sample = 10 }

  [[rules.then]]
  name = "child"
  [rules.then.action]
  hook = "h"

  [[rules.then]]
  name = "second"

[[ rules ]]
name = "last"
at = 1979-05-27 07:32:00
'''


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("mode",), (2, 1), (2, 8)),
        (("features",), (4, 2), (4, 2)),
        (("features", "non core"), (5, 1), (5, 14)),
        (("features", "non core", 2), (5, 1), (6, 3)),
        (("features", "dotted", "inner"), (7, 8), (7, 8)),
        (("features", "dotted", "inner", "key"), (7, 16), (7, 22)),
        (("rules", 0), (9, 3), (9, 3)),
        (("rules", 0, "when"), (13, 1), (13, 8)),
        (("rules", 0, "action", "sample"), (14, 29), (14, 38)),
        (("rules", 0, "then", 0, "name"), (17, 3), (17, 10)),
        (("rules", 0, "then", 0, "action", "hook"), (19, 3), (19, 10)),
        (("rules", 0, "then", 1, "name"), (22, 3), (22, 10)),
        (("rules", 1, "name"), (25, 1), (25, 8)),
        (("rules", 1, "at"), (26, 1), (26, 6)),
        (("rules", 1, "missing"), (24, 4), (24, 4)),
    ],
)
def test_each_thing_is_where_it_stands(
    path: Path, key: tuple[int, int], value: tuple[int, int]
) -> None:
    positions = Positions(TEXT)
    assert positions.of_key(path) == key
    assert positions.of_value(path) == value


def test_what_is_nowhere_has_no_position() -> None:
    assert Positions(TEXT).of_key(("unknown", 1)) is None


def test_text_that_is_no_toml_is_not_followed_for_ever() -> None:
    for broken in ("[", "a", "a = ", "a = [", "a = {", '"', "= 1", "a = 'x", "]]", "[a]]]"):
        assert Positions(broken).of_key(("nothing",)) is None


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.integers(-99, 99) | st.booleans() | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    """A value in one of TOML's ways to write it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[ # ]\n" + "".join(f"  {written(v)},\n" for v in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    if "'" not in text and len(text) % 2:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def tables(document: dict[str, Any]) -> str:
    """The document with a table for each key at the top, and twice as an array of tables."""
    lines = [f"{quoted(key)} = {written(value)}  # x = 1" for key, value in document.items()]
    block = "\n".join(lines)
    return f"{block}\n[[more.'t']]\n{block}\n[more.t.sub]\n{block}\n[[more.t]]\n{block}\n"


def paths(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    if isinstance(value, dict):
        inner = [paths(v, (*path, k)) for k, v in value.items()]
    elif isinstance(value, list):
        inner = [paths(v, (*path, i)) for i, v in enumerate(value)]
    else:
        return [(path, value)]
    return [pair for pairs in inner for pair in pairs]


@given(st.dictionaries(WORDS.filter(lambda word: word != "more"), VALUES, max_size=4))
def test_what_stands_at_a_position_is_the_value_of_that_path(document: dict[str, Any]) -> None:
    """Whatever tomllib finds in a text is found at its place, for any text."""
    document.pop("sub", None)
    text = tables(document)
    positions = Positions(text)
    lines = text.split("\n")
    for path, value in paths(tomllib.loads(text)):
        at = positions.of_value(path)
        assert at is not None
        line, column = at
        assert "\n".join([lines[line - 1][column - 1 :], *lines[line:]]).startswith(written(value))
