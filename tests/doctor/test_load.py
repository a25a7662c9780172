from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
from collections.abc import Callable
from html import escape

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from doctor._dumps import GO
from snowshed.doctor import Loaded, _load, load, load_file, not_wanted
from snowshed.errors import FormatError
from snowshed.model import GoroutineDump, GoTrace, Profile, ValueType

DUMPS = ["debug2.txt", "leak2.txt", "panic.txt", "deadlock.txt", "ancestors.txt"]
PROFILES = ["debug1.txt", "leak1.txt", "proto.pb.gz", "leak.pb.gz", "block.pb.gz", "mutex1.txt"]


@pytest.mark.parametrize("name", [*DUMPS, *PROFILES])
@pytest.mark.parametrize("zipped", [False, True])
def test_the_content_decides_and_not_the_name(name: str, zipped: bool) -> None:
    data = (GO / name).read_bytes()
    if zipped and not name.endswith(".gz"):
        data = gzip.compress(data)
    loaded = load("something.bin", data)
    assert type(loaded.content) is (GoroutineDump if name in DUMPS else Profile)
    assert loaded.source == "something.bin"


def test_text_without_states_says_what_to_fetch_instead() -> None:
    loaded = load("debug1.txt", (GO / "debug1.txt").read_bytes())
    assert not loaded.tells_states
    assert any("the profile without debug does" in warning for warning in loaded.warnings)
    assert load("proto", (GO / "proto.pb.gz").read_bytes()).tells_states


def test_what_is_cut_off_is_read_as_far_as_it_goes() -> None:
    data = (GO / "proto.pb.gz").read_bytes()
    loaded = load("cut", data[: len(data) * 3 // 4])
    assert isinstance(loaded.content, Profile)
    assert loaded.content.samples
    assert any("it ends there, too early" in warning for warning in loaded.warnings)


def docker(text: str) -> str:
    records = (json.dumps({"log": f"{line}\n", "stream": "stderr"}) for line in text.splitlines())
    return "".join(f"{record}\n" for record in records)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="with a mark"),
        pytest.param(lambda text: docker(text).encode(), id="docker"),
        pytest.param(lambda text: json.dumps({"stack": text}).encode(), id="one record"),
        pytest.param(lambda text: gzip.compress(gzip.compress(text.encode())), id="gzip'd twice"),
        pytest.param(lambda text: bytes(5000) + text.encode(), id="behind what was cut"),
        pytest.param(lambda text: bytes(range(20)) * 9 + b"\n" + text.encode(), id="odd bytes"),
        pytest.param(
            lambda text: f"<!doctype html><title>x</title><pre>\n{escape(text)}</pre>".encode(),
            id="a page",
        ),
    ],
)
def test_a_dump_is_found_in_whatever_form_it_comes(form: Callable[[str], bytes]) -> None:
    text = (GO / "maps.txt").read_text()
    found = load("x", form(text)).content
    assert isinstance(found, GoroutineDump)
    assert len(found.goroutines) == 8
    assert "fatal error: concurrent map writes" in found.notes


def test_counts_are_found_in_records_too() -> None:
    content = load("x", docker((GO / "mutex1.txt").read_text()).encode()).content
    assert content == load("x", (GO / "mutex1.txt").read_bytes()).content


def test_a_dump_that_go_has_cut_off_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (GO / "debug2.txt").read_bytes()[:5000]
    monkeypatch.setattr(_load, "_GO_CUTS_AT", len(data))
    assert any("64 MiB at which Go cuts" in warning for warning in load("x", data).warnings)


