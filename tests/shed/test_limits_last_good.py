"""A limit with a mistake in it must not fail the requests that it is asked about."""

from __future__ import annotations

import math

import pytest

from _limits import sample
from snowshed.shed import AdaptiveLimiter, FixedLimit, Tick
from snowshed.shed._limits._last_good import LastGoodLimit

TICK = Tick(1.0, 5.0, 5.0)


class Scripted:
    """Says one number after the other; an error of the script is raised while it listens."""

    def __init__(self, *script):
        self.script = list(script)
        self.limit = self.script.pop(0)
        self.heard = 0

    def on_sample(self, sample):
        self.heard += 1
        said = self.script.pop(0)
        if isinstance(said, Exception):
            raise said
        self.limit = said

    on_tick = on_sample

    def __repr__(self):
        return "<Scripted>"


def test_it_says_what_the_limit_says_after_each_thing_that_it_was_told():
    limit = LastGoodLimit("limiter 'api'", Scripted(10, 11, 12.5))
    assert limit.limit == 10
    limit.on_sample(sample())
    assert limit.limit == 11
    limit.on_tick(TICK)
    assert limit.limit == 12.5
    assert repr(limit) == "<LastGoodLimit 12.5, <Scripted>>"


@pytest.mark.parametrize("mistake", [LookupError("a"), math.nan, math.inf, 0, -1, 0.5, None])
@pytest.mark.parametrize("event", ["on_sample", "on_tick"])
def test_one_that_fails_is_logged_once_and_told_no_more(mistake, event, caplog):
    inner = Scripted(10, 11, mistake, 12)
    limit = LastGoodLimit("limiter 'api'", inner)
    for _ in range(4):
        getattr(limit, event)(sample() if event == "on_sample" else TICK)
    assert limit.limit == 11
    assert inner.heard == 2
    assert limit.failed
    assert repr(limit) == "<LastGoodLimit 11 failed, <Scripted>>"
    (record,) = caplog.records
    assert record.getMessage() == "limiter 'api': its limit failed and stays at 11 from now on"
    assert record.exc_info


def test_one_that_is_no_limit_from_the_start_is_refused():
    with pytest.raises(ValueError, match="<Scripted> says a limit of 0; a limit is a finite"):
        LastGoodLimit("limiter 'api'", Scripted(0))


def test_cancelling_and_leaving_the_program_are_no_mistakes_of_a_limit():
    class Leaving(Scripted):
        def on_sample(self, sample):
            raise KeyboardInterrupt

    limit = LastGoodLimit("limiter 'api'", Leaving(1))
    with pytest.raises(KeyboardInterrupt):
        limit.on_sample(sample())
    assert not limit.failed


def test_a_limiter_goes_on_with_what_its_limit_said_last_and_loses_no_units(caplog):
    now = [0.0]
    limiter = AdaptiveLimiter("api", limit=Scripted(2, 3, LookupError("a")), clock=lambda: now[0])
    for _ in range(5):
        with limiter.admit(), limiter.admit():
            now[0] += 1.0
    assert limiter.statistics().limit == 3
    assert limiter.statistics().inflight == 0
    assert [record.getMessage() for record in caplog.records] == [
        "limiter 'api': its limit failed and stays at 3 from now on"
    ]


def test_a_limiter_says_whose_limit_it_has():
    inner = FixedLimit(3)
    assert AdaptiveLimiter("api", limit=inner).limit is inner
