"""Measure `snowshed lint` and print the table beside its goals.

usage: python -m benchmarks.lint [--only PART] [--verbose] [--write] [--projects DIR] [--fixes DIR]

``--only kernels --verbose`` tells of each leak program that is not found where it is stuck, and
what is said of it; for the parts with code of others, ``--verbose`` prints each finding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._go import has_go
from benchmarks.lint import _corpus, _docs, _fixes, _foreign, _kernels, _speed
from benchmarks.lint._table import PARTS, RESULTS, merged, read, summary, table, write

if TYPE_CHECKING:
    from benchmarks.lint._row import Row


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=PARTS, help="only this part")
    parser.add_argument("--verbose", action="store_true", help="tell what is missed and found")
    parser.add_argument("--write", action="store_true", help="keep what was measured")
    parser.add_argument("--projects", type=Path, metavar="DIR", help="projects in Go")
    parser.add_argument("--fixes", type=Path, metavar="DIR", help="real fixes")
    return parser.parse_args(arguments)


def rows(part: str, options: argparse.Namespace) -> Iterator[Row]:
    """Yield what is measured for a part."""
    verbose = options.verbose
    if part in {_kernels.NAME, _foreign.GO} and not has_go():
        print(f"{part}: left out, as there is no Go here", file=sys.stderr)
    elif part == _kernels.NAME:
        yield from _kernels.measure(verbose=verbose)
    elif part == _fixes.NAME and options.fixes:
        yield from _fixes.measure(options.fixes, verbose=verbose)
    elif part == _foreign.GO:
        yield from _foreign.in_go(verbose=verbose)
    elif part == _foreign.PROJECTS and options.projects:
        yield from _foreign.in_projects(options.projects, verbose=verbose)
    elif part == _foreign.PYTHON:
        yield from _foreign.in_python(verbose=verbose)
    elif part == _corpus.NAME:
        yield from _corpus.measure(verbose=verbose)
    elif part == _speed.NAME:
        yield from _speed.measure()


def main(arguments: list[str]) -> int:
    """Run; the exit code is 0 whether or not the goals are met."""
    options = parse(arguments)
    measured: list[Row] = []
    for part in (options.only,) if options.only else PARTS:
        found = list(rows(part, options))
        measured += found
        if found:
            print(table(found), end="\n\n", flush=True)
    if options.write:
        write(merged(read(), measured))
        _docs.renew()
        print(f"written to {RESULTS} and {_docs.PAGE}")
    print(summary(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
