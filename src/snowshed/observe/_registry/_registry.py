"""Every task that was made: by which line, how long ago, and how those that are gone have ended.

One `SiteTable` for each event loop, which its task factory fills; the `Registry` of the process
reads them all.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from snowshed.core._census import Census
from snowshed.core._line import line_of
from snowshed.model import Frame
from snowshed.observe._registry._history import History, name_of
from snowshed.observe._registry._makers import Makers
from snowshed.observe._registry._site import Site, SiteStatistics
from snowshed.observe._registry._table import SiteTable

if TYPE_CHECKING:
    from snowshed.observe._registry._live import AnyTask, LiveTasks, TaskRef
    from snowshed.observe._registry._origin import Judge, Origin

# Programs that make up code exist; memory must not grow with them.
SITES_AT_MOST = 10_000
# Failures of which it is not known whether somebody will ask for them.
SUSPECTS_AT_MOST = 10_000
# Between two looks whether the loops have looked, in seconds.
POLL = 0.001

logger = logging.getLogger("snowshed.observe")


class Known(NamedTuple):
    """What the registry knows of a task.

    Attributes:
        site: the line that made it.
        born: when, on the monotonic clock in seconds; None: in the last two tenths of a second.
    """

    site: Site
    born: float | None


class Registry:
    """The tasks of a process. Its methods may be called from any thread.

    Args:
        judge: tells who asked for a task.
        clock: monotonic seconds.
    """

    def __init__(self, judge: Judge, clock: Callable[[], float]) -> None:
        self.judge = judge
        self.clock = clock
        self.history = History()
        self.makers = Makers()
        self._sites: dict[tuple[int, int], Site] = {}
        self._elsewhere = Site(Frame("elsewhere", "", 0), "user")
        # Weak, as a table holds tasks, tasks their loop, and the loop its table.
        self._tables: Census[SiteTable] = Census()
        # By id, with the name: an id may belong to another task by the time it is asked for.
        self._suspects: OrderedDict[int, tuple[str, Site]] = OrderedDict()
        self.off = False

    def __repr__(self) -> str:
        return f"<Registry sites={len(self._sites)} loops={len(self.tables())}>"

    def table(self, loop: asyncio.AbstractEventLoop) -> SiteTable:
        """Return a new table for the tasks of ``loop``; whoever asked keeps it."""
        table = SiteTable(self, loop)
        self._tables.enter(table)
        return table

    def enter(self, table: SiteTable) -> None:
        """Have ``table`` among the tables: its loop runs in this process."""
        self._tables.enter(table)

    def tables(self) -> list[SiteTable]:
        """Return the tables of the loops that are there."""
        return self._tables.all()

    def loops(self) -> list[asyncio.AbstractEventLoop]:
        """Return the loops that are there and not closed."""
        loops = (table.loop for table in self.tables())
        return [loop for loop in loops if loop is not None]

    def site_of(self, origin: Origin) -> Site:
        """Return the site of ``origin``; lines beyond the first 10,000 share one."""
        code = origin.code
        if code is None:
            return self._elsewhere
        key = (id(code), origin.offset)
        site = self._sites.get(key)
        if site is None:
            if len(self._sites) >= SITES_AT_MOST:
                return self._elsewhere
            line = Frame(code.co_qualname, code.co_filename, line_of(code, origin.offset))
            site = self._sites.setdefault(key, Site(line, origin.owner, code))
        return site

    def tick(self, now: float) -> None:
        """Have each loop look at its young tasks; for the watch thread, ten times in a second."""
        del now
        for table in self.tables():
            table.ask_to_look()

    def refresh(self, patience: float) -> None:
        """Have each loop look now, and wait until it has, at most ``patience`` seconds.

        In the thread of a loop nobody waits: that loop looks at once.
        """
        running = asyncio._get_running_loop()
        for table in self.tables():
            if running is not None and table.is_of(running):
                table.look()
            else:
                table.ask_to_look()
        until = self.clock() + patience
        while running is None and self.clock() < until and any(t.asked for t in self.tables()):
            time.sleep(POLL)

    def failed(self) -> None:
        """Log the exception being handled, and note no task any more."""
        if not self.off:
            self.off = True
            error = sys.exc_info()
            logger.error("snowshed failed at noting tasks; goes on without", exc_info=error)

    # Ends.

    def ended(self, task: AnyTask, site: Site, lived: float) -> None:
        """Note an old task that is done."""
        self.history.note(task, site.created_at, site.owner, lived)
        if task._log_traceback:
            suspects = self._suspects
            if len(suspects) >= SUSPECTS_AT_MOST:
                # In one step, as other loops and finalizers take out theirs meanwhile.
                suspects.popitem(last=False)
            suspects[id(task)] = (name_of(task), site)

    def never_retrieved(self, task: AnyTask) -> None:
        """Count a failure that nobody has asked for; its task is being thrown away.

        As one made elsewhere if its line is not known: of a young task that was part of a reference
        cycle, as the collector has cleared the references by then.
        """
        name, site = self._suspects.pop(id(task), ("", None))
        if site is None or name != name_of(task):
            site = self._site_of_other(task)
            self.history.note(task, site.created_at, site.owner, None)
        site.unretrieved += 1

    def _site_of_other(self, task: AnyTask) -> Site:
        """Return the line that made a task which has not grown old, as far as known."""
        for live in self._lives():
            if live.has_young(task):
                return live.site
        known = self.unnoted(task, self.last_flood())
        return self._elsewhere if known is None else known.site

    # Reading.

    def known(self, task: AnyTask, tables: Sequence[SiteTable] = ()) -> Known | None:
        """Return what is known of an old task; None of one that is young, or was not noted.

        Args:
            task: the task.
            tables: what `tables` has returned, for who asks of many tasks.
        """
        key = id(task)
        for table in tables or self.tables():
            old = table.old.get(key)
            if old is not None and old() is task:
                return Known(old.live.site, old.born)
        return None

    def last_flood(self) -> float | None:
        """Return when a task was made last that may not have been noted; None: each was noted."""
        floods = [table.thinned_until for table in self.tables()]
        return max((flood for flood in floods if flood is not None), default=None)

    def unnoted(self, task: AnyTask, last: float | None) -> Known | None:
        """Return what can be said of a task that was not noted, as too many were made.

        It is no younger than the last flood, and is of the line that makes all tasks of this
        function, if there is only one. See `snowshed.observe._registry._table`.

        Args:
            task: the task.
            last: what `last_flood` has returned.
        """
        site = None if last is None else self.makers.only_maker(task)
        return None if site is None else Known(site, last)

    def young(self) -> Iterable[tuple[Site, list[TaskRef]]]:
        """Yield sites and references to their young tasks, some of which have ended."""
        for live in self._lives():
            # Copied, as the loop takes out of the list what has ended.
            young = live.young[:]
            if young:
                yield live.site, young

    def statistics(self) -> tuple[SiteStatistics, ...]:
        """Return the totals of each line, the one with most live tasks first.

        Cost: O(lines + tasks of the last tenth of a second).
        """
        lives: dict[Site, list[LiveTasks]] = {}
        for live in self._lives():
            lives.setdefault(live.site, []).append(live)
        sites = [*list(self._sites.values()), self._elsewhere]
        rows = (_row(site, lives.get(site, [])) for site in sites)
        shown = (row for row in rows if row.created or row.unretrieved)
        return tuple(sorted(shown, key=lambda row: (-row.live, -row.created)))

    def _lives(self) -> Iterable[LiveTasks]:
        return (live for table in self.tables() for live in table.lives())

    def after_fork(self) -> None:
        """Forget, in the child, what was of the parent: its loops do not run here.

        To ask one of them to look at its tasks would even wake it in the parent, as both have the
        socket by which it is woken.
        """
        self._tables = Census()
        self._suspects.clear()
        self.history.clear()
        for site in (*self._sites.values(), self._elsewhere):
            site.after_fork()


def _row(site: Site, lives: list[LiveTasks]) -> SiteStatistics:
    created, live, peaks = site.created, 0.0, [site.peak]
    for each in lives:
        made, living = each.totals()
        created += made
        live += living
        peaks += (each.peak, living)
    return SiteStatistics(
        created_at=site.created_at,
        owner=site.owner,
        created=round(created),
        live=round(live),
        peak=round(max(peaks)),
        done=round(created - live),
        unretrieved=site.unretrieved,
    )
