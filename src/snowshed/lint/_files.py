"""From the paths that are given to the files that are read.

A tree holds far more Go and Python than anybody there has written: vendored modules, virtual
environments, what a build has made. Folders are walked without those and without what
``.gitignore`` names; a file that is named is read all the same.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.lint._finding import Problem
from snowshed.lint._ignored import Ignored

if TYPE_CHECKING:
    from snowshed.lint._patterns import Patterns

__all__ = ["SUFFIX", "File", "Found", "Language", "Role", "find", "shown"]


class Language(StrEnum):
    """What a file is written in."""

    GO = "go"
    PYTHON = "python"


class Role(Enum):
    """Why a file is read."""

    FOUND = "found"
    """It lies in a folder that was given."""
    NAMED = "named"
    """It was given: it is read even if a program has written it."""
    BESIDE = "beside"
    """It lies beside one that was given, and what it says is needed to judge that one."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read.

    Attributes:
        path: what it is called everywhere: relative to the current folder where that is possible.
        language: what it is written in.
        role: why it is read.
        walked: the folder that was given and in which it was found; empty for the others.
    """

    path: str
    language: Language
    role: Role = Role.FOUND
    walked: str = ""


@dataclass(slots=True)
class Found:
    """What there is to read.

    Attributes:
        files: the files, each once, by path.
        problems: what there is no way to read.
        unread: how many of these are.
    """

    files: list[File] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: int = 0

    def refuse(self, path: str, why: str) -> None:
        """Take note that ``path`` cannot be read."""
        self.problems.append(Problem(path, why))
        self.unread += 1


SUFFIX = {Language.GO: ".go", Language.PYTHON: ".py"}
"""What the names of files end in, by language."""
_LANGUAGES = {suffix: language for language, suffix in SUFFIX.items()}
_NOTEBOOK = ".ipynb"
_NEVER = {
    *("vendor", "third_party", "node_modules", "bower_components", "testdata"),
    *("__pycache__", "__pypackages__", "site-packages", "_build", "buck-out"),
}
# Also what packages of a toolchain are called: those have source at their top.
_BUILT = {"build", "dist"}
_ENVIRONMENT = {"pyvenv.cfg", "conda-meta"}


def find(
    paths: Sequence[str],
    *,
    exclude: Patterns,
    base: Path,
    given: Collection[str] = (),
    force_exclude: bool = False,
) -> Found:
    """Return what there is to read in ``paths``.

    Args:
        paths: files and folders.
        exclude: what is not walked into.
        base: the folder that ``exclude`` is relative to.
        given: paths of which the content is known: they need not exist.
        force_exclude: whether ``exclude`` also holds for files that are named.
    """
    return _Finder(exclude, base, given, force_exclude=force_exclude).find(paths)


def shown(path: str) -> str:
    """Return what ``path`` is called: relative to the current folder where it lies in that."""
    if Path(path).is_absolute():
        inside = os.path.relpath(path) if _same_drive(path) else path
        path = path if inside.startswith(os.pardir) else inside
    elif os.pardir not in Path(path).parts:
        path = os.path.normpath(path)
    return path.replace(os.sep, "/")


def _same_drive(path: str) -> bool:
    return os.path.splitdrive(path)[0] == os.path.splitdrive(Path.cwd())[0]


def _language(path: str) -> Language | None:
    return _LANGUAGES.get(path[path.rfind(".") :])


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder.

    Attributes:
        here: what it is called, with a slash at its end; empty for the current one.
        relative: what patterns see of it, likewise.
        real: where it is.
        ignored: what git ignores in it.
    """

    here: str
    relative: str
    real: str
    ignored: Ignored

    def inside(self, name: str) -> _Place:
        """Return the folder ``name`` in it."""
        real = f"{self.real.rstrip(os.sep)}{os.sep}{name}"
        ignored = self.ignored.inside(real, name)
        return _Place(f"{self.here}{name}/", f"{self.relative}{name}/", real, ignored)


