from __future__ import annotations

from typing import Any

import pytest

from snowshed.demo import __main__ as program


def test_options_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(program, "run_demo", lambda **options: calls.append(options) or 3)
    options = ["--seconds", "9", "--json", "a", "--report", "b", "--picture", "c", "--quiet"]
    monkeypatch.setattr("sys.argv", ["demo", *options])
    assert program.main() == 3
    assert calls == [
        {
            "seconds": 9.0,
            "json_path": "a",
            "report_path": "b",
            "picture_path": "c",
            "quiet": True,
        }
    ]


def test_a_length_that_shows_nothing_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--seconds", "1"])
    with pytest.raises(SystemExit) as exit_:
        program.main()
    assert exit_.value.code == 2
    assert "1.0 s of load show nothing; give the demo at least 8 s" in capsys.readouterr().err
