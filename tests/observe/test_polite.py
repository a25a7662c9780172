"""Long work yields what it was given, and sleeps in between."""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.observe import _polite

if TYPE_CHECKING:
    import pytest


def test_everything_comes_in_order() -> None:
    assert [*_polite.politely(range(101))] == [*range(101)]
    assert [*_polite.politely([])] == []


def test_it_sleeps_after_a_quarter_of_a_millisecond_and_not_before() -> None:
    now = [0.0]
    slept: list[float] = []
    for _ in _polite.politely(range(1000), clock=lambda: now[0], sleep=slept.append):
        now[0] += 0.00001  # 10 items, between two looks, take 0.1 ms
    assert slept == [_polite.PAUSE] * 33


def test_a_pause_sleeps_after_a_quarter_of_a_millisecond_since_the_last_sleep() -> None:
    # At its making, before each pause, and after each sleep.
    clock = iter([0.0, 0.0002, 0.0003, 0.0003, 0.0004, 0.0006, 0.0006])
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


def test_imports_of_this_thread_pause_before_each_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("polite_a", "polite_b", "polite_c"):
        (tmp_path / f"{name}.py").write_text("")
    (tmp_path / "polite_a.py").write_text("import polite_b")
    monkeypatch.syspath_prepend(tmp_path)
    before = [*sys.meta_path]
    slept: list[float] = []
    with _polite.polite_imports(sleep=slept.append):
        importlib.import_module("polite_a")
        other = threading.Thread(target=importlib.import_module, args=["polite_c"])
        other.start()
        other.join()
    assert slept == [_polite.PAUSE] * 2
    assert sys.meta_path == before
