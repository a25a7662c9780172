"""What ``snowshed doctor`` is pointed at: files, a folder, stdin, a process, a URL.

All of them become looks at one service, in the order in which they are named.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed._printable import printable
from snowshed.cli._ask import CannotAsk, Question, ask_for_part, at_url, said_instead
from snowshed.cli._progress import Progress, ticking
from snowshed.doctor import Examined, Loaded, load, load_file, look_at, not_wanted
from snowshed.doctor._in_turn import in_turn
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from snowshed.cli._access import Asking
    from snowshed.doctor import Look

__all__ = ["examined"]

_TREES = ("pprof", "snowshed")
# Of a folder. Of more looks no more can be learned, and each is kept until the end.
FILES_AT_MOST = 200
_TOLD_AT_MOST = 5
# What a service may be called that was meant as a URL.
_PLACE = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}(?:/\S*)?")


def examined(sources: Sequence[str], asking: Asking) -> Examined:
    """Return what all ``sources`` show, in their order.

    Raises:
        CannotAsk: a service gives no answer.
        FormatError: one of them holds nothing that can be diagnosed.
        OSError: a file cannot be read.
    """
    looks: list[Look] = []
    warnings: list[str] = []
    for source in sources:
        found = _of_service(source, asking) if _is_service(source) else _of_files(source)
        looks += found.looks
        warnings += found.warnings
    return Examined(tuple(looks), tuple(warnings))


def _is_service(source: str) -> bool:
    return "://" in source or (source.isdecimal() and not Path(source).exists())


def _of_service(source: str, asking: Asking) -> Examined:
    # Here and not above: files are diagnosed without.
    from urllib.parse import parse_qsl

    from snowshed.cli._processes import processes_of
    from snowshed.cli._workers import of_processes

    base, page, query = _parts(source)
    if page:
        process = at_url(base, asking.access)
        question = Question(page, dict(parse_qsl(query)))
        cut: list[str] = []
        data = ask_for_part(process, question, cut)
        with said_instead(cut):
            seen = _seen([load(source, data)])
        return Examined(seen.looks, (*cut, *seen.warnings))
    return of_processes(source, processes_of(source, asking.patient), asking)


def _parts(source: str) -> tuple[str, str, str]:
    """Return the URL of the pages, and the page with its query if ``source`` names one."""
    place, _, query = source.partition("?")
    for tree in _TREES:
        base, found, page = place.rpartition(f"/{tree}/")
        if found and page:
            return f"{base}/{tree}/", f"{tree}/{page}", query
    return source, "", ""


def _of_files(source: str) -> Examined:
    if source == "-" and sys.stdin is None:
        raise FormatError("stdin", "byte 0", "it is closed")
    if source == "-":
        with _named("stdin"), ticking(Progress("stdin")) as progress:
            return _seen([load_file("stdin", sys.stdin.buffer, progress=progress)])
    if not source:
        # And not the folder that one is in, as it would be for a path.
        msg = "the name of a source is empty: is a variable of the shell not set?"
        raise CannotAsk(msg)
    path = Path(source)
    if path.is_dir():
        return _of_folder(path)
    if _PLACE.fullmatch(source) and not path.exists():
        msg = f"{source}: there is no such file; if it is a service, its URL is http://{source}"
        raise CannotAsk(msg)
    return _seen([_loaded(path)])


def _of_folder(folder: Path) -> Examined:
    files, warnings = _files_in(folder)
    looks: list[Look] = []
    refused: list[str] = []
    for file in files:
        try:
            seen = _seen([_loaded(file)])
        except (FormatError, OSError) as error:
            refused.append(f"{error if isinstance(error, FormatError) else _told(error)}; left out")
        else:
            looks += seen.looks
            (warnings if seen.looks else refused).extend(seen.warnings)
    if not looks:
        why = f": {refused[0].removesuffix('; left out')}" if refused else ""
        raise FormatError(str(folder), "this folder", f"no file in it can be diagnosed{why}")
    warnings += refused[:_TOLD_AT_MOST]
    if len(refused) > _TOLD_AT_MOST:
        more = len(refused) - _TOLD_AT_MOST
        warnings.append(f"{folder}: {more:,} more that cannot be diagnosed; left out")
    return Examined(tuple(looks), tuple(warnings))


def _told(error: OSError) -> str:
    return f"{error.filename}: cannot be read: {error.strerror}"


def _loaded(path: Path) -> Loaded:
    # Asked first: a device may have no end. A pipe has one, as in `snowshed doctor <(curl ...)`.
    if stat.S_ISCHR(mode := path.stat().st_mode) or stat.S_ISBLK(mode):
        raise FormatError(str(path), "this device", "give a file, a pipe, or - for stdin")
    with _named(str(path)), path.open("rb") as file, ticking(_progress(path)) as progress:
        return load_file(str(path), file, progress=progress)


@contextmanager
def _named(source: str) -> Iterator[None]:
    """Have an error say what cannot be read: one of a file that is open already does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or source
        raise


def _progress(path: Path) -> Progress:
    # How large it is once decompressed nobody knows.
    packed = path.suffix in {".gz", ".gzip"}
    return Progress(printable(path), 0 if packed else path.stat().st_size)


def _files_in(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the newest files, the oldest of them first, and what was left out."""
    times: list[tuple[float, str]] = []
    others = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] == "." or entry.is_dir():
                continue
            try:
                found = entry.stat()
            except OSError:  # a link that leads nowhere
                others += 1
                continue
            if stat.S_ISREG(found.st_mode):
                times.append((found.st_mtime, entry.path))
            else:
                others += 1
    times.sort()
    warnings = []
    if len(times) > FILES_AT_MOST:
        warnings.append(
            f"{folder}: {len(times):,} files, of which the {FILES_AT_MOST} newest are read; "
            "name others one by one"
        )
    if others:
        warnings.append(f"{folder}: {others:,} entries that are no files; left out")
    return [Path(path) for _, path in times[-FILES_AT_MOST:]], warnings


def _seen(loaded: Sequence[Loaded]) -> Examined:
    looks = [(each, look_at(each)) for whole in loaded for each in in_turn(whole)]
    return Examined(tuple(look for _, look in looks if look is not None), tuple(_warnings(looks)))


def _warnings(looks: Sequence[tuple[Loaded, Look | None]]) -> Iterator[str]:
    for loaded, look in looks:
        for warning in loaded.warnings:
            yield f"{loaded.source}: {warning}"
        if look is None:
            yield f"{loaded.source}: {not_wanted(loaded)}; left out"
