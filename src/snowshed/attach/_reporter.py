"""Reports of requests into the log, at most one of a kind for each route in a while."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from snowshed.model import RequestReport, SiteCount

ROUTES_AT_MOST = 1000
# Of a kind, in one interval. Where no framework tells the route each path is one, and a line for
# each request of a flood would be the next thing that the service suffers from.
LINES_AT_MOST = 100


class Reporter:
    """Writes reports to the logger ``snowshed.request``; what it leaves out it counts.

    Args:
        interval: seconds between two lines of a kind about the same route.
        clock: monotonic seconds.
    """

    def __init__(self, interval: float, clock: Callable[[], float]) -> None:
        self._interval = interval
        self._clock = clock
        self._logger = logging.getLogger("snowshed.request")
        # By route and kind: when it was written about, and how often it could have been since. A
        # receipt that outlives each request must not hide the one request that floods.
        self._routes: dict[tuple[str, bool], tuple[float, int]] = {}
        # By kind: lines of the interval that began then.
        self._began = clock()
        self._lines = {True: 0, False: 0}
        self._late: set[str] = set()
        self.suppressed = 0

    def write(self, report: RequestReport) -> None:
        """Log ``report``, or count it as suppressed."""
        now = self._clock()
        kind = report.route, report.over_budget
        last = self._routes.get(kind)
        if last is not None and now - last[0] < self._interval:
            self._routes[kind] = (last[0], last[1] + 1)
            self.suppressed += 1
            return
        if not self._has_room(now, over_budget=report.over_budget):
            self.suppressed += 1
            return
        if len(self._routes) >= ROUTES_AT_MOST:
            self._routes.clear()
        self._routes[kind] = (now, 0)
        more = f" more_like_it={last[1]}" if last is not None and last[1] else ""
        level = logging.WARNING if report.over_budget else logging.INFO
        self._logger.log(level, "%s%s", report, more, extra={"snowshed": report})

    def _has_room(self, now: float, *, over_budget: bool) -> bool:
        if now - self._began >= self._interval:
            self._began = now
            self._lines = {True: 0, False: 0}
        self._lines[over_budget] += 1
        return self._lines[over_budget] <= LINES_AT_MOST

    def write_late(self, site: SiteCount) -> None:
        """Log a line that started a task when its request had ended, unless it was logged before.

        Sites that are handed over are few: see `snowshed.attach._account.SITES_AT_MOST`.
        """
        where = f"{site.file}:{site.line} {site.function}"
        if where not in self._late:
            self._late.add(where)
            self._logger.info("task started after its request had ended site=%s", where)
