"""``snowshed config``: which settings are in force, and which place decided each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import click
import msgspec

from snowshed import config as settings
from snowshed.cli._output import print_json
from snowshed.cli._sections import SECTIONS, declared


@click.group(invoke_without_command=True)
@click.pass_context
def config(ctx: click.Context) -> None:
    """Look at the settings."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@config.command()
@click.option("--json", "as_json", is_flag=True, help="A document for programs.")
def show(*, as_json: bool) -> None:
    """Show each setting in force and the place that decided it.

    The text is what snowshed.toml may hold, each place a comment.
    """
    settings.reject_unknown_sections(SECTIONS)
    found = {name: settings.explain(name, declared(name)) for name in SECTIONS}
    if as_json:
        print_json(sections={name: _records(values) for name, values in found.items()})
        return
    click.echo("\n\n".join(_as_toml(name, values) for name, values in found.items()))


WIDEST = 60
"""Columns of a setting beyond which its place does not stand below those of the others."""

# Up to the last @: one that somebody forgot to escape in a password must not end it early.
_SECRET = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]*://).*(?=@)|(?P<key>[?&](?:password|token)=)[^&]*",
    re.IGNORECASE | re.DOTALL,
)


# Nothing of these is for anybody but their owner.
_SECRETS = {"debug_token", "profiles_headers"}


def _value(setting: settings.Setting) -> object:
    """Return the value of a setting as JSON and TOML know it, without what is secret."""
    value = msgspec.to_builtins(setting.value)
    if setting.key not in _SECRETS or not value:
        return _shown(value)
    return "***" if isinstance(value, str) else ["***" for _ in value]


def _shown(value: object) -> object:
    """Return a value as JSON and TOML know it, without what only its owner may know."""
    if isinstance(value, str):
        return _SECRET.sub(lambda found: f"{found['before'] or found['key']}***", value)
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return value


def _records(values: Iterable[settings.Setting]) -> list[dict[str, object]]:
    return [{"key": v.key, "value": _value(v), "source": v.source} for v in values]


def _as_toml(name: str, values: Iterable[settings.Setting]) -> str:
    lines = [(_assignment(value), value.source) for value in values]
    # One table in one line would push the places of all others out of sight.
    width = max((len(text) for text, _ in lines if len(text) <= WIDEST), default=0)
    return "\n".join([f"[{name}]", *(f"{text:<{width}}  # {source}" for text, source in lines)])


def _assignment(setting: settings.Setting) -> str:
    # TOML has no null: a setting that is none is one that is not written.
    if setting.value is None:
        return f"# {setting.key} = none"
    return f"{setting.key} = {_toml(_value(setting))}"


def _toml(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    if not isinstance(value, dict):
        # JSON's text, numbers and booleans are TOML's.
        return json.dumps(value)
    pairs = [
        f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items() if each is not None
    ]
    return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
