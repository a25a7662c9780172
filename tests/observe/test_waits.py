"""The graph of waits: cascades and deadlocks, against a slow and simple search."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from _wait_graphs import ACQUIRE, HANDLER, lock, task
from snowshed.model import Frame, Resource, TaskSnapshot, TaskState
from snowshed.observe._waits import Cascade, WaitGraph

if TYPE_CHECKING:
    import pytest


class TestCascades:
    def test_five_thousand_tasks_behind_one_lock_are_one_cascade(self) -> None:
        line = [task(number, behind=lock(7)) for number in range(5_000)]
        graph = WaitGraph.of([*line, task(9_000, 4_999), task(9_001)])
        (found,) = graph.cascades
        assert (found.head, found.heads, found.behind) == (lock(7), 1, 5_001)
        assert (graph.tasks, graph.waiting) == (5_002, 5_001)

    def test_its_chain_is_the_longest_and_tells_how_many_wait_at_each_step(self) -> None:
        tasks = [task(1, behind=lock(7)), task(2, behind=lock(7)), task(3, 2), task(4, 2)]
        (found,) = WaitGraph.of([*tasks, task(5, 3)]).cascades
        assert [each.node for each in found.chain] == [lock(7), tasks[1], tasks[2], task(5, 3)]
        assert [each.waiters for each in found.chain] == [2, 2, 1, 0]
        assert (found.depth, found.skipped) == (3, 0)

    def test_a_lock_whose_holder_is_known_is_no_head(self) -> None:
        tasks = [task(1), task(2, behind=lock(7)), task(3, behind=lock(7))]
        (found,) = WaitGraph.of(tasks, holders={7: [1]}).cascades
        assert (found.head, found.behind, found.depth) == (tasks[0], 2, 2)
        assert [each.node for each in found.chain][:2] == [tasks[0], lock(7)]

    def test_a_task_that_waits_along_two_ways_is_behind_once(self) -> None:
        (found,) = WaitGraph.of([task(1), task(2, 1), task(3, 1), task(4, 2, 3)]).cascades
        assert (found.behind, found.depth) == (3, 2)

    def test_the_worst_has_most_behind_fewest_heads(self) -> None:
        replies = [task(100 + each, behind=lock(500 + each)) for each in range(80)]
        line = [task(each, behind=lock(7)) for each in range(40)]
        first, second = WaitGraph.of([*replies, *line]).cascades
        assert (first.head, first.behind) == (lock(7), 40)
        assert (second.heads, second.behind) == (80, 80)

    def test_heads_that_are_alike_and_hold_up_few_are_told_of_together(self) -> None:
        elsewhere = [ACQUIRE, HANDLER]
        replies = [task(each, behind=lock(500 + each)) for each in range(6)]
        others = [task(50 + each, behind=lock(600 + each), stack=elsewhere) for each in range(3)]
        graph = WaitGraph.of([*replies, *others])
        assert [(each.heads, each.behind) for each in graph.cascades] == [(6, 6), (3, 3)]

    def test_those_that_hold_places_of_one_limiter_are_told_of_together(self) -> None:
        limiter = Resource(7, "anyio.CapacityLimiter", "", 30)
        here = [task(each) for each in range(80)]
        elsewhere = [task(80 + each, stack=[HANDLER]) for each in range(5)]
        line = [task(100 + each, behind=limiter) for each in range(30)]
        other = [task(200 + each, behind=lock(8)) for each in range(12)]
        tasks = [*here, *elsewhere, *line, *other]
        graph = WaitGraph.of(tasks, holders={7: range(85)})
        told = {(each.heads, each.behind) for each in graph.cascades}
        assert told == {(80, 30), (5, 30), (1, 12)}
        assert graph.heads_left_out == 0

    def test_the_one_holder_of_a_lock_stands_alone(self) -> None:
        line = [task(100 + each, behind=lock(7 + each % 2)) for each in range(30)]
        graph = WaitGraph.of([task(1), task(2), *line], holders={7: [1], 8: [2]})
        assert [(each.heads, each.behind) for each in graph.cascades] == [(1, 15), (1, 15)]

    def test_what_is_beyond_the_top_is_counted(self) -> None:
        lines = [task(20 * each + i, behind=lock(each)) for each in range(7) for i in range(12)]
        graph = WaitGraph.of(lines, top=3)
        assert (len(graph.cascades), graph.heads_left_out) == (3, 4)

    def test_what_has_ended_or_was_not_seen_holds_up_nobody(self) -> None:
        graph = WaitGraph.of([task(1, 2, 3), task(2, state=TaskState.DONE)])
        assert (graph.tasks, graph.waiting, graph.cascades) == (1, 0, ())

    def test_nobody_waits_where_there_is_nobody(self) -> None:
        assert WaitGraph.of([]) == WaitGraph(0, 0, (), ())


ENTER = Frame("charge", "/srv/app/pay.py", 4)
INSIDE = Frame("charge", "/srv/app/pay.py", 5)


class TestSuspects:
    """Who may hold a lock that does not know it."""

    def test_who_is_further_on_in_the_function_that_takes_the_lock_may_hold_it(self) -> None:
        line = [task(each, behind=lock(7), stack=[ACQUIRE, ENTER]) for each in range(3)]
        holder = task(8, stack=[HANDLER, INSIDE])
        (found,) = WaitGraph.of([*line, task(9), holder]).cascades
        assert (found.suspects, found.suspect) == (1, holder)

    def test_who_takes_another_lock_on_the_same_line_does_not(self) -> None:
        line = [task(each, behind=lock(7), stack=[ACQUIRE, ENTER]) for each in range(12)]
        other = [task(90 + each, behind=lock(8), stack=[ACQUIRE, ENTER]) for each in range(12)]
        assert [each.suspects for each in WaitGraph.of([*line, *other]).cascades] == [0, 0]

    def test_who_waits_for_it_itself_in_two_places_does_not(self) -> None:
        line = [task(1, behind=lock(7), stack=[ACQUIRE, ENTER])]
        line += [task(2, behind=lock(7), stack=[ACQUIRE, ENTER, INSIDE])]
        (found,) = WaitGraph.of(line).cascades
        assert (found.suspects, found.suspect) == (0, None)

    def test_nobody_holds_an_event(self) -> None:
        event = Resource(7, "asyncio.Event", "", 1)
        tasks = [task(1, behind=event, stack=[ENTER]), task(2, stack=[INSIDE])]
        assert WaitGraph.of(tasks).cascades[0].suspects == 0

    def test_of_many_locks_alike_nobody_can_tell(self) -> None:
        line = [task(each, behind=lock(70 + each), stack=[ACQUIRE, ENTER]) for each in range(3)]
        (found,) = WaitGraph.of([*line, task(9, stack=[INSIDE])]).cascades
        assert (found.heads, found.suspects) == (3, 0)


class TestDeadlocks:
    def test_tasks_that_await_each_other(self) -> None:
        graph = WaitGraph.of([task(1, 2), task(2, 3), task(3, 1), task(4, 1), task(5, 4)])
        (found,) = graph.deadlocks
        assert (found.tasks, found.behind, found.of_tasks_only) == (3, 2, True)
        assert found.ring == (task(1, 2), task(2, 3), task(3, 1))
        assert graph.cascades == ()

    def test_a_task_that_awaits_itself(self) -> None:
        (found,) = WaitGraph.of([task(1, 1), task(2, 1)]).deadlocks
        assert (found.tasks, found.behind, found.ring) == (1, 1, (task(1, 1),))

    def test_two_locks_taken_in_opposite_orders(self) -> None:
        tasks = [task(1, behind=lock(8)), task(2, behind=lock(9))]
        assert WaitGraph.of(tasks).deadlocks == ()
        (found,) = WaitGraph.of(tasks, holders={8: [2], 9: [1]}).deadlocks
        assert found.ring == (tasks[0], lock(8), tasks[1], lock(9))
        assert (found.tasks, found.of_tasks_only) == (2, False)

    def test_a_task_that_takes_a_lock_twice(self) -> None:
        (found,) = WaitGraph.of([task(1, behind=lock(8))], holders={8: [1]}).deadlocks
        assert found.ring == (task(1, behind=lock(8)), lock(8))

    def test_a_place_that_somebody_else_can_free_is_no_deadlock(self) -> None:
        tasks = [task(1, behind=lock(8)), task(2)]
        graph = WaitGraph.of(tasks, holders={8: [1, 2]})
        assert graph.deadlocks == ()
        assert [(each.head, each.behind) for each in graph.cascades] == [(tasks[1], 1)]
        assert WaitGraph.of([tasks[0], task(2, 1)], holders={8: [1, 2]}).deadlocks

    def test_a_place_that_comes_free_frees_the_next(self) -> None:
        tasks = [task(1, behind=lock(8)), task(2), task(3, behind=lock(9))]
        assert WaitGraph.of(tasks, holders={8: [1, 2], 9: [1, 3]}).deadlocks == ()
        assert WaitGraph.of(tasks, holders={8: [1], 9: [1, 3]}).deadlocks

    def test_who_waits_for_all_is_stuck_though_one_of_them_will_end(self) -> None:
        graph = WaitGraph.of([task(1, 2, 3), task(2, 1), task(3)])
        assert [each.tasks for each in graph.deadlocks] == [2]
        assert [(each.head, each.behind) for each in graph.cascades] == [(task(3), 2)]

    def test_who_may_go_on_before_all_have_ended_is_in_no_deadlock(self) -> None:
        tasks = [replace(task(1, 2), partly=True), task(2, 1), task(3, 2)]
        graph = WaitGraph.of(tasks)
        assert (graph.deadlocks, graph.waiting) == ((), 3)
        assert WaitGraph.of([*tasks, task(4, 5), task(5, 4)]).deadlocks[0].tasks == 2

    def test_those_beyond_the_top_are_counted(self) -> None:
        tasks = [task(2 * each + side, 2 * each + 1 - side) for each in range(5) for side in (0, 1)]
        graph = WaitGraph.of(tasks, top=2)
        assert (len(graph.deadlocks), graph.deadlocks_left_out) == (2, 3)


class TestSize:
    def test_a_chain_of_a_hundred_thousand_neither_recurses_nor_grows_the_answer(self) -> None:
        chain = [task(each, each + 1) for each in range(99_999)]
        (found,) = WaitGraph.of([*chain, task(99_999)]).cascades
        assert (found.behind, found.depth, len(found.chain)) == (99_999, 99_999, 8)
        assert found.skipped == 100_000 - 8

    def test_a_ring_of_a_hundred_thousand_neither_recurses_nor_grows_the_answer(self) -> None:
        (found,) = WaitGraph.of(
            [task(each, (each + 1) % 100_000) for each in range(100_000)]
        ).deadlocks
        assert (found.tasks, len(found.ring), found.skipped) == (100_000, 8, 100_000 - 8)

    def test_no_more_than_a_few_heads_are_walked_behind(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each walk may be over the whole graph, so their number must not grow with the heads."""
        from snowshed.observe._waits import _flow

        walks: list[object] = []
        real = _flow.Flow.count_behind
        monkeypatch.setattr(
            _flow.Flow, "count_behind", lambda flow, heads: walks.append(heads) or real(flow, heads)
        )
        heads = range(1_000, 1_200)
        tasks = [
            *map(task, heads),
            task(0, *heads),
            *(task(each, each - 1) for each in range(1, 50)),
        ]
        WaitGraph.of(tasks)
        assert len(walks) <= 32


