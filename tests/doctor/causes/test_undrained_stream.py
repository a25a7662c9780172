from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor._dumps import case, goroutine, look
from doctor.causes._profiles import profile
from doctor.causes._recorded import recorded, told_of
from snowshed.doctor._case import Case
from snowshed.doctor.causes.undrained_stream import suspicions

if TYPE_CHECKING:
    from snowshed.doctor import Look

MAIN = goroutine(1, "select", "main.main:9", created="")
H2 = "net/http/internal/http2."


def at_pipe(end: str, parent: int, state: str = "select") -> str:
    made = f"main.begin in goroutine {parent}"
    return goroutine(20, state, f"io.(*pipe).{end}:9", "main.copy:4", created=made)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("write", "they write to a pipe that nobody seems to read from"),
        ("read", "they read from a pipe that nobody seems to write to"),
    ],
)
def test_an_end_of_a_pipe_whose_maker_is_gone_is_told(end: str, said: str) -> None:
    (found,) = suspicions(case(MAIN, at_pipe(end, 99)))
    assert (found.confidence, found.evidence, found.against) == (
        0.7,
        (said,),
        ("the other end may be slow",),
    )
    assert not [*suspicions(case(MAIN, at_pipe(end, 1)))]
    (proven,) = suspicions(case(MAIN, at_pipe(end, 1, "select (leaked)")))
    assert proven.against == ()


def streams(count: int, parents: int, waiting: int = 0) -> Look:
    made = f"{H2}(*ClientConn).roundTrip in goroutine"
    open_ = [
        goroutine(
            10 + n,
            "select",
            f"{H2}(*clientStream).writeRequest:1",
            f"{H2}(*clientStream).doRequest:2",
            created=f"{made} {parents + n}",
        )
        for n in range(count)
    ]
    calls = ("main.call:3",) if not waiting else (f"{H2}(*ClientConn).roundTrip:3", "main.call:3")
    makers = [goroutine(parents + n, "select", *calls) for n in range(waiting)]
    return look(MAIN, *open_, *makers)


def test_answers_that_were_left_open_are_told() -> None:
    (found,) = suspicions(Case([streams(12, 500)]))
    assert found.confidence == 0.8
    assert found.evidence[0].startswith("12 streams are open whose answer has come")


def test_calls_whose_answer_has_not_come_are_others_to_tell() -> None:
    assert not [*suspicions(Case([streams(2, 500, 2), streams(30, 500, 30)]))]


def test_of_streams_in_a_profile_those_without_an_answer_are_taken_away() -> None:
    def seen(open_: int, waiting: int) -> Look:
        return profile(
            (open_, ("runtime.selectgo:1", f"{H2}(*clientStream).doRequest:2")),
            (waiting, ("runtime.selectgo:1", f"{H2}(*ClientConn).roundTrip:3", "main.call:3")),
        )

    (found,) = suspicions(Case([seen(2, 2), seen(30, 3)]))
    assert (found.confidence, found.evidence[0][:19]) == (0.7, "27 streams are open")
    assert not [*suspicions(Case([seen(2, 2), seen(30, 28)]))]


def test_streams_of_grpc_that_were_forgotten_are_told() -> None:
    assert told_of("grpc-streams") == {("undrained-stream", 12)}
    assert told_of("grpc-idle") == told_of("grpc-watch") == told_of("grpc-flood") == set()


@pytest.mark.parametrize(
    ("name", "function", "confidence"),
    [("grpc-flood", "main.flood", 0.65), ("grpc-watch", "main.watch", 0.55)],
)
def test_streams_that_become_more_are_told_by_who_is_at_them(
    name: str, function: str, confidence: float
) -> None:
    (found,) = suspicions(Case([look(MAIN), recorded(name)]))
    assert (found.group.where.at.function, found.group.count) == (function, 12)
    assert found.confidence == confidence


def test_a_call_with_one_answer_is_no_stream() -> None:
    assert not [*suspicions(Case([look(MAIN), recorded("grpc-hang")]))]
