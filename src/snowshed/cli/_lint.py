"""``snowshed lint``: where the five causes begin, in source, before it ships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snowshed import config
from snowshed._many import many
from snowshed.cli._findings import FORMATS, Telling
from snowshed.cli._lint_input import place, settings_of, stdin, stdin_as
from snowshed.cli._output import fail, writable
from snowshed.cli._progress import Progress, ticking
from snowshed.cli._sections import SECTIONS
from snowshed.errors import FormatError
from snowshed.lint._settings import Settings

if TYPE_CHECKING:
    from snowshed.lint._apply import Fixed
    from snowshed.lint._baseline import Baseline
    from snowshed.lint._dump import Dump
    from snowshed.lint._engine import Report
    from snowshed.lint._finding import Problem

_COMMAND = "snowshed lint"
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class _Options:
    """What was asked for, beside the settings.

    Attributes:
        paths: what is looked at.
        overlay: what stands on stdin, by the path that it is taken for.
        telling: how findings are told.
        fix: whether files are changed.
        unsafe: also by fixes after which somebody has to look.
        diff: whether the change is shown, and nothing written.
        baseline: the file of what is known.
        accept: the file that is to hold what is known from now on.
        dumps: files that say who waits where.
        exit_zero: whether findings are no failure.
        no_cache: whether nothing that is known from earlier runs is used or kept.
        force_exclude: whether what is excluded is left out even if it is named.
    """

    paths: tuple[str, ...]
    overlay: Mapping[str, bytes]
    telling: Telling
    fix: bool
    unsafe: bool
    diff: bool
    baseline: str | None
    accept: str | None
    dumps: tuple[str, ...]
    exit_zero: bool
    no_cache: bool
    force_exclude: bool


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--select", multiple=True, metavar="RULE,...", help="Only these. [all]")
@click.option("--ignore", multiple=True, metavar="RULE,...", help="None of these.")
@click.option("--advice", is_flag=True, help="Also what is often well as it is.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely.")
@click.option("--unsafe-fixes", is_flag=True, help="Mend also what has to be looked at then.")
@click.option("--diff", is_flag=True, help="Show what would be mended, and write nothing.")
@click.option("--baseline", metavar="FILE", help="Leave out what it has, and count it.")
@click.option("--write-baseline", metavar="FILE", help="Write down all that is found as known.")
@click.option(
    "--dump",
    multiple=True,
    metavar="FILE",
    help="Tell first where tasks wait in this dump or profile; repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    help="For people, programs or code review. [text]",
)
@click.option("-o", "--output", metavar="FILE", help="Write the report there. [stdout]")
@click.option("--statistics", is_flag=True, help="Count by cause and rule.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 also when something is found.")
@click.option(
    "--stdin-filename", metavar="PATH", help="Look at stdin, as if it was this file's content."
)
@click.option(
    "--force-exclude", is_flag=True, help="Leave out what is excluded even if it is named."
)
@click.option("--no-cache", is_flag=True, help="Look at all again, and keep nothing.")
@click.option("--cache-dir", metavar="DIR", help="Keep there what is known. [.snowshed_cache]")
@click.option(
    "--config",
    "settings_file",
    metavar="FILE",
    help="Settings from there. [the nearest pyproject.toml, snowshed.toml]",
)
@click.option("--jobs", metavar="N", help="So many processes, 1 to 1024. [each core]")
def lint(
    paths: tuple[str, ...],
    *,
    select: Sequence[str],
    ignore: Sequence[str],
    advice: bool,
    cache_dir: str | None,
    jobs: str | None,
    settings_file: str | None,
    **others: Any,
) -> int:
    """Find where the five causes of a flood begin, in Go and Python source.

    PATH is a file, or a folder with all below it. [.] A RULE is an id such as SN301, what ids
    begin with (SN3), a name or a cause; snowshed explain lists them. Settings stand in
    [tool.snowshed.lint] of pyproject.toml, or [lint] of snowshed.toml.

    Silence a line with //snowshed:ignore SN301 why, or # snowshed: ignore[SN301] why.

    Exit code: 0 when nothing is found, 1 when something is, 2 when nothing could be read. A file
    that cannot be read is a line on stderr.
    """
    options = _options(paths, **others)
    # From here it is relative to the current folder, in the settings to that of their file.
    cache = cache_dir and str(Path(cache_dir).absolute())
    given = {"advice": advice or None, "cache": cache, "jobs": jobs}
    if select and not _words(select):
        raise click.UsageError("--select: name a rule, or leave it out for all")
    with settings_of(settings_file):
        settings = _settings(_words(select), _words(ignore), given)
        try:
            return _run(options, settings)
        except FormatError as error:
            return fail(f"{_COMMAND}: {error}")
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("tree_sitter"):
                raise
            return fail("snowshed needs: pip install 'snowshed[lint]'")


def _words(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for each in given for word in each.replace(",", " ").split())


def _options(
    paths: tuple[str, ...],
    *,
    form: str,
    output: str | None,
    statistics: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    write_baseline: str | None,
    stdin_filename: str | None,
    dump: tuple[str, ...],
    **others: Any,
) -> _Options:
    """Return what was asked for.

    Raises:
        click.UsageError: that does not go together.
    """
    mends = fix or unsafe_fixes
    if write_baseline is not None and (mends or diff):
        raise click.UsageError("--write-baseline accepts what is found: without --fix and --diff")
    if diff and form != "text":
        raise click.UsageError("--diff is told as a diff: without --format")
    if (diff or write_baseline is not None) and (statistics or dump):
        what = "--statistics" if statistics else "--dump"
        raise click.UsageError(f"{what} is of what is told: without --diff and --write-baseline")
    overlay: Mapping[str, bytes] = {}
    if stdin_filename is not None:
        if paths not in {(), (_STDIN,)}:
            raise click.UsageError("--stdin-filename: one file, from stdin, and no PATH")
        if mends and not diff:
            raise click.UsageError("--fix writes files, and stdin is none: use --diff")
        overlay, paths = stdin_as(stdin_filename)
    elif _STDIN in paths:
        raise click.UsageError("-: --stdin-filename says which file it is taken for")
    paths = tuple(map(place, paths))
    to = None if output is None else writable(output, (*paths, *dump), "read")
    return _Options(
        paths or (".",),
        overlay,
        Telling(form, to, statistics),
        fix=mends,
        unsafe=unsafe_fixes,
        diff=diff,
        accept=write_baseline,
        dumps=dump,
        **others,
    )


def _settings(
    select: tuple[str, ...], ignore: tuple[str, ...], given: Mapping[str, object]
) -> Settings:
    """Return the settings in force; what is to be ignored adds to what they ignore."""
    # A table that is misspelt would be heeded by nobody, and the build be green.
    config.reject_unknown_sections(SECTIONS)
    overrides = {name: value for name, value in given.items() if value is not None}
    if select:
        overrides["select"] = select
    if ignore:
        overrides["ignore"] = (*config.section("lint", Settings).ignore, *ignore)
    found = config.section("lint", Settings, overrides=overrides, spelled="--{}".format)
    selection = found.selection()
    if selection.selected is not None and selection.selected <= selection.ignored:
        raise click.UsageError("every rule that is selected is ignored, too: none is left")
    return found


def _run(options: _Options, settings: Settings) -> int:
    """Look at source, and tell what is found; return the exit code."""
    # What can be wrong with these is found before anything takes long.
    baseline = None if options.baseline is None else _baseline(options.baseline)
    dumps = [_dump(each) for each in options.dumps]
    with ticking(Progress("looking at source")):
        report = _looked(options, settings)
    for problem in report.problems:
        _complain(problem)
    if report.failed:
        return 2
    try:
        return _told(options, settings, report, baseline, dumps)
    except OSError as error:
        if options.telling.to is None:
            raise  # and told as of every command
        return fail(f"{_COMMAND}: {options.telling.to}: cannot be written: {error.strerror}")


def _told(
    options: _Options,
    settings: Settings,
    report: Report,
    baseline: Baseline | None,
    dumps: Sequence[Dump],
) -> int:
    """Mend, accept or tell what is found.

    Raises:
        OSError: it cannot be written.
    """
    from snowshed.lint._outcome import outcome
    from snowshed.lint._texts import Texts

    if options.diff:
        return _shown(options, settings, report)
    if options.accept is not None:
        return _accepted(options, settings, report)
    if options.fix:
        report = _mended(options, settings, report)
    found = outcome(
        report,
        settings.selection(),
        Texts(options.overlay),
        paths=options.paths,
        baseline=baseline,
        dumps=dumps,
    )
    for dump in found.dumps:
        for warning in dump.warnings:
            fail(f"{_COMMAND}: {dump.source}: {warning}")
    options.telling.tell(found)
    return int(bool(found.findings) and not options.exit_zero)


def _looked(options: _Options, settings: Settings) -> Report:
    from snowshed.lint._engine import lint

    return lint(
        options.paths,
        settings=settings,
        jobs=settings.jobs,
        cache=_cache(options, settings),
        overlay=options.overlay,
        force_exclude=options.force_exclude,
    )


def _cache(options: _Options, settings: Settings) -> Path | None:
    if options.no_cache or not settings.cache:
        return None
    base = config.directory() or Path()
    return (base if base.is_dir() else base.parent) / settings.cache


def _complain(problem: Problem) -> None:
    where = f"{problem.path}:{problem.line}" if problem.line else problem.path
    fail(f"{_COMMAND}: {where}: {problem.message}")


def _baseline(file: str) -> Baseline:
    from snowshed.lint._baseline import read_baseline

    return read_baseline(file, _bytes_of(file, "the baseline"), folder=str(Path(file).parent))


def _dump(file: str) -> Dump:
    from snowshed.lint._dump import read_dump

    return read_dump(file, _bytes_of(file, "the dump"))


def _bytes_of(file: str, what: str) -> bytes:
    try:
        return stdin() if file == _STDIN else Path(file).read_bytes()
    except OSError as error:
        raise FormatError(file, what, f"cannot be read: {error.strerror}") from None


def _accepted(options: _Options, settings: Settings, report: Report) -> int:
    """Write down what is found as known."""
    from snowshed.lint._baseline import written
    from snowshed.lint._outcome import outcome
    from snowshed.lint._texts import Texts

    assert options.accept is not None
    texts = Texts(options.overlay)
    found = outcome(report, settings.selection(), texts).findings
    to = Path(options.accept)
    try:
        to.write_text(written(found, texts, folder=str(to.parent)), encoding="utf-8")
    except OSError as error:
        return fail(f"{_COMMAND}: {to}: cannot be written: {error.strerror}")
    said = many(len(found), "finding")
    click.echo(f"{to}: {said} accepted; for what is new: --baseline {to}", err=True)
    return 0


def _fixed(options: _Options, settings: Settings, report: Report) -> Fixed:
    from snowshed.lint._apply import fixed
    from snowshed.lint._engine import lint

    again = partial(lint, settings=settings, jobs=settings.jobs, cache=_cache(options, settings))
    tells = settings.selection().tells
    return fixed(report, again, tells=tells, unsafe=options.unsafe, overlay=options.overlay)


def _shown(options: _Options, settings: Settings, report: Report) -> int:
    """Show what would be mended."""
    from snowshed.lint._apply import diff

    done = _fixed(options, settings, report)
    for problem in done.problems:
        _complain(problem)
    options.telling.put(diff(done.changes))
    count = sum(done.counts.values())
    click.echo(f"would mend {count:,} in {many(len(done.changes), 'file')}", err=True)
    return int(bool(done.changes) and not options.exit_zero)


def _mended(options: _Options, settings: Settings, report: Report) -> Report:
    """Mend what can be mended, and return what is left."""
    from snowshed.lint._apply import write

    done = _fixed(options, settings, report)
    not_written = write(done.changes)
    for problem in (*done.problems, *not_written):
        _complain(problem)
    for rule, count in sorted(done.counts.items()):
        click.echo(f"mended {count:,} of {rule}", err=True)
    return _looked(options, settings) if not_written else done.report
