from __future__ import annotations

from doctor._dumps import case
from doctor.causes._lock_dumps import waits
from snowshed.doctor import Loaded, look_at
from snowshed.doctor._case import Case
from snowshed.doctor.causes._blame import (
    ACROSS,
    DOUBLE,
    ORDER,
    RECURSION,
    Blame,
    blames_of,
)
from snowshed.model import Frame, Profile, Sample, ValueType

HUB, CART = 0xC000120000, 0xC000540000
MUTEX, READ, WRITE = "sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock"
ADD = ("main.(*Hub).Add", HUB, 20)


def blames(*texts: str) -> dict[int, Blame]:
    """Return what is to blame, by the line where somebody waits."""
    return {blame.group.where.at.line: blame for blame in blames_of(case(*texts))}


def details(*texts: str) -> dict[int, tuple[str, float]]:
    return {line: (blame.detail, blame.confidence) for line, blame in blames(*texts).items()}


def old(wait: str) -> str:
    return wait.replace("Lock]", "Lock, 9 minutes]", 1)


FIRST = waits(2, MUTEX, ADD, ("main.(*Cart).Put", CART, 30), lock=HUB + 8)
SECOND = waits(3, MUTEX, ("main.(*Cart).Sum", CART, 40), ("main.(*Hub).Show", HUB, 41), lock=CART)


def test_two_that_wait_crosswise_and_whoever_waits_behind_them_have_one_fault() -> None:
    behind = waits(4, MUTEX, ("main.(*Hub).Len", HUB, 50), lock=HUB + 8)
    found = blames(FIRST, SECOND, behind)
    assert {line: blame.detail for line, blame in found.items()} == {
        20: ORDER,
        40: ORDER,
        50: ORDER,
    }
    assert (found[20].confidence, found[50].confidence) == (0.8, 0.5)
    assert found[20].related[0].at.line == 40
    assert "goroutine 3 waits for a lock of the object that these work on" in found[20].evidence[0]
    assert "waits in a circle with goroutine" in found[50].evidence[0]


def test_a_circle_that_addresses_show_is_proof_if_all_in_it_are_old() -> None:
    assert not any(blame.proven for blame in blames(FIRST, SECOND).values())
    assert not any(blame.proven for blame in blames(old(FIRST), SECOND).values())
    assert all(blame.proven for blame in blames(old(FIRST), old(SECOND)).values())


def test_who_holds_a_lock_and_waits_for_a_channel_is_told_with_those_behind_it() -> None:
    sends = waits(3, "chan send", ("main.(*Hub).Publish", HUB, 40))
    found = blames(waits(2, MUTEX, ADD, lock=HUB + 8), sends)
    assert {line: blame.detail for line, blame in found.items()} == {20: ACROSS, 40: ACROSS}
    assert found[20].related[0].at.line == 40
    assert found[40].related[0].at.line == 20
    assert found[40].evidence[0].startswith("goroutine 2 waits for a lock")
    assert found[20].evidence == (
        "goroutine 3 works on the object that has the lock, and waits itself: chan send",
    )


def test_who_keeps_several_out_is_told_with_the_one_of_whom_that_is_surest() -> None:
    inner = ("main.(*Hub).next", HUB, 40), ("main.(*Cart).each", CART, 41)
    keeps = waits(9, "chan receive", *inner, ("main.(*Hub).run", HUB, 42))
    loops = old(waits(2, MUTEX, ADD, lock=HUB + 8))
    surer = waits(3, MUTEX, ("main.(*Cart).Sum", CART, 50), lock=CART + 8)
    for both in ((loops, surer), (surer, loops)):
        found = blames(keeps, *both)
        assert (found[20].confidence, found[50].confidence) == (0.42, 0.6)
        assert (found[40].confidence, found[40].related[0].at.line) == (0.5, 50)


def test_a_chain_is_followed_to_its_end() -> None:
    last = waits(4, "chan send", ("main.(*Cart).Ship", CART, 60))
    middle = waits(3, MUTEX, ("main.(*Cart).Sum", CART, 40), ("main.show", HUB, 41), lock=CART)
    found = blames(waits(2, MUTEX, ADD, lock=HUB + 8), middle, last)
    assert {line: blame.detail for line, blame in found.items()} == dict.fromkeys(
        (20, 40, 60), ACROSS
    )
    assert found[20].related[0].at.line == 60
    assert found[20].confidence < found[40].confidence


def test_whoever_waits_behind_one_that_waits_for_itself_is_told_so() -> None:
    itself = waits(2, MUTEX, ADD, ("main.(*Hub).Put", HUB, 30), lock=HUB + 8)
    behind = waits(3, MUTEX, ("main.(*Hub).Len", HUB, 50), lock=HUB + 8)
    found = blames(itself, behind)
    assert (found[20].detail, found[50].detail) == (DOUBLE, DOUBLE)
    assert found[20].related[0].at.line == 30
    assert found[50].evidence == ("goroutine 2 seems to hold the lock and to wait for it, too",)


