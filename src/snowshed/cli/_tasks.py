"""``snowshed tasks``: what the tasks of a running service do, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from snowshed._printable import printable
from snowshed.cli._access import Access, asks_a_process
from snowshed.cli._ask import (
    CannotAsk,
    Process,
    Question,
    ask_all,
    read_json,
    where,
)
from snowshed.cli._duration import duration_in
from snowshed.cli._groups import columns, merge, row, shown
from snowshed.cli._output import fail, print_json
from snowshed.cli._processes import processes_of
from snowshed.cli._table import Column, lines, terminal_width
from snowshed.observe._waits import duration, place_of

if TYPE_CHECKING:
    from snowshed.model import TaskSnapshot

_COMMAND = "snowshed tasks"
ALIKE = "state,waiting-at,created-at"
# Of one process: groups by something that each task has of its own must not be all of them.
_GROUPS_AT_MOST = 10_000
_ALL = 999_999_999
Answers = Sequence[tuple[Process, bytes]]


@click.command()
@asks_a_process
@click.option(
    "--group-by",
    metavar="WHAT,...",
    help="created-at, waiting-at, state, scope, request, function, owner, kind, loop, resource. "
    f"[{ALIKE}]",
)
@click.option("--each", is_flag=True, help="Each task in a line of its own, the oldest first.")
@click.option(
    "--older-than", callback=duration_in, metavar="10s", help="Only those that are older."
)
@click.option(
    "--state", multiple=True, metavar="STATE", help="Only those in this state; may be given again."
)
@click.option(
    "--owner",
    multiple=True,
    metavar="OWNER",
    help="Only those of user, infrastructure, driver, helper.",
)
@click.option(
    "--limit", type=click.IntRange(0), default=40, metavar="N", help="So many lines; 0: all. [40]"
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for programs. [text]",
)
def tasks(target: str, access: Access, output: str, **asked: Any) -> int:
    """Show what the tasks of a running service do, and who made them.

    PID is a process under snowshed run; its worker processes are counted with it. URL is where a
    service shows its debug pages, such as http://127.0.0.1:8000. Exit code: 0; 2 when nobody
    answers.
    """
    try:
        if asked["each"] and asked["group_by"] is not None:
            msg = "--each shows no groups: give it, or --group-by"
            raise CannotAsk(msg)
        processes = processes_of(target, access)
        show = _each if asked["each"] else _grouped
        show(processes, asked, output)
    except CannotAsk as error:
        return fail(f"{_COMMAND}: {error}")
    return 0


def names_in(text: str) -> list[str]:
    """Return what ``--group-by`` names.

    Raises:
        CannotAsk: nothing.
    """
    names = [*dict.fromkeys(name.strip() for name in text.split(",") if name.strip())]
    if not names:
        msg = f"--group-by names nothing; such as {ALIKE}"
        raise CannotAsk(msg)
    return names


def grouped_by(by: Sequence[str]) -> dict[str, str]:
    """Return the parameters that ask for groups."""
    return {"group-by": ",".join(by), "limit": str(_GROUPS_AT_MOST)}


def _chosen_by(asked: Mapping[str, Any]) -> dict[str, str | Sequence[str]]:
    older = asked["older_than"]
    return {
        "older-than": "" if older is None else f"{older:.9f}".rstrip("0").rstrip("."),
        "state": asked["state"],
        "owner": asked["owner"],
    }


def _grouped(processes: Sequence[Process], asked: Mapping[str, Any], output: str) -> None:
    by = names_in(ALIKE if asked["group_by"] is None else asked["group_by"])
    question = Question("snowshed/tasks", {**grouped_by(by), **_chosen_by(asked)})
    answers = ask_all(processes, question, _COMMAND)
    documents = [
        read_json(process, body, "groups", "total", "matching", "left_out")
        for process, body in answers
    ]
    groups = merge(documents, by)
    limit = asked["limit"] or len(groups)
    unseen = sum(each["left_out"] for each in documents)
    if output == "json":
        print_json(
            **_about(answers, documents),
            group_by=by,
            left_out=len(groups[limit:]) + unseen,
            groups=[group.as_dict(by) for group in groups[:limit]],
        )
        return
    click.echo(heading(answers, documents))
    rows = [row(group, len(answers)) for group in groups[:limit]]
    _print_table(columns(by, len(answers)), rows)
    left_out = len(groups[limit:]) + unseen
    if left_out:
        click.echo(f"and {left_out:,} more groups, none of them larger{_how_to_see_all(asked)}")


def _each(processes: Sequence[Process], asked: Mapping[str, Any], output: str) -> None:
    # What no process has so many of is all of them.
    limit = min(asked["limit"], _ALL)
    question = Question("snowshed/tasks", {"limit": str(limit or ""), **_chosen_by(asked)})
    answers = ask_all(processes, question, _COMMAND)
    documents = [
        read_json(process, body, "tasks", "total", "matching", "left_out")
        for process, body in answers
    ]
    found = [(process, task) for process, body in answers for task in _tasks_in(process, body)]
    found.sort(key=lambda each: -1.0 if each[1].age is None else each[1].age, reverse=True)
    told = found[: limit or len(found)]
    left_out = sum(each["left_out"] for each in documents) + len(found) - len(told)
    if output == "json":
        rows = [_described(process, task) for process, task in told]
        print_json(**_about(answers, documents), left_out=left_out, tasks=rows)
        return
    click.echo(heading(answers, documents))
    several = [Column("process")] if len(answers) > 1 else []
    titles = ("name", "state", "waiting at", "created at")
    last = (Column("age", right=True), Column("request"))
    cells = [_cells(process, task, several) for process, task in told]
    _print_table([*several, *map(Column, titles), *last], cells)
    if left_out:
        click.echo(f"and {left_out:,} more{_how_to_see_all(asked)}")


def _how_to_see_all(asked: Mapping[str, Any]) -> str:
    # Without a limit it is the process that has kept some back.
    return " (--limit 0 shows all)" if asked["limit"] else ""


def _tasks_in(process: Process, body: bytes) -> list[TaskSnapshot]:
    # Half of the time until the first line is this import, and groups do without it.
    from snowshed.integrations._debug._rows import read

    try:
        return read(body)
    except ValueError as error:
        msg = f"{process.name}: its tasks cannot be read: {error}"
        raise CannotAsk(msg) from None


def _cells(process: Process, task: TaskSnapshot, several: Sequence[Column]) -> Iterator[str]:
    if several:
        yield process.name
    yield task.name
    yield str(task.state)
    yield shown(str(place_of(task)))
    yield shown("" if task.created_at is None else str(task.created_at))
    yield "-" if task.age is None else duration(task.age)
    yield task.request or "-"


def _described(process: Process, task: TaskSnapshot) -> dict[str, object]:
    return {
        "process": process.name,
        "id": task.id,
        "kind": task.kind,
        "name": task.name,
        "state": str(task.state),
        "waiting_at": str(place_of(task)),
        "created_at": None if task.created_at is None else str(task.created_at),
        "function": str(task.function),
        "stack": [str(frame) for frame in task.stack],
        "owner": task.owner,
        "request": task.request,
        "scope": task.scope,
        "age": task.age,
        "resource": None if task.resource is None else task.resource.text or task.resource.kind,
        "awaits": list(task.awaits),
        "loop": task.loop,
    }


def _about(answers: Answers, documents: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    processes = [
        {"process": process.name, "total": each["total"], "matching": each["matching"]}
        for (process, _), each in zip(answers, documents, strict=True)
    ]
    return {
        "processes": processes,
        "total": sum(each["total"] for each in documents),
        "matching": sum(each["matching"] for each in documents),
    }


def heading(answers: Answers, documents: Sequence[Mapping[str, Any]]) -> str:
    """Return the line above a table: how many tasks, in which processes."""
    total = sum(each["total"] for each in documents)
    matching = sum(each["matching"] for each in documents)
    names = [process.name for process, _ in answers]
    several = f" ({', '.join(names)})" if len(names) > 1 else ""
    chosen = "" if matching == total else f", {matching:,} of them as asked for"
    place = printable(where(names))
    return f"{total:,} tasks and threads {place}{several}{chosen}"


def _print_table(titles: Sequence[Column], rows: Sequence[Iterator[str] | Sequence[str]]) -> None:
    if rows:
        for line in lines(titles, [list(cells) for cells in rows], terminal_width()):
            click.echo(line)
