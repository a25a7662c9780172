"""What we write, the real pprof and the protobuf library read alike; what they write, we read."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _go import go_tool_pprof
from _profile_proto import message_class
from _profiles import profiles
from snowshed.formats import pprof
from snowshed.formats._pprof import _write
from snowshed.model import Frame, Profile, Sample, ValueType

GOROUTINES = ValueType("goroutine", "count")
ACQUIRE = Frame("Lock.acquire", "/usr/lib/asyncio/locks.py", 113)
GET = Frame("Queue.get", "/usr/lib/asyncio/queues.py", 158)
HANDLER = Frame("shop.Cart.<locals>.add", "/srv/my shop/cart.py", 31)
CARTS = Profile(
    sample_types=(GOROUTINES,),
    samples=(
        Sample((ACQUIRE, HANDLER), (8000,), (("state", "lock"), ("request", "GET /cart/{id}"))),
        Sample((GET, HANDLER), (1500,), (("state", "queue get"), ("size", 64)), ("", "bytes")),
        Sample((), (7,), (("state", "created"),)),
    ),
    period_type=GOROUTINES,
    period=1,
    time_nanos=1_700_000_000_000_000_000,
    duration_nanos=5_000_000_000,
    comments=("taken by snowshed",),
    default_sample_type="goroutine",
)
PACKED, SINGLE = message_class(packed=True), message_class(packed=False)


@given(profiles())
def test_what_was_written_reads_as_it_was(profile: Profile) -> None:
    assert pprof.read(pprof.write(profile)) == profile


def test_the_same_profile_is_written_as_the_same_bytes() -> None:
    packed = pprof.write(CARTS)
    assert packed == pprof.write(CARTS)
    assert packed[4:8] == bytes(4), "no time in the header"


def test_a_profile_is_read_without_gzip_too() -> None:
    assert pprof.read(gzip.decompress(pprof.write(CARTS))) == CARTS


def test_a_place_has_the_same_address_in_every_profile() -> None:
    def addresses(*frames: Frame) -> dict[int, int]:
        profile = Profile((GOROUTINES,), (Sample(frames, (1,)),))
        message = PACKED.FromString(gzip.decompress(pprof.write(profile)))
        return {location.line[0].line: location.address for location in message.location}

    one, other = addresses(ACQUIRE, HANDLER), addresses(GET, HANDLER)
    assert one[HANDLER.line] == other[HANDLER.line]
    assert len({*one.values(), *other.values()}) == 3
    assert 0 not in one.values()


def test_places_whose_addresses_collide_get_different_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_write, "address_of", lambda frame: 4096)
    profile = Profile((GOROUTINES,), (Sample((ACQUIRE, HANDLER, GET), (1,)),))
    message = PACKED.FromString(gzip.decompress(pprof.write(profile)))
    assert [location.address for location in message.location] == [4096, 4097, 4098]


@pytest.mark.parametrize(
    ("types", "values", "words"),
    [
        ((GOROUTINES,), (1, 2), "sample 0 has 2 values, the profile 1 sample types"),
        ((), (), "at least one type"),
        ((GOROUTINES,), (2**64,), "18446744073709551616 does not fit"),
    ],
)
def test_what_no_profile_can_hold_is_refused(
    types: tuple[ValueType, ...], values: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        pprof.write(Profile(types, (Sample((), values),)))


def test_a_path_that_is_no_unicode_is_written_with_escapes() -> None:
    odd = Sample((Frame("f", "/srv/\udc80.py", 1),), (1,))
    assert pprof.read(pprof.write(Profile((GOROUTINES,), (odd,)))).samples[0].stack == (
        Frame("f", "/srv/\\udc80.py", 1),
    )


# The protobuf library as the judge.


def as_library_has_it(message: Any) -> Profile:
    """Turn the library's message into a profile, with nothing of ours in between."""
    text = message.string_table
    function = {each.id: (text[each.name], text[each.filename]) for each in message.function}
    location = {
        each.id: [Frame(*function[line.function_id], line.line) for line in each.line]
        for each in message.location
    }
    samples = []
    for sample in message.sample:
        units = tuple(text[label.num_unit] for label in sample.label)
        labels = ((text[x.key], text[x.str] if x.str else x.num) for x in sample.label)
        stack = (frame for each in sample.location_id for frame in location[each])
        samples.append(
            Sample(tuple(stack), tuple(sample.value), tuple(labels), units if any(units) else ())
        )
    period = message.period_type
    return Profile(
        tuple(ValueType(text[each.type], text[each.unit]) for each in message.sample_type),
        tuple(samples),
        ValueType(text[period.type], text[period.unit])
        if message.HasField("period_type")
        else None,
        message.period,
        message.time_nanos,
        message.duration_nanos,
        tuple(text[each] for each in message.comment),
        text[message.default_sample_type],
    )


@given(profiles())
def test_the_protobuf_library_reads_what_we_write(profile: Profile) -> None:
    message = PACKED.FromString(gzip.decompress(pprof.write(profile)))
    assert as_library_has_it(message) == profile
    assert message.string_table[0] == ""
    (mapping,) = message.mapping
    assert mapping.has_functions
    assert all(each.mapping_id == mapping.id for each in message.location)


IDS = st.integers(1, 2**64 - 1)


