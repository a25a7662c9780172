"""How a command speaks: data on stdout, everything else on stderr, a failure in one line."""

from __future__ import annotations

import click

from snowshed._printable import printable


def fail(message: str, code: int = 2) -> int:
    """Say in one line why the work could not be done; return the exit code that says so too.

    Names that others have given may stand in it: what would steer a terminal is escaped.
    """
    click.echo(printable(" ".join(message.split())), err=True)
    return code


def print_json(**content: object) -> None:
    """Print a document for programs; ``schema`` changes when the meaning of a field does."""
    # Here and not above: whoever prints text starts faster without.
    import json

    click.echo(json.dumps({"schema": 1, **content}, indent=2))
