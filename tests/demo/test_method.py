from __future__ import annotations

import re
from dataclasses import replace

from demo._sample import BARE, COMPARISON, FINDINGS
from snowshed.demo import shop
from snowshed.demo._method import method


def test_it_says_how_late_the_generator_itself_was() -> None:
    late = replace(BARE, outcomes=tuple(replace(o, late=0.123) for o in BARE.outcomes))
    comparison = replace(COMPARISON, runs=(late, COMPARISON.runs[1]))
    words = " ".join(method(replace(FINDINGS, flood=comparison)))
    assert "were sent within this time of their moment: 123 ms (bare), 1 ms (snowshed <&>)" in words


def test_what_it_says_of_the_shop_is_so() -> None:
    words = " ".join(method(FINDINGS))
    assert re.findall(r"(\d+) connections, (\d+) ms", words) == [
        (f"{shop.CONNECTIONS}", f"{1000 * shop.SERVICE_TIME:.0f}"),
        (f"{shop.CARRIER_CONNECTIONS}", f"{1000 * shop.CARRIER_TIME:.0f}"),
    ]
    [sampled] = re.findall(r"every (\d+) ms", words)
    assert int(sampled) == 1000 * shop.SAMPLE_EVERY


def test_it_says_how_the_limit_of_uvicorn_was_found() -> None:
    words = " ".join(method(FINDINGS))
    assert "The limit of uvicorn, 7, is what fits" in words
    assert "within 75% of 500 ms" in words


def test_it_says_how_long_the_runs_were_and_when_clients_gave_up() -> None:
    words = " ".join(method(FINDINGS))
    assert "Two runs of 4 s for the flood, then three of 4 s" in words
    assert "and two of 1 s with idle connections" in words
    assert "gives up after 2.00 s, a heavy one after 5.00 s" in words
