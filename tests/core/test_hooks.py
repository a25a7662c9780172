"""Layers above listen at no cost; a listener that fails is logged once and removed."""

from __future__ import annotations

import logging

import pytest

from snowshed.core import _hooks
from snowshed.core._budget import TaskBudget
from snowshed.errors import BudgetExceeded


@pytest.fixture(autouse=True)
def unhooked():
    yield
    _hooks.on_refusal(None)
    _hooks.pressure_from(None)


def test_each_refusal_is_told_with_its_numbers():
    seen = []
    _hooks.on_refusal(lambda *facts: seen.append(facts))
    budget = TaskBudget("x", 1)
    budget.add(TaskNeverDone())
    for _ in range(2):
        with pytest.raises(BudgetExceeded):
            budget.admit()
    assert seen == [("x", 1, 1)] * 2


class TaskNeverDone:
    def done(self):
        return False


def test_without_listeners_nothing_happens():
    _hooks.refused("x", 1, 1)
    assert _hooks.pressure() == "normal"


def test_a_failing_listener_is_logged_once_and_removed(caplog):
    calls = []

    def fail(*_):
        calls.append(1)
        raise LookupError

    _hooks.on_refusal(fail)
    with caplog.at_level(logging.ERROR, "snowshed.core"):
        _hooks.refused("x", 1, 1)
        _hooks.refused("x", 1, 1)
    assert calls == [1]
    assert len(caplog.records) == 1
    assert "refusal listener failed" in caplog.text


def test_the_pressure_is_what_the_source_says():
    _hooks.pressure_from(lambda: "light")
    assert _hooks.pressure() == "light"


@pytest.mark.parametrize("source", [lambda: 1 / 0, lambda: "high", lambda: None])
def test_a_source_that_fails_or_says_nonsense_is_logged_once_and_removed(source, caplog):
    _hooks.pressure_from(source)
    with caplog.at_level(logging.ERROR, "snowshed.core"):
        assert _hooks.pressure() == "normal"
        assert _hooks.pressure() == "normal"
    assert len(caplog.records) == 1
