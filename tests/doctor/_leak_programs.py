"""The labelled leak programs of the Go toolchain: built, run, and compared with what is said.

Where they lie, and what is wrong in each, stands in ``leak_labels.toml``.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from _go import go
from snowshed.doctor import Diagnosis, Look, diagnose, load, look_at
from snowshed.model import Finding, Severity

_LABELS = Path(__file__).with_name("leak_labels.toml")
_SHORT = {
    "sync.Mutex.Lock": "lock",
    "sync.RWMutex.Lock": "lock",
    "sync.RWMutex.RLock": "rlock",
}
_LEAKED = b" (leaked)"
_AT_ONCE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One of them.

    Attributes:
        folder: ``simple`` or ``goker``.
        name: what it is called by.
        places: the details that are true at each place where it is stuck.
        held: whether it was kept aside while the rules were written.
    """

    folder: str
    name: str
    places: dict[str, list[str]]
    held: bool


@dataclass(slots=True)
class Place:
    """What the doctor said of one place, over all runs.

    Attributes:
        wrong: what it said with the proof of the collector that is not in the labels.
        wrong_plain: what it said without that is not.
        is_missed: whether it was once not told, or not as proven, though it was.
        is_named: whether it was always told without the proof, too.
    """

    wrong: set[str] = field(default_factory=set)
    wrong_plain: set[str] = field(default_factory=set)
    is_missed: bool = False
    is_named: bool = True


def programs() -> list[Program]:
    """Return all of them that are run: Go's own test leaves out what is not in the labels."""
    labels = tomllib.loads(_LABELS.read_text(encoding="utf-8"))
    held = set(sorted(labels["goker"])[2::3])
    return [
        Program(folder, name, places, name in held)
        for folder in ("simple", "goker")
        for name, places in labels[folder].items()
    ]


@cache
def _source() -> Path:
    return Path(go("env", "GOROOT").strip(), "src", "runtime")


def build(to: Path) -> None:
    """Build the two programs that hold them all."""
    simple = _source() / "testdata" / "testgoroutineleakprofile"
    for name, folder in (("simple", simple), ("goker", simple / "goker")):
        go("build", "-o", to / name, *sorted(folder.glob("*.go")))


def run(programs: Sequence[Program], built: Path, *, times: int) -> list[list[bytes]]:
    """Return what each of ``programs`` prints, each time that it runs, as Go's own test runs it."""
    text = (_source() / "goroutineleakprofile_test.go").read_text(encoding="utf-8")
    flaky = set(re.findall(r'makeFlakyTest\("(\w+)"', text))

    def once(program: Program) -> bytes:
        environment = {**os.environ, "GODEBUG": "asyncpreemptoff=1"}
        if program.name not in flaky:
            environment["GOMAXPROCS"] = "1"
        call = [built / program.folder, program.name]
        done = subprocess.run(call, env=environment, capture_output=True, timeout=120, check=True)
        return done.stdout

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rounds = [list(pool.map(once, programs)) for _ in range(times)]
    return [list(each) for each in zip(*rounds, strict=True)]


class Score:
    """How right the doctor is about the dumps that it was shown."""

    def __init__(self) -> None:
        self.places: dict[tuple[Program, str], Place] = {}
        self.unlabelled: set[str] = set()
        self.above_low: set[str] = set()

    def take(self, program: Program, dump: bytes) -> None:
        """Diagnose ``dump`` as it is, and without the proof of the collector."""
        look = _look(program, dump)
        self._take(program, look, diagnose([look]), proven=True)
        self._take(program, look, diagnose([_look(program, dump.replace(_LEAKED, b""))]))

    def _take(
        self, program: Program, look: Look, diagnosis: Diagnosis, *, proven: bool = False
    ) -> None:
        found = {(each.at, each.created_by, each.state): each for each in diagnosis.findings}
        for group in look.groups:
            state = _SHORT.get(group.where.state, group.state)
            name = f"{group.where.at.function.removeprefix('main.')} {state}"
            finding = found.get((group.where.at, group.created_by, group.state))
            if not group.leaked:
                if finding is not None and finding.severity is not Severity.LOW:
                    self.above_low.add(f"{program.name}: {finding}")
            elif name not in program.places:
                self.unlabelled.add(f"{program.name}: {name}")
            else:
                place = self.places.setdefault((program, name), Place())
                (_with_proof if proven else _without)(place, finding, program.places[name])

    def share(self, part: str, *, held: bool) -> float:
        """Return which part of the places is right: ``group``, ``detail`` or ``plain``."""
        places = [place for (program, _), place in self.places.items() if program.held is held]
        if part == "plain":
            places = [place for place in places if place.is_named or place.wrong_plain]
            return sum(not place.wrong_plain for place in places) / len(places)
        right = (not place.is_missed and not (part == "detail" and place.wrong) for place in places)
        return sum(right) / len(places)

    def table(self) -> Iterator[str]:
        """Yield what was right, and then each miss."""
        for held in (False, True):
            places = [place for (program, _), place in self.places.items() if program.held is held]
            shares = (f"{part} {self.share(part, held=held):.0%}" for part in _PARTS)
            named = sum(place.is_named for place in places)
            kept = "kept aside" if held else "developed with"
            yield f"{kept}: {len(places)} places, {', '.join(shares)} of {named} named"
        for (program, name), place in sorted(self.places.items(), key=lambda item: item[0][1]):
            said = sorted(place.wrong), sorted(place.wrong_plain)
            if place.is_missed or any(said):
                missed = "not told; " if place.is_missed else ""
                yield f"{program.name}: {name}: {missed}said {said[0]}, without proof {said[1]}"


_PARTS = ("group", "detail", "plain")


def _look(program: Program, dump: bytes) -> Look:
    found = look_at(load(program.name, dump))
    assert found is not None
    return found


def _with_proof(place: Place, finding: Finding | None, details: list[str]) -> None:
    if finding is None or finding.severity is not Severity.HIGH:
        place.is_missed = True
    elif finding.detail not in details:
        place.wrong.add(finding.detail)


def _without(place: Place, finding: Finding | None, details: list[str]) -> None:
    if finding is None:
        place.is_named = False
    elif finding.detail not in details:
        place.wrong_plain.add(finding.detail)
