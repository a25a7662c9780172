"""A real browser without a window, to look at pages as people see them.

It is Chromium, driven by its own protocol over one WebSocket, so that nothing has to be installed
beside the browser itself. What the page logs, what it asks the network for, and what it throws is
kept, since a page that is fine does none of it.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

import _needs

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SECONDS = 60.0
_FAULTS = {
    "Runtime.consoleAPICalled",
    "Runtime.exceptionThrown",
    "Log.entryAdded",
    "Page.javascriptDialogOpening",
    "Security.certificateError",
}


class Page:
    """A tab of the browser.

    Attributes:
        requests: URLs that it has asked for.
        faults: what it has logged, thrown or opened.
    """

    def __init__(self, socket: ClientConnection, session: str | None = None) -> None:
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1)
        self._loaded = False
        self.requests: list[str] = []
        self.faults: list[str] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something, and return its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return dict(answer["result"])

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        self._loaded = False
        self.requests.clear()
        self.call("Page.navigate", url=url)
        while not self._loaded:
            self._receive()
        # Two pictures later whatever it does at once has been done.
        self.run("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))")

    def run(self, script: str) -> Any:
        """Return what a line of JavaScript is there."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def prefer(self, scheme: str, *, media: str = "") -> None:
        """Have it ``light`` or ``dark``, or as ``print``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def size(self, width: int, height: int) -> None:
        """Make the window so large."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def picture(self, path: Path) -> None:
        """Write what is to be seen as PNG."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def paper(self) -> bytes:
        """Return the page as it would be printed, as PDF."""
        return base64.b64decode(self.call("Page.printToPDF")["data"])

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=SECONDS))
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method in _FAULTS:
            self.faults.append(json.dumps(parameters)[:2000])
        return message


@contextmanager
def browser() -> Iterator[Page]:
    """Start a browser with one tab; skip the test where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        _needs.missing(f"needs a browser: one of {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options += ["--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        log = Path(folder) / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [program, *options, "about:blank"], stdout=output, stderr=output
            )
        try:
            address = _address(process, log)
            with connect(address, max_size=None, open_timeout=SECONDS) as socket:
                yield _tab(socket)
                # Its children end with it only if it is asked to.
                Page(socket).call("Browser.close")
            process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + SECONDS
    found = None
    while found is None and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
        found = re.search(r"DevTools listening on (ws://\S+)", log.read_text(errors="replace"))
    if found is not None:
        return found[1]
    return _needs.missing(f"the browser does not start: {log.read_text(errors='replace')[-500:]}")


def _tab(socket: ClientConnection) -> Page:
    whole = Page(socket)
    target = whole.call("Target.createTarget", url="about:blank")["targetId"]
    session = whole.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(socket, session)
    for area in ("Page", "Runtime", "Log", "Network"):
        page.call(f"{area}.enable")
    return page
