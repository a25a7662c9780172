"""Measure, print the table and write ``benchmarks/results/core.json``.

usage: python -m benchmarks [--quick] [--only TEXT] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import (
    channel,
    deadline,
    fastapi_throughput,
    hook,
    pool,
    sampler,
    scope,
    semaphore,
)
from benchmarks._pythons import others, rows_of
from benchmarks._runner import Row, Section, loop_kinds, measure
from benchmarks._table import as_json, summary, table, write

AREAS: tuple[Any, ...] = (hook, scope, semaphore, channel, pool, deadline, sampler)
RESULTS = Path(__file__).parent / "results" / "core.json"
ROUNDS = 25
QUICK_ROUNDS = 5
# Short rounds of sockets scatter more than those of no-ops.
SERVER_ROUNDS = 3


def sections() -> list[Section]:
    """Return all that is measured in this process."""
    kinds = loop_kinds()
    return [section for area in AREAS for kind in kinds for section in area.sections(kind)]


def measured(options: argparse.Namespace) -> Iterator[list[Row]]:
    """Yield the rows, section by section."""
    for section in sections():
        if options.only in f"{section.name} {section.loop}":
            yield measure(section, rounds=options.rounds)
    if options.json:
        return
    if options.only in sampler.NAME:
        yield from sampler.measure(rounds=options.rounds)
    if options.only in hook.NAME:
        for version, python in others().items():
            yield rows_of(version, python, ["--only", hook.NAME, "--rounds", str(options.rounds)])
    for stack in fastapi_throughput.STACKS:
        if options.only in f"fastapi {' '.join(stack)}":
            yield fastapi_throughput.measure(*stack, rounds=options.rounds * SERVER_ROUNDS)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--only", default="", metavar="TEXT", help="sections whose name has TEXT")
    parser.add_argument("--rounds", type=int, help=f"instead of {ROUNDS}")
    parser.add_argument("--json", action="store_true", help="print rows, of this Python only")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    return options


def main(arguments: list[str]) -> int:
    """Run; the exit code is 0 whether or not the goals are met."""
    options = parse(arguments)
    rows: list[Row] = []
    for group in measured(options):
        rows += group
        if not options.json:
            print(table(group), end="\n\n", flush=True)
    if options.json:
        print(json.dumps([as_json(row) for row in rows]))
        return 0
    print(summary(rows))
    if options.rounds >= ROUNDS and not options.only:
        write(rows, options.rounds, RESULTS)
        print(f"written to {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
