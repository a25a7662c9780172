"""What can be set for a service under snowshed: section ``run`` of the settings."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How requests are watched, and what happens to one that exceeds its budget.

    Times are in seconds. Module names stand for themselves and all below them: ``"shop.db"`` is
    also ``shop.db.pool``, but not ``shop.dbtools``.

    Attributes:
        service: name of the service in log lines and metrics.
        mode: ``observe`` changes nothing and reports; ``enforce`` refuses and ends.
        budget: live user tasks that one request may hold while it is handled.
        on_excess: in ``enforce``, ``reject`` fails the task over budget; ``cancel`` ends the
            whole request.
        timeout: longest handling of a request, up to the first byte of its response; None for no
            limit.
        after_budget: live user tasks that one request may hold after its response was sent.
        sites_from: live count from which the line that creates a task is recorded; None for
            ``budget``. Recording costs a walk over frames for each task.
        grace: between the cancellation of a request and that of its remaining tasks.
        log_interval: shortest time between two reports on the same route, in which at most a
            hundred of a kind are written; 0 for all of them.
        infrastructure: more modules whose tasks belong to servers and frameworks.
        driver: more modules whose tasks belong to drivers and connection pools.
        helper: more modules whose tasks only carry out a call that the request made itself.
        callees: hosts that are told what a request has left, ``.example.com`` for all below it,
            ``*`` for all. Of a gRPC channel the host of its target counts.

    Raises:
        ValueError: a limit is not positive, or a time is not a finite number.
    """

    service: str = "service"
    mode: Literal["observe", "enforce"] = "observe"
    budget: int = 50
    on_excess: Literal["reject", "cancel"] = "reject"
    timeout: float | None = None
    after_budget: int = 10
    sites_from: int | None = None
    grace: float = 1.0
    log_interval: float = 10.0
    infrastructure: tuple[str, ...] = ()
    driver: tuple[str, ...] = ()
    helper: tuple[str, ...] = ()
    callees: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        """Refuse what the types cannot."""
        _require_positive(budget=self.budget, timeout=self.timeout, after_budget=self.after_budget)
        _require_not_negative(
            sites_from=self.sites_from, grace=self.grace, log_interval=self.log_interval
        )


def _require_positive(**limits: float | None) -> None:
    for name, value in limits.items():
        if value is not None and not 0 < value < math.inf:
            msg = f"{name} must be a positive number, not {value!r}"
            raise ValueError(msg)


def _require_not_negative(**limits: float | None) -> None:
    for name, value in limits.items():
        if value is not None and not 0 <= value < math.inf:
            msg = f"{name} must be zero or a positive number, not {value!r}"
            raise ValueError(msg)
