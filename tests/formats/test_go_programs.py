"""What a real Go program writes of itself is read as what it is: totals, states, labels, places."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from _go import go_build, go_tool_pprof
from snowshed.formats import goroutines, pprof
from snowshed.model import Frame, Goroutine, GoroutineDump, Profile, Sample, StateClass

FOLDER = Path(__file__).parent / "go"
MAILER = (("pool", "mailer"), ("route", "/v1/send mail"))
QUOTED = (("pool", "mailer"), ('quote"d', "a, b: {c}"))
# What `start` in states.go starts, and the main goroutine.
STATES = {
    "running": 1,
    "sync.Mutex.Lock": 5,
    "sync.RWMutex.RLock": 2,
    "chan send": 3,
    "sleep": 4,
    "sync.WaitGroup.Wait": 2,
    "sync.Cond.Wait": 2,
    "IO wait": 1,
    "chan receive": 4,
    "select (no cases)": 1,
    "select": 6,
    "chan receive (nil chan)": 2,
}
TOTAL = sum(STATES.values())


def dump(name: str) -> GoroutineDump:
    read = goroutines.read((FOLDER / name).read_bytes())
    assert isinstance(read, GoroutineDump)
    assert read.warnings == ()
    return read


def counts(name: str) -> Profile:
    read = goroutines.read((FOLDER / name).read_bytes())
    assert isinstance(read, Profile)
    assert read.warnings == ()
    return read


def profile(name: str) -> Profile:
    read = pprof.read((FOLDER / name).read_bytes())
    assert read.warnings == ()
    return read


def total(read: Profile) -> int:
    return sum(sample.values[0] for sample in read.samples)


def states_of(read: GoroutineDump) -> dict[str, int]:
    return Counter(goroutine.state for goroutine in read.goroutines)


def the_one(read: GoroutineDump, **facts: object) -> Goroutine:
    (found,) = (
        goroutine
        for goroutine in read.goroutines
        if all(getattr(goroutine, name) == fact for name, fact in facts.items())
    )
    return found


@pytest.mark.parametrize("name", ["debug2.txt", "leak2.txt", "ancestors.txt"])
def test_a_dump_has_each_goroutine_with_its_state(name: str) -> None:
    read = dump(name)
    assert states_of(read) == STATES
    assert read.notes == ()
    labels = Counter(goroutine.labels for goroutine in read.goroutines)
    assert labels == {(): TOTAL - 8, MAILER: 6, QUOTED: 2}
    assert all(goroutine.parent for goroutine in read.goroutines if goroutine.created_by)
    assert read.goroutines[0].created_by is None


def test_a_dump_says_who_created_what_and_where_it_stands() -> None:
    read = dump("debug2.txt")
    listener = the_one(read, state="IO wait")
    assert listener.parent == 1
    assert listener.created_by == Frame("main.spawn", "./states.go", 42)
    assert listener.stack[0] == Frame("internal/poll.runtime_pollWait", "runtime/netpoll.go", 351)
    assert listener.stack[-1] == Frame("main.start.func7", "./states.go", 72)
    assert listener.arguments[2:4] == ("...", listener.arguments[4])
    assert (listener.arguments[0][-6:], listener.arguments[-1]) == (", 0x72", "")
    taker = next(each for each in read.goroutines if each.labels == QUOTED)
    assert taker.stack[0].function == "main.(*queue[...]).take"


def test_calls_left_out_and_a_bound_thread_are_told() -> None:
    read = dump("debug2.txt")
    locked = the_one(read, locked=True)
    assert (locked.state, locked.elided) == ("chan receive", 0)
    deep = the_one(read, elided=52)
    assert (deep.elided_at, len(deep.stack)) == (50, 100)
    assert deep.stack[-1].function == "main.start.func8"


def test_the_ancestors_of_a_goroutine_are_read() -> None:
    read = dump("ancestors.txt")
    (creator,) = the_one(read, state="IO wait").ancestors
    assert creator.id == 1
    assert [frame.function for frame in creator.stack] == ["main.spawn", "main.start", "main.main"]
    assert creator.created_by is None


def test_leaked_goroutines_are_marked() -> None:
    leaked = [each for each in dump("leak2.txt").goroutines if each.leaked]
    assert len(leaked) == total(counts("leak1.txt")) == total(profile("leak.pb.gz"))
    # The others wait for what a global, a timer or the network can reach.
    states = Counter(goroutine.state for goroutine in leaked)
    assert states == {"select (no cases)": 1, "chan receive": 2, "chan receive (nil chan)": 2}
    assert profile("leak.pb.gz").sample_types[0].type == "goroutineleak"


def test_a_crash_is_read_with_its_message_and_the_runtime_s_own() -> None:
    read = dump("panic.txt")
    assert read.notes == ("panic: assignment to entry in nil map",)
    states = states_of(read)
    assert states.items() >= (STATES.items() - {("sleep", 4)})
    classes = Counter(goroutines.class_of(state) for state in states)
    assert classes[StateClass.SYSTEM] >= 3
    assert classes[StateClass.OTHER] == 0


def test_stacks_in_the_log_of_a_service_that_goes_on_are_told_apart() -> None:
    read = dump("logged.txt")
    assert [each.id for each in read.goroutines] == [8, 15, 1]
    assert [each.stack[-1].function for each in read.goroutines] == [
        "net/http.(*conn).serve",
        "net/http.(*conn).serve",
        "main.main",
    ]
    assert [len(each.stack) for each in read.goroutines] == [7, 6, 2]
    assert [each.parent for each in read.goroutines] == [6, 6, None]
    assert [re.sub(r"^[\d/]+ [\d:]+ |\d{5}", "", note) for note in read.notes] == [
        "http: panic serving 127.0.0.1:: oh",
        'Get "http://127.0.0.1:/panic": EOF',
        "where am I: ",
        "in main: ",
        "that was all (for today)",
    ]


def in_front(front: str, text: str, *, empty_lines: bool = True) -> str:
    """Return the text as a collector of logs has it; ``%`` stands for a number that grows."""
    lines = (line for line in text.splitlines() if line or empty_lines)
    return "".join(
        f"{front.replace('%', str(number))}{line}\n" for number, line in enumerate(lines, 95)
    )


@pytest.mark.parametrize("name", ["panic.txt", "ancestors.txt", "deadlock.txt", "logged.txt"])
@pytest.mark.parametrize(
    "front",
    [
        "Nov 26 17:44:% host shop[712]: ",  # journalctl
        "shop-1  | ",  # docker compose logs
        "2026-11-26T17:44:50.%Z ",  # kubectl logs --timestamps
        "    ",  # a ticket
        "> ",
    ],
)
def test_a_dump_that_was_collected_line_by_line_is_the_same_dump(name: str, front: str) -> None:
    text = (FOLDER / name).read_text()
    assert goroutines.read(in_front(front, text)) == dump(name)
    # The journal keeps no empty lines; others cut the space at the end of what is in front.
    assert goroutines.read(in_front(front, text, empty_lines=False)) == dump(name)
    cut = "".join(f"{line.rstrip()}\n" for line in in_front(front, text).splitlines())
    assert goroutines.read(cut).goroutines == dump(name).goroutines


def test_a_stack_that_was_logged_is_read_from_a_collected_log_too() -> None:
    text = (FOLDER / "logged.txt").read_text().partition("in main: ")[2]
    collected = in_front("shop-1  | ", f"2026/11/26 17:50:26 in main: {text}")
    read = goroutines.read(collected)
    assert isinstance(read, GoroutineDump)
    assert [len(each.stack) for each in read.goroutines] == [2]
    assert read.notes[0] == "2026/11/26 17:50:26 in main: "


def test_a_deadlock_is_read_with_its_message() -> None:
    read = dump("deadlock.txt")
    assert read.notes == ("fatal error: all goroutines are asleep - deadlock!",)
    assert states_of(read) == {"sync.WaitGroup.Wait": 1, "sync.Mutex.Lock": 2}


def as_text_shows_it(sample: Sample) -> Sample:
    """Hide the runtime's frames above the program's, and the types that a generic stands for."""
    shown = list(sample.stack)
    while len(shown) > 1 and shown[0].function.startswith(("runtime.", "internal/runtime/")):
        del shown[0]
    names = (re.sub(r"\[.*\]", "[...]", frame.function) for frame in shown)
    stack = tuple(
        Frame(name, each.file, each.line) for name, each in zip(names, shown, strict=True)
    )
    return Sample(stack, sample.values, tuple(sorted(sample.labels)))


def test_the_text_and_the_protobuf_form_have_the_same_samples() -> None:
    text, binary = counts("debug1.txt"), profile("proto.pb.gz")
    assert total(text) == total(binary) == TOTAL
    assert text.sample_types == binary.sample_types
    assert text.period_type == binary.period_type
    rest = set(text.samples) - set(map(as_text_shows_it, binary.samples))
    # The one that writes stands elsewhere in each of the two. Of a stack of more than 128 calls the
    # outer ones are cut off, and where that cuts an inlined call the two forms differ by it.
    others = {sample.stack[0].function for sample in rest}
    assert others <= {"runtime/pprof.writeRuntimeProfile", "main.deep"}


def test_states_are_inferred_from_a_profile_as_a_dump_has_them() -> None:
    inferred: Counter[str] = Counter()
    for sample in profile("proto.pb.gz").samples:
        inferred[goroutines.state_in(sample.stack)] += sample.values[0]
    expected = Counter(STATES)
    # A profile has no word for a channel that is nil.
    expected["chan receive"] += expected.pop("chan receive (nil chan)")
    assert inferred == expected


@pytest.mark.parametrize(
    ("text", "binary"), [("block1.txt", "block.pb.gz"), ("mutex1.txt", "mutex.pb.gz")]
)
def test_contention_is_read_from_both_forms(text: str, binary: str) -> None:
    for read in (counts(text), profile(binary)):
        assert [each.type for each in read.sample_types] == ["contentions", "delay"]
        # Four goroutines held the lock ten times for a millisecond: all but the first had to wait.
        most = max(read.samples, key=lambda sample: sample.values)
        assert most.values[0] == 39
        assert most.values[1] > 39_000_000
        assert most.stack[-1].function == "sync.(*WaitGroup).Go.func1"


def test_a_cpu_profile_has_its_time_and_period() -> None:
    read = profile("cpu.pb.gz")
    assert [each.unit for each in read.sample_types] == ["count", "nanoseconds"]
    assert read.period == 10_000_000
    assert read.time_nanos > 1_700_000_000 * 10**9
    assert 200_000_000 < read.duration_nanos < 2_000_000_000
    assert all(count * read.period == nanos for count, nanos in (s.values for s in read.samples))
    assert any(frame.function == "main.burn" for s in read.samples for frame in s.stack)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.pb.gz")), ids=lambda path: path.name)
def test_pprof_finds_in_our_copy_of_a_profile_what_it_finds_in_the_original(
    path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(pprof.write(pprof.read(path.read_bytes())))
    for form in ("-top", "-tags", "-traces"):
        # That a call was inlined, and in which program, is what we do not keep.
        original = re.sub(r" \((partial-)?inline\)$", "", go_tool_pprof(form, path), flags=re.M)
        kept = [line for line in original.splitlines() if not re.match("File:|Build ID:", line)]
        assert go_tool_pprof(form, copy).splitlines() == kept


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_build(FOLDER / "states.go", tmp_path_factory.mktemp("go") / "states")


def test_the_go_of_this_machine_writes_what_we_read(program: Path) -> None:
    def written(what: str) -> bytes:
        return subprocess.run([program, what], capture_output=True, check=True).stdout

    text = goroutines.read(written("debug2"))
    assert isinstance(text, GoroutineDump)
    assert text.warnings == ()
    assert states_of(text) == STATES
    grouped = goroutines.read(written("debug1"))
    assert isinstance(grouped, Profile)
    assert (grouped.warnings, total(grouped)) == ((), TOTAL)
    binary = pprof.read(written("proto"))
    assert (binary.warnings, total(binary)) == ((), TOTAL)
