"""Dumps come back as they were written; what is odd or damaged is read as far as it goes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _go import go_tool_pprof
from _profiles import NAMED_STACKS, TEXTS, goroutines
from snowshed.errors import FormatError
from snowshed.formats.goroutines import class_of, read, state_in, write_debug1, write_debug2
from snowshed.model import (
    Frame,
    Goroutine,
    GoroutineDump,
    Profile,
    Sample,
    StateClass,
    TaskState,
    ValueType,
)

FOLDER = Path(__file__).parent / "go"
GOROUTINES = ValueType("goroutine", "count")
GET = Frame("Queue.get", "/usr/lib/asyncio/queues.py", 158)
ADD = Frame("shop.Cart.<locals>.add", "/srv/my shop/cart.py", 31)
MAIN = Frame("shop.main", "/srv/my shop/main.py", 7)
ADDING = Goroutine(
    id=17,
    state="queue get",
    stack=(GET, ADD),
    created_by=MAIN,
    parent=1,
    labels=(("request", "GET /cart/{id}"), ("kind", "task")),
)
CALL = "main.f()\n\t/src/main.go:3 +0x1d\n"


def dump_of(text: str | bytes) -> GoroutineDump:
    found = read(text)
    assert isinstance(found, GoroutineDump)
    return found


def counts_of(text: str | bytes) -> Profile:
    found = read(text)
    assert isinstance(found, Profile)
    return found


def test_a_task_of_python_is_written_as_go_writes_a_goroutine() -> None:
    assert write_debug2([ADDING, Goroutine(1, "running", (MAIN,))]) == (
        'goroutine 17 [queue get] {request: "GET /cart/{id}", kind: task}:\n'
        "Queue.get(...)\n"
        "\t/usr/lib/asyncio/queues.py:158\n"
        "shop.Cart.<locals>.add(...)\n"
        "\t/srv/my shop/cart.py:31\n"
        "created by shop.main in goroutine 1\n"
        "\t/srv/my shop/main.py:7\n"
        "\n"
        "goroutine 1 [running]:\n"
        "shop.main(...)\n"
        "\t/srv/my shop/main.py:7\n"
    )


@given(st.lists(goroutines(), min_size=1, max_size=4).map(tuple))
def test_a_dump_reads_as_it_was_written(written: tuple[Goroutine, ...]) -> None:
    assert read(write_debug2(written)) == GoroutineDump(written)


@given(TEXTS, TEXTS, TEXTS)
def test_names_of_any_kind_leave_a_dump_that_can_be_read(name: str, file: str, state: str) -> None:
    odd = Goroutine(5, state, (Frame(name, file, 1),), created_by=Frame(name, file, 2))
    found = dump_of(write_debug2([odd, ADDING]))
    assert [each.id for each in found.goroutines] == [5, 17]
    assert found.goroutines[1] == ADDING


def test_what_would_end_a_header_is_replaced_and_what_is_no_text_in_a_label_too() -> None:
    odd = Goroutine(5, "a[0]\n", (), labels=(("k", "\ud800"),))
    assert write_debug2([odd]) == 'goroutine 5 [a(0)\\n] {k: "\\ufffd"}:\n'


@pytest.mark.parametrize("state", TaskState)
def test_each_state_of_a_task_survives(state: TaskState) -> None:
    assert dump_of(write_debug2([Goroutine(1, state, ())])).goroutines[0].state == state


@pytest.mark.parametrize(
    ("header", "facts"),
    [
        ("goroutine 7 [chan send (leaked)]:", {"state": "chan send", "leaked": True}),
        ("goroutine 7 [runnable (scan)]:", {"state": "runnable"}),
        ("goroutine 7 [sleep (scan) (durable)]:", {"state": "sleep (durable)"}),
        ("goroutine 7 [sleep (durable), synctest bubble 3]:", {"bubble": 3}),
        ("goroutine 7 [select, 12 minutes, locked to thread]:", {"minutes": 12, "locked": True}),
        ("goroutine 7 gp=0xc0001 m=nil [GC sweep wait]:", {"state": "GC sweep wait"}),
        ("goroutine 7 gp=0xc0001 m=3 mp=0xc0 [running]:", {"state": "running"}),
        ('goroutine 7 [a] {b/c: "x\\n\\u20ac", "": y}:', {"labels": (("b/c", "x\n€"), ("", "y"))}),
        ("goroutine 7 []:", {"state": ""}),
    ],
)  # fmt: skip
def test_a_header_is_taken_apart(header: str, facts: dict[str, object]) -> None:
    found = dump_of(f"{header}\n{CALL}")
    (goroutine,) = found.goroutines
    assert goroutine.id == 7
    assert {name: getattr(goroutine, name) for name in facts} == facts
    assert goroutine.stack == (Frame("main.f", "/src/main.go", 3),)
    assert found.warnings == ()


def test_the_text_around_a_dump_is_kept_apart() -> None:
    found = dump_of(
        "panic: oh [recovered]\n\tgoroutine 5 is not here\n\n[signal SIGSEGV]\n\n"
        f"goroutine 1 [running]:\n{CALL}\ngoroutine 2 [select]:\n{CALL}exit status 2\n\nrax 0x0\n"
    )
    assert [each.stack for each in found.goroutines] == [(Frame("main.f", "/src/main.go", 3),)] * 2
    assert found.notes == (
        "panic: oh [recovered]",
        "\tgoroutine 5 is not here",
        "[signal SIGSEGV]",
        "exit status 2",
        "rax 0x0",
    )
    assert found.warnings == ()


MADE = "created by main.main in goroutine 1\n\t/src/main.go:5 +0x1\n"


@pytest.mark.parametrize("made", ["", MADE])
def test_a_log_that_goes_on_at_once_is_text_around_the_dump(made: str) -> None:
    # As registers do behind the stack of a thread, and a test's verdict behind the last goroutine.
    log = "rax    0x0\nFAIL\tshop\t0.1s\n2026/11/26 17:44:50 closed (was open)"
    found = dump_of(f"goroutine 0 [idle]:\n{CALL}{made}{log}")
    assert [frame.function for frame in found.goroutines[0].stack] == ["main.f"]
    assert (found.notes, found.warnings) == (tuple(log.split("\n")), ())


@pytest.mark.parametrize("torn", ["main.g(0x1, ", "main.g()\n\t/src/ma", "main.g", "created by m"])
def test_a_goroutine_that_was_cut_in_the_middle_is_named(torn: str) -> None:
    (warning,) = dump_of(f"goroutine 1 [running]:\n{CALL}{torn}").warnings
    assert ", first at line 4: expected a function and" in warning


def test_calls_behind_the_end_of_a_goroutine_are_not_taken_for_its_own() -> None:
    found = dump_of(f"goroutine 7 [running]:\n{CALL}{MADE}odd goroutine:\n{CALL}")
    assert len(found.goroutines[0].stack) == 1
    (warning,) = found.warnings
    assert warning.startswith("lines left out: 2, first at line 7")


def test_a_stack_that_a_program_logs_begins_behind_what_the_log_has_in_front() -> None:
    found = dump_of(f"goroutine 7 [running]:\n{CALL}{MADE}E1126 oh goroutine 8 [running]:\n{CALL}")
    assert [(each.id, len(each.stack)) for each in found.goroutines] == [(7, 1), (8, 1)]
    assert (found.notes, found.warnings) == (("E1126 oh ",), ())
    assert dump_of(f"oh goroutine 8 [running]:\n{CALL}").goroutines == (
        Goroutine(8, "running", (Frame("main.f", "/src/main.go", 3),), ("",)),
    )


def test_the_name_of_a_task_cannot_begin_a_goroutine() -> None:
    named = replace(ADDING, labels=(("name", "x goroutine 9 [running] {"), ("owner", "user")))
    assert read(write_debug2([named])) == GoroutineDump((named,))


def test_what_a_panic_says_is_no_goroutine() -> None:
    said = f"panic: one goroutine 8 [running]:\n\tgoroutine 9 [running]:\n\t{CALL}\n"
    found = dump_of(f"{said}goroutine 7 [running]:\n{CALL}")
    assert [each.id for each in found.goroutines] == [7]


def test_a_mark_of_the_encoding_is_no_part_of_the_text() -> None:
    text = f"goroutine 7 [running]:\n{MADE}"
    assert read(text.encode("utf-8-sig")) == read(text)
    counted = "goroutine profile: total 1\n1 @\n"
    assert read(counted.encode("utf-8-sig")) == read(counted)


def test_spaces_that_were_tabs_are_read() -> None:
    text = f"goroutine 7 [running]:\n{CALL}{MADE}"
    assert dump_of(text.expandtabs(4)) == dump_of(text)


def test_calls_of_c_and_of_old_releases_are_read() -> None:
    found = dump_of(
        "goroutine 1 [syscall]:\r\n"
        "non-Go function at pc=0x7f00\r\n"
        "sleep_ms\r\n\t/src/c code.c:9 pc=0x7f01\r\n"
        "main.(*T[...]).f(0x1, {0x2, _}, ...)\r\n"
        "\t/src/a:1/main.go:3 +0x1d fp=0x1 sp=0x2 pc=0x3\r\n"
        "...additional frames elided...\r\n"
        "created by main.main\r\n\t/src/main.go:5 +0x1\r\n"
    )
    (goroutine,) = found.goroutines
    assert goroutine.stack == (
        Frame("non-Go function at pc=0x7f00", "", 0),
        Frame("sleep_ms", "/src/c code.c", 9),
        Frame("main.(*T[...]).f", "/src/a:1/main.go", 3),
    )
    assert goroutine.arguments == ("...", "...", "0x1, {0x2, _}, ...")
    assert (goroutine.elided, goroutine.elided_at) == (None, 3)
    assert (goroutine.created_by, goroutine.parent) == (Frame("main.main", "/src/main.go", 5), None)
    assert found.warnings == ()


def test_what_cannot_be_read_is_named_by_its_line() -> None:
    found = dump_of(
        f"goroutine 1 [select] {{what}}:\n{CALL}stray\n{CALL}\n"
        f"goroutine x [select]:\n{CALL}\ngoroutine 2 [select]:\nmain.cut("
    )
    assert [len(each.stack) for each in found.goroutines] == [2, 0]
    assert found.warnings == (
        "labels left out: 1, first at line 1: expected `{name: value, ...}`",
        "lines left out: 2, first at line 4: expected a function and, in the next line, its file",
        "goroutines left out: 1, first at line 8: expected `goroutine 1 [running]:` or the like",
    )
    assert "stray" in found.notes


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "line 1: no goroutine in it; accepted: the text of debug=1 or debug=2"),
        (b"<html>404</html>", "no goroutine in it"),
        (b"\x1f\x8b\x08", r"not a text; snowshed\.formats\.pprof reads"),
        (b"\x0a\x04\x08\x01\x10\x00", r"snowshed\.formats\.pprof reads"),
    ],
)
def test_what_is_no_dump_is_refused(data: str | bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(data)


def counted(*samples: Sample) -> Profile:
    return Profile((GOROUTINES,), samples, GOROUTINES, 1)


LABELS = st.dictionaries(TEXTS, TEXTS, max_size=2).map(lambda labels: tuple(labels.items()))
GROUPS = st.dictionaries(st.tuples(NAMED_STACKS, LABELS), st.integers(1, 10**9), max_size=4)


def in_any_order(samples: tuple[Sample, ...]) -> Counter[object]:
    """Go prints the labels of a group sorted by how they look in quotes."""
    return Counter((each.stack, each.values, frozenset(each.labels)) for each in samples)


@given(GROUPS)
def test_counts_read_as_they_were_written(groups: dict[tuple[Any, Any], int]) -> None:
    samples = [Sample(stack, (count,), labels) for (stack, labels), count in groups.items()]
    found = counts_of(write_debug1(counted(*samples)))
    assert (found.sample_types, found.period_type, found.period) == ((GOROUTINES,), GOROUTINES, 1)
    assert in_any_order(found.samples) == in_any_order(tuple(samples))
    assert found.warnings == ()


def test_less_than_nothing_and_a_name_of_several_words_are_read_as_they_were_written() -> None:
    odd = ValueType("my own\ntasks", "count")
    found = counts_of(write_debug1(Profile((odd,), (Sample((GET,), (-3,)), Sample((), (2,))))))
    assert found.sample_types == (ValueType("my_own\\ntasks", "count"),)
    assert found.samples == (Sample((), (2,)), Sample((GET,), (-3,)))
    assert found.warnings == ()
    delays = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
    assert counts_of("--- contention:\ncycles/second=1000000000\n-7 -2 @\n") == Profile(
        delays, (Sample((), (-2, -7)),), delays[0], 1
    )


def test_counts_are_written_as_go_writes_them_the_largest_first() -> None:
    state = (("state", "queue get"),)
    text = write_debug1(
        counted(
            Sample((GET, MAIN), (2,), state),
            Sample((ADD,), (4,), (("size", 64), ("kind", "t"))),
            Sample((GET, MAIN), (3,), state),
            Sample((), (1,)),
        )
    )
    head, five, four, one = (
        re.sub(r"0x[0-9a-f]{7,}", "0xADDR", text).removesuffix("\n\n").split("@")
    )
    assert head == "goroutine profile: total 10\n5 "
    assert five == (
        ' 0xADDR 0xADDR\n# labels: {"state":"queue get"}\n'
        "#\t0xADDR\tQueue.get+0x1\t/usr/lib/asyncio/queues.py:158\n"
        "#\t0xADDR\tshop.main+0x1\t/srv/my shop/main.py:7\n\n4 "
    )
    assert four == (
        ' 0xADDR\n# labels: {"kind":"t", "size":"64"}\n'
        "#\t0xADDR\tshop.Cart.<locals>.add+0x1\t/srv/my shop/cart.py:31\n\n1 "
    )
    assert one == ""


def test_pprof_reads_the_counts_that_we_write(tmp_path: Path) -> None:
    path = tmp_path / "goroutines.txt"
    path.write_text(write_debug1(counted(Sample((GET, MAIN), (3,)), Sample((ADD,), (4,)))))
    raw = go_tool_pprof("-raw", "-symbolize=none", path)
    assert "goroutine/count" in raw
    assert re.findall(r"^ +(\d+): \d", raw.partition("Locations")[0], flags=re.M) == ["4", "3"]


def test_another_total_than_that_of_the_groups_is_a_warning() -> None:
    text = (FOLDER / "debug1.txt").read_text()
    cut = counts_of(text[: len(text) // 2])
    assert cut.samples == counts_of(text).samples[: len(cut.samples) - 1] + cut.samples[-1:]
    assert any("it says 33, and " in warning for warning in cut.warnings)


def test_contention_in_cycles_is_read_as_nanoseconds() -> None:
    text = "--- mutex:\ncycles/second=2000000000\nsampling period=5\n300 7 @ 0x1\n#\t0x1\n"
    found = counts_of(text)
    assert [each.unit for each in found.sample_types] == ["count", "nanoseconds"]
    assert found.samples == (Sample((Frame("0x1", "", 0),), (7, 150)),)
    assert found.warnings == ()


def test_lines_that_are_no_counts_are_named() -> None:
    found = counts_of("seen:\ngoroutine profile: total 1\nwhat\n1 @ 0x1\n#\t0x1\n#\t0x1\tf\n\t?\n")
    assert found.samples == (Sample((Frame("0x1", "", 0),), (1,)),)
    assert found.warnings == (
        "lines left out: 3, first at line 3: expected `1 @ 0x...`, or `#` and a frame",
    )


@pytest.mark.parametrize(
    ("state", "state_class"),
    [
        ("running", StateClass.RUNNING),
        ("runnable", StateClass.READY),
        ("chan receive (nil chan)", StateClass.CHANNEL),
        ("sync.Mutex.Lock", StateClass.LOCK),
        ("semacquire", StateClass.LOCK),
        ("sync.WaitGroup.Wait", StateClass.WAIT),
        ("IO wait", StateClass.IO),
        ("sleep", StateClass.TIMER),
        ("coroutine", StateClass.COROUTINE),
        ("chan receive (durable)", StateClass.SYNCTEST),
        ("sleep (durable)", StateClass.SYNCTEST),
        ("GC worker (idle)", StateClass.SYSTEM),
        ("a word of next year", StateClass.OTHER),
    ],
)
def test_a_state_is_of_a_class(state: str, state_class: StateClass) -> None:
    assert class_of(state) is state_class


@pytest.mark.parametrize("state", TaskState)
def test_each_state_of_a_task_is_of_a_class_too(state: TaskState) -> None:
    assert class_of(state) is not StateClass.OTHER


@pytest.mark.parametrize(
    ("functions", "state"),
    [
        ([], "created"),
        (["syscall.Syscall6", "os.(*File).Read"], "syscall"),
        (["main.f", "runtime.gopark"], "running"),
        (["runtime.asyncPreempt2", "runtime.asyncPreempt", "main.f"], "running"),
        (["runtime.coroswitch", "iter.Pull[go.shape.int].func1.1", "main.f"], "coroutine"),
        (["runtime.corostart"], "coroutine"),
        (["runtime.notetsleepg", "os/signal.signal_recv", "os/signal.loop"], "syscall"),
        (["runtime.cgocall", "main._Cfunc_sleep", "main.f"], "syscall"),
        (["runtime.gopark", "internal/synctest.Run", "testing/synctest.Test"], "synctest.Run"),
        (["runtime.gopark", "internal/synctest.Wait", "main.f"], "synctest.Wait"),
        (["runtime.gopark", "runtime.semacquire1", "sync.runtime_Semacquire"], "semacquire"),
        (["runtime.gopark", *["f"] * 7, "runtime.selectgo"], "select"),
        (["runtime.gopark", *["f"] * 8, "runtime.selectgo"], "waiting"),
    ],
)
def test_a_state_is_inferred_from_where_it_stands(functions: list[str], state: str) -> None:
    assert state_in(tuple(Frame(name, "", 0) for name in functions)) == state
