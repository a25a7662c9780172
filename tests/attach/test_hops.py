"""Three services of three kinds in three processes: what the first allows, the last one feels."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

import _needs
from _serving import UNDER_SNOWSHED, Server, free_port, serving

pytestmark = pytest.mark.server

HOPS = Path(__file__).parent / "_hops.py"
TIMEOUT = 20.0


class Chain(NamedTuple):
    a: Server
    c: Server


@contextmanager
def chain(mode: str, folder: Path) -> Iterator[Chain]:
    for name in ("uvicorn", "fastapi", "httpx2", "aiohttp", "grpc"):
        _needs.module(name)
    command = (*UNDER_SNOWSHED, "--mode", mode, "--timeout", str(TIMEOUT), "--")
    grpc_port = str(free_port())

    def start(name, **ports):
        words = (*command, sys.executable, str(HOPS), name)
        return stack.enter_context(serving(words, folder, **ports))

    with ExitStack() as stack:
        c = start("c", C_GRPC_PORT=grpc_port)
        b = start("b", C_GRPC_PORT=grpc_port)
        yield Chain(start("a", B_PORT=str(b.port)), c)
    for server in (c, b):
        assert "snowshed failed" not in server.log.read_text()


@pytest.fixture(scope="module")
def enforced(tmp_path_factory) -> Iterator[Chain]:
    with chain("enforce", tmp_path_factory.mktemp("enforced")) as services:
        yield services


def test_time_budget_class_and_id_travel_to_the_last_service(enforced):
    headers = {
        "x-request-timeout-ms": "5000",
        "snowshed-budget": "7",
        "x-criticality": "sheddable-plus",
        "x-request-id": "r-1",
    }
    answer = enforced.a.get("/look", **headers)
    assert answer.status == 200, answer.body
    seen = answer.json()
    a, b, c = seen["a"], seen["b"], seen["c"]
    assert 5.0 > a["left"] > b["left"] > c["left"] > 0
    # One task of `a` was alive when it called `b`.
    assert (a["budget"], b["budget"], c["budget"]) == (7, 6, 6)
    assert a["id"] == b["id"] == c["id"] == "r-1"
    assert a["criticality"] == b["criticality"] == c["criticality"] == "SHEDDABLE_PLUS"


def test_without_a_word_of_the_caller_the_first_services_own_timeout_travels(enforced):
    seen = enforced.a.get("/look").json()
    assert TIMEOUT > seen["b"]["left"] > seen["c"]["left"] > TIMEOUT - 5
    assert seen["b"]["id"] is None


def test_the_clients_timeouts_are_capped_and_the_whole_chain_gives_up_in_time(enforced):
    """Both clients would wait a minute by themselves."""
    before = cancelled(enforced)
    began = time.monotonic()
    answer = enforced.a.get("/slow", **{"x-request-timeout-ms": "500"})
    assert time.monotonic() - began < 3.0
    # All three give up at the same moment; the next one's answer may be a hair's breadth first.
    assert answer.status == 504 or answer.json()["status of b"] == 504
    assert until_cancelled(enforced, before + 1) < 1.0


def test_a_caller_that_leaves_takes_the_work_of_the_last_service_with_it(enforced):
    before = cancelled(enforced)
    begun = seen_by(enforced).count("begun")
    connection = enforced.a.connect()
    connection.request("GET", "/slow")
    until(lambda: seen_by(enforced).count("begun") == begun + 1)
    connection.close()
    assert until_cancelled(enforced, before + 1) < 1.0


def test_observing_hands_on_nothing(tmp_path):
    with chain("observe", tmp_path) as services:
        answer = services.a.get("/look", **{"x-request-timeout-ms": "5000", "x-request-id": "r-1"})
    seen = answer.json()
    assert seen["b"]["left"] is seen["c"]["left"] is None
    assert seen["b"]["id"] is seen["c"]["id"] is None


def seen_by(services: Chain) -> list[str]:
    seen: list[str] = json.loads(services.c.get("/").body)
    return seen


def cancelled(services: Chain) -> int:
    return seen_by(services).count("cancelled")


def until_cancelled(services: Chain, count: int) -> float:
    """Return after how many seconds the last service has seen ``count`` cancellations."""
    began = time.monotonic()
    until(lambda: cancelled(services) >= count)
    return time.monotonic() - began


def until(condition, *, within=10.0):
    give_up = time.monotonic() + within
    while not condition():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.02)
