"""What was there before: the same fault of the same function, wherever its line has gone."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor._findings import LEAK, NIL, diagnosis
from snowshed.doctor import Diagnosis, Standing, compare, document
from snowshed.errors import FormatError
from snowshed.model import Finding, Frame, Severity


def written(found: Diagnosis) -> bytes:
    return json.dumps({"schema": 1, **document(found)}).encode()


def standing(now: Finding, *before: Finding) -> Standing:
    found = compare(diagnosis(now), "old.json", written(diagnosis(*before)))
    assert found.baseline is not None
    return found.baseline.changes[now].standing


def test_the_same_is_known_though_its_lines_have_moved() -> None:
    moved = replace(LEAK, at=replace(LEAK.at, line=99), created_by=Frame("billing.bill", "", 1))
    assert standing(moved, LEAK) is Standing.KNOWN
    assert compare(diagnosis(), "old.json", written(diagnosis())).worst is None


@pytest.mark.parametrize(
    "other",
    [
        replace(LEAK, detail="nil-channel"),
        replace(LEAK, at=replace(LEAK.at, function="billing.other")),
        replace(LEAK, created_by=Frame("billing.other", "billing/notify.go", 71)),
    ],
)
def test_another_fault_function_or_creator_is_new(other: Finding) -> None:
    assert standing(other, LEAK) is Standing.NEW


def test_who_made_them_counts_only_if_both_know() -> None:
    unknown = replace(LEAK, created_by=None)
    assert standing(unknown, LEAK) is Standing.KNOWN
    assert standing(LEAK, unknown) is Standing.KNOWN


def test_more_than_chance_explains_or_more_severe_is_worse() -> None:
    low = replace(LEAK, severity=Severity.LOW, count=100)
    assert standing(replace(low, count=109), low) is Standing.KNOWN
    assert standing(replace(low, count=110), low) is Standing.WORSE
    assert standing(replace(low, severity=Severity.MEDIUM), low) is Standing.WORSE
    assert standing(replace(low, count=1), low) is Standing.KNOWN


def test_several_of_one_function_are_counted_together() -> None:
    a, b = (replace(LEAK, count=50, at=replace(LEAK.at, line=line)) for line in (1, 2))
    one = replace(LEAK, count=100)
    found = compare(diagnosis(a, b), "old.json", written(diagnosis(one)))
    assert found.baseline is not None
    assert {each.standing for each in found.baseline.changes.values()} == {Standing.KNOWN}
    assert standing(replace(one, count=105), a, b) is Standing.KNOWN


def test_what_is_gone_is_told_once() -> None:
    found = compare(diagnosis(LEAK), "old.json", written(diagnosis(LEAK, NIL, NIL)))
    assert found.baseline is not None
    (gone,) = found.baseline.gone
    assert (gone.fingerprint.detail, gone.count, gone.line) == ("nil-channel", 6, 5)


def test_only_what_is_new_or_worse_counts() -> None:
    found = compare(diagnosis(LEAK, NIL), "old.json", written(diagnosis(LEAK)))
    assert found.worst is Severity.LOW


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "old.json, the baseline: no JSON (JSONDecodeError); accepted: what snowshed doctor"),
        (b"\xff\xfe\xff", "no JSON (UnicodeDecodeError)"),
        (b"[" * 100_000, "no JSON (RecursionError)"),
        (b"[]", 'no "schema": 1 in it'),
        (b'{"schema": 2, "findings": []}', 'no "schema": 1 in it'),
        (b'{"schema": 1}', 'no list of "findings" in it'),
        (b'{"schema": 1, "findings": [3]}', "findings[0]: no object"),
        (b'{"schema": 1, "findings": [{}]}', "findings[0]: 'detail' is missing"),
    ],
)
def test_what_is_none_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(FormatError) as refused:
        compare(diagnosis(), "old.json", data)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("count", "3", "'count' is of another type"),
        ("count", True, "'count' is of another type"),
        ("severity", "awful", "'awful' is not a valid Severity"),
        ("created_by", "main", "no object"),
    ],
)
def test_a_field_of_another_kind_is_named(name: str, value: object, said: str) -> None:
    document_ = json.loads(written(diagnosis()))
    document_["findings"][1][name] = value
    with pytest.raises(FormatError, match="findings\\[1\\]") as refused:
        compare(diagnosis(), "old.json", json.dumps(document_).encode())
    assert said in str(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = ("detail", "function", "severity", "count", "line", "file", "created_by")


# Few and small, since to make one takes a hundred times as long as to read it.
@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, json_values)) | json_values, max_size=3)
)
def test_whatever_stands_in_it_is_read_or_refused(findings: list[object]) -> None:
    data = json.dumps({"schema": 1, "findings": findings}).encode()
    with contextlib.suppress(FormatError):
        compare(diagnosis(), "old.json", data)
