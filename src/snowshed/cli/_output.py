"""How a command speaks: data on stdout, everything else on stderr, a failure in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from snowshed._printable import printable


def fail(message: str, code: int = 2) -> int:
    """Say in one line why the work could not be done; return the exit code that says so too.

    Names that others have given may stand in it: what would steer a terminal is escaped.
    """
    click.echo(printable(" ".join(message.split())), err=True)
    return code


def writable(output: str, sources: Sequence[str], what: str) -> Path:
    """Return the file that ``--output`` names, before the work is done that it is to hold.

    Args:
        output: as it was given.
        sources: what the report is about, which it must not overwrite.
        what: is done with these, such as ``diagnosed``.

    Raises:
        click.UsageError: nothing can be written there.
    """
    path = Path(output)
    if any(_is_same(path, each) for each in sources):
        raise click.UsageError(f"--output {output!r}: that is what is to be {what}")
    if path.is_dir() or not path.parent.is_dir():
        why = "is a folder" if path.is_dir() else f"there is no folder {str(path.parent)!r}"
        raise click.UsageError(f"--output {output!r}: {why}")
    return path


def _is_same(path: Path, source: str) -> bool:
    try:
        return path.samefile(source)
    except OSError:  # one of them is no file
        return False


def print_json(**content: object) -> None:
    """Print a document for programs; ``schema`` changes when the meaning of a field does."""
    # Here and not above: whoever prints text starts faster without.
    import json

    click.echo(json.dumps({"schema": 1, **content}, indent=2))
