from __future__ import annotations

from dataclasses import replace

import pytest

from doctor._findings import LEAK, NIL
from snowshed.doctor import Change, Comparison, Standing
from snowshed.doctor._comparison import fingerprint
from snowshed.model import Frame


def test_a_fingerprint_stays_when_lines_and_counts_change() -> None:
    assert fingerprint(LEAK) == ("abandoned-sender", "billing.notify", "billing.bill")
    moved = replace(LEAK, at=replace(LEAK.at, line=99, file="elsewhere.go"), count=1)
    assert fingerprint(moved) == fingerprint(LEAK)
    assert fingerprint(replace(LEAK, created_by=None)).created_by is None
    assert fingerprint(replace(LEAK, created_by=Frame("main.main", "", 1))) != fingerprint(LEAK)


@pytest.mark.parametrize("standing", Standing)
def test_only_what_was_there_and_is_no_worse_is_known(standing: Standing) -> None:
    comparison = Comparison({LEAK: Change(standing), NIL: Change(Standing.NEW)})
    assert comparison.is_known(LEAK) is (standing is Standing.KNOWN)
