"""``python -m snowshed.demo``."""

from __future__ import annotations

import argparse
import sys

from snowshed.demo import run_demo
from snowshed.demo._schedule import USUAL


def main() -> int:
    """Run the demo with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m snowshed.demo", description=__doc__)
    parser.add_argument("--seconds", type=float, default=USUAL, help="seconds of load, all runs")
    parser.add_argument("--json", metavar="PATH", help="write every figure and raw measurement")
    parser.add_argument("--report", metavar="PATH", default="demo-report.html")
    parser.add_argument("--picture", metavar="PATH", help="write the plots as an SVG file")
    parser.add_argument("--quiet", action="store_true", help="no progress and no table")
    options = parser.parse_args()
    try:
        return run_demo(
            seconds=options.seconds,
            json_path=options.json,
            report_path=options.report,
            picture_path=options.picture,
            quiet=options.quiet,
        )
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
