"""How a command speaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from snowshed.cli import _output

if TYPE_CHECKING:
    import pytest


def test_a_failure_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert _output.fail("first\n  second") == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "first second\n")


def test_what_somebody_else_has_named_steers_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _output.fail("no profile: \x1b]0;owned\x07")
    assert capsys.readouterr().err == "no profile: \\x1b]0;owned\\x07\n"


def test_a_failure_may_have_another_code() -> None:
    assert _output.fail("x", 127) == 127


def test_a_document_carries_the_version_of_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    _output.print_json(numbers=[1, None])
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "numbers": [1, None]}
