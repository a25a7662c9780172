"""``snowshed demo``: the same service flooded twice, bare and under snowshed."""

from __future__ import annotations

import click

from snowshed.cli._output import fail


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    metavar="S",
    help="Length of each of the two runs. [20]",
)
@click.option("--json", "json_path", metavar="PATH", help="Also write the numbers as JSON.")
@click.option(
    "--report",
    "report_path",
    metavar="PATH",
    default="demo-report.html",
    help="Where to write the report. [demo-report.html]",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def demo(*, seconds: float, json_path: str | None, report_path: str, quiet: bool) -> int:
    """Flood a shop twice, bare and under snowshed, and compare.

    The report is one file that opens in any browser without a network.
    """
    try:
        from snowshed.demo import run_demo
    except ModuleNotFoundError as error:
        return fail(f"snowshed demo needs: pip install 'snowshed[demo]' ({error})")
    return run_demo(seconds=seconds, json_path=json_path, report_path=report_path, quiet=quiet)
