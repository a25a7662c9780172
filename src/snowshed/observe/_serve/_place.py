"""Where the processes of this user can be asked what their tasks do: one socket file for each.

Whoever looks for a stuck service knows its process id and nothing else. So each process under
snowshed listens on a Unix socket whose name is that id, in a directory that only this user can
enter::

    $SNOWSHED_DEBUG_DIR, else $XDG_RUNTIME_DIR/snowshed, else <temporary directory>/snowshed-<uid>

The last one lies where everybody may write, so somebody else may have made it first, or may have
put a link there that leads elsewhere. A directory that is not a real one of this user is refused.
And a path to a socket can have about a hundred bytes: a default place that is longer is passed
over, as is a runtime directory of another user, which `sudo -E` leaves in the environment.

A process that was killed leaves its file behind. Such files are removed by whoever looks next:
those of a process that is gone and behind which nobody answers. Both, because a process in a
container of its own is alive under a number that means nothing here.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["VARIABLE", "directory", "prepared", "socket_of", "sockets"]

VARIABLE = "SNOWSHED_DEBUG_DIR"
SUFFIX = ".sock"
# Of `sun_path` in Linux; 104 in BSD and macOS. Both with a zero byte at the end.
LONGEST_PATH = 103
_LONGEST_NAME = len(f"{2**22}{SUFFIX}")
_ANSWERS_WITHIN = 0.2


def directory() -> Path:
    """Return where the sockets of this user's processes are; it need not exist.

    Raises:
        ValueError: ``SNOWSHED_DEBUG_DIR`` is too long for a path to a socket, or not absolute.
    """
    told = os.environ.get(VARIABLE)
    if not told:
        return next(place for place in _defaults() if _fits(place))
    place = Path(told)
    if not place.is_absolute():
        msg = f"{VARIABLE} must be an absolute path, not {told!r}"
        raise ValueError(msg)
    if not _fits(place):
        longest = LONGEST_PATH - _LONGEST_NAME - 1
        msg = f"{VARIABLE} has {len(os.fsencode(place))} bytes; sockets allow at most {longest}"
        raise ValueError(msg)
    return place


def _defaults() -> Iterator[Path]:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute() and _is_ours(runtime):
        yield runtime / "snowshed"
    own = f"snowshed-{_user()}"
    # Not `tempfile.gettempdir()`: loading it would cost a starting service 10 ms.
    for variable in ("TMPDIR", "TEMP", "TMP"):
        folder = Path(os.environ.get(variable, ""))
        if folder.is_absolute() and folder.is_dir():
            yield folder / own
    yield Path("/tmp") / own  # noqa: S108 - what is found there is checked


def _is_ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == _user()
    except OSError:
        return False


def _fits(place: Path) -> bool:
    return len(os.fsencode(place)) + 1 + _LONGEST_NAME <= LONGEST_PATH


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def socket_of(pid: int) -> Path:
    """Return the path at which process ``pid`` listens, if it does.

    Raises:
        ValueError: see `directory`.
    """
    return directory() / f"{pid}{SUFFIX}"


def prepared() -> Path:
    """Return the directory, made for this user alone if there is none.

    Raises:
        OSError: it cannot be made, or is not safe to use: not a directory, somebody else's, or
            others can write to it.
        ValueError: see `directory`.
    """
    place = directory()
    told = bool(os.environ.get(VARIABLE))
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700, parents=told)
    # A directory that the operator has named may be a link of theirs.
    found = place.stat() if told else place.lstat()
    if not stat.S_ISDIR(found.st_mode):
        msg = f"{place} is not a directory; remove it, or name another one in {VARIABLE}"
        raise NotADirectoryError(msg)
    if found.st_uid != _user():
        msg = f"{place} belongs to user {found.st_uid}; name one of your own in {VARIABLE}"
        raise PermissionError(msg)
    if found.st_mode & 0o077:
        _close_to_others(place, found, told=told)
    return place


def _close_to_others(place: Path, found: os.stat_result, *, told: bool) -> None:
    if not told:
        place.chmod(0o700)
    elif found.st_mode & 0o022:
        msg = f"others can write to {place}; 'chmod go-w' it, or name another one in {VARIABLE}"
        raise PermissionError(msg)


def sockets() -> list[tuple[int, Path]]:
    """Return process id and path of each socket that is there, by id; remove those left behind.

    Cost: a look at the directory, and a connection for each file whose process is gone.

    Raises:
        ValueError: see `directory`.
    """
    try:
        found = [*directory().iterdir()]
    except OSError:
        return []
    named = [(int(path.stem), path) for path in found if _is_named_as_one(path)]
    return sorted(pair for pair in named if not _removed(*pair))


def _is_named_as_one(path: Path) -> bool:
    return path.suffix == SUFFIX and path.stem.isascii() and path.stem.isdigit()


def _removed(pid: int, path: Path) -> bool:
    """Remove a file that was left behind; tell whether it was."""
    if _is_alive(pid) or _answers(path):
        return False
    with contextlib.suppress(OSError):  # somebody else was faster, or owns it
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_ANSWERS_WITHIN)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # it cannot be told: rather keep it
    return True
