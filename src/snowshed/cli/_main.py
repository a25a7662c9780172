"""The group of commands, each imported when it is asked for."""

from __future__ import annotations

import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any

import click

from snowshed.cli._output import fail
from snowshed.errors import ConfigError
from snowshed.formats._uncollected import uncollected

_COMMANDS = {
    "config": "snowshed.cli._config:config",
    "demo": "snowshed.cli._demo:demo",
    "doctor": "snowshed.cli._doctor:doctor",
    "dump": "snowshed.cli._dump:dump",
    "explain": "snowshed.cli._explain:explain",
    "lint": "snowshed.cli._lint:lint",
    "rules": "snowshed.cli._rules:rules",
    "run": "snowshed.cli._run:run",
    "tasks": "snowshed.cli._tasks:tasks",
    "top": "snowshed.cli._top:top",
    "waits": "snowshed.cli._waits:waits",
}
# As a shell says it of a program that a closed pipe has ended.
_NOBODY_READS = 141


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is not None:
            with uncollected():
                command: click.Command = pkgutil.resolve_name(place)
            return command
        if cmd_name.startswith("-") or ctx.resilient_parsing:
            return None
        message = f"no command {cmd_name!r}: use one of {', '.join(_COMMANDS)}"
        raise click.UsageError(message, ctx)


@click.group(cls=_LazyGroup, invoke_without_command=True)
@click.version_option(package_name="snowshed", prog_name="snowshed")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Keep an asyncio service standing: see, bound and name the tasks that one request starts.

    Exit codes: 0 clean, 1 findings, 2 could not run.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def invoke(args: Sequence[str] | None) -> int:
    """Run the command that ``args`` name; every failure to do so is one line and a code."""
    _have_stdout()
    try:
        code: Any = cli.main(args, prog_name="snowshed", standalone_mode=False)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "snowshed"
        return fail(f"{command}: {error.format_message()}")
    except ConfigError as error:
        return fail(f"snowshed: {error}")
    except click.Abort:
        return 130
    except SystemExit as end:
        # What click does when nobody reads stdout any more, as behind `| head`: its 1 would say
        # that something was found.
        if end.code != 1:
            raise
        return _NOBODY_READS
    except OSError as error:  # a full disk behind stdout
        return fail(f"snowshed: {error}")
    return code or 0


def _have_stdout() -> None:
    """Let writing fail in one line where stdout is closed: then there is no such object at all."""
    if sys.stdout is None:
        nowhere = os.fdopen(os.open(os.devnull, os.O_RDONLY), "wb", buffering=0)
        # Without buffers: what cannot be written must not be tried again at the end.
        sys.stdout = io.TextIOWrapper(nowhere, write_through=True)
