"""What the tasks of a Python service have to do with its requests.

A task of Python does not tell which other task made it, but for which request it works, and the
service counts the tasks of each open request, and those that live on when theirs has ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._family import BUDGET
from snowshed.doctor._requests import WORST_AT_MOST
from snowshed.doctor._tasks import is_task, label
from snowshed.model import RequestsOver, RequestTasks

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Goroutine

__all__ = [
    "ENDED_REQUEST",
    "Wide",
    "for_requests",
    "left_behind",
    "request_of",
    "requests_over",
    "said_of_requests",
    "serves_requests",
    "wide_requests",
]

ENDED_REQUEST = "an ended request"
"""As a service calls the request of a task, once that has ended."""
# Of the tasks that have become more, so many have to have outlived a request.
PART = 0.5


class Wide(NamedTuple):
    """Requests of one name that have more tasks than a request should.

    Attributes:
        name: verb and path.
        most: tasks that one of them has.
        requests: how many of them have too many.
        group: most of their tasks.
        average: whether `most` is what they have on average, as each was not counted.
    """

    name: str
    most: int
    requests: int
    group: Group
    average: bool


def request_of(each: Goroutine) -> str:
    """Return the open request that a task works for; empty if for none."""
    name = label(each, "request")
    return "" if name == ENDED_REQUEST else name


def for_requests(group: Group) -> bool:
    """Tell whether most of ``group``, as far as they are listed, work for requests."""
    working = sum(_is_short(request_of(each)) for each in group.members)
    return 2 * working >= max(len(group.members), 1)


def _is_short(request: str) -> bool:
    """Tell whether it is the name of a request that is to be answered, and no WebSocket."""
    return request != "" and not request.startswith("WS ")


def serves_requests(case: Case) -> bool:
    """Tell whether the service is seen to have any, so that to have none means something."""
    return any(facts.requests for facts in case.facts) or any(
        label(each, "request") for group in case.groups for each in group.members
    )


def said_of_requests(group: Group) -> tuple[str, ...]:
    """Return the line that says for which request they work, if most work for the same one."""
    names = Counter(request_of(each) for each in group.members if is_task(each))
    name, count = max(names.items(), key=lambda item: item[1], default=("", 0))
    if not name or 2 * count < len(group.members):
        return ()
    who = "it works" if group.count == 1 else "they work"
    return (f"{who if count == len(group.members) else 'most of them work'} for {name}",)


def wide_requests(case: Case) -> Iterator[Wide]:
    """Yield the requests that have more than fifty tasks each, by name."""
    largest: dict[str, Group] = {}
    counts: dict[str, int] = {}
    handlers: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for group in case.groups:
        tasks = [each for each in group.members if is_task(each) and request_of(each)]
        for name, count in Counter(map(request_of, tasks)).items():
            if label(tasks[0], "owner") == "infrastructure":
                handlers[name] += count
                continue
            made[name] += count
            if count > counts.get(name, 0):
                counts[name], largest[name] = count, group
    told = _told(case)
    for name, group in largest.items():
        live = [count for count in told.get(name, ()) if count > BUDGET]
        average = made[name] // handlers[name] if handlers[name] else 0
        if live:
            yield Wide(name, max(live), len(live), group, average=False)
        elif name not in told and average > BUDGET:
            yield Wide(name, average, handlers[name], group, average=True)


def requests_over(case: Case) -> RequestsOver | None:
    """Return the requests that have more than fifty tasks each; None if no look tells of any."""
    told = _told(case)
    if not told:
        return None
    group_of = {wide.name: wide.group for wide in wide_requests(case)}
    over = [
        (count, name)
        for name, counts in told.items()
        for count in counts
        if count > BUDGET and name in group_of
    ]
    over.sort(key=lambda each: (-each[0], each[1]))
    worst = tuple(
        RequestTasks(0, count, group_of[name].created_by or group_of[name].at, name=name)
        for count, name in over[:WORST_AT_MOST]
    )
    return RequestsOver(BUDGET, sum(map(len, told.values())), len(over), worst)


def _told(case: Case) -> dict[str, list[int]]:
    """Return how many tasks each open request has, by name, as the service counts them."""
    found: dict[str, list[int]] = {}
    last = next((each.requests for each in reversed(case.facts) if each.requests is not None), ())
    for request in last:
        found.setdefault(request.name, []).append(request.live)
    return found


def left_behind(case: Case) -> Iterator[tuple[Group, str]]:
    """Yield each group whose tasks live on without their request and become more, and how it shows.

    Python 3.11 does not tell of a task that its request has ended, only how many have done so.
    """
    outlived = [each.outlived for each in case.facts if each.outlived is not None]
    gained = outlived[-1] - outlived[0] if len(outlived) > 1 else 0
    for group in case.groups:
        tasks = [each for each in group.members if is_task(each)]
        users = [each for each in tasks if label(each, "owner") == "user" and not request_of(each)]
        growth = case.growth(group.where)
        if not users or 2 * len(users) < len(tasks) or growth is None or not growth.grows:
            continue
        ended = sum(label(each, "request") == ENDED_REQUEST for each in users)
        if 2 * ended >= len(users):
            yield group, f"the requests that started {ended:,} of them have ended"
        elif gained >= PART * growth.gained:
            yield group, f"{gained:,} tasks have outlived their requests between the looks"
