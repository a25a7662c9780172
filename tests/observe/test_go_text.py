"""The texts are those that Go writes, as far as Python has the same to say."""

from __future__ import annotations

import re

import pytest

from _snapshots import AT_THE_LOCK, MAIN, SHOP, task, thread
from snowshed.formats import goroutines
from snowshed.model import Frame, GoroutineDump, Profile, Sample, TaskState, ValueType
from snowshed.observe._go_profile._go_profile import goroutine_profile
from snowshed.observe._go_profile._go_text import contentions, counts, stacks

HEADER = re.compile(r"^goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]]*)\](?: \{(.*)\})?:$")


def test_a_task_is_a_goroutine_with_its_labels() -> None:
    assert stacks([task(5, age=185.0, awaits=(6, 7), scope="cart")]).decode() == (
        'goroutine 5 [lock, 3 minutes] {awaits: "6 7", kind: task, loop: 1, name: "Task-5",'
        ' owner: user, request: "GET /cart", resource: "<asyncio.Lock [locked, waiters:2]>",'
        " scope: cart}:\n"
        "Lock.acquire(...)\n"
        "\t/usr/lib/python3/asyncio/locks.py:113\n"
        "checkout(...)\n"
        "\t/srv/shop/app.py:41\n"
        "created by main\n"
        "\t/srv/shop/app.py:7\n"
    )


@pytest.mark.parametrize("loop", [0, 1])
def test_the_loop_is_told_of_each_task_the_first_one_too(loop: int) -> None:
    header = stacks([task(1, loop=loop)]).decode().splitlines()[0]
    assert f"kind: task, loop: {loop}, name" in header
    assert dict(goroutine_profile([task(1, loop=loop)]).samples[0].labels)["loop"] == str(loop)


def test_what_runs_comes_first_and_an_empty_line_between() -> None:
    text = stacks([task(1), thread(9), task(2, state=TaskState.DONE), task(3)]).decode()
    blocks = text.split("\n\n")
    assert [block.split(" ", 2)[1] for block in blocks] == ["9", "1", "3"]
    assert blocks[0] == (
        "goroutine 9 [running] {kind: thread, name: MainThread, owner: infrastructure}:\n"
        "main(...)\n\t/srv/shop/app.py:7"
    )


def test_tasks_at_one_place_may_have_two_makers() -> None:
    text = stacks([task(1), task(2, created_at=SHOP), task(3, created_at=None), task(4)]).decode()
    makers = [block.partition("created by ")[2].split("\n")[0] for block in text.split("\n\n")]
    assert makers == ["main", "checkout", "", "main"]


@pytest.mark.parametrize(
    ("state", "age", "shown"),
    [
        (TaskState.QUEUE_GET, 59.9, "queue get"),
        (TaskState.QUEUE_GET, 60.0, "queue get, 1 minutes"),
        (TaskState.QUEUE_GET, None, "queue get"),
        (TaskState.RUNNING, 600.0, "running"),
        (TaskState.CREATED, 600.0, "created"),
    ],
)
def test_only_what_waits_has_minutes(state: TaskState, age: float | None, shown: str) -> None:
    header = stacks([task(1, state=state, age=age)]).decode().splitlines()[0]
    match = HEADER.match(header)
    assert match is not None
    assert match[2] == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a/b.c_1", "a/b.c_1"),
        ("a b", '"a b"'),
        ('say "x"\n', r'"say \"x\"\n"'),
        ("é", r'"\u00e9"'),
    ],
)
def test_labels_are_quoted_as_go_does(name: str, shown: str) -> None:
    header = stacks([task(1, name=name)]).decode().splitlines()[0]
    assert f" name: {shown}, owner" in header
    assert HEADER.match(header)


def test_the_middle_of_a_long_stack_is_left_out() -> None:
    stack = tuple(Frame(f"f{number}", "f.py", number) for number in range(130))
    lines = stacks([task(1, stack=stack)]).decode().splitlines()
    assert lines[1 + 2 * 49 : 1 + 2 * 51 : 2] == ["f49(...)", "...30 frames elided..."]
    assert lines[1 + 2 * 50 + 1] == "f80(...)"
    assert lines.count("...30 frames elided...") == 1
    assert "...".join(lines).count("(...)") == 100
    short = stacks([task(1, stack=stack[:100])]).decode()
    assert "elided" not in short
    assert short.count("(...)") == 100


def test_counts_are_grouped_by_stack_the_most_frequent_first() -> None:
    profile = goroutine_profile([thread(), task(1), task(2)])
    text = counts(profile).decode()
    head, first, second, rest = text.replace("total 3\n", "total 3\n\n").split("\n\n")
    assert (head, rest) == ("goroutine profile: total 3", "")
    assert second.startswith("1 @ 0x")
    lines = first.splitlines()
    addresses = lines[0].removeprefix("2 @ ").split(" ")
    assert lines[1].startswith('# labels: {"age_bucket":"1s-10s", "created_by":"main:7", "kind"')
    assert lines[2:] == [
        f"#\t{addresses[0]}\tLock.acquire+0x1\t/usr/lib/python3/asyncio/locks.py:113",
        f"#\t{addresses[1]}\tcheckout+0x1\t\t/srv/shop/app.py:41",
    ]


CONTENTIONS = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))


def test_contentions_say_how_long_and_how_often() -> None:
    samples = (Sample((), (9, 10)), Sample(AT_THE_LOCK, (3, 2_000)))
    lines = contentions(Profile(CONTENTIONS, samples)).decode().splitlines()
    assert lines[:2] == ["--- contention:", "cycles/second=1000000000"]
    assert re.fullmatch("2000 3 @ 0x[0-9a-f]+ 0x[0-9a-f]+", lines[2])
    assert lines[3].endswith("\tLock.acquire+0x1\t/usr/lib/python3/asyncio/locks.py:113")
    assert lines[-2:] == ["10 9 @", ""]


def test_what_is_written_reads_as_what_it_was() -> None:
    hostile = "Task\ngoroutine 7 [running]:\n"
    found = goroutines.read(stacks([task(5, age=185.0, name=hostile), thread(9)]))
    assert isinstance(found, GoroutineDump)
    assert not found.warnings
    running, waiting = found.goroutines
    assert (running.id, waiting.id, waiting.state, waiting.minutes) == (9, 5, "lock", 3)
    assert (waiting.stack, waiting.created_by) == (AT_THE_LOCK, MAIN)
    assert dict(waiting.labels)["name"] == hostile

    profile = goroutine_profile([task(1), task(2), thread()])
    assert totals(goroutines.read(counts(profile))) == totals(profile)
    delays = Profile(CONTENTIONS, (Sample(AT_THE_LOCK, (3, 2_000)), Sample((SHOP,), (1, 5))))
    assert totals(goroutines.read(contentions(delays))) == totals(delays)


def totals(profile: object) -> dict[object, tuple[int, ...]]:
    assert isinstance(profile, Profile)
    assert not profile.warnings
    return {(sample.stack, frozenset(sample.labels)): sample.values for sample in profile.samples}
