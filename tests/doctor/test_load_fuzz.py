"""Whatever the doctor is given, of any kind: it diagnoses it, or refuses it in one line.

Real files of Go and documents of ours are cut, repeated, and damaged in their bytes, words and
values. What is read goes all the way to the reports, as names in it reach them too.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _snapshots import task
from doctor._dumps import GO
from doctor._task_pages import page
from snowshed.doctor import diagnose, document, load, look_at, text
from snowshed.doctor._in_turn import in_turn
from snowshed.errors import FormatError
from snowshed.model import TaskState

AT_MOST = 4 << 20
FILES = [path.read_bytes() for path in sorted(GO.glob("*")) if path.suffix in {".txt", ".gz"}]
FILES += [gzip.decompress(data) for data in FILES if data.startswith(b"\x1f\x8b")]
TASKS = [task(number, state=state) for number, state in enumerate(TaskState, 1)]
PAGES = [page(TASKS), page(TASKS, query="group-by=state"), page(TASKS, "waits")]
SEEDS = st.sampled_from([*FILES, *PAGES])
WORDS = st.sampled_from(
    [b"goroutine 1 [", b"created by ", b"\n\n", b"\0", b"\x1f\x8b", b"{", b"\xff", b"9" * 30, b"\t"]
)


def refused(error: FormatError) -> str:
    line = str(error)
    assert error.format == "input"
    assert "\n" not in line
    assert len(line) < 3000
    return line


def told(data: bytes) -> str:
    """What the doctor has to say of ``data``; the line with which it is refused."""
    try:
        loaded = load("input", data, at_most=AT_MOST)
    except FormatError as error:
        return refused(error)
    looks = [look for part in in_turn(loaded) if (look := look_at(part)) is not None]
    found = diagnose(looks, warnings=loaded.warnings)
    json.dumps(document(found))
    assert all(0 <= each.confidence <= 1 for each in found.findings)
    return text(found)


@settings(deadline=None)
@given(SEEDS, st.data())
def test_what_was_cut_anywhere(seed: bytes, data: st.DataObject) -> None:
    places = st.integers(0, len(seed))
    first, last = sorted((data.draw(places), data.draw(places)))
    told(seed[first:last])
    told(seed[:last] + seed[first:])


@settings(deadline=None)
@given(SEEDS, st.data())
def test_what_has_wrong_bytes(seed: bytes, data: st.DataObject) -> None:
    damaged = bytearray(seed or b"x")
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(("byte", "word", "gap")))
        if kind == "byte":
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "word":
            damaged[at:at] = data.draw(WORDS)
        else:
            del damaged[at : at + data.draw(st.integers(1, 200))]
            damaged = damaged or bytearray(b"x")
    told(bytes(damaged))
    told(gzip.compress(damaged, compresslevel=1))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed(found: Any, data: st.DataObject, depth: int = 0) -> Any:
    """``found`` with another value somewhere in it, or without one."""
    if isinstance(found, dict | list) and found and (depth == 0 or data.draw(st.integers(0, 4))):
        keys = list(found) if isinstance(found, dict) else range(len(found))
        key = data.draw(st.sampled_from(keys))
        copy = dict(found) if isinstance(found, dict) else list(found)
        if data.draw(st.integers(0, 9)):
            copy[key] = changed(found[key], data, depth + 1)
        else:
            del copy[key]
        return copy
    return data.draw(VALUES)


@settings(deadline=None)
@given(st.sampled_from(PAGES), st.data())
def test_documents_with_other_values(seed: bytes, data: st.DataObject) -> None:
    found = json.loads(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        found = changed(found, data)
    told(json.dumps(found).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    told(data)


EVIL = "\x1b]0;pwned\x07\x1b[2J\u202e<script>alert(1)</script>\r\n"


@pytest.mark.parametrize("size", [1, 200_000])
def test_labels_and_names_that_are_hostile_steer_nothing(size: int) -> None:
    evil = (EVIL * size)[: max(size, len(EVIL))]
    quoted = evil.encode("unicode_escape").decode().replace('"', "")
    calls = f"main.{quoted.replace('(', '')}(0x1)\n\t/srv/{quoted}.go:3 +0x1d\n"
    dump = "\n".join(
        f'goroutine {n} [chan send (leaked)] {{k: "{quoted}"}}:\n{calls}' for n in range(1, 4)
    )
    said = told(dump.encode())
    assert said.startswith("abandoned-sender  high  3 goroutines")
    assert said.replace("\n", "").isprintable()
    said = told(page([task(1, name=evil, state=TaskState.QUEUE_PUT, request=evil)]))
    assert said.startswith("abandoned-sender  low  1 task")
    assert said.replace("\n", "").isprintable()
