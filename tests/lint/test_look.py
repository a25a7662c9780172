"""One unit, looked at by every rule."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import msgspec

from lint._fakes import kit
from snowshed.lint import Edit, Finding, Fix, Problem, Related, Span, Tier
from snowshed.lint import _look as look_module
from snowshed.lint._files import Language
from snowshed.lint._look import Seen, Text, Work, look, real
from snowshed.lint.rules import rules

if TYPE_CHECKING:
    import pytest


def seen(content: str, *, language: Language = Language.PYTHON, is_test: bool = False) -> Seen:
    return look(Work(language, None, [Text("a.py", content.encode(), is_test)]), kit())


def test_all_rules_look() -> None:
    assert [each.rule for each in seen("BAD WORSE UGLY").findings] == ["SN901", "SN902", "SN903"]


def test_rules_that_are_not_for_tests_are_not_told_of_them() -> None:
    assert [each.rule for each in seen("BAD WORSE UGLY", is_test=True).findings] == ["SN903"]


def test_a_rule_that_fails_says_where() -> None:
    found = seen("FAIL BAD")
    assert found.failed
    assert [each.rule for each in found.findings] == ["SN901"]
    (problem,) = found.problems
    assert problem.path == "a.py"
    assert problem.message.isprintable()
    assert problem.message.endswith(" < _look.py:" + problem.message.rpartition(":")[2])


def test_comments_that_cannot_be_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_module, "silences_in", None)
    found = seen("BAD")
    assert found.failed
    assert len(found.findings) == 1
    assert "reading comments failed" in found.problems[0].message


def test_what_does_not_parse_is_told() -> None:
    found = seen("ODD")
    assert found.problems == [Problem("a.py", "does not parse", 1)]
    assert not found.failed


def test_it_can_be_told_to_another_process() -> None:
    span = Span(1, 2, 3, 4)
    fix = Fix("mend it", (Edit(0, 1, "é"), Edit(3, 3, "")), safe=True)
    finding = Finding(
        *("SN901", "a.py", span, "it is", "f", Tier.ADVICE, 0.5),
        *((Related("b.py", span, "there"),), fix, (1, 2)),
    )
    before = Seen([finding], [Problem("a.py", "no", 3)], seen("BAD # noqa").silences, failed=True)
    assert len(before.silences) == 1
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(before), type=Seen) == before


def test_the_real_ones() -> None:
    kit = real()
    assert kit.rules() == rules()
    assert kit.go().__name__ == "snowshed.lint._go"
    assert kit.python().__name__ == "snowshed.lint._python"


def test_what_is_missing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_module, "find_spec", lambda name: None)
    assert real.__wrapped__().missing == {
        Language.GO: "snowshed needs: pip install 'snowshed[lint]'"
    }
    monkeypatch.setattr(look_module, "find_spec", importlib.util.find_spec)
    assert real.__wrapped__().missing == {}
