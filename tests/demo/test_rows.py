from __future__ import annotations

from demo._sample import FINDINGS, GUARDED
from snowshed.demo._rows import Group, Row, Table, tables

FLOOD, OVERLOAD = tables(FINDINGS)


def rows(title: str, table: Table = FLOOD) -> dict[str, tuple[str, ...]]:
    [group] = [group for group in table.groups if group.title.startswith(title)]
    return {row.label: row.cells for row in group.rows}


def test_light_requests_are_told_for_the_whole_run_and_for_the_flood() -> None:
    whole = rows("Light requests, whole run")
    assert whole["answered within 250 ms"] == ("3 (42.9 %)", "2 (66.7 %)")
    assert whole["goodput"] == ("0.8/s", "0.5/s")
    assert whole["p99"] == ("≥ 2.00 s", "25 ms")
    flood = rows("Light requests, during the flood")
    assert flood["sent"] == ("4", "2")


def test_errors_are_named_by_kind() -> None:
    bare, guarded = rows("Light requests, whole run")["errors"]
    assert bare == "1 failed (other 5xx), 1 client gave up, 1 connection lost"
    assert guarded == "1 refused (503)"
    assert rows("Heavy")["errors"] == ("none", "1 refused (503)")


def test_the_process_is_told_by_its_peaks() -> None:
    process = rows("The process")
    assert process["most live tasks"] == ("900", "60")
    assert process["most lookups of one request"][-1] == "50"
    assert process["most resident memory"][0] == "64 MiB"


def test_of_the_uniform_flood_answers_refusals_and_those_who_gave_up_are_told_apart() -> None:
    assert OVERLOAD.columns == ("bare", "uvicorn's limit", "snowshed")
    flood = rows("The flood, 4 requests/s", OVERLOAD)
    assert flood == {
        "sent": ("2", "3", "3"),
        "answered within 500 ms": ("1 (50.0 %)", "2 (66.7 %)", "1 (33.3 %)"),
        "answers in time": ("0.5/s", "1.0/s", "0.5/s"),
        "p99": ("≥ 2.00 s", "400 ms", "900 ms"),
        "refused (503)": ("0", "1", "1"),
        "p99 of refusals": ("-", "10 ms", "20 ms"),
        "other errors": ("1 client gave up", "none", "none"),
    }


def test_its_second_half_and_the_time_after_it_are_told_by_themselves() -> None:
    half = rows("Its second half", OVERLOAD)
    assert half["answered within 500 ms"] == ("0 (0 %)", "0 (0 %)", "1 (100 %)")
    assert half["answers in time"] == ("0.0/s", "0.0/s", "1.0/s")
    after = rows("After it, 1 requests/s", OVERLOAD)
    assert after == {"answered within 500 ms": ("0 (0 %)", "0 (-)", "1 (100 %)")}


def test_what_was_not_run_is_not_told_as_nought() -> None:
    idle = rows("6 idle connections, 1.5 requests/s", OVERLOAD)
    assert idle == {
        "answered within 500 ms": ("not run", "0 (0 %)", "2 (100 %)"),
        "errors": ("not run", "2 refused (503)", "none"),
    }


def test_every_row_has_a_cell_for_each_column() -> None:
    for table in (FLOOD, OVERLOAD):
        for group in table.groups:
            assert isinstance(group, Group)
            for row in group.rows:
                assert isinstance(row, Row)
                assert len(row.cells) == len(table.columns)
    assert FLOOD.columns == ("bare", GUARDED.name)
