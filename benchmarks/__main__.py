"""Measure, print the tables, write ``benchmarks/results/`` and renew the page of the documentation.

usage: python -m benchmarks [--part PART] [--quick] [--only TEXT] [--rounds N] [--write]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

from benchmarks import (
    _docs,
    channel,
    deadline,
    doctor_start,
    doctor_text,
    doctor_trace,
    fastapi_throughput,
    hook,
    idle,
    pool,
    rivals,
    sampler,
    scope,
    semaphore,
    snapshot,
    watching,
)
from benchmarks._pythons import others, rows_of
from benchmarks._runner import Row, Section, loop_kinds, measure
from benchmarks._table import PARTS, as_json, merged, read, results, summary, table, write

# What is measured in this process, by part.
AREAS: dict[str, tuple[Any, ...]] = {
    "core": (scope, semaphore, channel, pool, deadline),
    "observe": (hook, rivals, sampler),
    "doctor": (),
}
ROUNDS = 25
QUICK_ROUNDS = 5
# What takes seconds for each round has fewer.
AT_MOST = {rivals.NAME: 10, idle.NAME: 5, watching.NAME: watching.ROUNDS}

# A name to choose it by, and what measures it.
Piece: TypeAlias = tuple[str, Callable[[], Iterable[list[Row]]]]


def sections(part: str) -> list[Section]:
    """Return all of a part that is measured in this process."""
    kinds = loop_kinds()
    return [section for area in AREAS[part] for kind in kinds for section in area.sections(kind)]


def pieces(part: str, rounds: int) -> Iterator[Piece]:
    """Yield what is measured for a part, each of which can be measured alone."""
    for section in sections(part):
        most = AT_MOST.get(section.name.partition(":")[0], rounds)
        yield f"{section.name} {section.loop}", partial(_one, section, min(rounds, most))
    if part == "observe":
        yield from _services(rounds)
    if part == "doctor":
        yield doctor_text.NAME, partial(doctor_text.measure, rounds=rounds)
        yield doctor_start.NAME, partial(doctor_start.measure, rounds=rounds)
        yield doctor_trace.NAME, partial(doctor_trace.measure, rounds=rounds)


def _one(section: Section, rounds: int) -> Iterator[list[Row]]:
    yield measure(section, rounds=rounds)


def _services(rounds: int) -> Iterator[Piece]:
    yield hook.NAME, partial(_other_pythons, rounds)
    yield f"{sampler.NAME}: a busy service", partial(sampler.measure, rounds=rounds)
    yield f"{snapshot.NAME}: counts", partial(snapshot.counts, rounds=rounds)
    for kind in loop_kinds():
        yield f"{snapshot.NAME} {kind}", partial(snapshot.measure, kind, rounds=rounds)
        some = min(rounds, AT_MOST[idle.NAME])
        yield f"{idle.NAME} {kind}", partial(idle.measure, kind, rounds=some)
    for stack in watching.STACKS:
        for load in watching.LOADS:
            some = min(rounds, AT_MOST[watching.NAME])
            name = f"{watching.NAME}: {load} {' '.join(stack)}"
            yield name, partial(watching.measure, *stack, load, rounds=some)
    for stack in fastapi_throughput.STACKS:
        name = f"{fastapi_throughput.NAME} {' '.join(stack)}"
        yield name, partial(fastapi_throughput.measure, *stack, rounds=rounds)


def _other_pythons(rounds: int) -> Iterator[list[Row]]:
    for version, python in others().items():
        yield rows_of(version, python, ["--only", hook.NAME, "--rounds", str(rounds)])


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this part")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--only", default="", metavar="TEXT", help="what has TEXT in its name")
    parser.add_argument("--rounds", type=int, help=f"instead of {ROUNDS}")
    parser.add_argument(
        "--write", action="store_true", help="put what was measured in place of the old results"
    )
    parser.add_argument("--json", action="store_true", help="print rows, of this process only")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    return options


def main(arguments: list[str]) -> int:
    """Run; the exit code is 0 whether or not the goals are met."""
    options = parse(arguments)
    if options.json:
        chosen = [
            s for part in PARTS for s in sections(part) if options.only in f"{s.name} {s.loop}"
        ]
        rows = [row for s in chosen for row in measure(s, rounds=options.rounds)]
        print(json.dumps([as_json(row) for row in rows]))
        return 0
    everything: list[Row] = []
    for part in (options.part,) if options.part else PARTS:
        rows = _measured(part, options)
        everything += rows
        if rows and (options.write or (options.rounds >= ROUNDS and not options.only)):
            _write(part, rows, options)
            _docs.renew()
            print(f"written to {PARTS[part]} and {_docs.PAGE}")
    print(summary(everything))
    return 0


def _write(part: str, rows: list[Row], options: argparse.Namespace) -> None:
    rounds = options.rounds
    if options.only and (old := results(part))["rows"]:
        rows = merged(read(part), rows)
        rounds = max(rounds, old["rounds"])
    write(rows, rounds, PARTS[part])


def _measured(part: str, options: argparse.Namespace) -> list[Row]:
    rows: list[Row] = []
    for name, measured in pieces(part, options.rounds):
        for group in measured() if options.only in name else ():
            rows += group
            print(table(group), end="\n\n", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
