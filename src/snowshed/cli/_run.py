"""``snowshed run``: become the service, with snowshed inside it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import click

import snowshed.attach
from snowshed import config
from snowshed.attach._settings import Settings
from snowshed.attach._shed import NAMELESS, cluster_of, read_settings
from snowshed.cli._output import fail
from snowshed.cli._sections import SECTIONS
from snowshed.errors import ConfigError
from snowshed.observe import Settings as ObserveSettings
from snowshed.observe._serve._listen import listen_on_port

_BOOTSTRAP = Path(snowshed.attach.__file__).with_name("_bootstrap")


# Options stay text: the section's own rules judge them, so no second copy of the rules is here.
@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--mode", metavar="observe|enforce", help="Report only, or act. [observe]")
@click.option("--budget", metavar="N", help="Live tasks that one request may hold. [50]")
@click.option(
    "--on-excess",
    metavar="reject|cancel",
    help="In enforce: fail the task over budget, or end the whole request. [reject]",
)
@click.option("--timeout", metavar="SECONDS", help="Longest handling of a request. [none]")
@click.option("--service", metavar="NAME", help="Name in log lines and metrics. [service]")
@click.option(
    "--objective",
    metavar="SECONDS",
    help="In enforce: within this a request without a deadline should be answered. [1]",
)
@click.option("--rules", metavar="FILE", help="Rules that degrade, sample and refuse. [none]")
@click.option(
    "--shed",
    metavar="enforce|dry-run|off",
    help="Refuse what is too much, only count it, or neither. [enforce]",
)
@click.option("--debug-port", metavar="N", help="Serve the debug pages on this port, too. [none]")
@click.option(
    "--profiles-to", metavar="DIR|URL", help="Keep profiles there, or send them there. [nowhere]"
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], **options: str | None) -> int:
    """Run COMMAND with snowshed inside, no code changed.

    snowshed run --mode enforce --budget 50 -- uvicorn app:app

    The process becomes COMMAND; its worker processes get snowshed too. Each option is also a
    variable (SNOWSHED_RUN_BUDGET) and a setting ([tool.snowshed.run] in pyproject.toml); see them
    with: snowshed config show. Exit code: that of COMMAND; 127 when it does not exist, 126 when it
    cannot be executed, 2 when an option or setting is not accepted.
    """
    given = {key: text for key, text in options.items() if text is not None}
    shed = {_SHED[key]: given.pop(key) for key in tuple(given) if key in _SHED}
    observe = {key: given.pop(key) for key in tuple(given) if key in _OBSERVE}
    config.reject_unknown_sections(SECTIONS)
    settings = config.section("run", Settings, overrides=given, spelled=_flag)
    _check_shed(shed, settings)
    _warn_of_port(config.section("observe", ObserveSettings, overrides=observe, spelled=_flag))
    sections = {"run": given, "shed": shed, "observe": observe}
    return _become(command, service_environment(os.environ, sections, config.directory()))


# Options of section `shed`, by its keys: to the user they are options of one command.
_SHED = {"objective": "objective", "rules": "rules", "shed": "mode"}
# And of section `observe`.
_OBSERVE = {"debug_port", "profiles_to"}
_OPTION_OF = {key: option for option, key in _SHED.items()}


def _check_shed(given: Mapping[str, str], run: Settings) -> None:
    def flag(key: str) -> str:
        return _flag(_OPTION_OF.get(key, key))

    settings, rules = read_settings(given, spelled=flag)
    if rules is not None:
        rules.load()
    if settings.redis is not None and run.service == Settings().service:
        raise ConfigError(*NAMELESS)
    cluster_of(settings, run.service)
    if given and run.mode == "observe" and settings.mode == "enforce":
        options = " and ".join(map(flag, given))
        note = "it only observes; add --mode enforce, or --shed dry-run"
        click.echo(f"snowshed run: {options} has no effect: {note}", err=True)


def _warn_of_port(settings: ObserveSettings) -> None:
    """Say that another has the port: to a worker of the service that is nothing to speak of."""
    if settings.debug_port is None:
        return
    try:
        listen_on_port(settings.debug_host, settings.debug_port).socket.close()
    except OSError as error:
        where = f"port {settings.debug_port} of {settings.debug_host}"
        click.echo(
            f"snowshed run: no debug pages at {where}: {error.strerror}; free it, or name another",
            err=True,
        )


def service_environment(
    environment: Mapping[str, str],
    given: Mapping[str, Mapping[str, str]],
    settings: Path | None,
) -> dict[str, str]:
    """Return the environment in which a service starts snowshed by itself.

    Args:
        environment: that of this process.
        given: options of ``snowshed run``, by section and key.
        settings: where the settings come from; named, so that a service which changes its
            directory still finds them.
    """
    before = environment.get("PYTHONPATH", "").split(os.pathsep)
    # An empty entry would mean the current directory, so an empty variable must not leave one.
    path = [str(_BOOTSTRAP), *(entry for entry in before if entry not in {"", str(_BOOTSTRAP)})]
    added = {
        f"SNOWSHED_{section.upper()}_{key.upper()}": text
        for section, options in given.items()
        for key, text in options.items()
    }
    if settings is not None:
        added["SNOWSHED_CONFIG"] = str(settings)
    return {**environment, **added, "PYTHONPATH": os.pathsep.join(path)}


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


def _become(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    name = command[0]
    _restore_signals()
    try:
        os.execvpe(name, command, environment)  # noqa: S606 - to run the user's command is the task
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last one: an empty name
        return fail(f"snowshed run: {name or repr(name)}: {_why_missing(name)}", 127)
    except OSError as error:
        return fail(f"snowshed run: {name}: cannot be executed: {error.strerror}", 126)


def _restore_signals() -> None:
    """Undo what Python did at its start: an ignored signal stays ignored in the command."""
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _why_missing(name: str) -> str:
    if not name:
        return "the command is an empty word"
    if shutil.which(name):
        return "the interpreter that its first line names does not exist"
    # The command of a virtual environment that is not activated is beside our own Python.
    beside = Path(sys.executable).parent / name
    hint = os.sep not in name and beside.is_file()
    return f"command not found; did you mean {beside}?" if hint else "command not found"
