"""``snowshed demo``: the same service flooded in two ways, bare and under snowshed."""

from __future__ import annotations

import click

from snowshed.cli._output import fail


@click.command()
@click.option(
    "--seconds",
    type=float,
    default=62.0,
    metavar="S",
    help="Seconds of load, all runs together. [62]",
)
@click.option("--json", "json_path", metavar="PATH", help="Also write the numbers as JSON.")
@click.option(
    "--report",
    "report_path",
    metavar="PATH",
    default="demo-report.html",
    help="Where to write the report. [demo-report.html]",
)
@click.option("--picture", "picture_path", metavar="PATH", help="Also write the plots as SVG.")
@click.option("--quiet", is_flag=True, help="No progress and no table, only errors.")
def demo(*, quiet: bool, seconds: float, report_path: str, **paths: str | None) -> int:
    """Flood a shop in two ways, bare and under snowshed, and compare.

    The report is one file that opens in any browser without a network.
    """
    try:
        from snowshed.demo import run_demo
    except ModuleNotFoundError as error:
        return fail(f"snowshed demo needs: pip install 'snowshed[demo]' ({error})")
    try:
        return run_demo(seconds=seconds, report_path=report_path, quiet=quiet, **paths)
    except ValueError as error:
        return fail(f"snowshed demo: {error}")
