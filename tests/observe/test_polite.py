"""Long work yields what it was given, and sleeps in between."""

from __future__ import annotations

from snowshed.observe import _polite


def test_everything_comes_in_order() -> None:
    assert [*_polite.politely(range(101))] == [*range(101)]
    assert [*_polite.politely([])] == []


def test_it_sleeps_after_half_a_millisecond_and_not_before() -> None:
    now = [0.0]
    slept: list[float] = []
    for _ in _polite.politely(range(1000), clock=lambda: now[0], sleep=slept.append):
        now[0] += 0.00001  # 20 items, between two looks, take 0.2 ms
    assert slept == [_polite.PAUSE] * 16


def test_a_pause_sleeps_after_half_a_millisecond_since_the_last_sleep() -> None:
    # At its making, before each pause, and after each sleep.
    clock = iter([0.0, 0.0003, 0.0006, 0.0006, 0.0007, 0.0012, 0.0012])
    slept: list[float] = []
    pause = _polite.polite_pause(clock.__next__, slept.append)
    counts = []
    for _ in range(4):
        pause()
        counts.append(len(slept))
    assert counts == [0, 1, 1, 2]


def test_what_is_let_go_of_goes_a_few_at_a_time() -> None:
    things: list[object] = [object() for _ in range(1000)]
    left: list[int] = []
    _polite.let_go(things, sleep=lambda pause: left.append(len(things)))
    assert left == [600, 200, 0]
