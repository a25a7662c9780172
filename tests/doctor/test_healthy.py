"""A service that is well gets nothing above ``low``, idle and under load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from doctor._patient import Patient, patient
from snowshed.doctor import diagnose, examine
from snowshed.model import Severity

pytestmark = [pytest.mark.slow, pytest.mark.server]
LOOKS, CLIENTS = 3, 6


@contextmanager
def loaded(service: Patient) -> Iterator[None]:
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            service.get("work")

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        over.set()
        for client in clients:
            client.join()


def above_low(service: Patient) -> list[str]:
    found = []
    for _ in range(LOOKS):
        seen = examine(service.url, lambda page: service.get(f"debug/pprof/{page}"), apart=0.3)
        assert seen.looks[0].total > 90
        findings = diagnose(seen.looks).findings
        found += [str(each) for each in findings if each.severity is not Severity.LOW]
    return found


def test_a_go_service_that_is_well_is_told_so_idle_and_busy(tmp_path: Path) -> None:
    with patient(tmp_path, "healthy") as service:
        service.get("work")
        assert above_low(service) == []
        with loaded(service):
            assert above_low(service) == []
