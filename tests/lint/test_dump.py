from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from snowshed.errors import FormatError
from snowshed.formats import goroutines, pprof
from snowshed.lint._dump import Dump, Stood, read_dump
from snowshed.model import Frame, Goroutine, Profile, Sample, ValueType

GO = Path(__file__).parents[1] / "formats" / "go"
AT = Frame("main.notify.func1", "/src/notify.go", 6)
BY = Frame("main.notify", "/src/notify.go", 5)
STUCK = Goroutine(7, "chan send", (AT,), created_by=BY)
COUNT = ValueType("goroutine", "count")
PARKED = (Frame("runtime.gopark", "/go/proc.go", 1), Frame("runtime.chansend1", "/go/chan.go", 2))
PROFILE = Profile((COUNT,), (Sample((*PARKED, AT), (4812,)),), COUNT, 1)
TEXT = goroutines.write_debug2([STUCK, STUCK]).encode()


def test_a_dump_has_each_goroutine_with_its_state_and_its_maker() -> None:
    dump = read_dump("now.txt", TEXT)
    assert dump == Dump("now.txt", (Stood(1, "chan send", (AT,), BY),) * 2)
    assert dump.total == 2


@pytest.mark.parametrize(
    "data",
    [
        pprof.write(PROFILE),
        gzip.compress(TEXT),
        pytest.param(gzip.compress(gzip.compress(TEXT)), id="by a server, too"),
        pytest.param(bytes(5000) + TEXT, id="behind what was cut"),
    ],
)
def test_it_may_be_compressed_or_cut(data: bytes) -> None:
    assert read_dump("x", data).total in {2, 4812}


def test_a_profile_tells_the_state_by_the_frames_of_the_runtime() -> None:
    (stood,) = read_dump("x", pprof.write(PROFILE)).stood
    assert (stood.count, stood.state, stood.stack[-1]) == (4812, "chan send", AT)


def test_a_profile_of_ours_tells_it_in_a_label() -> None:
    ours = Profile((COUNT,), (Sample((AT,), (3,), (("state", "lock"),)),), COUNT, 1)
    assert read_dump("x", pprof.write(ours)).stood[0].state == "lock"


def test_the_text_of_counts_does_not_tell_it() -> None:
    (stood,) = read_dump("x", goroutines.write_debug1(PROFILE).encode()).stood
    assert (stood.count, stood.state) == (4812, "")


def test_what_is_damaged_is_read_as_far_as_it_goes() -> None:
    dump = read_dump("x", gzip.compress(TEXT * 50)[:-4])
    assert dump.total
    assert dump.warnings


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b" \n", "now, byte 0: empty; accepted: "),
        (b"go 1.23 trace\0\0\0", "now, byte 0: an execution trace of Go; accepted: "),
        (b'{"schema": 1, "tasks": []}', "now, byte 0: JSON with no goroutines in it; accepted: "),
        (b"<html>sign in", "now, "),
        (b"\0\1\2\3", "now, "),
        (
            pprof.write(Profile((ValueType("cpu", "ns"),), ())),
            "now, the sample types: a profile of cpu; accepted: ",
        ),
    ],
)
def test_what_tells_nothing_of_tasks_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(FormatError) as raised:
        read_dump("now", data)
    assert str(raised.value).startswith(said)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(FormatError):
        read_dump("now", gzip.compress(b"x" * 5000), at_most=4096)


def test_real_dumps_are_read() -> None:
    for name in ("leak2.txt",):
        dump = read_dump(name, (GO / name).read_bytes())
        assert dump.total == 33