def test_json_of_somebody_else_is_refused_as_such() -> None:
    with pytest.raises(FormatError, match="not of snowshed"):
        load("x", b'{"log": "goroutine pool is full"}')


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b"", "byte 0", "empty; accepted: goroutine and goroutineleak profiles"),
        (b" \n\n", "byte 0", "empty"),
        (b"hello\n", "line 1", "no goroutine in it; accepted"),
        (
            b"<!DOCTYPE html>\n<html><title>Sign\n  in to Shop</title>",
            "byte 0",
            "a web page with the title 'Sign in to Shop', and no profile",
        ),
        (b"\n<HTML><p>404</p>", "byte 0", "a web page, and no profile"),
        (bytes(range(256)), "byte 0", "accepted: profile.proto"),
        (descriptor_pb2.DESCRIPTOR.serialized_pb, "byte 0", "expected sample types, found none"),
        (Timestamp(seconds=99).SerializeToString(), "byte 0", "found none; accepted: profile"),
        (b"go 1.26 trace\0\0\0\1", "byte 17", "no generation is complete"),
        (b"go 1.21 trace\0\0\0\1", "byte 0", "accepted: Go 1.22 to 1.27; record it again"),
        (b"go 9.99 trace\0\0\0\1", "byte 0", "accepted: profile.proto"),
    ],
)
def test_what_is_none_of_ours_is_refused_in_one_line(data: bytes, where: str, what: str) -> None:
    with pytest.raises(FormatError, match=re.escape(what)) as raised:
        load("http://payments:6060", data)
    assert (raised.value.format, raised.value.where) == ("http://payments:6060", where)
    assert "\n" not in str(raised.value)


def test_what_grows_without_bounds_is_refused_at_the_limit() -> None:
    with pytest.raises(FormatError, match="more than 1000 bytes once decompressed"):
        load("bomb", gzip.compress(bytes(1 << 20)), at_most=1000)


@given(st.binary(max_size=300) | st.sampled_from(DUMPS).map(lambda n: (GO / n).read_bytes()[:999]))
def test_whatever_it_is_given_it_reads_or_refuses(data: bytes) -> None:
    content: object = None
    with contextlib.suppress(FormatError):
        content = load("x", data).content
    assert isinstance(content, GoroutineDump | Profile | None)


class Pieces:
    """A file that gives a little at a time, and notes how much at most."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.most = 0

    def read(self, size: int, /) -> bytes:
        piece, self._data = self._data[: min(size, 1000)], self._data[min(size, 1000) :]
        self.most = max(self.most, size)
        return piece


@pytest.mark.parametrize("name", [*DUMPS, *PROFILES, "trace.out.gz"])
def test_an_open_file_is_told_by_its_content_too(name: str) -> None:
    data = (GO / name).read_bytes()
    whole = load(name, data)
    assert load_file(name, io.BytesIO(data)) == whole
    assert load_file(name, Pieces(data)) == whole


@pytest.mark.parametrize("zipped", [False, True])
def test_a_trace_is_read_piece_by_piece(zipped: bool) -> None:
    data = gzip.decompress((GO / "trace.out.gz").read_bytes())
    file = Pieces(gzip.compress(data) if zipped else data)
    seen: list[int] = []
    assert isinstance(load_file("trace", file, progress=seen.append).content, GoTrace)
    assert file.most < 1 << 20
    assert seen == sorted(seen)
    assert seen[-1] == len(data)


@pytest.mark.parametrize("cut", [0.7, 0.9])
@pytest.mark.parametrize("zipped", [False, True])
def test_of_a_trace_that_is_cut_off_the_rest_is_told(cut: float, zipped: bool) -> None:
    data = gzip.decompress((GO / "trace.out.gz").read_bytes())
    data = data[: int(len(data) * cut)]
    loaded = load_file("trace", io.BytesIO(gzip.compress(data) if zipped else data))
    assert isinstance(loaded.content, GoTrace)
    assert "generations left out: 1" in loaded.warnings[0]


def test_a_file_that_is_too_large_is_refused_before_all_is_read() -> None:
    with pytest.raises(FormatError, match="more than 100 bytes"):
        load_file("dump", io.BytesIO(b"goroutine 1 [running]:" * 1000), at_most=100)
    with pytest.raises(FormatError, match=r"old, byte 0: a trace of Go 1\.19"):
        load_file("old", io.BytesIO(b"go 1.19 trace\0\0\0" + bytes(100)))


@pytest.mark.parametrize(
    ("types", "said"),
    [
        (("samples", "cpu"), "a CPU profile, which says nothing of goroutines: give the one at"),
        (("alloc_objects", "alloc_space", "inuse_objects", "inuse_space"), "a heap profile, "),
        (("threadcreate",), "a profile of new threads, "),
        (("apples", "pears"), "a profile of apples, pears, "),
        ((), "a profile of nothing, "),
        (("",), "a profile of nothing, "),
    ],
)
def test_what_is_no_look_is_named_with_what_would_be_one(types: tuple[str, ...], said: str) -> None:
    profile = Profile(tuple(ValueType(each, "count") for each in types), ())
    assert not_wanted(Loaded("x", profile)).startswith(said)
