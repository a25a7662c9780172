"""Traces of older releases, which the tests of Go keep as text, are read with all their events.

They are in the Go that the tests build with, made by the releases themselves or written by those
who have made the format: not by us, and not by the Go of this machine.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from pathlib import Path

import pytest

import _go
from _trace_writer import header, number
from snowshed.formats import gotrace
from snowshed.formats._gotrace._events import EVENTS

pytestmark = [pytest.mark.house, pytest.mark.slow]
CODES = {name: code for code, (name, _) in enumerate(EVENTS) if name}
# The tool for traces fails on these, as they are meant to; the names of all others say the release.
WRONG = {"go122-fail-first-gen-first", "go122-syscall-steal-proc-ambiguous"}
# The clocks of two threads contradict the numbers of their events. We go by the clocks, and say so.
CONTRADICT = {"go122-confuse-seq-across-generations"}
RELEASES = {"go122": 22, "go123": 23, "go125": 25}


def kept() -> list[Path]:
    folder = Path(_go.go("env", "GOROOT").strip(), "src/internal/trace/testdata/tests")
    return sorted(each for each in folder.glob("*.test") if each.stem not in WRONG)


def in_bytes(text: str) -> tuple[bytes, Counter[str]]:
    """Return a trace that is kept as text in its own form, and how many events it has of each."""
    first, *lines = text.partition("-- trace --\n")[2].splitlines()
    out = bytearray(header(int(first.removeprefix("Trace Go1."))))
    events: Counter[str] = Counter()
    for line in lines:
        name = re.match(r"[A-Z]\w*", line)
        if name is not None:
            events[name[0]] += 1
            out.append(CODES[name[0]])
        if line.startswith("\tdata="):
            data = json.loads(line.removeprefix("\tdata=")).encode()
            out += number(len(data)) + data
        else:
            out += b"".join(number(int(each)) for each in re.findall(r"=(\d+)", line))
    return bytes(out), events


def test_each_trace_of_an_older_release_is_read_with_all_its_events() -> None:
    seen = set()
    for file in kept():
        data, events = in_bytes(file.read_text())
        found = gotrace.read(io.BytesIO(data))
        seen.add(found.version)
        assert found.version == RELEASES[file.stem.partition("-")[0]], file.stem
        assert found.events == events, file.stem
        assert len(found.warnings) == (file.stem in CONTRADICT), (file.stem, found.warnings)
    assert seen == set(RELEASES.values())