@st.composite
def foreign_messages(draw: st.DrawFn) -> Any:
    """Profiles as others may write them: inlined calls, large ids, tables in any relation."""
    message = draw(st.sampled_from([PACKED, SINGLE]))()
    message.string_table.extend(["", "count", "f", "g", "x.go", "bytes"])
    strings = st.integers(0, 5)
    message.sample_type.add(type=2, unit=1)
    functions = draw(st.lists(IDS, min_size=1, max_size=3, unique=True))
    for number in functions:
        name = draw(st.integers(1, 5))
        message.function.add(id=number, name=name, system_name=3, filename=draw(strings))
    locations = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    for number in locations:
        location = message.location.add(id=number, address=draw(IDS))
        for _ in range(draw(st.integers(1, 3))):
            line = draw(st.integers(-(2**63), 2**63 - 1))
            location.line.add(function_id=draw(st.sampled_from(functions)), line=line, column=7)
    for _ in range(draw(st.integers(0, 4))):
        stack = draw(st.lists(st.sampled_from(locations), max_size=5))
        sample = message.sample.add(location_id=stack, value=[draw(st.integers(-(2**63), 9))])
        sample.label.add(key=2, num=draw(st.integers(-9, 9)), num_unit=draw(strings))
    message.comment.extend(draw(st.lists(strings, max_size=3)))
    return message


@given(foreign_messages())
def test_we_read_what_the_protobuf_library_writes(message: Any) -> None:
    assert pprof.read(message.SerializeToString()) == as_library_has_it(message)


def test_inlined_calls_become_frames_the_innermost_first() -> None:
    message = PACKED(string_table=["", "inner", "outer", "a.go"])
    message.sample_type.add()
    message.function.add(id=1, name=1, filename=3)
    message.function.add(id=2, name=2, filename=3)
    location = message.location.add(id=9)
    location.line.add(function_id=1, line=10)
    location.line.add(function_id=2, line=20)
    message.sample.add(location_id=[9], value=[1])
    (sample,) = pprof.read(message.SerializeToString()).samples
    assert sample.stack == (Frame("inner", "a.go", 10), Frame("outer", "a.go", 20))


def test_places_without_names_are_read_as_far_as_they_are_known() -> None:
    message = PACKED(string_table=["", "_Zinner"])
    message.sample_type.add()
    message.function.add(id=1, system_name=1)
    message.location.add(id=1, address=0x4853AA)
    message.location.add(id=2).line.add(function_id=1, line=3)
    message.location.add(id=3).line.add(function_id=77, line=4)
    message.sample.add(location_id=[1, 2, 3, 4], value=[1])
    read = pprof.read(message.SerializeToString())
    assert read.samples[0].stack == (
        Frame("0x4853aa", "", 0),
        Frame("_Zinner", "", 3),
        Frame("?", "", 4),
        Frame("?", "", 0),
    )
    assert read.warnings == (
        "functions that are not there: 1, first number 77",
        "locations that are not there: 1, first number 4",
    )


def test_a_sample_with_a_wrong_number_of_values_is_kept_with_a_warning() -> None:
    message = PACKED(string_table=["", "strange"], default_sample_type=8)
    message.sample_type.add(type=1)
    message.sample.add(value=[1, 2])
    message.sample.add()
    read = pprof.read(message.SerializeToString())
    assert [sample.values for sample in read.samples] == [(1,), (0,)]
    assert (
        "samples with a wrong number of values: 2, first at byte 6: 2 for 1 types" in read.warnings
    )
    assert "strings that are not there: 1, first number 8 of 2" in read.warnings


def test_fields_of_the_future_are_stepped_over() -> None:
    unknown = b"\x7a\x02hi" + b"\xf8\x7f\x01" + b"\x81\x01" + bytes(8) + b"\x85\x01" + bytes(4)
    assert pprof.read(unknown + gzip.decompress(pprof.write(CARTS)) + unknown) == CARTS


# The real pprof as the judge.


@pytest.fixture
def carts(tmp_path: Path) -> Path:
    path = tmp_path / "carts.pb.gz"
    path.write_bytes(pprof.write(CARTS))
    return path


def test_pprof_lists_the_functions_with_their_totals(carts: Path) -> None:
    top = go_tool_pprof("-top", "-cum", carts)
    assert "taken by snowshed\nType: goroutine\n" in top
    assert "Duration: 5s, Total samples = 9507" in top
    rows = re.findall(r"^ +(\d+) .*% +(\d+) .*%  (.+)$", top, flags=re.M)
    assert rows == [
        ("0", "9500", "shop.Cart.<locals>.add"),
        ("8000", "8000", "Lock.acquire"),
        ("1500", "1500", "Queue.get"),
    ]


def test_pprof_shows_labels_with_their_units_and_filters_by_them(carts: Path) -> None:
    tags = go_tool_pprof("-tags", carts)
    for line in ("8000 (84.15%): lock", "8000 (84.15%): GET /cart/{id}", "1500 (15.78%): 64B"):
        assert line in tags
    focused = go_tool_pprof("-traces", "-tagfocus=state=queue get", carts)
    assert "Queue.get" in focused
    assert "Lock.acquire" not in focused


def test_pprof_has_each_place_with_file_and_line(carts: Path) -> None:
    raw = go_tool_pprof("-raw", carts)
    places = re.findall(r"0x\w+ M=1 (.+):0 s=0$", raw, flags=re.M)
    assert places == [
        f"{each.function} {each.file}:{each.line}" for each in (ACQUIRE, HANDLER, GET)
    ]
    assert "[FN][FL][LN][IN]" in raw


def test_pprof_sees_the_difference_of_two_profiles_of_ours(carts: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.pb.gz"
    more = Profile((GOROUTINES,), (*CARTS.samples, Sample((GET, HANDLER), (25,))), GOROUTINES, 1)
    later.write_bytes(pprof.write(more))
    top = go_tool_pprof("-top", f"-diff_base={carts}", later)
    assert re.findall(r"^ +(-?\d+) .*%  (.+)$", top, flags=re.M)[0] == ("25", "Queue.get")
