"""What ``snowshed doctor`` is pointed at: files, a folder, stdin, a process, a URL.

All of them become looks at one service, in the order in which they are named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from snowshed.cli._ask import Question, ask_for_part, at_url, said_instead
from snowshed.cli._processes import processes_of
from snowshed.cli._workers import of_processes
from snowshed.doctor import Examined, Loaded, load, load_file, look_at, not_wanted
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from snowshed.cli._access import Access
    from snowshed.doctor import Look

__all__ = ["Asking", "examined"]

_PROFILES = "/pprof/"


@dataclass(frozen=True, slots=True)
class Asking:
    """How a service is asked.

    Attributes:
        access: for how long, as whom, and how it is known.
        force: whether to ask for a list of goroutines even if it is long.
        apart: seconds between two profiles.
        trace: seconds for which to trace a service in Go; None: not at all.
    """

    access: Access
    force: bool
    apart: float
    trace: float | None = None

    @property
    def patient(self) -> Access:
        """How it is asked, with time for what takes as long as somebody wants."""
        return replace(self.access, timeout=self.access.timeout + (self.trace or 0.0))


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
    base, page, query = _parts(source)
    if page:
        process = at_url(base, asking.access)
        question = Question(f"pprof/{page}", dict(parse_qsl(query)))
        cut: list[str] = []
        data = ask_for_part(process, question, cut)
        with said_instead(cut):
            seen = _seen([load(source, data)])
        return Examined(seen.looks, (*cut, *seen.warnings))
    return of_processes(source, processes_of(source, asking.patient), asking)


def _parts(source: str) -> tuple[str, str, str]:
    """Return the URL of the pages, and the page with its query if ``source`` names one."""
    place, _, query = source.partition("?")
    base, found, page = place.rpartition(_PROFILES)
    return (f"{base}{_PROFILES}", page, query) if found and page else (source, "", "")


def _of_files(source: str) -> Examined:
    if source == "-":
        return _seen([load_file("stdin", sys.stdin.buffer)])
    path = Path(source)
    if not path.is_dir():
        return _seen([_loaded(path, source)])
    loaded, warnings = [], []
    for file in _oldest_first(path):
        try:
            loaded.append(_loaded(file, str(file)))
        except FormatError as error:
            warnings.append(f"{error}; left out")
    if not loaded:
        raise FormatError(source, "this folder", "no file in it can be diagnosed")
    seen = _seen(loaded)
    return Examined(seen.looks, (*warnings, *seen.warnings))


def _loaded(path: Path, source: str) -> Loaded:
    with path.open("rb") as file:
        return load_file(source, file)


def _oldest_first(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if path.is_file() and path.name[0] != "."]
    return sorted(files, key=lambda path: (path.stat().st_mtime, path.name))


def _seen(loaded: Sequence[Loaded]) -> Examined:
    looks = [(each, look_at(each)) for each in loaded]
    return Examined(tuple(look for _, look in looks if look is not None), tuple(_warnings(looks)))


def _warnings(looks: Sequence[tuple[Loaded, Look | None]]) -> Iterator[str]:
    for loaded, look in looks:
        for warning in loaded.warnings:
            yield f"{loaded.source}: {warning}"
        if look is None:
            yield f"{loaded.source}: {not_wanted(loaded)}; left out"
