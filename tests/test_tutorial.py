"""The tutorial, walked: its service under a real uvicorn, and the very line that it shows."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import _page

pytestmark = [pytest.mark.house, pytest.mark.server]

PAGE = Path(__file__).parents[1] / "docs" / "tutorial" / "first-hour.md"
BIN = Path(sys.executable).parent


@dataclass
class Service:
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, object]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=10
            ) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["retry-after"]

    def report(self) -> str:
        """Return the one report; it is written when the request has ended, after its answer."""
        wait_for("request over budget", self.log)
        lines = self.log.read_text().splitlines()
        [report] = [line for line in lines if line.startswith("request over budget")]
        return report


@contextmanager
def tutorial_service(folder: Path, *options: str) -> Iterator[Service]:
    """Save the page's first two programs as shop.py and start it as the page says."""
    first, change, *_ = (block.text for block, _ in _page.programs(PAGE))
    (folder / "shop.py").write_text(f"{first}\n\n{change}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        service = Service(free.getsockname()[1], folder / "log")
    uvicorn = [BIN / "uvicorn", "shop:app", "--port", str(service.port)]
    command = [BIN / "snowshed", "run", *options, "--", *uvicorn]
    with (
        service.log.open("w") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            wait_for("Uvicorn running", service.log)
            yield service
        finally:
            process.terminate()


def wait_for(words: str, log: Path) -> None:
    until = time.monotonic() + 30
    while words not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def test_observing_changes_nothing_and_writes_the_line_on_the_page(tmp_path: Path) -> None:
    with tutorial_service(tmp_path) as service:
        assert service.get("/cart/3") == (200, {"total": 30})
        assert service.get("/cart/200") == (200, {"total": 199_000})
        report = service.report()
    folded = next(block.text for block in _page.blocks(PAGE) if block.language == "text")
    on_the_page = re.sub(r"\s+", " ", folded).strip()
    assert report.replace(f"{tmp_path.resolve()}/", "") == on_the_page


def test_enforcing_refuses_the_large_cart_alone_until_the_code_is_changed(tmp_path: Path) -> None:
    with tutorial_service(tmp_path, "--mode", "enforce", "--timeout", "2") as service:
        assert service.get("/cart/3") == (200, {"total": 30})
        status, retry_after = service.get("/cart/200")
        assert status == 503
        assert retry_after in {"1", "2", "3", "4"}
        assert "mode=enforce" in service.report()
        assert service.get("/v2/cart/200") == (200, {"total": 199_000})
