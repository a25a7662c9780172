"""The count of live tasks is exact whenever it matters, and sweeping for it stays cheap."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _virtual import forever, passes, virtual
from snowshed.core import open_scope
from snowshed.core._budget import (
    ALWAYS,
    CURRENT,
    FIRST_MARK,
    LOOKS_AT_A_SPAWN,
    NO_LIMIT,
    OUTSIDE,
    SWEEP_AT_ONCE,
    TaskBudget,
)
from snowshed.errors import BudgetExceeded


class Job:
    """Something that ends when told to, and notes how often it was asked."""

    asked = 0

    def __init__(self, ended=False):
        self.ended = ended

    def done(self):
        type(self).asked += 1
        return self.ended


def add(budget, count=1):
    jobs = [Job() for _ in range(count)]
    for job in jobs:
        budget.admit()
        budget.add(job)
    return jobs


def end(jobs):
    for job in jobs:
        job.ended = True


def test_a_full_budget_refuses_and_names_the_numbers():
    budget = TaskBudget("x", 3)
    add(budget, 3)
    with pytest.raises(BudgetExceeded, match="'x' holds 3 live tasks and its budget is 3"):
        budget.admit()
    assert budget.refused == 1


def test_an_ended_task_makes_room_at_once():
    budget = TaskBudget("x", 3)
    jobs = add(budget, 3)
    end(jobs[1:2])
    budget.admit()
    assert budget.live_count() == 2


def test_without_enforcement_everything_is_counted_and_nothing_refused():
    budget = TaskBudget("x", 3, enforced=False)
    add(budget, 20)
    assert budget.live_count() == 20
    assert budget.refused == 0
    assert budget.peak == 20


def test_a_task_counts_in_every_ancestor():
    root = TaskBudget("root", 10)
    middle = TaskBudget("middle", None, parent=root)
    leaf = TaskBudget("leaf", 5, parent=middle)
    jobs = add(leaf, 5)
    add(middle, 1)
    assert [budget.live_count() for budget in leaf.lineage()] == [5, 6, 6]
    with pytest.raises(BudgetExceeded, match="'leaf'"):
        leaf.admit()
    add(middle, 4)
    end(jobs[:1])
    leaf.admit()
    leaf.add(Job())
    with pytest.raises(BudgetExceeded, match="'root'"):
        middle.admit()


def test_remove_takes_a_task_off_everywhere():
    root = TaskBudget("root", 10)
    leaf = TaskBudget("leaf", 5, parent=root)
    job, other = add(leaf, 2)
    leaf.remove(job)
    leaf.remove(job)
    assert leaf.live == root.live == [other]


def test_a_closed_budget_holds_and_counts_nothing_and_tells_who_survived():
    parent = TaskBudget("parent", 10)
    budget = TaskBudget("x", 5, parent=parent)
    budget.loop = asyncio.new_event_loop()
    budget.loop.close()
    ended, alive = add(budget, 2)
    end([ended])
    assert not budget.closed
    assert budget.close() == [alive]
    assert budget.closed
    assert budget.live == []
    assert budget.spawned == 2
    assert budget.parent is budget.scope is budget.loop is budget.watcher is None
    assert budget.mark == ALWAYS
    assert parent.live_count() == 1


def test_resize_takes_effect_at_once_and_revokes_nothing():
    budget = TaskBudget("x", 20)
    add(budget, 6)
    budget.resize(3)
    with pytest.raises(BudgetExceeded, match="holds 6 live tasks and its budget is 3"):
        budget.admit()
    budget.resize(7)
    add(budget, 1)
    with pytest.raises(BudgetExceeded):
        budget.admit()


def test_repr():
    assert repr(TaskBudget("x", 5)) == "<TaskBudget 'x' live<=0 limit=5>"
    assert repr(TaskBudget("x", None)) == "<TaskBudget 'x' live<=0 limit=unbounded>"


def test_code_outside_of_scopes_has_a_budget_that_keeps_nothing():
    assert CURRENT.get() is OUTSIDE
    for _ in range(100):
        OUTSIDE.admit()
        OUTSIDE.add(Job())
    assert len(OUTSIDE.live) == 0
    assert OUTSIDE.limit == OUTSIDE.mark == NO_LIMIT
    assert OUTSIDE.closed


# --- the peak


@virtual
async def test_five_fan_outs_of_forty_in_a_row_are_no_flood_and_their_peak_is_forty():
    """A count by done-callbacks sees 79: they run one pass of the loop late."""

    async def work():
        await asyncio.sleep(1)

    async with open_scope("x", budget=50) as scope:
        for _ in range(5):
            await asyncio.gather(*[await scope.spawn(work) for _ in range(40)])
        assert scope.statistics().peak == 40
        assert scope.statistics().spawned == 200
    assert scope.statistics().peak == 40
    assert scope.statistics().refused == 0


@pytest.mark.parametrize("count", [1, 8, 9, 31, 32, 33, 50, 64, 500])
@pytest.mark.parametrize("rounds", [1, 3])
def test_the_peak_of_bursts_is_exact(count, rounds):
    budget = TaskBudget("x", None)
    for _ in range(rounds):
        end(add(budget, count))
    budget.close()
    assert count <= budget.peak <= max(count, FIRST_MARK if rounds > 1 else 0)


def test_a_window_that_slides_over_a_thousand_tasks_has_its_own_size_as_its_peak():
    budget = TaskBudget("x", None)
    window = add(budget, 10)
    for _ in range(1000):
        end([window.pop(0)])
        window += add(budget)
    assert budget.peak == 10


def test_the_peak_never_falls():
    budget = TaskBudget("x", None)
    jobs = add(budget, 30)
    peaks = [budget.peak]
    for job in jobs:
        end([job])
        peaks.append(budget.peak)
    assert peaks == [30] * 31


def test_the_peak_of_strictly_sequential_tasks_stays_at_the_first_mark():
    budget = TaskBudget("x", 50)
    for _ in range(1000):
        end(add(budget))
    assert budget.peak <= 8
    assert budget.spawned == 1000


@given(
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1), st.booleans()), max_size=30),
)
def test_the_count_is_exact_and_the_peak_is_off_by_one_doubling_at_most(limit, steps):
    budget = TaskBudget("x", limit)
    alive, peak, refused = [], 0, []
    for births, dying, oldest_first in steps:
        for _ in range(births):
            try:
                alive += add(budget)
            except BudgetExceeded as error:
                refused.append((len(alive), error.live))
        peak = max(peak, len(alive))
        alive.sort(key=id) if not oldest_first else None
        gone = int(len(alive) * dying)
        end(alive[:gone])
        del alive[:gone]
        assert len(budget.live) <= limit
    assert budget.live_count() == len(alive)
    assert set(refused) <= {(limit, limit)}
    assert peak / 2 <= budget.peak <= min(limit, max(2 * peak, FIRST_MARK))
    if refused:
        assert budget.peak == limit


# --- the price


def test_sweeping_costs_two_looks_at_most_for_each_spawn():
    for pattern in (0, 1):
        budget = TaskBudget("x", None)
        Job.asked = 0
        for _ in range(5000):
            jobs = add(budget)
            if pattern:
                end(jobs)
        assert Job.asked <= 2 * 5000


def test_a_large_budget_finds_the_one_that_ended_wherever_it_stands():
    for position in (0, 255, 256, 999):
        budget = TaskBudget("x", 1000)
        jobs = add(budget, 1000)
        end(jobs[position : position + 1])
        budget.admit()
        budget.add(Job())
        with pytest.raises(BudgetExceeded):
            budget.admit()


def test_a_large_budget_is_not_refused_while_half_of_it_has_ended():
    budget = TaskBudget("x", 1000)
    jobs = add(budget, 1000)
    end(jobs[500:])
    add(budget, 500)
    with pytest.raises(BudgetExceeded):
        budget.admit()
    assert budget.live_count() == 1000
    assert budget.spawned == 1500


@virtual
async def test_a_flood_of_refusals_looks_at_few_tasks_until_the_next_pass():
    budget = TaskBudget("x", 10 * SWEEP_AT_ONCE)
    budget.loop = asyncio.get_running_loop()
    jobs = add(budget, 10 * SWEEP_AT_ONCE)
    assert not budget.has_room()
    Job.asked = 0
    assert not any(budget.has_room() for _ in range(100))
    assert Job.asked == 100 * SWEEP_AT_ONCE
    end(jobs[-1:])
    await passes(2)
    assert budget.has_room()
    assert budget.peak == 10 * SWEEP_AT_ONCE


# --- memory


@pytest.mark.allow_task_leaks(reason="looks at tasks as a loop that nobody watches makes them")
@virtual
async def test_let_go_holds_no_ended_task_and_forgets_no_number():
    async with open_scope("x", budget=100) as scope:
        budget = scope._budget
        alive = await scope.spawn(forever)
        tasks = [await scope.spawn(passes) for _ in range(30)]
        references = [weakref.ref(task) for task in tasks]
        await asyncio.sleep(1)
        budget.let_go()
        del tasks
        gc.collect()
        assert [ref() for ref in references if ref() is not None] == []
        assert budget.peak == 31
        assert budget.live_count() == 1
        assert budget.live == [alive]
        scope.cancel("enough")
    assert scope.statistics().peak == 31
    assert scope.statistics().spawned == 31


def test_a_flood_that_is_only_observed_costs_each_spawn_the_same():
    Job.asked = 0
    budget = TaskBudget("flood", 50, enforced=False)
    for _ in range(20_000):
        budget.has_room()
        budget.add(Job())
    assert Job.asked < 20_000 * (LOOKS_AT_A_SPAWN + 4)
    assert budget.peak == 20_000


def test_an_observed_flood_that_has_ebbed_away_is_noticed_soon():
    budget = TaskBudget("flood", 50, enforced=False)
    jobs = [Job() for _ in range(1_000)]
    for job in jobs:
        budget.add(job)
    assert not budget.has_room()
    for job in jobs:
        job.ended = True
    assert any(budget.has_room() for _ in range(1_000 // LOOKS_AT_A_SPAWN + 1))
