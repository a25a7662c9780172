"""The worker processes of one service, examined at the same time, and told of as one patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from snowshed._printable import printable
from snowshed.cli._ask import (
    CannotAsk,
    NoSuchPage,
    Process,
    Question,
    ask_for_part,
    said_instead,
)
from snowshed.cli._at_once import at_once
from snowshed.cli._progress import Progress, ticking
from snowshed.doctor import Ask, Examined, examine
from snowshed.doctor._together import together
from snowshed.errors import FormatError

if TYPE_CHECKING:
    from snowshed.cli._access import Asking

__all__ = ["of_processes"]

# Each takes as long as the two looks are apart, twice.
AT_ONCE = 16


def of_processes(source: str, processes: Sequence[Process], asking: Asking) -> Examined:
    """Return what the processes of one service show, as one patient.

    One that gives no answer is a warning, as long as another does.

    Raises:
        CannotAsk: none gives an answer.
        FormatError: what the first sends holds nothing that can be diagnosed, and no other does.
    """
    jobs = [_examination(process, asking) for process in processes]
    seconds = 2 * asking.apart + (asking.trace or 0.0)
    with ticking(Progress(printable(source), seconds=seconds)):
        outcomes = at_once(jobs, CannotAsk, FormatError, at_most=AT_ONCE)
    found: list[tuple[str, Examined]] = []
    errors: list[Exception] = []
    for process, outcome in zip(processes, outcomes, strict=True):
        if isinstance(outcome, Examined):
            found.append((process.name, outcome))
        else:
            errors.append(outcome)
    if not found:
        raise errors[0]
    warnings = [f"{error}; left out" for error in errors]
    if len(processes) == 1:
        return found[0][1]
    for _, each in found:
        warnings += each.warnings
    lists = {sum(look.listed for look in each.looks) for _, each in found}
    if len(lists) > 1:
        warnings.append(
            f"{source}: not all of its processes were listed, so none is told as a list"
        )
    return Examined(together(source, [(name, each.looks) for name, each in found]), tuple(warnings))


def _examination(process: Process, asking: Asking) -> Callable[[], Examined]:
    def examination() -> Examined:
        silent: list[str] = []
        cut: list[str] = []
        with said_instead(cut):
            seen = examine(
                process.name,
                _asker(process, "pprof", cut),
                ask_own=_patient_asker(process, silent, cut),
                force=asking.force,
                apart=asking.apart,
                trace=asking.trace or 0.0,
            )
        return Examined(seen.looks, (*dict.fromkeys(cut), *seen.warnings, *silent))

    return examination


def _asker(process: Process, tree: str, cut: list[str]) -> Ask:
    from urllib.parse import parse_qsl

    def ask(page: str) -> bytes | None:
        name, _, query = page.partition("?")
        try:
            return ask_for_part(process, Question(f"{tree}/{name}", dict(parse_qsl(query))), cut)
        except NoSuchPage:
            return None

    return ask


def _patient_asker(process: Process, silent: list[str], cut: list[str]) -> Ask:
    """Return what asks for the pages that may be missing: a reason is noted, and no end."""
    ask = _asker(process, "snowshed", cut)

    def ask_own(page: str) -> bytes | None:
        try:
            return ask(page)
        except CannotAsk as error:
            silent.append(f"{error}; left out: /debug/snowshed/{page}")
            return None

    return ask_own
