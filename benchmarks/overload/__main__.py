"""Measure on real sockets, print the table and write ``benchmarks/results/overload.json``.

usage: python -m benchmarks.overload [--scenario NAME] [--load X] [--controller NAME] [--json]
       python -m benchmarks.overload --virtual
       python -m benchmarks.overload --docs
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.overload import _docs, _virtual
from benchmarks.overload._controllers import Controller, compared, controller_of
from benchmarks.overload._goals import judged
from benchmarks.overload._run import measure
from benchmarks.overload._scenarios import Case, case_of, cases
from benchmarks.overload._table import RESULTS, heading, line, read, summary, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.overload._measures import Row

Pair = tuple[Case, Controller]


def chosen(options: argparse.Namespace) -> list[Pair]:
    """Return the rows that were asked for; without a choice, all.

    Raises:
        ValueError: there is no such scenario or controller.
    """
    if options.scenario and options.load:
        which = [case_of(options.scenario, options.load)]
    else:
        which = [case for case in cases() if options.scenario in {None, case.scenario.name}]
        which = which if which else [case_of(options.scenario, 1)]
    if options.controller:
        controller = controller_of(options.controller)
        only = bool(options.scenario)
        return [(case, controller) for case in which if only or controller in _of(case)]
    return [(case, controller) for case in which for controller in _of(case)]


def _of(case: Case) -> list[Controller]:
    return compared(case.scenario.name)


def measured(pairs: list[Pair], *, quiet: bool, keep: bool) -> Iterator[Row]:
    """Yield the rows, one after the other, and ``keep`` each in the results at once."""
    if not quiet:
        print(heading())
    for case, controller in pairs:
        if not controller.installed:
            print(f"{controller.name} is not installed: left out", file=sys.stderr)
            continue
        try:
            row = measure(case, controller)
            if row["disturbed"] and not quiet:
                print("disturbed, so once more:", line(judged([row])[0]), flush=True)
                row = measure(case, controller)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            # Half an hour is not lost for one row; it is missing in the results.
            print(
                f"{case.scenario.name} {case.load:g}x {controller.name}: {error}", file=sys.stderr
            )
            continue
        if keep:
            write(judged(merged(read()["rows"] if RESULTS.exists() else [], [row])))
        if not quiet:
            print(line(judged([row])[0]), flush=True)
        yield row


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overload",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenario", metavar="NAME", help="only this one")
    parser.add_argument("--load", type=float, metavar="X", help="times the capacity")
    parser.add_argument("--controller", metavar="NAME", help="only this one")
    parser.add_argument("--json", action="store_true", help="print rows as JSON and write nothing")
    parser.add_argument("--merge", action="store_true", help="replace these rows in the results")
    parser.add_argument(
        "--virtual", action="store_true", help="compute all cases without sockets: two minutes"
    )
    parser.add_argument("--docs", action="store_true", help="only renew the page from the results")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run; the exit code is 0 whether or not the goals are met."""
    options = parse(arguments)
    if options.docs:
        _docs.renew(read())
        _docs.renew_virtual(_virtual.read())
        return 0
    if options.virtual:
        _virtual.write(_virtual.simulated())
        _docs.renew_virtual(_virtual.read())
        print(f"written to {_virtual.RESULTS} and {_docs.PAGE}")
        return 0
    try:
        pairs = chosen(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    whole = pairs == [(case, controller) for case in cases() for controller in _of(case)]
    rows = list(measured(pairs, quiet=options.json, keep=options.merge))
    if options.json:
        print(json.dumps(judged(rows)[0] if len(rows) == 1 else judged(rows)))
        return 0
    if whole and not options.merge:
        write(judged(rows))
    if whole or options.merge:
        rows = read()["rows"]
        _docs.renew(read())
        print(f"written to {RESULTS} and {_docs.PAGE}")
    print(summary(judged(rows)))
    return 0


def merged(old: list[Row], new: list[Row]) -> list[Row]:
    """Return the old rows with those that were measured again replaced, in the table's order."""
    rows = {_key(row): row for row in [*old, *new]}
    order = [(case.scenario.name, case.load, c.name) for case in cases() for c in _of(case)]
    known = [rows.pop(key) for key in order if key in rows]
    return [*known, *rows.values()]


def _key(row: Row) -> tuple[str, float, str]:
    return row["scenario"], row["load"], row["controller"]


if __name__ == "__main__":
    # So that the servers are ended on this way out too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
