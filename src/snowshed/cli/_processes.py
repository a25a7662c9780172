"""Which processes a person means who says "4711", or names a URL.

A process under snowshed listens on a socket whose name is its id. A service of several workers is
known by the id of the one that started them, so all below it in the tree of processes are meant
too. A process without a socket can be read from outside, where its interpreter allows that (see
`_outside`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.cli._ask import CannotAsk, Process, at_socket, at_url
from snowshed.observe._serve import _place

if TYPE_CHECKING:
    from snowshed.cli._access import Access

__all__ = ["processes_of"]

_PROC = Path("/proc")
_ROOT = 0
_ID = re.compile("0*[1-9][0-9]{0,99}", re.ASCII)


def processes_of(target: str, access: Access) -> list[Process]:
    """Return the processes that are meant, at least one.

    Args:
        target: the id of a process, or a URL.
        access: how they are asked.

    Raises:
        CannotAsk: it is neither, there is no such process, or none that can be asked.
    """
    if "://" in target:
        return [at_url(target, access)]
    if not _ID.fullmatch(target):
        msg = f"{target[:100]!r} is neither the id of a process nor a URL such as http://127.0.0.1:8000"
        raise CannotAsk(msg)
    pid = int(target)
    _check_alive(pid)
    try:
        served = dict(_place.sockets())
    except ValueError as error:
        raise CannotAsk(str(error)) from None
    family = [pid, *descendants(pid, parents())] if served else [pid]
    found = [at_socket(each, served[each], access.timeout) for each in family if each in served]
    return found or [_without_socket(pid)]


def _check_alive(pid: int) -> None:
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except (ProcessLookupError, OverflowError):
        msg = f"there is no process {pid} (any more)"
        raise CannotAsk(msg) from None


def _without_socket(pid: int) -> Process:
    """Return a process that snowshed is not in, if it can be read all the same."""
    # Here and not above: it takes as long to load as all the rest, and is hardly ever needed.
    from snowshed.cli import _outside

    owner, user = _owner_of(pid), os.geteuid()
    reader = _outside.reader_of(pid) if owner in {None, user} or user == _ROOT else None
    if reader is not None:
        return reader
    if owner is not None and owner != user:
        msg = f"process {pid} belongs to user {owner}, and only that user can ask it: use sudo -u"
        raise CannotAsk(msg)
    where = _place.directory()
    msg = (
        f"process {pid} and those that it has started have no socket in {where}: start the "
        f"service with 'snowshed run', or say in {_place.VARIABLE} where its sockets are"
    )
    raise CannotAsk(msg)


def _owner_of(pid: int) -> int | None:
    try:
        return (_PROC / str(pid)).stat().st_uid
    except OSError:
        return None


def descendants(pid: int, parent_of: dict[int, int]) -> Iterator[int]:
    """Yield all that a process has started, and those have, the nearest first."""
    children: dict[int, list[int]] = {}
    for child, parent in parent_of.items():
        children.setdefault(parent, []).append(child)
    line = [pid]
    for each in line:
        below = sorted(set(children.get(each, ())).difference(line))
        line.extend(below)
        yield from below


def parents() -> dict[int, int]:
    """Return for each process of this machine which one has started it."""
    found = dict(_from_proc(_PROC))
    return found or dict(_pairs(_listed_by_ps().splitlines()))


def _from_proc(proc: Path) -> Iterator[tuple[int, int]]:
    for path in proc.glob("[0-9]*/stat"):
        try:
            # The name of the program is in parentheses, and may hold some itself.
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if len(fields) > 1 and fields[1].isdecimal():
            yield int(path.parent.name), int(fields[1])


def _listed_by_ps() -> str:
    import subprocess

    try:
        done = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="],  # noqa: S607 - found as the user would
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _pairs(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    for line in lines:
        words = line.split()
        if len(words) == 2 and all(word.isdecimal() for word in words):
            yield int(words[0]), int(words[1])
