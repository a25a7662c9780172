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
    assert "99 % were sent within 123 ms of their moment in the bare run, 1 ms under" in words


def test_what_it_says_of_the_shop_is_so() -> None:
    words = " ".join(method(FINDINGS))
    [(connections, milliseconds)] = re.findall(r"(\d+) connections, (\d+) ms", words)
    assert (int(connections), int(milliseconds)) == (shop.CONNECTIONS, 1000 * shop.SERVICE_TIME)
    [sampled] = re.findall(r"every (\d+) ms", words)
    assert int(sampled) == 1000 * shop.SAMPLE_EVERY


def test_it_says_how_long_the_runs_were_and_when_clients_gave_up() -> None:
    words = " ".join(method(FINDINGS))
    assert "Two runs of 4 s for the flood, then two of 1 s" in words
    assert "gives up after 2.00 s, a heavy one after 5.00 s" in words
