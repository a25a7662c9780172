"""Who is told of a circuit's changes, what a listener may do, and changes by hand."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from _breakers import breaker, fails, succeeds
from _virtual import virtual
from snowshed.errors import CircuitOpen
from snowshed.shed import Transition


@virtual
async def test_listeners_hear_of_each_change():
    db = breaker()
    heard = []

    @db.on_transition
    def listener(transition):
        heard.append(transition)

    await fails(db, 4)
    await asyncio.sleep(10)
    await succeeds(db, 3)
    assert [(change.before, change.after) for change in heard] == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]
    assert heard[0] == Transition("db", "closed", "open", "4 of 4 calls failed (limit 50%)")


@virtual
async def test_a_listener_that_fails_is_logged_once_and_removed(caplog):
    caplog.set_level(logging.ERROR)
    db = breaker()
    calls, heard = [], []

    @db.on_transition
    def broken(transition):
        calls.append(transition)
        raise LookupError

    db.on_transition(heard.append)
    await fails(db, 4)
    await asyncio.sleep(10)
    await succeeds(db, 3)
    assert (len(calls), len(heard)) == (1, 3)
    assert [record.getMessage() for record in caplog.records] == [
        "a listener of circuit 'db' failed and was removed"
    ]


@virtual
async def test_a_listener_may_use_the_breaker():
    db = breaker()

    @db.on_transition
    def never_open(transition):
        if transition.after == "open":
            db.reset()

    await fails(db, 20)
    assert db.state == "closed"
    assert db.statistics().opened == 5


@virtual
async def test_a_listener_that_recurses_for_ever_is_removed_as_any_that_fails(caplog):
    db = breaker()

    @db.on_transition
    def restless(transition):
        (db.reset if transition.after != "closed" else db.disable)()

    db.force_open()
    assert any("was removed" in record.getMessage() for record in caplog.records)
    db.reset()
    await succeeds(db)


@virtual
async def test_by_hand(caplog):
    caplog.set_level(logging.INFO)
    db = breaker()
    db.force_open()
    await asyncio.sleep(1000)
    with pytest.raises(CircuitOpen, match="forced open by hand"):
        await succeeds(db)
    db.disable()
    await fails(db, 50)
    db.reset()
    db.reset()
    await fails(db, 3)
    assert db.state == "closed"
    messages = [record.getMessage() for record in caplog.records]
    assert [message.partition(":")[0] for message in messages] == [
        "circuit 'db' went from closed to forced_open",
        "circuit 'db' went from forced_open to disabled",
        "circuit 'db' went from disabled to closed",
    ]


@virtual
async def test_who_only_looks_changes_nothing_in_any_thread():
    """Metrics ask in a thread of their own, where no listener of the service expects to be."""
    db = breaker()
    await fails(db, 4)
    await asyncio.sleep(10)
    heard, seen = [], []
    db.on_transition(heard.append)
    thread = threading.Thread(target=lambda: seen.append(db.statistics()))
    thread.start()
    thread.join()
    assert (seen[0].state, seen[0].why) == ("half_open", "the open state is over; probes decide")
    assert (seen[0].calls, seen[0].retry_after) == (0, 0.0)
    assert "half_open" in repr(db)
    assert heard == []
    await succeeds(db, 1)
    assert [change.after for change in heard] == ["half_open"]