def test_a_writer_between_two_reads_of_one_is_told_at_each_place() -> None:
    reads = waits(2, READ, ADD, ("main.(*Hub).Show", HUB, 30), lock=HUB + 8)
    writer = waits(3, WRITE, ("main.(*Hub).Set", HUB, 50), lock=HUB + 8)
    behind = waits(4, READ, ("main.(*Hub).Len", HUB, 60), lock=HUB + 8)
    found = blames(reads, writer, behind)
    assert {blame.detail for blame in found.values()} == {RECURSION}
    assert sorted(found) == [20, 50, 60]
    assert [each.at.line for each in found[20].related] == [50, 30]
    assert [each.at.line for each in found[60].related] == [20, 50, 30]


def test_a_reader_that_has_the_lock_for_writing_waits_for_itself() -> None:
    found = details(waits(2, READ, ADD, ("main.(*Hub).Set", HUB, 30), lock=HUB + 8))
    assert found == {20: (DOUBLE, 0.6)}


def test_a_crowd_at_a_lock_is_no_fault_and_neither_is_one_who_works() -> None:
    crowd = [waits(number, MUTEX, ADD, lock=HUB + 8) for number in range(2, 300)]
    works = waits(900, "IO wait", ("main.(*Hub).Save", HUB, 40))
    assert details(*crowd) == {}
    assert details(*map(old, crowd), works) == {}


def test_who_works_under_a_lock_for_minutes_keeps_the_others_out() -> None:
    wait = waits(2, MUTEX, ADD, lock=HUB + 8)
    works = waits(3, "syscall, 90 minutes", ("main.fsync", 0, 60), ("main.(*Hub).Save", HUB, 61))
    assert details(wait, works) == {}
    assert details(old(wait), works) == {20: (ACROSS, 0.35), 60: (ACROSS, 0.25)}
    reads = waits(3, "IO wait, 90 minutes", ("main.(*Hub).read", HUB, 60))
    assert details(old(wait), reads) == {}


ONCE = ("sync.(*Once).doSlow", HUB, 70)


def test_who_is_inside_a_once_holds_it() -> None:
    wait = waits(2, MUTEX, ONCE, ("main.(*Page).init", 0, 20), lock=HUB)
    works = waits(3, "chan receive", ("main.(*Page).load", 0, 40), ONCE, ("main.show", 0, 41))
    found = blames(wait, works)
    assert {line: blame.detail for line, blame in found.items()} == {20: ACROSS, 40: ACROSS}
    # Its own two calls are one.
    entered = ("sync.(*Once).Do", HUB, 71)
    assert details(waits(2, MUTEX, ONCE, entered, ("main.init", 0, 20), lock=HUB)) == {}
    again = waits(2, MUTEX, ONCE, ("main.load", 0, 30), ONCE, ("main.show", 0, 31), lock=HUB)
    assert details(again) == {30: (DOUBLE, 0.6)}


def test_a_lock_that_nobody_seems_to_hold_is_told_only_of_waits_that_are_no_normal_ones() -> None:
    wait = waits(2, MUTEX, ADD, lock=HUB + 8)
    assert details(wait) == {}
    assert details(old(wait)) == {20: (DOUBLE, 0.3)}
    assert details(waits(2, MUTEX, ADD, lock=HUB + 8, leaked=True)) == {20: (DOUBLE, 0.3)}
    asleep = "fatal error: all goroutines are asleep - deadlock!\n"
    assert details(asleep, wait) == {20: (DOUBLE, 0.3)}


def test_readers_and_a_writer_that_nobody_lets_in_have_read_twice_if_nobody_else_is_seen() -> None:
    writer = waits(3, WRITE, ("main.(*Hub).Set", HUB, 50), lock=HUB + 8, leaked=True)
    reader = waits(2, READ, ADD, lock=HUB + 8, leaked=True)
    assert details(reader, writer) == {20: (RECURSION, 0.35), 50: (RECURSION, 0.35)}
    assert details(writer) == {50: (DOUBLE, 0.3)}


def test_a_profile_that_only_counts_tells_as_much_as_names_do() -> None:
    name = ValueType("goroutineleak", "count")
    parked = Frame("runtime.gopark", "runtime/proc.go", 1)
    locks = Frame("internal/sync.runtime_SemacquireMutex", "runtime/sema.go", 1)

    def stack(*functions: str) -> tuple[Frame, ...]:
        return tuple(Frame(each, "/srv/shop/main.go", 5) for each in functions)

    wait = Sample((parked, locks, *stack("main.(*Hub).Add")), (40,))
    send = Frame("runtime.chansend1", "runtime/chan.go", 1)
    holds = Sample((parked, send, *stack("main.send", "main.(*Hub).Publish")), (1,))
    found = look_at(Loaded("leaks", Profile((name,), (wait, holds), name, 1)))
    assert found is not None
    (blame,) = (each for each in blames_of(Case([found])) if each.group.count == 40)
    assert (blame.detail, blame.confidence) == (ACROSS, 0.4)
    assert blame.evidence[0].startswith("another works on the object")


def test_of_a_group_what_most_have_is_told() -> None:
    each = [
        waits(n, MUTEX, ADD, ("main.(*Hub).Put", n << 20, 30), lock=(n << 20) + 8).replace(
            f"Add({HUB:#x})", f"Add({n << 20:#x})"
        )
        for n in range(0xC00, 0xC05)
    ]
    crossed = [waits(9, MUTEX, ADD, ("main.(*Cart).Put", CART, 30), lock=HUB + 8), SECOND]
    assert details(*each, *crossed)[20] == (DOUBLE, 0.6)
