"""A module is changed right after its import, once, whenever that is; or now."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

from snowshed.attach import _on_import
from snowshed.attach._on_import import change_completed, when_imported


@pytest.fixture
def modules(tmp_path: Path, monkeypatch):
    """Write modules into a folder on the path; forget them, and the finder, afterwards."""
    names: list[str] = []

    def write(name: str, source: str = "value = 1") -> str:
        names.append(name)
        (tmp_path / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(_on_import, "_finder", _on_import._Finder())
    yield write
    for name in names:
        sys.modules.pop(name, None)


def never(what):
    raise AssertionError(what)


def change(module):
    module.changes = getattr(module, "changes", 0) + 1
    module.value += 1


def test_a_module_that_is_imported_later(modules):
    name = modules("later_one")
    when_imported(name, change, never)
    assert name not in sys.modules
    module = importlib.import_module(name)
    assert (module.value, module.changes) == (2, 1)
    importlib.import_module(name)
    assert module.changes == 1


def test_whoever_takes_names_from_it_gets_the_changed_ones(modules):
    name = modules("later_two")
    user = modules("user_of_two", f"from {name} import value")
    when_imported(name, change, never)
    assert importlib.import_module(user).value == 2


def test_a_module_that_has_been_imported_is_changed_now(modules):
    name = modules("earlier")
    module = importlib.import_module(name)
    when_imported(name, change, never)
    assert module.changes == 1
    assert _on_import._finder not in sys.meta_path


def test_a_module_that_is_half_imported_is_changed_when_it_is_whole(modules):
    """uvicorn imports asyncio, which starts snowshed, in the midst of its own import."""
    name = modules(
        "half",
        "import sys\n"
        "sys.modules['starts_us'].start()\n"
        "value = 1\n"
        "import other_of_half\n"
        "still = value\n",
    )
    modules("other_of_half")
    starter = modules("starts_us", "start = None")
    importlib.import_module(starter).start = lambda: when_imported(name, change, never)
    module = importlib.import_module(name)
    assert (module.value, module.still) == (1, 1)
    change_completed()
    assert (module.value, module.changes) == (2, 1)
    change_completed()
    assert module.changes == 1


def test_any_later_import_completes_it_too(modules):
    name = modules("half_two", "import sys\nsys.modules['starts_us_two'].start()\nvalue = 1\n")
    starter = modules("starts_us_two", "start = None")
    importlib.import_module(starter).start = lambda: when_imported(name, change, never)
    module = importlib.import_module(name)
    importlib.import_module(modules("any_other"))
    assert module.changes == 1


def test_a_module_that_does_not_exist_stays_missing(modules):
    when_imported("there_is_no_such_module", change, never)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("there_is_no_such_module")


def test_asking_whether_there_is_such_a_module_is_no_import_of_it(modules):
    name = modules("asked_for")
    when_imported(name, change, never)
    for _ in range(2):
        assert importlib.util.find_spec(name) is not None
    module = importlib.import_module(name)
    assert (module.value, module.changes) == (2, 1)


def test_another_finder_may_ask_all_finders_in_turn(modules):
    class AsksAllOthers:
        def find_spec(self, name, path=None, target=None):
            others = (each for each in sys.meta_path if each is not self)
            specs = (each.find_spec(name, path, target) for each in others)
            return next((spec for spec in specs if spec is not None), None)

    name = modules("asked_in_turn")
    when_imported(name, change, never)
    sys.meta_path.insert(0, AsksAllOthers())
    assert importlib.import_module(name).changes == 1


def test_an_import_that_fails_fails_as_ever(modules):
    name = modules("fails", "raise LookupError('its own')")
    when_imported(name, change, never)
    with pytest.raises(LookupError, match="its own"):
        importlib.import_module(name)


def test_a_module_whose_first_import_fails_is_changed_by_the_next(modules):
    name = modules("fails_once", "import sys\nsys.modules['switch'].on\nvalue = 1\n")
    switch = importlib.import_module(modules("switch"))
    when_imported(name, change, never)
    with pytest.raises(AttributeError):
        importlib.import_module(name)
    switch.on = True
    assert importlib.import_module(name).changes == 1


def test_a_change_that_fails_is_told_and_the_import_succeeds(modules):
    def broken(module):
        raise LookupError("a bug of ours")

    told = []
    for name in (modules("later_three"), modules("later_four")):
        when_imported(name, broken, told.append)
        assert importlib.import_module(name).value == 1
    assert told == ["attaching to later_three", "attaching to later_four"]


def test_the_loader_is_itself_again(modules):
    name = modules("later_five")
    when_imported(name, change, never)
    module = importlib.import_module(name)
    importlib.reload(module)
    assert module.changes == 1
    assert module.__spec__.loader.get_source(name) == "value = 1"