class TestPausing:
    def test_a_thread_lets_others_run_in_each_part_of_the_work(self) -> None:
        chain = [task(each, each + 1) for each in range(5_000)]
        ring = [task(10_000 + each, 10_000 + (each + 1) % 1_000) for each in range(1_000)]
        line = [task(20_000 + each, behind=lock(7)) for each in range(1_000)]
        pauses: list[None] = []
        graph = WaitGraph.of([*chain, *ring, *line], pause=lambda: pauses.append(None))
        assert graph == WaitGraph.of([*chain, *ring, *line])
        # Each of the 7,000 is walked by at least seven times.
        assert len(pauses) > 7 * 7_000 // 128


Graph = tuple[list[TaskSnapshot], Mapping[int, Collection[int]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Tasks with random waits; every one stands elsewhere, so that no two heads are alike."""
    tasks = draw(st.integers(0, 9))
    ids = st.integers(0, tasks)  # one more than there are
    resources = st.none() | st.integers(100, 103).map(lock)
    found = [
        replace(
            task(
                number,
                *draw(st.lists(ids, max_size=3)),
                behind=draw(resources),
                stack=[Frame("f", f"{number}.py", 1)],
            ),
            partly=draw(st.integers(0, 4)) == 0,
        )
        for number in range(tasks)
    ]
    return found, draw(st.dictionaries(st.integers(100, 103), st.sets(ids, max_size=3)))


class Oracle:
    """The same questions, answered by trying everything."""

    def __init__(self, graph: Graph) -> None:
        tasks, holders = graph
        known = {each.id for each in tasks}
        self.tasks = known
        self.partly = {each.id for each in tasks if each.partly}
        self.edges: dict[int, set[int]] = {each.id: set(each.awaits) & known for each in tasks}
        for each in tasks:
            if each.resource is not None:
                self.edges[each.id].add(each.resource.id)
                self.edges[each.resource.id] = set(holders.get(each.resource.id, ())) & known

    def reach(self, node: int) -> set[int]:
        found: set[int] = set()
        todo = [*self.edges[node]]
        while todo:
            each = todo.pop()
            if each not in found:
                found.add(each)
                todo.extend(self.edges[each])
        return found

    def behind(self, heads: Collection[int]) -> int:
        waiting = [each for each in self.tasks if self.reach(each) & set(heads)]
        return len(set(waiting) - set(heads))

    def heads(self) -> dict[int, int]:
        waited_for = set().union(*self.edges.values())
        ends = [node for node, targets in self.edges.items() if not targets and node in waited_for]
        return {head: self.behind([head]) for head in ends}

    def stuck(self) -> set[int]:
        free: set[int] = set()
        while True:
            more = {
                node
                for node, targets in self.edges.items()
                if not targets
                or node in self.partly
                or (targets <= free if node in self.tasks else targets & free)
            }
            if more == free:
                return self.edges.keys() - free
            free = more

    def deadlocks(self) -> set[tuple[int, int]]:
        """Sizes, and the tasks behind, by the smallest member: what a deadlock is told by."""
        stuck = self.stuck()
        edges, self.edges = self.edges, {n: self.edges[n] & stuck for n in stuck}
        reach = {node: self.reach(node) for node in stuck}
        self.edges = edges
        groups = {
            frozenset(other for other in reach[node] if node in reach[other])
            for node in stuck
            if node in reach[node]
        }
        return {(len(group & self.tasks), self.behind(group)) for group in groups}


def ident(cascade: Cascade) -> int:
    return cascade.head.id


@given(graphs())
def test_cascades_are_those_of_a_search_that_tries_everything(graph: Graph) -> None:
    tasks, holders = graph
    oracle = Oracle(graph)
    found = WaitGraph.of(tasks, holders=holders, top=100)
    alone = {ident(each): each.behind for each in found.cascades if each.heads == 1}
    expected = oracle.heads()
    assert alone.items() <= expected.items()
    together = sum(each.heads for each in found.cascades)
    assert (together, found.heads_left_out) == (len(expected), 0)
    assert found.waiting == sum(1 for each in oracle.tasks if oracle.edges[each])


@given(graphs())
def test_deadlocks_are_those_of_a_search_that_tries_everything(graph: Graph) -> None:
    tasks, holders = graph
    oracle = Oracle(graph)
    found = WaitGraph.of(tasks, holders=holders, top=100).deadlocks
    assert {(each.tasks, each.behind) for each in found} == oracle.deadlocks()
    for each in found:
        ids = [node.id for node in each.ring]
        assert all(b in oracle.edges[a] for a, b in zip(ids, [*ids[1:], ids[0]], strict=True))


@given(graphs())
def test_a_chain_is_one_of_waits_and_none_is_longer(graph: Graph) -> None:
    tasks, holders = graph
    oracle = Oracle(graph)
    for found in WaitGraph.of(tasks, holders=holders, top=100).cascades:
        ids = [step.node.id for step in found.chain]
        assert (ids[0], len(ids) - 1) == (ident(found), found.depth)
        if not oracle.stuck() and all(node not in oracle.reach(node) for node in oracle.edges):
            assert all(a in oracle.edges[b] for a, b in pairwise(ids))
            assert found.depth == _longest(oracle, ids[0])


def _longest(oracle: Oracle, head: int) -> int:
    waiters = [node for node, targets in oracle.edges.items() if head in targets]
    return max((1 + _longest(oracle, each) for each in waiters), default=0)
