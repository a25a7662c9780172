"""What lint is given: paths, what stands on stdin, and the settings of another place."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from snowshed.errors import ConfigError

__all__ = ["place", "settings_of", "stdin", "stdin_as"]

_NAMED = "SNOWSHED_CONFIG"


def place(path: str) -> str:
    """Return what ``path`` names: a file or folder, or in the words of Go all below a folder.

    Raises:
        click.UsageError: it is empty, as a variable is that nobody has set: not the current folder.
    """
    if not path:
        raise click.UsageError("PATH is empty: for the current folder, name it or leave PATH out")
    folder, slash, last = path.rpartition("/")
    if last != "..." or Path(path).exists():
        return path
    return folder or slash or "."


def stdin_as(path: str) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """Return what stands on stdin by what ``path`` is called in findings, and what to look at."""
    from snowshed.lint._files import shown

    return {shown(path): stdin()}, (path,)


def stdin() -> bytes:
    """Return all that stands on stdin.

    Raises:
        click.UsageError: it is closed.
    """
    if sys.stdin is None:
        raise click.UsageError("stdin is closed")
    return sys.stdin.buffer.read()


@contextmanager
def settings_of(file: str | None) -> Iterator[None]:
    """Let the settings of ``file`` be in force; None: those that are anyway.

    Raises:
        ConfigError: there is no such file, or no settings in it.
    """
    if file is None:
        yield
        return
    before = os.environ.get(_NAMED)
    os.environ[_NAMED] = file
    try:
        yield
    except ConfigError as error:
        # Who has written an option knows nothing of the variable.
        where = error.where.replace(f"{_NAMED}: ", "--config: ")
        raise ConfigError(where, error.what) from None
    finally:
        if before is None:
            del os.environ[_NAMED]
        else:
            os.environ[_NAMED] = before
