"""In which ways the shop is started to be compared with itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.demo._service import guard

if TYPE_CHECKING:
    from snowshed.demo._model import Plan

BARE, LIMITED, GUARDED = "bare", "uvicorn's limit", "snowshed"
"""How the ways are called."""
LIMIT_OPTION = "--limit-concurrency"
"""How uvicorn calls its limit."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to start the shop.

    Attributes:
        name: how the tables call it.
        before: words before the command.
        after: options after it.
    """

    name: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def flood_ways(plan: Plan) -> tuple[Way, ...]:
    """Return the ways of the flood: as it is, and with a budget for each request."""
    return Way(BARE), Way(GUARDED, guard("--budget", str(plan.budget)))


def overload_ways(plan: Plan) -> tuple[Way, ...]:
    """Return the ways of the uniform flood: as it is, and with either limit."""
    return Way(BARE), *idle_ways(plan)


def idle_ways(plan: Plan) -> tuple[Way, ...]:
    """Return the ways of the run with idle connections: with either limit."""
    return (
        Way(LIMITED, after=(LIMIT_OPTION, str(plan.concurrency))),
        Way(GUARDED, guard("--objective", f"{plan.objective:g}")),
    )
