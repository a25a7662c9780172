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
        (b"[]", "now, byte 0: JSON with no goroutines in it; accepted: "),
        (b"[project]\nname = 1\n", "now, line 1: "),
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


def at(*files: str, count: int = 1) -> Stood:
    return Stood(count, "", tuple(Frame("f", file, 1) for file in files))


def test_what_one_of_it_is_called_is_told_by_its_files() -> None:
    assert Dump("x", (at("", "/src/notify.go"),)).noun == "goroutine"
    assert Dump("x", (at("shop/app.py", "x.go"),)).noun == "task"
    assert Dump("x", (at(""),)).noun == "task"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (["/usr/local/go/src/net/http/server.go", "/go/src/pay/main.go"], "/go/src/pay/main.go"),
        (["/srv/shop/pay.py", "/srv/shop/app.py"], "/srv/shop/app.py"),
        (["/srv/shop/pay.py", "/v/lib/python3.12/asyncio/runners.py"], "/srv/shop/pay.py"),
        (["pay/pay.go", "net/http/server.go"], "pay/pay.go"),
        (["/root/go/pkg/mod/example.com/x@v1.2.3/x.go", "/usr/go1.22/src/runtime/proc.go"], ""),
        ([""], ""),
    ],
)
def test_a_dump_is_known_by_a_file_that_is_of_the_program_itself(
    files: list[str], place: str
) -> None:
    assert Dump("x", (at(*files),)).place() == place


def test_it_is_the_one_that_most_are_in() -> None:
    assert (
        Dump("x", (at("a.go"), at("b.go", count=3), at("a.go"), at("", count=9))).place() == "b.go"
    )
