"""The sentences follow from the figures, also from those that speak against us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo._sample import BARE as BARE_RUN
from demo._sample import COMPARISON, FINDINGS, GUARDED, OVERLOAD, OVERLOADED, overloaded
from snowshed.demo._model import Comparison, RunResult
from snowshed.demo._words import (
    comparison_of_limits,
    conclusions,
    headline,
    idle_words,
    overload_headline,
    price,
)


def test_the_headline_says_what_came_out_even_if_it_speaks_against_us() -> None:
    assert "0 % of the light requests" in headline(COMPARISON)
    assert "50.0 % by the same service under snowshed" in headline(COMPARISON)
    swapped = replace(COMPARISON, runs=(GUARDED, BARE_RUN))
    assert "and 0 % by the same service under snowshed" in headline(swapped)


def test_the_price_of_the_heavy_requests_is_told() -> None:
    words = price(COMPARISON)
    assert "Heavy requests answered: 1 of 1 by the bare service (errors: none), 0 of 1" in words
    assert "1 refused (503)" in words


def test_of_the_uniform_flood_all_three_rates_are_told() -> None:
    assert overload_headline(OVERLOAD) == (
        "Of 4 ordinary requests per second, where 2 can be answered, the bare service answered "
        "0.5/s within 500 ms; with a limit of uvicorn's that was computed to fit, 1.0/s; under "
        "snowshed, 0.5/s."
    )


def test_the_limits_are_compared_and_late_answers_counted() -> None:
    words = comparison_of_limits(OVERLOAD)
    assert "In the whole flood snowshed answered 50 % as many requests in time" in words
    assert "and in its second half more requests." in words
    assert "Of those that snowshed let in, 1 of 2 were answered late" in words
    assert "of those that uvicorn let in 0 of 2" in words
    assert "The limit, 7, was computed" in words


def run(name: str, good: int) -> RunResult:
    return overloaded(name, *((1.0 + n / 1000, 0.1, 200) for n in range(good)))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (100, 100, "answered as many requests in time"),
        (96, 100, "answered as many requests in time"),
        (94, 100, "answered 94 % as many requests in time"),
        (120, 100, "answered 120 % as many requests in time"),
        (0, 100, "answered 0 % as many requests in time"),
        (0, 0, "answered as many requests in time"),
        (5, 0, "answered more requests in time"),
    ],
)
def test_rates_are_called_the_same_only_when_they_hardly_differ(
    ours: int, theirs: int, expected: str
) -> None:
    runs = (run("bare", 1), run("uvicorn's limit", theirs), run("snowshed", ours))
    assert expected in comparison_of_limits(Comparison(OVERLOADED, runs))


def test_what_idle_connections_did_is_told_of_both() -> None:
    words = idle_words(FINDINGS.idle)
    assert "With 6 idle ones and 1.5 requests per second" in words
    assert "its limit let 0 of 2 be answered in time, and snowshed 2 of 2" in words


def test_the_conclusions_are_told_act_by_act_headline_first() -> None:
    flood, overload = conclusions(FINDINGS)
    assert flood == (headline(COMPARISON), price(COMPARISON))
    assert overload[0] == overload_headline(OVERLOAD)
    assert overload[1:] == (comparison_of_limits(OVERLOAD), idle_words(FINDINGS.idle))
