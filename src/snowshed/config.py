"""Settings: from a file, the environment and explicit arguments to one typed struct.

Who runs a service and who writes it are often different people, so a setting can be given in three
places. Later ones win, key by key::

    default  <  [tool.snowshed.run] in pyproject.toml  <  [run] in snowshed.toml
             <  SNOWSHED_RUN_BUDGET=50  <  an argument

The files are those of the nearest directory, from the current one upwards, that has any;
``SNOWSHED_CONFIG`` names another file or directory. An empty variable counts as not set, ``none``
means `None`, and commas part the items of a list.

This module knows no section. A package owns a `msgspec.Struct` in which every field has a default,
whose ``__post_init__`` refuses what the types cannot, and asks for it::

    settings = config.section("run", Settings, overrides={"budget": 20})

A misspelt limit that is silently ignored is found out during the next flood; so an unknown key, an
unknown variable and an unacceptable value are all a `snowshed.errors.ConfigError`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from snowshed.errors import ConfigError

__all__ = [
    "Setting",
    "directory",
    "explain",
    "mentions",
    "reject_unknown_sections",
    "section",
]

S = TypeVar("S", bound=msgspec.Struct)
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Setting:
    """One value in force, and the place that it came from.

    Attributes:
        key: name of the setting within its section.
        value: the value, of the type that the section declares.
        source: ``"default"``, a variable, an argument, or a file with the key's dotted path.
    """

    key: str
    value: object
    source: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one place says about a section."""

    values: Mapping[str, object]
    where: Callable[[str], str]
    strict: bool = False


def section(
    name: str,
    settings: type[S],
    *,
    overrides: Mapping[str, object] = _NOTHING,
    spelled: Callable[[str], str] = "argument {}".format,
) -> S:
    """Return the settings of section ``name`` as they are in force now.

    Args:
        name: one word; the table, and the ``RUN`` in ``SNOWSHED_RUN_BUDGET``.
        settings: the struct that declares keys, types, defaults and limits.
        overrides: arguments that were given, by key. Text is converted, as from the environment.
        spelled: how the user wrote the argument of a key, for messages.

    Raises:
        ConfigError: a key is unknown, a value is not accepted, a file cannot be read or is broken.
    """
    found = explain(name, settings, overrides=overrides, spelled=spelled)
    try:
        return settings(**{setting.key: setting.value for setting in found})
    except ValueError as error:
        raise ConfigError(f"section {name!r}", str(error)) from None


def explain(
    name: str,
    settings: type[S],
    *,
    overrides: Mapping[str, object] = _NOTHING,
    spelled: Callable[[str], str] = "argument {}".format,
) -> tuple[Setting, ...]:
    """Return each setting of section ``name`` with the place that decided it.

    Arguments and errors are those of `section`.
    """
    types = {field.name: field.type for field in msgspec.structs.fields(settings)}
    defaults = settings()
    found = {key: Setting(key, getattr(defaults, key), "default") for key in types}
    for layer in (*_file_layers(name), _environment(name), _Layer(overrides, spelled)):
        for key in layer.values:
            value = _accept(settings, types, layer, key)
            found[key] = Setting(key, value, layer.where(key))
    return tuple(found.values())


def mentions(name: str) -> bool:
    """Tell whether a file or a variable says anything about section ``name``.

    Raises:
        ConfigError: a file cannot be read or is broken.
    """
    layers = (*_file_layers(name), _environment(name))
    return any(layer.values for layer in layers)


def reject_unknown_sections(known: Collection[str]) -> None:
    """Refuse a table of a settings file that is no section.

    Only the program as a whole knows every section, so it is the command line that asks.

    Raises:
        ConfigError: a file holds a table (or a stray key) whose name is not in ``known``.
    """
    for path, prefix, table in _tables():
        for name in table:
            if name not in known:
                raise ConfigError(f"{path}: {prefix}{name}", _unknown("section", name, known))


def directory() -> Path | None:
    """Return the directory or file whose settings are in force; None when there is none."""
    named = os.environ.get("SNOWSHED_CONFIG")
    if named:
        return Path(named).absolute()
    return next((path.parent for path, _, _ in _tables()), None)


def _accept(
    settings: type[msgspec.Struct], types: Mapping[str, Any], layer: _Layer, key: str
) -> object:
    raw = layer.values[key]
    if key not in types:
        raise ConfigError(layer.where(key), _unknown("setting", key, types))
    try:
        value = _convert(raw, types[key], strict=layer.strict)
        # Alone with the defaults: so the struct's own checks blame this key and this place.
        settings(**{key: value})
    except msgspec.ValidationError as error:
        _blame_part(raw, types[key], layer.where(key))
        raise ConfigError(layer.where(key), _refusal(raw, types[key], error)) from None
    except ValueError as error:
        raise ConfigError(layer.where(key), str(error)) from None
    return value


def _convert(raw: object, wanted: Any, *, strict: bool) -> object:
    if isinstance(raw, str) and not strict:
        if raw.lower() == "none" and type(None) in get_args(wanted):
            return None
        if get_origin(wanted) in {tuple, list, set, frozenset}:
            raw = [item.strip() for item in raw.split(",") if item.strip()]
    return msgspec.convert(raw, wanted, strict=strict)


