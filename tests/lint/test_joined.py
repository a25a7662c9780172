from __future__ import annotations

from lint._told import LEAK, SPAWN
from snowshed.lint._joined import Joined, Waiting


def test_tasks_are_counted_once_for_several_findings() -> None:
    groups = {frozenset({LEAK}): 3, frozenset({LEAK, SPAWN}): 40, frozenset({SPAWN}): 500}
    found = Joined(groups=groups)
    assert found.total == 543
    assert found.at([LEAK]) == 43
    assert found.at([SPAWN]) == 540
    assert found.at([LEAK, SPAWN]) == 543
    assert found.at([]) == 0


def test_nothing_is_none() -> None:
    assert Joined().total == 0
    assert Joined().at([LEAK]) == 0
    assert Waiting().total == 0


def test_who_has_to_do_with_a_finding_has_in_one_way() -> None:
    assert Waiting(here=1, related=20, created=300).total == 321
