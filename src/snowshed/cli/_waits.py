"""``snowshed waits``: who holds up whom in a running service."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from snowshed._printable import printable
from snowshed.cli._access import Access, asks_a_process
from snowshed.cli._ask import (
    CannotAsk,
    Process,
    Question,
    ask_all,
    read_json,
)
from snowshed.cli._output import fail, print_json
from snowshed.cli._processes import processes_of

_COMMAND = "snowshed waits"
_TEXT = re.compile(rb"[0-9][0-9,]* tasks?: ")


@click.command()
@asks_a_process
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for programs. [text]",
)
def waits(target: str, access: Access, output: str) -> int:
    """Show who holds up whom in a running service.

    That is the task or the lock that others wait behind, and tasks that wait for themselves. Tasks
    of different processes never wait for each other, so each worker process has a part of its own.
    Exit code: 0, whatever was found; 2 when nobody answers.
    """
    try:
        processes = processes_of(target, access)
        question = Question("snowshed/waits", {"format": output})
        answers = ask_all(processes, question, _COMMAND)
        if output == "json":
            print_json(processes=_documents(answers))
        else:
            _print_text(answers)
    except CannotAsk as error:
        return fail(f"{_COMMAND}: {error}")
    return 0


def _documents(answers: Sequence[tuple[Process, bytes]]) -> list[dict[str, object]]:
    return [
        {"process": process.name, "waits": read_json(process, body, "waits")["waits"]}
        for process, body in answers
    ]


def _print_text(answers: Sequence[tuple[Process, bytes]]) -> None:
    for process, body in answers:
        if not _TEXT.match(body):
            msg = f"{process.name}: what answers is not snowshed, or a later version of it"
            raise CannotAsk(msg)
    for place, (process, body) in enumerate(answers):
        if len(answers) > 1:
            blank = "\n" if place else ""
            click.echo(f"{blank}process {process.name}")
        for line in body.decode(errors="replace").rstrip("\n").split("\n"):
            click.echo(printable(line))
