"""Settings: which place wins, and what a mistake in each place says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from snowshed import config
from snowshed.errors import ConfigError


class Oven(msgspec.Struct, frozen=True, kw_only=True):
    heat: int = 180
    mode: Literal["bake", "grill"] = "bake"
    timeout: float | None = None
    racks: tuple[str, ...] = ()
    label: str = "oven"
    fan: bool = False

    def __post_init__(self) -> None:
        if self.heat <= 0:
            msg = f"heat must be positive, not {self.heat}"
            raise ValueError(msg)
        if self.mode == "grill" and self.fan:
            msg = "mode 'grill' runs without fan"
            raise ValueError(msg)


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    heat: int = 180

    def __post_init__(self) -> None:
        if self.heat <= 0:
            msg = f"heat must be positive, not {self.heat}"
            raise ValueError(msg)


class Kitchen(msgspec.Struct, frozen=True, kw_only=True):
    ovens: dict[str, Strict] = {}
    trays: dict[str, tuple[str, ...]] = {}
    hours: Annotated[int, msgspec.Meta(ge=1, le=24)] | None = None
    share: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    is_open: bool = True
    names: tuple[str, ...] = ()
    label: str = ""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project directory, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNOWSHED_CONFIG", raising=False)
    return tmp_path


def oven(**overrides: object) -> Oven:
    return config.section("oven", Oven, overrides=overrides)


def complaint(**overrides: object) -> str:
    with pytest.raises(ConfigError) as caught:
        oven(**overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text


class TestPrecedence:
    def test_without_any_source_the_defaults_hold(self) -> None:
        assert oven() == Oven()

    def test_each_later_place_wins_key_by_key(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pyproject = "[tool.snowshed.oven]\nheat = 1\nlabel = 'p'\nfan = true\ntimeout = 1.5\n"
        (here / "pyproject.toml").write_text(pyproject)
        (here / "snowshed.toml").write_text("[oven]\nheat = 2\nlabel = 's'\nfan = false\n")
        monkeypatch.setenv("SNOWSHED_OVEN_HEAT", "3")
        monkeypatch.setenv("SNOWSHED_OVEN_LABEL", "e")
        assert oven(heat=4) == Oven(heat=4, label="e", fan=False, timeout=1.5)

    def test_explain_names_the_place_of_each_value(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "pyproject.toml").write_text("[tool.snowshed.oven]\nracks = ['top']\n")
        (here / "snowshed.toml").write_text("[oven]\nmode = 'grill'\n")
        monkeypatch.setenv("SNOWSHED_OVEN_TIMEOUT", "2")
        found = config.explain("oven", Oven, overrides={"heat": "200"})
        assert found == (
            config.Setting("heat", 200, "argument heat"),
            config.Setting("mode", "grill", f"{here / 'snowshed.toml'}: oven.mode"),
            config.Setting("timeout", 2.0, "SNOWSHED_OVEN_TIMEOUT"),
            config.Setting(
                "racks", ("top",), f"{here / 'pyproject.toml'}: tool.snowshed.oven.racks"
            ),
            config.Setting("label", "oven", "default"),
            config.Setting("fan", False, "default"),
        )

    def test_an_argument_of_none_overrides_a_file(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[oven]\ntimeout = 5\n")
        assert oven().timeout == 5.0
        assert oven(timeout=None).timeout is None


class TestFiles:
    def test_the_nearest_directory_with_settings_decides(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "snowshed.toml").write_text("[oven]\nheat = 1\nfan = true\n")
        (here / "a").mkdir()
        (here / "a" / "pyproject.toml").write_text("[tool.snowshed.oven]\nheat = 2\n")
        (here / "a" / "b").mkdir()
        (here / "a" / "b" / "pyproject.toml").write_text("[tool.other]\nname = 'x'\n")
        monkeypatch.chdir(here / "a" / "b")
        assert oven() == Oven(heat=2)
        assert config.directory() == here / "a"

    def test_a_variable_names_the_file_instead(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "snowshed.toml").write_text("[oven]\nheat = 1\n")
        (here / "prod.toml").write_text("[oven]\nheat = 2\n")
        monkeypatch.setenv("SNOWSHED_CONFIG", "prod.toml")
        assert oven().heat == 2
        assert config.directory() == here / "prod.toml"

    def test_the_variable_may_name_a_directory(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "conf").mkdir()
        (here / "conf" / "snowshed.toml").write_text("[oven]\nheat = 2\n")
        monkeypatch.setenv("SNOWSHED_CONFIG", "conf")
        assert oven().heat == 2

    def test_a_named_file_that_is_missing_is_an_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SNOWSHED_CONFIG", "gone.toml")
        assert complaint() == "SNOWSHED_CONFIG: gone.toml: no such file, or no settings in it"

    def test_broken_toml_names_file_and_line(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[oven]\nheat = = 2\n")
        text = complaint()
        assert text.startswith(f"{here / 'snowshed.toml'}: not valid TOML: ")
        assert "line 2" in text

    def test_a_broken_project_file_that_is_not_about_us_is_passed_by(self, here: Path) -> None:
        (here / "pyproject.toml").write_text("[tool.other\n")
        assert oven() == Oven()

    def test_a_file_that_is_not_utf8_is_not_valid_toml(self, here: Path) -> None:
        (here / "snowshed.toml").write_bytes(b"[oven]\nlabel = '\xff'\n")
        assert "not valid TOML" in complaint()

    def test_a_file_that_cannot_be_read_says_why(self, here: Path) -> None:
        (here / "snowshed.toml").mkdir()
        assert complaint() == f"{here / 'snowshed.toml'}: cannot be read: Is a directory"

    @pytest.mark.parametrize(
        ("content", "place"),
        [
            ("oven = 3", "tool.snowshed.oven"),
            ("", None),
        ],
    )
    def test_a_section_that_is_no_table_is_an_error(
        self, here: Path, content: str, place: str | None
    ) -> None:
        (here / "pyproject.toml").write_text(f"[tool.snowshed]\n{content}\n")
        if place is None:
            assert oven() == Oven()
        else:
            assert complaint() == (
                f"{here / 'pyproject.toml'}: {place}: 3 is not accepted: must be a table"
            )

    def test_without_any_file_there_is_no_directory(self) -> None:
        assert config.directory() is None


class TestMistakes:
    def test_unknown_key_in_a_file(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[oven]\nhaet = 200\n")
        assert complaint() == (
            f"{here / 'snowshed.toml'}: oven.haet: unknown setting (did you mean 'heat'?); "
            "known are fan, heat, label, mode, racks, timeout"
        )

    def test_unknown_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_ZZZ", "1")
        assert complaint().startswith("SNOWSHED_OVEN_ZZZ: unknown setting; known are fan,")

    def test_unknown_argument(self) -> None:
        assert complaint(heatt=1).startswith("argument heatt: unknown setting (did you mean")

    def test_a_wrong_choice_names_the_accepted_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_MODE", "gril")
        assert complaint() == (
            "SNOWSHED_OVEN_MODE: 'gril' is not accepted: use 'bake' or 'grill' "
            "(did you mean 'grill'?)"
        )

    def test_a_choice_in_capitals_is_recognized(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_MODE", "GRILL")
        assert complaint().endswith("(did you mean 'grill'?)")

    def test_a_wrong_type_names_the_expected_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_HEAT", "hot")
        assert complaint() == "SNOWSHED_OVEN_HEAT: 'hot' is not accepted: must be a whole number"

    def test_a_number_as_text_in_a_file_is_an_error(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[oven]\nheat = '200'\n")
        assert complaint().endswith("oven.heat: '200' is not accepted: must be a whole number")

    def test_the_struct_s_own_check_blames_the_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_HEAT", "0")
        assert complaint() == "SNOWSHED_OVEN_HEAT: heat must be positive, not 0"

    def test_a_check_over_several_keys_blames_the_section(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_MODE", "grill")
        assert complaint(fan=True) == "section 'oven': mode 'grill' runs without fan"

    @pytest.mark.parametrize(
        ("entry", "told"),
        [
            ("haet = 1", ".\"b\".haet: unknown setting (did you mean 'heat'?); known are "),
            ("heat = 'hot'", ".\"b\".heat: 'hot' is not accepted: must be a whole number"),
            ("heat = 0", ".\"b\": {'heat': 0} is not accepted: heat must be positive, not 0"),
        ],
    )
    def test_a_table_of_tables_blames_the_wrong_one(
        self, here: Path, entry: str, told: str
    ) -> None:
        text = f"[kitchen.ovens.a]\nheat = 1\n[kitchen.ovens.b]\n{entry}\n"
        (here / "snowshed.toml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            config.section("kitchen", Kitchen)
        assert str(caught.value).startswith(f"{here / 'snowshed.toml'}: kitchen.ovens{told}")

    @pytest.mark.parametrize(
        ("setting", "told"),
        [
            ("hours = 0", "hours: 0 is not accepted: must be a whole number from 1 to 24"),
            ("hours = 'x'", "hours: 'x' is not accepted: must be a whole number from 1 to 24"),
            ("share = 'x'", "share: 'x' is not accepted: must be a number from 0"),
            ("is_open = 1", "is_open: 1 is not accepted: must be true or false"),
            ("label = 1", "label: 1 is not accepted: must be text"),
            ("names = [1]", "names: [1] is not accepted: must be a list of text"),
            (
                "names = 'a'",
                "names: 'a' is not accepted: must be a list of text (did you mean [\"a\"]?)",
            ),
            ("trays = 1", "trays: 1 is not accepted: must be a table, each value a list of text"),
            ("trays = {b = 1}", 'trays."b": 1 is not accepted: must be a list of text'),
            ("ovens = {b = 1}", 'ovens."b": 1 is not accepted: must be a table'),
        ],
    )
    def test_what_is_accepted_is_said_in_words_and_not_in_types(
        self, here: Path, setting: str, told: str
    ) -> None:
        (here / "snowshed.toml").write_text(f"[kitchen]\n{setting}\n")
        with pytest.raises(ConfigError) as caught:
            config.section("kitchen", Kitchen)
        assert str(caught.value) == f"{here / 'snowshed.toml'}: kitchen.{told}"

    def test_a_caller_says_how_its_arguments_are_spelled(self) -> None:
        with pytest.raises(ConfigError, match=r"^--heat: 'x' is not accepted"):
            config.section("oven", Oven, overrides={"heat": "x"}, spelled="--{}".format)

    def test_an_unknown_section_is_told_by_who_knows_them_all(self, here: Path) -> None:
        (here / "pyproject.toml").write_text("[tool.snowshed.ovne]\nheat = 2\n")
        with pytest.raises(ConfigError) as caught:
            config.reject_unknown_sections({"oven", "fridge"})
        assert str(caught.value) == (
            f"{here / 'pyproject.toml'}: tool.snowshed.ovne: unknown section "
            "(did you mean 'oven'?); known are fridge, oven"
        )

    def test_known_sections_pass(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[oven]\nheat = 2\n[fridge]\n")
        config.reject_unknown_sections({"oven", "fridge"})


class TestText:
    """How a variable, which is always text, becomes a value."""

    @pytest.mark.parametrize(
        ("key", "text", "value"),
        [
            ("heat", "200", 200),
            ("timeout", "1.5", 1.5),
            ("timeout", "none", None),
            ("timeout", "None", None),
            ("fan", "true", True),
            ("fan", "0", False),
            ("label", "none", "none"),
            ("label", "12", "12"),
            ("racks", "top, bottom", ("top", "bottom")),
            ("racks", "top", ("top",)),
        ],
    )
    def test_is_read_as_the_declared_type(
        self, monkeypatch: pytest.MonkeyPatch, key: str, text: str, value: object
    ) -> None:
        monkeypatch.setenv(f"SNOWSHED_OVEN_{key.upper()}", text)
        assert getattr(oven(), key) == value

    def test_empty_counts_as_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_HEAT", "")
        assert oven().heat == 180

    def test_variables_of_other_sections_are_theirs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_FRIDGE_HEAT", "4")
        assert oven() == Oven()


class TestMentions:
    def test_nobody_says_anything(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[other]\nheat = 1\n")
        assert not config.mentions("oven")

    def test_a_file_does(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[oven]\nheat = 1\n")
        assert config.mentions("oven")

    def test_a_variable_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SNOWSHED_OVEN_HEAT", "1")
        assert config.mentions("oven")
