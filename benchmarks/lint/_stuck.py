"""Where the labelled leak programs of the Go toolchain get stuck: by running them.

Go's own test of these programs names functions and kinds of waits; what is measured here needs
lines. So each program is run as that test runs it, and the lines are taken from the stacks of what
the collector has proven to be leaked. Many of the programs depend on the order in which goroutines
run: they are run often, and what was stuck in any run counts. As that takes minutes and differs a
little from run to run, what came out is kept in ``stuck.json``.

usage: python -m benchmarks.lint._stuck [--times N]     run them, and write ``stuck.json``
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._go import build, go_root, go_version

__all__ = ["Program", "Stuck", "folder", "kept", "run"]

KEPT = Path(__file__).with_name("stuck.json")
SCHEMA = 1
TIMES = 30
# Where nothing was stuck in all of these, as the order of the goroutines has to be a rare one.
MORE = 20
_LEAKED = re.compile(r"goroutine \d+ [^\[]*\[(?P<state>[^\]]*?) \(leaked\)")
_FRAME = re.compile(
    r"^main\.(?P<function>.+)\(.*\)\n\t.*?(?P<file>[^/\n]+\.go):(?P<line>\d+)", re.MULTILINE
)
_REGISTERED = re.compile(r'\bregister\("(\w+)"')
_AT_ONCE = 2


@dataclass(frozen=True, slots=True, order=True)
class Stuck:
    """A place where goroutines of a program are stuck.

    Attributes:
        line: the line of the operation.
        function: the function it stands in, without its package.
        state: what they wait for, in Go's words.
        called_at: the lines of the callers, innermost first, as far as they are in the program.
    """

    line: int
    function: str
    state: str
    called_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """One of the programs.

    Attributes:
        name: what it is called by.
        file: the file it stands in, below the folder of all of them.
        stuck: where; empty for a program that leaks nothing.
    """

    name: str
    file: str
    stuck: tuple[Stuck, ...] = ()

    @property
    def is_kernel(self) -> bool:
        """Tell whether it was taken from a real bug, and not written as an example."""
        return self.file.startswith("goker/")


# What hundreds of runs did not show, from Go's description of the program and its source.
_BY_READING: dict[str, tuple[Stuck, ...]] = {
    "Moby27782": (
        Stuck(82, "(*Watcher_moby27782).readEvents", "select"),
        Stuck(112, "(*Watcher_moby27782).Remove", "sync.Cond.Wait", (175, 180, 182, 226)),
    ),
}


def folder() -> Path:
    """Return the folder of the programs."""
    return go_root() / "src" / "runtime" / "testdata" / "testgoroutineleakprofile"


def kept() -> list[Program]:
    """Return the programs with the places that were found when they were last run."""
    document: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return [
        Program(name, fields["file"], tuple(_stuck(each) for each in fields["stuck"]))
        for name, fields in document["programs"].items()
    ]


def _stuck(fields: dict[str, Any]) -> Stuck:
    return Stuck(**fields | {"called_at": tuple(fields["called_at"])})


def run(*, times: int = TIMES) -> list[Program]:
    """Run each program so often; return where they were stuck."""
    with tempfile.TemporaryDirectory() as built, ThreadPoolExecutor(_AT_ONCE) as pool:
        simple = build(sorted(folder().glob("*.go")), Path(built, "simple"))
        goker = build(sorted(folder().glob("goker/*.go")), Path(built, "goker"))
        jobs = []
        for name, file in _registered():
            of = goker if file.startswith("goker/") else simple
            jobs.append(pool.submit(_ran, Program(name, file), of, times))
        return [job.result() for job in jobs]


def _registered() -> Iterator[tuple[str, str]]:
    for file in sorted(folder().rglob("*.go")):
        for name in _REGISTERED.findall(file.read_text(encoding="utf-8")):
            yield name, str(file.relative_to(folder()))


def _ran(program: Program, built: Path, times: int) -> Program:
    places: dict[tuple[int, str], Stuck] = {}
    for turn in range(times * MORE):
        if turn >= times and (places or not program.is_kernel):
            break
        for found in stuck_in(_output(program, built, one_core=turn % 2 == 0), program.file):
            places.setdefault((found.line, found.state), found)
    where = tuple(sorted(places.values())) or _BY_READING.get(program.name, ())
    return Program(program.name, program.file, where)


def _output(program: Program, built: Path, *, one_core: bool) -> str:
    """Run it as Go's test does: some get stuck on one core only, and others on several."""
    environment = {**os.environ, "GODEBUG": "asyncpreemptoff=1"}
    if one_core:
        environment["GOMAXPROCS"] = "1"
    run = partial(subprocess.run, capture_output=True, text=True, timeout=120, check=False)
    # One of them fails now and then, by a data race of its own.
    return str(run([built, program.name], env=environment).stdout)


def stuck_in(dump: str, file: str) -> Iterator[Stuck]:
    """Yield where the leaked goroutines of a dump are stuck in ``file``."""
    name = Path(file).name
    for goroutine in dump.split("\n\n"):
        leaked = _LEAKED.match(goroutine)
        if leaked is None:
            continue
        own = goroutine.partition("\ncreated by ")[0]
        frames = [frame for frame in _FRAME.finditer(own) if frame["file"] == name]
        if frames:
            lines = [int(frame["line"]) for frame in frames]
            yield Stuck(lines[0], frames[0]["function"], leaked["state"], tuple(lines[1:]))


def write(programs: list[Program], times: int) -> None:
    """Keep them."""
    document = {
        "schema": SCHEMA,
        "go": go_version(),
        "times": times,
        "programs": {
            each.name: {"file": each.file, "stuck": [asdict(place) for place in each.stuck]}
            for each in programs
        },
    }
    KEPT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run them, and keep what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lint._stuck", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help=f"instead of {TIMES}")
    options = parser.parse_args(arguments)
    programs = run(times=options.times)
    write(programs, options.times)
    for program in programs:
        print(program.name, *(f"{each.line}: {each.state}" for each in program.stuck), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