def _blame_part(raw: object, wanted: Any, where: str) -> None:
    """Refuse the part of a table that is wrong; msgspec does not tell which one it is."""
    is_dict = get_origin(wanted) is dict
    if not isinstance(raw, Mapping) or not (is_dict or hasattr(wanted, "__struct_fields__")):
        return
    fields = {} if is_dict else {each.name: each.type for each in msgspec.structs.fields(wanted)}
    for name, part in raw.items():
        place = f'{where}."{name}"' if is_dict else f"{where}.{name}"
        if not is_dict and name not in fields:
            raise ConfigError(place, _unknown("setting", name, fields))
        kind = get_args(wanted)[1] if is_dict else fields[name]
        _blame_part(part, kind, place)
        try:
            msgspec.convert(part, kind)
        except msgspec.ValidationError as error:
            raise ConfigError(place, _refusal(part, kind, error)) from None


def _refusal(raw: object, wanted: Any, error: msgspec.ValidationError) -> str:
    refused = f"{raw!r} is not accepted"
    if get_origin(wanted) is Literal:
        accepted = " or ".join(repr(choice) for choice in get_args(wanted))
        return f"{refused}: use {accepted}{_did_you_mean(raw, get_args(wanted))}"
    said = str(error)
    # What a struct checks by itself it says in its own words.
    return f"{refused}: {_wanted(raw, wanted) if said.startswith('Expected') else said}"


def _wanted(raw: object, wanted: Any) -> str:
    """Return in the words of who writes settings, which are not those of Python, what is."""
    from msgspec import inspect  # noqa: PLC0415 - only for who has made a mistake

    kind = inspect.type_info(wanted)
    is_list = isinstance(kind, inspect.VarTupleType | inspect.ListType)
    hint = f' (did you mean ["{raw}"]?)' if is_list and isinstance(raw, str) else ""
    return f"must be {_called(kind)}{hint}"


def _called(kind: Any) -> str:
    """Return what to call a type, as `msgspec.inspect` tells of it."""
    name = type(kind).__name__
    if name == "UnionType":
        return " or ".join(_called(each) for each in kind.types if _called(each) != "none")
    if name in {"VarTupleType", "ListType"}:
        return f"a list of {_called(kind.item_type)}"
    if name == "DictType":
        return f"a table, each value {_called(kind.value_type)}"
    called = {"IntType": "a whole number", "FloatType": "a number", "StrType": "text"}
    called |= {"BoolType": "true or false", "StructType": "a table", "NoneType": "none"}
    least, most = getattr(kind, "ge", None), getattr(kind, "le", None)
    bounds = "" if least is None else f" from {least}"
    bounds += "" if most is None else f" to {most}"
    return called.get(name, f"of type {name}") + bounds


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    return f"unknown {kind}{_did_you_mean(name, known)}; known are {', '.join(sorted(known))}"


def _did_you_mean(word: object, known: Collection[str]) -> str:
    # Imported by the mistake: every service start pays for what stands at the head of this file.
    from difflib import get_close_matches  # noqa: PLC0415

    close = get_close_matches(str(word).lower(), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _environment(name: str) -> _Layer:
    prefix = f"SNOWSHED_{name.upper()}_"
    values = {
        variable.removeprefix(prefix).lower(): text
        for variable, text in os.environ.items()
        if variable.startswith(prefix) and text
    }
    return _Layer(values, lambda key: prefix + key.upper())


def _file_layers(name: str) -> Iterator[_Layer]:
    for path, prefix, tables in _tables():
        place = f"{path}: {prefix}{name}"
        values = _table(tables.get(name, {}), place)
        yield _Layer(values, f"{place}.{{}}".format, strict=True)


def _tables() -> list[tuple[Path, str, Mapping[str, Any]]]:
    """Return the settings files in force as (path, what the keys start with, content)."""
    named = os.environ.get("SNOWSHED_CONFIG")
    if named:
        return _named_tables(Path(named))
    here = Path.cwd()
    return next(filter(None, map(_tables_in, (here, *here.parents))), [])


def _named_tables(path: Path) -> list[tuple[Path, str, Mapping[str, Any]]]:
    found = _tables_in(path) if path.is_dir() else list(_read(path))
    if not found:
        raise ConfigError(f"SNOWSHED_CONFIG: {path}", "no such file, or no settings in it")
    return found


def _tables_in(folder: Path) -> list[tuple[Path, str, Mapping[str, Any]]]:
    return [*_read(folder / "pyproject.toml"), *_read(folder / "snowshed.toml")]


def _read(path: Path) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    """Yield the settings in ``path``, if there is such a file and it has any."""
    shared = path.name == "pyproject.toml"
    content = _content(path)
    # A project file that never says the word is not ours to parse, nor to complain about.
    if content is None or (shared and b"snowshed" not in content):
        return
    document = _parse(path, content)
    if not shared:
        yield path, "", document
        return
    tool = _table(document.get("tool", {}), f"{path}: tool")
    if "snowshed" in tool:
        yield path, "tool.snowshed.", _table(tool["snowshed"], f"{path}: tool.snowshed")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from None


def _parse(path: Path, content: bytes) -> Mapping[str, Any]:
    import tomllib  # noqa: PLC0415 - a third of the time that a start without a file takes

    try:
        return tomllib.loads(content.decode())
    except ValueError as error:
        raise ConfigError(str(path), f"not valid TOML: {error}") from None


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(where, f"{value!r} is not accepted: must be a table")
    return value
