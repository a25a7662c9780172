"""The workers of a real service are one patient, also if one of them does not answer."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import _floods
import _needs
import _serving

_needs.module("aiohttp")
_needs.module("gunicorn")
pytestmark = [pytest.mark.house, pytest.mark.server, pytest.mark.slow]
WORKERS = 3


@pytest.fixture
def service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[_serving.Server, int]]:
    """The service, and the id of the process that has started its workers."""
    # Paths of sockets may not be long.
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as sockets:
        monkeypatch.setenv("SNOWSHED_DEBUG_DIR", sockets)
        command = [*_serving.UNDER_SNOWSHED, "--", "gunicorn", "-k", "aiohttp.GunicornWebWorker"]
        words = ["-w", f"{WORKERS}", "-b", "127.0.0.1:{port}", "sick:app"]
        folder = Path(__file__).parent / "python"
        more = {"PYTHONPATH": f"{folder}", "SNOWSHED_DEBUG_DIR": sockets}
        with _serving.serving([*command, *words], tmp_path, **more) as server:
            give_up = time.monotonic() + 60
            while len([*Path(sockets).glob("*.sock")]) < WORKERS:
                assert time.monotonic() < give_up
                time.sleep(0.1)
            yield server, int(server.get("/").body.split()[0])


def test_all_workers_are_one_diagnosis(service: tuple[_serving.Server, int]) -> None:
    server, pid = service
    with _floods.flooded(f"http://127.0.0.1:{server.port}/unclosed-client", patience=5):
        told = _floods.seen(lambda: _floods.doctor(str(pid)), "unclosed-client")
    (finding,) = told.of("unclosed-client")
    assert told.exit_code == 1
    assert told.document["warnings"] == []
    assert finding["count"] > 10

    # One that stands still is left out, with a word, and the others are told of.
    worker = int(server.get("/").body.split()[1])
    os.kill(worker, signal.SIGSTOP)
    try:
        told = _floods.doctor(str(pid), "--timeout", "5s")
    finally:
        os.kill(worker, signal.SIGCONT)
    silent = f"{worker}: no answer within 5 s"
    assert any(each.startswith(silent) for each in told.document["warnings"])
    assert told.document["total"] > WORKERS
