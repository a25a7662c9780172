from __future__ import annotations

from dataclasses import replace

from demo._sample import BARE, COMPARISON, FINDINGS, GUARDED
from snowshed.demo._rows import Row, groups, headline, limits, price


def rows(title: str) -> dict[str, Row]:
    [group] = [group for group in groups(FINDINGS) if group.title.startswith(title)]
    return {row.label: row for row in group.rows}


def test_light_requests_are_told_for_the_whole_run_and_for_the_flood() -> None:
    whole = rows("Light requests, whole run")
    assert whole["answered within 250 ms"] == Row(
        "answered within 250 ms", "3 (42.9 %)", "2 (66.7 %)"
    )
    assert whole["goodput"] == Row("goodput", "0.8/s", "0.5/s")
    assert whole["p99"] == Row("p99", "≥ 2.00 s", "25 ms")
    flood = rows("Light requests, during the flood")
    assert flood["sent"] == Row("sent", "4", "2")


def test_errors_are_named_by_kind() -> None:
    errors = rows("Light requests, whole run")["errors"]
    assert errors.bare == "1 failed (other 5xx), 1 client gave up, 1 connection lost"
    assert errors.guarded == "1 refused (503)"
    assert rows("Heavy")["errors"] == Row("errors", "none", "1 refused (503)")


def test_the_process_is_told_by_its_peaks() -> None:
    process = rows("The process")
    assert process["most live tasks"] == Row("most live tasks", "900", "60")
    assert process["most lookups of one request"].guarded == "50"
    assert process["most resident memory"].bare == "64 MiB"


def test_the_headline_says_what_came_out_even_if_it_speaks_against_us() -> None:
    assert "0 % of the light requests" in headline(COMPARISON)
    assert "50.0 % by the same service under snowshed" in headline(COMPARISON)
    swapped = replace(COMPARISON, runs=(GUARDED, BARE))
    assert "and 0 % by the same service under snowshed" in headline(swapped)


def test_the_price_of_the_heavy_requests_is_told() -> None:
    words = price(COMPARISON)
    assert "Heavy requests answered: 1 of 1 by the bare service (errors: none), 0 of 1" in words
    assert "1 refused (503)" in words


def test_where_it_does_not_help_is_told_with_what_was_measured_there() -> None:
    words = limits(FINDINGS.overload)
    assert "Of 350 light requests per second" in words
    assert "the bare service answered 100 % within 250 ms, and 0 % under snowshed" in words
    assert rows("Uniform overload, 350 light/s")["p50"] == Row("p50", "100 ms", "900 ms")
