"""What it takes, beside the least that reading the same files could take.

The least is to read each file and to parse it: Go with tree-sitter, Python with ``ast.parse``. Each
is a process of its own, as the command is, with its start, on the same files and one core; the time
is CPU time. Both take turns. Others that look at the same files are there for comparison.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._go import go_root
from benchmarks._processes import CAN_MEASURE
from benchmarks._pythons import HOUSE
from benchmarks.lint._packages import unpacked
from benchmarks.lint._row import Row
from snowshed.lint._engine import lint

__all__ = ["NAME", "measure"]

NAME = "speed"
TIMES = 3.0
WARM = 0.1
MEMORY = 500
MILLION = 1_000_000
ROUNDS = 7
_PARTS = ("net", "database", "os", "cmd/go")
# Lines, which take ten seconds; what memory is taken is measured on more.
_SOME = 300_000
_PARSE = {
    "Go": """
import sys
from tree_sitter import Language, Parser
import tree_sitter_go
parser = Parser(Language(tree_sitter_go.language()))
for path in open(sys.argv[1]).read().splitlines():
    parser.parse(open(path, "rb").read())
""",
    "Python": """
import ast, sys, warnings
warnings.simplefilter("ignore")
for path in open(sys.argv[1]).read().splitlines():
    try:
        ast.parse(open(path, "rb").read())
    except (SyntaxError, ValueError):
        pass
""",
}
_BARE = {"Go": "tree-sitter", "Python": "`ast.parse`"}
_LINT = [sys.executable, "-m", "snowshed", "lint", "--jobs", "1"]
_RUFF = [
    "check",
    "--no-cache",
    "--quiet",
    "--isolated",
    "--no-respect-gitignore",
    "--select",
    "ASYNC,RUF006,B023,S113",
]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took: seconds of CPU, seconds on the clock, megabytes at most."""

    cpu: float
    wall: float
    memory: float


def measure(*, rounds: int = ROUNDS) -> Iterator[Row]:
    """Yield the rows; none where a process cannot be measured."""
    if not CAN_MEASURE:
        return
    yield from _of("Go", [go_root() / "src" / part for part in _PARTS], rounds)
    yield from _of("Python", _until(_SOME, [*unpacked()]), rounds)
    source = go_root() / "src"
    yield from _memory("Go", [path for path in sorted(source.iterdir()) if path.is_dir()])
    yield from _memory("Python", [*unpacked()])


def _of(language: str, folders: Sequence[Path], rounds: int) -> Iterator[Row]:
    """Yield what it takes, cold and warm, beside parsing the same files."""
    if not folders:
        return
    paths = [str(folder) for folder in folders]
    report = lint(paths)
    with tempfile.TemporaryDirectory() as name:
        files = Path(name, "files")
        read = (str(Path(path).resolve()) for path in report.read)
        files.write_text("\n".join(read), encoding="utf-8")
        bare = [sys.executable, "-c", _PARSE[language], str(files)]
        cold = [*_LINT, "--no-cache", *paths]
        spent = [(_spent(bare, name, most=0), _spent(cold, name)) for _ in range(rounds)]
        _spent([*_LINT, *paths], name)
        warm = [_spent([*_LINT, *paths], name) for _ in range(rounds)]
    least = statistics.median(each.cpu for each, _ in spent)
    times = statistics.median(ours.cpu / base.cpu for base, ours in spent)
    whole = f"{len(report.read):,} files, {report.lines:,} lines"
    what = f"{language}: all rules, cold, 1 = {_BARE[language]} alone"
    yield Row(NAME, what, times, TIMES, digits=2, note=f"{whole}, which alone takes {least:.1f} s")
    ours = statistics.median(each.cpu for _, each in spent)
    share = statistics.median(each.cpu for each in warm) / ours
    what = f"{language}: nothing changed, 1 = cold"
    yield Row(NAME, what, share, WARM, digits=2, note=f"cold takes {ours:.1f} s")
    yield from _rivals(language, paths, least)


def _rivals(language: str, paths: Sequence[str], least: float) -> Iterator[Row]:
    """Yield what others take on the same files: for information."""
    # None for Go: those that look at more than the text build it first.
    if language == "Python" and (ruff := shutil.which("ruff", path=_beside())):
        took = _spent([ruff, *_RUFF, *paths], str(HOUSE))
        what = "Python: ruff, the rules for asyncio, 1 = `ast.parse` alone"
        yield Row(NAME, what, took.cpu / least, digits=2)


def _memory(language: str, folders: Sequence[Path]) -> Iterator[Row]:
    """Yield the memory that a million lines take."""
    some = _until(MILLION, folders)
    if not some:
        return
    lines = sum(map(_lines, some))
    took = _spent([*_LINT, "--no-cache", *map(str, some)], str(HOUSE))
    what = f"{language}: memory at most, MB"
    yield Row(
        NAME,
        what,
        took.memory,
        MEMORY,
        note=f"{lines:,} lines in the folders, {took.cpu:.0f} s of CPU",
    )


def _until(lines: int, folders: Sequence[Path]) -> list[Path]:
    """Return as many of the folders as have so many lines; all, if they have fewer."""
    some: list[Path] = []
    have = 0
    for folder in folders:
        if have >= lines:
            break
        some.append(folder)
        have += _lines(folder)
    return some


def _lines(folder: Path) -> int:
    files = [path for suffix in ("go", "py") for path in folder.rglob(f"*.{suffix}")]
    return sum(path.read_bytes().count(b"\n") for path in files if path.is_file())


def _beside() -> str:
    """Return where the programs of this environment are, and those of the machine after them."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _spent(command: Sequence[str], folder: str, *, most: int = 1) -> Spent:
    """Run a command in ``folder``, which ends with ``most`` at most; return what it took."""
    began = time.perf_counter()
    # As it is installed: with its bytecode, which `pip` writes and some machines never do.
    with_bytecode = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=with_bytecode,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 <= process.returncode <= most:
        raise subprocess.CalledProcessError(process.returncode, command)
    wall = time.perf_counter() - began
    return Spent(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024 / 1e6)
