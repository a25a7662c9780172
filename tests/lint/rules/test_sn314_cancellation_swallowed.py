"""Loops that a cancellation does not end, and loops that it does."""

from __future__ import annotations

import pytest

from lint._wanted import python


def loop(try_: str, after: str = "pass", head: str = "while True", kind: str = "async def") -> str:
    lines = "\n".join(f"            {line}" for line in try_.splitlines())
    return f"""
import asyncio

{kind} poll(source, self):
    closing = False
    {head}:
        if source:
{lines}
        {after}
"""


@pytest.mark.parametrize("after", ["pass", "if other: break", "await asyncio.sleep(1)"])
@pytest.mark.parametrize(
    "caught",
    [
        "except asyncio.CancelledError:",
        "except BaseException as error:",
        "except:",
        "except (OSError, asyncio.CancelledError):",
        "except OSError:\n    raise\nexcept BaseException:",
    ],
)
def test_it_goes_on(caught: str, after: str) -> None:
    last = caught.rpartition("\n")[2]
    marked = caught.replace(last, f"{last}  # want advice")
    python("SN314", loop(f"try:\n    await source.read()\n{marked}\n    log()", after))


@pytest.mark.parametrize(
    ("try_", "after"),
    [
        ("try:\n    await source.read()\nexcept asyncio.CancelledError:\n    raise", "pass"),
        ("try:\n    await source.read()\nexcept:\n    return", "pass"),
        ("try:\n    await source.read()\nexcept BaseException:\n    break", "pass"),
        ("try:\n    await source.read()\nexcept Exception:\n    log()", "pass"),
        (
            (
                "try:\n    await source.read()\nexcept asyncio.CancelledError:\n    raise\n"
                "except BaseException:\n    log()"
            ),
            "pass",
        ),
        (
            "try:\n    await source.read()\nexcept asyncio.CancelledError:\n    closing = True",
            "if closing: break",
        ),
        (
            "try:\n    await source.read()\nexcept asyncio.CancelledError:\n    self.closed.set()",
            "if self.closed.is_set() or not source: return",
        ),
        ("try:\n    await self.task\nexcept asyncio.CancelledError:\n    log()", "pass"),
        ("try:\n    source.read()\nexcept BaseException:\n    log()", "pass"),
        (
            "try:\n    await asyncio.shield(source)\nexcept asyncio.CancelledError:\n    pass",
            "pass",
        ),
        (
            "try:\n    await source.read()\nexcept asyncio.CancelledError:\n    log()",
            "asyncio.current_task().uncancel()",
        ),
    ],
)
def test_it_may_end(try_: str, after: str) -> None:
    python("SN314", loop(try_, after))


@pytest.mark.parametrize("head", ["while source", "for _ in range(3)"])
def test_a_loop_that_ends_by_itself_is_none(head: str) -> None:
    python(
        "SN314",
        loop("try:\n    await source.read()\nexcept BaseException:\n    log()", head=head),
    )


def test_what_is_no_coroutine_is_not_cancelled() -> None:
    python(
        "SN314",
        loop("try:\n    source.read()\nexcept BaseException:\n    log()", kind="def"),
    )


@pytest.mark.parametrize(
    "body", ["pass", "continue", "log.info('cancelled')", "print('x')", "self.failed += 1"]
)
def test_it_is_certain_if_the_cancellation_is_told_of_or_counted_and_no_more(body: str) -> None:
    python(
        "SN314",
        loop(f"try:\n    await source.read()\nexcept asyncio.CancelledError:  # want\n    {body}"),
    )


def test_it_tells_what_is_caught_and_which_loop_goes_on() -> None:
    (found,) = python(
        "SN314",
        loop("try:\n    await source.read()\nexcept:  # want advice\n    log()"),
    )
    assert found.message == (
        "`poll` catches everything and goes on with its loop: "
        "its cancellation is lost, and nothing ends it"
    )
    assert [each.message for each in found.related] == ["the loop that goes on"]