class _Finder:
    """One search."""

    def __init__(
        self, exclude: Patterns, base: Path, given: Collection[str], *, force_exclude: bool
    ) -> None:
        self._exclude = exclude
        self._base = base
        self._given = {shown(path) for path in given}
        self._force = force_exclude
        self._found = Found()
        self._real: dict[str, File] = {}
        self._links: list[File] = []
        # Whether settings or git exclude something that may have been read.
        self._left_out = False

    def find(self, paths: Sequence[str]) -> Found:
        for path in dict.fromkeys(map(shown, paths)):
            if not _nameable(path):
                self._refuse_name(path)
            elif path in self._given or not _is_folder(path):
                self._name(path)
            else:
                self._walk(path)
        for link in self._links:
            # What it leads to may be read already, by its own name or another.
            self._real.setdefault(os.path.realpath(link.path), link)
        self._look_beside()
        self._found.files = sorted(self._real.values(), key=lambda file: file.path)
        return self._found

    def _refuse_name(self, path: str) -> None:
        self._found.refuse(ascii(path)[1:-1], "its name is not UTF-8: not read")

    def _name(self, path: str) -> None:
        """Take the file ``path``, which was given."""
        if self._force and self._excluded(path):
            return
        why = self._unreadable(path)
        language = _language(path) or (None if why else _by_first_line(path))
        if not why and language is None:
            why = "is neither Go nor Python by its name (.go, .py) or first line: not read"
            if path.endswith(_NOTEBOOK):
                why = "is a notebook: not read"
        if why or language is None:
            self._found.refuse(path, why)
        else:
            self._real[os.path.realpath(path)] = File(path, language, Role.NAMED)

    def _unreadable(self, path: str) -> str:
        """Return why ``path`` cannot be read; empty if nothing is known that speaks against it."""
        if path in self._given:
            return ""
        try:
            mode = Path(path).stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return "is a link to nothing" if Path(path).is_symlink() else "no such file or folder"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return "" if stat.S_ISREG(mode) else "is no regular file: not read"

    def _excluded(self, path: str) -> bool:
        relative = self._relative(path)
        return self._exclude.cover(relative) or any(map(_skipped, relative.split("/")[:-1]))

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, self._base).replace(os.sep, "/")

    def _walk(self, root: str) -> None:
        """Take what lies in the folder ``root``, which was given."""
        # Not what is new: it may have been given by its name, too.
        count, refused = 0, self._found.unread
        self._left_out = False
        todo = [self._place(root)]
        while todo:
            place = todo.pop()
            for entry, is_folder in self._inside(place):
                if is_folder:
                    todo.append(place.inside(entry.name))
                else:
                    count += 1
                    self._take(entry, place, root)
        if not count and self._found.unread == refused:
            but = " that is not excluded" if self._left_out else ""
            message = f"there is no file of Go or Python in it{but}"
            self._found.problems.append(Problem(root, message))

    def _place(self, folder: str) -> _Place:
        relative = self._relative(folder or os.curdir)
        real = os.path.realpath(folder)
        return _Place(
            "" if folder in {"", os.curdir} else f"{folder.rstrip('/')}/",
            "" if relative == os.curdir else f"{relative}/",
            real,
            Ignored.at(real),
        )

    def _inside(self, place: _Place) -> Iterator[tuple[os.DirEntry[str], bool]]:
        """Yield what there may be to read in a folder, and whether it is one, too."""
        for entry in self._entries(place.here or os.curdir, place.real):
            is_folder = entry.is_dir(follow_symlinks=False)
            seen = f"{entry.name}/" if is_folder else entry.name
            if self._exclude.say(place.relative + seen) or place.ignored.names(seen):
                self._left_out = True
            else:
                yield entry, is_folder

    def _entries(self, folder: str, real: str) -> Iterable[os.DirEntry[str]]:
        """Return what there may be to read in ``folder``."""
        try:
            with os.scandir(real) as listing:
                entries = [entry for entry in listing if not entry.name.startswith(".")]
        except OSError as error:
            self._found.refuse(shown(folder), f"cannot be read: {error.strerror}")
            return []
        if any(entry.name in _ENVIRONMENT for entry in entries):
            return []
        return [entry for entry in entries if self._wanted(entry)]

    def _wanted(self, entry: os.DirEntry[str]) -> bool:
        if not entry.is_dir(follow_symlinks=False):
            return _language(entry.name) is not None or entry.name.endswith(_NOTEBOOK)
        if not _nameable(entry.name):
            self._refuse_name(entry.path)
            return False
        return not _skipped(entry.name) and not (entry.name in _BUILT and _is_built(entry.path))

    def _take(self, entry: os.DirEntry[str], place: _Place, root: str) -> None:
        path = place.here + entry.name
        language = _language(entry.name)
        if not _nameable(entry.name):
            self._refuse_name(path)
        elif language is None:
            self._found.refuse(path, "is a notebook: not read")
        elif entry.is_file(follow_symlinks=False):
            file = File(path, language, walked=root)
            self._real.setdefault(f"{place.real}{os.sep}{entry.name}", file)
        elif why := self._unreadable(path):
            self._found.refuse(path, why)
        else:
            self._links.append(File(path, language, walked=root))

    def _look_beside(self) -> None:
        """Take what lies beside the files that were given."""
        wanted: dict[str, set[Language]] = defaultdict(set)
        for file in self._real.values():
            if file.role is Role.NAMED:
                wanted[file.path.rpartition("/")[0]].add(file.language)
        for folder, languages in wanted.items():
            if not _is_folder(folder or os.curdir):
                continue
            place = self._place(folder)
            for entry, is_folder in self._inside(place):
                language = _language(entry.name)
                if language in languages and not is_folder and entry.is_file():
                    file = File(place.here + entry.name, language, Role.BESIDE)
                    self._real.setdefault(os.path.realpath(entry.path), file)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def _skipped(folder: str) -> bool:
    return folder in _NEVER or (folder.startswith(".") and folder not in {".", ".."})


def _nameable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_built(folder: str) -> bool:
    try:
        with os.scandir(folder) as listing:
            names = [entry.name for entry in listing]
    except OSError:
        return False
    return not any(name.endswith(".go") or name == "__init__.py" for name in names)


def _by_first_line(path: str) -> Language | None:
    """Return the language of a program that has no suffix, by the line that starts it."""
    try:
        with Path(path).open("rb") as file:
            first = file.readline(200)
    except OSError:
        # Whoever reads it says why it cannot.
        return None
    return Language.PYTHON if first.startswith(b"#!") and b"python" in first else None
