"""Section ``lint`` of the settings: what is accepted, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._fakes import kit
from snowshed import config
from snowshed.errors import ConfigError
from snowshed.lint._select import Selection
from snowshed.lint._settings import Settings, rules_in


@pytest.fixture(autouse=True)
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("snowshed.lint._settings.named", kit().rules)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(text: str) -> Settings:
    Path("pyproject.toml").write_text(f"[tool.snowshed.lint]\n{text}")
    return config.section("lint", Settings)


def test_nothing_is_needed() -> None:
    assert Settings().selection() == Selection()
    assert config.section("lint", Settings) == Settings()


def test_all_of_it() -> None:
    found = settings(
        """
        select = ["SN901", "ugly-word", "SN90"]
        ignore = ["sn905"]
        advice = true
        exclude = ["gen/"]
        per_path_ignores = { "scripts/*.py" = ["channel-cascade"], "a.go" = ["SN901"] }
        jobs = 2
        cache = "/tmp/x"
        """
    )
    selection = found.selection()
    assert selection.selected == {"SN901", "SN902", "SN903", "SN904", "SN905", "SN906"}
    assert selection.ignored == {"SN905"}
    assert selection.asked == {"SN901", "SN903"}
    assert selection.advice
    assert not selection.selects("SN901", "scripts/x.py")
    assert not selection.selects("SN901", "a.go")
    assert selection.selects("SN902", "a.go")
    assert (found.exclude, found.jobs, found.cache) == (("gen/",), 2, "/tmp/x")


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWSHED_LINT_SELECT", "SN901, bad-word")
    monkeypatch.setenv("SNOWSHED_LINT_JOBS", "3")
    found = config.section("lint", Settings)
    assert (found.select, found.jobs) == (("SN901", "bad-word"), 3)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('select = ["SN991"]', "lint.select", "'SN991' is no rule (did you mean 'SN901'?)"),
        (
            'ignore = ["bad-wort"]',
            "lint.ignore",
            "'bad-wort' is no rule (did you mean 'bad-word'?)",
        ),
        ('ignore = ["unused-supression"]', "lint.ignore", "(did you mean 'unused-suppression'?)"),
        ('per_path_ignores = { "a/" = ["E501"] }', "lint.per_path_ignores", "'E501' is no rule"),
        (
            'select = ["SN9O1"]',
            "lint.select",
            (
                "'SN9O1' is no rule (did you mean 'SN901'?): use an id, what ids begin with, "
                "a name or a cause; snowshed explain SN9 lists them"
            ),
        ),
        ('select = ["SN999"]', "lint.select", "'SN999' is no rule: use an id, "),
        ('select = ["bad-wort"]', "lint.select", "or a cause; snowshed explain lists them"),
        ('select = "SN901"', "lint.select", 'must be a list of text (did you mean ["SN901"]?)'),
        ("jobs = 0", "lint.jobs", "0 is not accepted: must be a whole number from 1 to 1024"),
        ('jobs = "4"', "lint.jobs", "'4' is not accepted: must be a whole number from 1 to 1024"),
        ("advice = 1", "lint.advice", "1 is not accepted: must be true or false"),
        (
            'per_path_ignores = { "a/" = "SN901" }',
            'lint.per_path_ignores."a/"',
            "'SN901' is not accepted: must be a list of text (did you mean [\"SN901\"]?)",
        ),
        ("selct = []", "lint.selct", "unknown setting (did you mean 'select'?)"),
    ],
)
def test_what_is_wrong_is_said(text: str, where: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(text)
    assert where in str(caught.value)
    assert what in str(caught.value)


def test_comments_that_are_unused_can_be_left_alone() -> None:
    assert (
        not settings('ignore = ["unused-suppression"]')
        .selection()
        .selects("unused-suppression", "a")
    )
    assert rules_in(["unused-suppression"]) == {"unused-suppression"}
