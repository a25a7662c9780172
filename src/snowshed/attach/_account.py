"""What one request did with tasks: whose they were, where they were made, what became of them.

Below the threshold an account is empty and costs nothing: the budget alone counts. When the count
first crosses it, the account goes *into detail*: tasks that are there already are judged by their
coroutines, and from then on each new one by the frames that create it, and its site is kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from snowshed.attach._classify import Classifier, TaskClass
from snowshed.core._budget import ALWAYS
from snowshed.core._line import line_of
from snowshed.model import SiteCount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snowshed.core._budget import Ending, TaskBudget

SITES_AT_MOST = 1000
# The base methods: what a subclass has made of them is its own affair.
_DONE = asyncio.Task.done
_coro_of = asyncio.Task.get_coro


@dataclass(slots=True)
class _Site:
    code: CodeType
    offset: int
    count: int = 0


class Ledger:
    """Tasks that were judged when they were made, by class; the user's own by site too."""

    __slots__ = ("classifier", "counts", "sites", "unsited")

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.counts: dict[TaskClass, int] = {}
        self.sites: dict[tuple[int, int], _Site] = {}
        self.unsited = 0

    def judge(
        self, coro: object, frame: FrameType | None, loop_frame: FrameType | None
    ) -> TaskClass:
        """Judge a task that is about to be made, and count it; the user's by its site too."""
        judged, code, offset = self.classifier.of_frame(frame, loop_frame)
        if code is None:
            judged = self.classifier.of_coroutine(coro)
            code = self.classifier.code_of(coro)
        self.counts[judged] = self.counts.get(judged, 0) + 1
        if judged is TaskClass.USER:
            self._count_site(code, offset)
        return judged

    def _count_site(self, code: CodeType | None, offset: int) -> None:
        # Code objects hash by value, which is slow; the site holds the code, so its id stays.
        key = (id(code), offset)
        site = self.sites.get(key)
        if site is None:
            if code is None or len(self.sites) >= SITES_AT_MOST:
                self.unsited += 1
                return
            site = self.sites[key] = _Site(code, offset)
        site.count += 1

    @property
    def others(self) -> int:
        """Tasks that were not the user's own, as far as tasks were judged."""
        return sum(n for judged, n in self.counts.items() if judged is not TaskClass.USER)

    def top_sites(self, most: int) -> tuple[SiteCount, ...]:
        """Return the ``most`` busiest sites."""
        return _counted(self.sites.values(), most)

    def newest_site(self) -> SiteCount:
        """Return the site that was met last for the first time; there is one."""
        return _counted([next(reversed(self.sites.values()))], 1)[0]


class Account(Ledger):
    """The tasks of one request by class and by site. Belongs to the request's event loop."""

    __slots__ = ("budget", "bypassed", "detailed", "excess")

    def __init__(self, classifier: Classifier, budget: TaskBudget, sites_from: int | None) -> None:
        super().__init__(classifier)
        self.budget = budget
        if sites_from is not None:
            budget.notice_from(sites_from)
        self.detailed = False
        self.excess = 0
        self.bypassed = 0

    def looks_at(self, budget: TaskBudget) -> bool:
        """Tell whether the next task in ``budget`` should be judged, as each one after it.

        That is so from when so many tasks live, in the request's own budget or one inside it.
        """
        for each in budget.lineage():
            mine = each is self.budget
            known = self.detailed if mine else each.watcher is self
            if not known and len(each.live) >= each.notice and each.live_count() >= each.notice:
                self.go_into_detail()
                self._look_through(each)
            if mine:
                break
        return self.detailed

    def go_into_detail(self) -> None:
        """Judge the tasks that were only counted so far; the request keeps its own."""
        if self.detailed:
            return
        self.detailed = True
        budget = self.budget
        budget.mark = ALWAYS
        for task in list(budget.live):
            judged = self._of_counted(task)
            if judged is TaskClass.USER:
                self.unsited += 1
            else:
                budget.remove(task)
            self.counts[judged] = self.counts.get(judged, 0) + 1

    def _look_through(self, budget: TaskBudget) -> None:
        """Take what is not the user's own out of the budget of a scope inside the request."""
        budget.watcher = self
        for task in list(budget.live):
            if self._of_counted(task) is not TaskClass.USER:
                budget.remove(task)

    def _of_counted(self, ending: Ending) -> TaskClass:
        task = task_of(ending)
        # A finished eager task must not be asked for its coroutine: CPython 3.12.1 crashes.
        if task is not None and not _DONE(task):
            return self.classifier.of_coroutine(_coro_of(task))
        return TaskClass.USER

    def own(self, tasks: Iterable[Ending]) -> list[asyncio.Task[Any]]:
        """Return the user's tasks among ``tasks`` that have not ended."""
        found = (task_of(each) for each in tasks if not each.done())
        return [
            task for task in found if task is not None and self._of_counted(task) is TaskClass.USER
        ]

    def functions(self, tasks: Iterable[asyncio.Task[Any]], most: int) -> tuple[SiteCount, ...]:
        """Return the functions that ``tasks`` run, most frequent first."""
        codes: dict[int, _Site] = {}
        for task in tasks:
            code = self.classifier.code_of(_coro_of(task))
            if code is not None:
                codes.setdefault(id(code), _Site(code, -1)).count += 1
        return _counted(codes.values(), most)


def task_of(ending: Ending) -> asyncio.Task[Any] | None:
    """Return the task that is counted: an eager one is counted by what stood in for it."""
    task = getattr(ending, "task", ending)
    return task if isinstance(task, asyncio.Task) else None


def _counted(sites: Iterable[_Site], most: int) -> tuple[SiteCount, ...]:
    """Return the busiest lines; one line may be several sites, on Python 3.11 even for one call."""
    lines: dict[tuple[str, int, str], int] = {}
    for site in sites:
        code = site.code
        line = (code.co_filename, line_of(code, site.offset), code.co_qualname)
        lines[line] = lines.get(line, 0) + site.count
    busiest = sorted(lines.items(), key=lambda item: -item[1])[:most]
    return tuple(SiteCount(*line, count) for line, count in busiest)
