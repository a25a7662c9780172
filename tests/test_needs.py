from __future__ import annotations

import pytest

import _needs


def test_what_is_there_is_found() -> None:
    assert _needs.program("sh").endswith("/sh")
    _needs.module("json")


def test_what_is_missing_skips_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        _needs.program("no-such-program")
    with pytest.raises(pytest.skip.Exception, match="no_such_module"):
        _needs.module("no_such_module")


def test_what_is_missing_in_ci_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        _needs.program("no-such-program")
