"""``snowshed dump``: every task with its stack, for the tools of Go and for the doctor."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snowshed.cli._access import Access, asks_a_process
from snowshed.cli._ask import CannotAsk, Process, Question, ask_all
from snowshed.cli._output import fail
from snowshed.cli._processes import processes_of
from snowshed.errors import FormatError
from snowshed.formats import pprof

if TYPE_CHECKING:
    from snowshed.model import Profile

_COMMAND = "snowshed dump"
_DEBUG: Mapping[str, str] = {"pprof": "", "debug=1": "1", "debug=2": "2"}
_BEGINNINGS: Mapping[str, bytes] = {"debug=1": b"goroutine profile: ", "debug=2": b"goroutine "}


@click.command()
@asks_a_process
@click.option("-o", "--output", "path", metavar="FILE", help="Where to write it. [stdout]")
@click.option(
    "--format",
    "form",
    type=click.Choice([*_DEBUG]),
    default="pprof",
    help="For go tool pprof; as text by stack; as text by task. [pprof]",
)
def dump(target: str, access: Access, path: str | None, form: str) -> int:
    """Write down where every task of a running service stands.

    snowshed dump 4711 -o now.pb.gz && go tool pprof -top now.pb.gz

    The worker processes of PID go into the same file, told apart by the label process. Exit code:
    0; 2 when nobody answers or FILE cannot be written.
    """
    if form == "pprof" and path is None and sys.stdout.isatty():
        return fail(
            f"{_COMMAND}: a profile is no text for a terminal: -o FILE, or --format debug=1"
        )
    try:
        processes = processes_of(target, access)
        question = Question("pprof/goroutine", {"debug": _DEBUG[form]})
        answers = ask_all(processes, question, _COMMAND)
        found = _in_one_profile(answers) if form == "pprof" else _in_one_text(answers, form)
    except CannotAsk as error:
        return fail(f"{_COMMAND}: {error}")
    return _write(found, path)


def _in_one_profile(answers: Sequence[tuple[Process, bytes]]) -> bytes:
    profiles = [(process, _read(process, body)) for process, body in answers]
    if len(answers) == 1:
        return answers[0][1]
    first = profiles[0][1]
    if any(profile.sample_types != first.sample_types for _, profile in profiles):
        msg = "the processes count different things: are they of one version? Dump each by its id"
        raise CannotAsk(msg)
    samples = [
        replace(
            sample,
            labels=(*sample.labels, ("process", process.name)),
            units=(*sample.units, "") if sample.units else (),
        )
        for process, profile in profiles
        for sample in profile.samples
    ]
    return pprof.write(replace(first, samples=tuple(samples)))


def _read(process: Process, body: bytes) -> Profile:
    try:
        return pprof.read(body)
    except FormatError as error:
        msg = f"{process.name}: what it sends is no profile: {error}"
        raise CannotAsk(msg) from None


def _in_one_text(answers: Sequence[tuple[Process, bytes]], form: str) -> bytes:
    for process, body in answers:
        # Many a service answers whatever is asked with a page for browsers.
        if body and not body.startswith(_BEGINNINGS[form]):
            begun = body[:20].decode(errors="replace")
            msg = f"{process.name}: what it sends is no dump of tasks: it begins with {begun!r}"
            raise CannotAsk(msg)
    if len(answers) == 1:
        return answers[0][1]
    parts = (b"# process %b\n%b" % (process.name.encode(), body) for process, body in answers)
    return b"\n".join(parts)


def _write(found: bytes, path: str | None) -> int:
    if path is None or path == "-":
        click.echo(found, nl=False)
        return 0
    try:
        Path(path).write_bytes(found)
    except OSError as error:
        return fail(f"{_COMMAND}: {path or repr(path)}: cannot be written: {error.strerror}")
    click.echo(f"{path}: {len(found):,} bytes", err=True)
    return 0
