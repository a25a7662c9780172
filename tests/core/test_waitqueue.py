"""The line keeps order, gives no turn to who is gone, and does not grow by those who left."""

from __future__ import annotations

from snowshed.core._waitqueue import WaitQueue
from snowshed.testing import run_virtual


def test_turns_are_given_in_order_of_arrival_while_enough_is_available():
    async def main():
        queue = WaitQueue()
        turns = [queue.join(amount) for amount in (2, 1, 3)]
        assert queue.serve(4) == 3
        assert [turn.done() for turn in turns] == [True, True, False]
        assert queue.serve(3) == 3
        assert turns[2].done()
        assert not queue

    run_virtual(main())


def test_serving_stops_at_the_first_that_does_not_fit():
    async def main():
        queue = WaitQueue()
        large, small = queue.join(3), queue.join(1)
        assert queue.serve(2) == 0
        assert not large.done()
        assert not small.done()

    run_virtual(main())


def test_a_cancelled_place_is_passed_over():
    async def main():
        queue = WaitQueue()
        gone, next_one = queue.join(3), queue.join(1)
        gone.cancel()
        assert queue.serve(1) == 1
        assert next_one.done()
        assert not queue.leave(gone)

    run_virtual(main())


def test_leaving_tells_whether_the_turn_had_come():
    """The one that leaves need not be cancelled: its coroutine may have been closed."""

    async def main():
        queue = WaitQueue()
        served, waiting = queue.join(), queue.join()
        queue.serve(1)
        assert queue.leave(served)
        assert not queue.leave(waiting)
        assert queue.serve(1) == 0

    run_virtual(main())


def test_who_was_refused_had_no_turn():
    async def main():
        queue = WaitQueue()
        refused, waiting = queue.join(), queue.join()
        refused.set_exception(LookupError())
        assert not queue.leave(refused)
        assert queue.serve(1) == 1
        assert waiting.done()

    run_virtual(main())


def test_only_those_who_still_wait_are_counted():
    async def main():
        queue = WaitQueue()
        turns = [queue.join() for _ in range(3)]
        turns[1].cancel()
        assert queue.waiting() == 2

    run_virtual(main())


def test_those_who_left_do_not_pile_up_behind_a_first_that_stays():
    """A line with one patient caller and endless time-outs behind it stays short."""

    async def main():
        queue = WaitQueue()
        first = queue.join(100)
        for _ in range(1000):
            turn = queue.join()
            turn.cancel()
            queue.leave(turn)
            assert len(queue) < 5
        assert not first.done()

    run_virtual(main())


def test_leaving_costs_the_same_in_a_long_line():
    """Ten thousand time-outs at once are no quadratic stall."""

    class Counting(WaitQueue):
        steps = 0

        def _sweep(self, leaver):
            Counting.steps += len(self)
            super()._sweep(leaver)

    async def main():
        queue = Counting()
        turns = [queue.join() for _ in range(10_000)]
        for turn in reversed(turns):
            turn.cancel()
            queue.leave(turn)
        assert not queue
        assert Counting.steps < 4 * len(turns)

    run_virtual(main())


def test_arrival_orders_the_places_of_several_lines():
    async def main():
        one, other = WaitQueue(), WaitQueue()
        turns = [line.join() for line in (one, other, one, other)]
        assert [turn for _, turn, _ in sorted([*other, *one])] == turns

    run_virtual(main())
