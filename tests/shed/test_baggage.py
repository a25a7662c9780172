"""The class and the id of a request reach what it starts, and nothing else."""

from __future__ import annotations

import asyncio
from contextvars import copy_context

import pytest

from snowshed.shed import Criticality
from snowshed.shed._baggage import (
    Baggage,
    current_baggage,
    current_criticality,
    set_baggage,
)
from snowshed.testing import run_virtual


def test_code_outside_of_requests_carries_nothing_and_is_critical():
    def outside():
        assert current_baggage() == Baggage(criticality=None, request_id=None)
        assert current_criticality() is Criticality.CRITICAL

    copy_context().run(outside)


def test_what_is_set_is_inherited_by_tasks_and_threads_but_not_by_siblings():
    carried = Baggage(Criticality.SHEDDABLE, "r-1")

    async def request(baggage):
        set_baggage(baggage)
        await asyncio.sleep(0)
        return await asyncio.create_task(read()), await asyncio.to_thread(current_criticality)

    async def read():
        return current_baggage()

    async def main():
        first, second = await asyncio.gather(request(carried), request(Baggage()))
        assert first == (carried, Criticality.SHEDDABLE)
        assert second == (Baggage(), Criticality.CRITICAL)
        assert current_baggage() == Baggage()

    asyncio.run(main())


def test_the_token_undoes_it():
    async def main():
        token = set_baggage(Baggage(Criticality.CRITICAL_PLUS))
        assert current_criticality() is Criticality.CRITICAL_PLUS
        token.var.reset(token)
        assert current_criticality() is Criticality.CRITICAL

    run_virtual(main())


def test_baggage_cannot_be_changed_in_the_hands_of_a_reader():
    with pytest.raises(AttributeError):
        Baggage().request_id = "other"
