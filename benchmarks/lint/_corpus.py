"""The house's own corpus: each bad program is found at its mark, of the good nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus._programs import Program, programs

from benchmarks.lint._row import Row, by_rule, looked_at, told

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding

__all__ = ["NAME", "measure"]

NAME = "corpus"


def measure(*, verbose: bool = False) -> Iterator[Row]:
    """Yield the rows; with ``verbose`` print what is missed, and what is wrong."""
    every = programs()
    bad = [each for each in every if each.side == "bad"]
    good = [each for each in every if each.side == "good"]
    missed = [each for each in bad if not _is_found(each)]
    wrong = [each for each in good if told(_findings(each))]
    if verbose:
        print("\n".join([*(f"MISSED {each}" for each in missed), *(f"WRONG {e}" for e in wrong)]))
    share = 100 * (len(bad) - len(missed)) / len(bad) if bad else None
    note = f"{len(bad) - len(missed)} of {len(bad)}"
    yield Row(NAME, "bad programs found, per cent", share, 100, at_least=True, note=note)
    by_advice = sum(map(_is_found_by_advice, bad))
    yield Row(NAME, "bad programs found, with advice", by_advice, of=len(bad))
    rules = by_rule(finding for each in wrong for finding in told(_findings(each)))
    note = f"of {len(good)}" + (f": {rules}" if rules else "")
    yield Row(NAME, "good programs of which something is said", len(wrong), 0, note=note)


def _findings(program: Program) -> list[Finding]:
    return list(looked_at([program.path], jobs=1).findings)


def _is_found_by_advice(program: Program) -> bool:
    return any(program.is_near(finding.span.line) for finding in _findings(program))


def _is_found(program: Program) -> bool:
    return any(program.is_near(finding.span.line) for finding in told(_findings(program)))
