from __future__ import annotations

from pathlib import Path

import pytest

from snowshed import config
from snowshed.doctor._settings import Settings
from snowshed.errors import ConfigError


def test_a_project_can_keep_what_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.snowshed.doctor]\nignore = ["nil-channel=main.*"]\n'
    )
    monkeypatch.chdir(tmp_path)
    assert config.section("doctor", Settings).ignore == ("nil-channel=main.*",)


def test_an_unknown_detail_is_refused_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_DOCTOR_IGNORE", "nil-channel, no-such")
    with pytest.raises(ConfigError, match="SNOWSHED_DOCTOR_IGNORE: 'no-such' is no detail"):
        config.section("doctor", Settings)
