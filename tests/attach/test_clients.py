"""Each client library tells callees about the request, in enforce only, and is never hurt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import _needs
from snowshed.attach import Runtime, Settings, _clients

CALLING = Path(__file__).parent / "_calling.py"
LIBRARIES = ["httpx", "httpx2", "aiohttp", "grpc"]
pytestmark = pytest.mark.server


def calls(library, mode, *hurt):
    """Return what the callee was told at each call, and the log."""
    _needs.module(library)
    words = [sys.executable, str(CALLING), library, mode, *hurt]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("library", LIBRARIES)
def test_in_enforce_each_call_is_told(library):
    told, log = calls(library, "enforce")
    assert told
    # By themselves httpx and httpx2 wait five seconds for a response to begin.
    own = 5.0 if library.startswith("httpx") else 30.0
    for each in told[:2]:
        assert own * 500 < int(each["x-request-timeout-ms"]) <= own * 1000
        assert 1 <= int(each["snowshed-budget"]) <= 40
    assert "snowshed failed" not in log


def test_a_timeout_of_one_aiohttp_call_is_told_if_it_is_shorter():
    assert calls("aiohttp", "enforce")[0][2]["x-request-timeout-ms"] == "9000"


def test_the_timeout_of_grpc_calls_with_one_answer_is_capped():
    one, by_position, stream, both_streams = calls("grpc", "enforce")[0]
    assert one["left"] < 31
    assert by_position["left"] < 31
    assert by_position["x-b"] == "1"
    assert stream["left"] is both_streams["left"] is None


@pytest.mark.parametrize("library", LIBRARIES)
def test_only_the_callees_that_are_named_are_told(library):
    named, _ = calls(library, "enforce", ".internal", "127.0.0.1")
    others, _ = calls(library, "enforce", ".internal")
    assert all("snowshed-budget" in each for each in named)
    assert others
    assert all("snowshed-budget" not in each for each in others)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("stock", "stock"),
        ("stock.internal:443", "stock.internal"),
        (b"dns:///stock:443", "stock"),
        ("dns:stock:443", "stock"),
        ("dns://8.8.8.8/stock.internal:443", "stock.internal"),
        ("xds:///stock", "stock"),
        ("ipv4:10.0.0.1:443,10.0.0.2:443", "10.0.0.1"),
        ("ipv6:[::1]:443", "::1"),
        ("[::1]:443", "::1"),
        ("unix:/run/stock", ""),
        ("unix:///run/stock", ""),
        ("", ""),
    ],
)
def test_the_host_in_a_target_of_grpc(target, host):
    assert _clients.host_of(target) == host


@pytest.mark.parametrize("library", LIBRARIES)
def test_in_observe_nothing_is_changed(library):
    told, _ = calls(library, "observe")
    assert told
    assert all("x-request-timeout-ms" not in each for each in told)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_hook_that_fails_is_logged_once_and_the_calls_are_made(library):
    told, log = calls(library, "enforce", "hurt")
    assert told
    assert all("x-request-timeout-ms" not in each for each in told)
    what = f"snowshed failed at telling the callees of {library}; it goes on without that"
    assert log.count(what) == 1


def test_an_aiohttp_without_middlewares_is_left_alone():
    module = ModuleType("aiohttp.client")

    class ClientSession:
        def _request(self, method, url): ...

    module.ClientSession = ClientSession
    request = ClientSession._request
    with pytest.raises(RuntimeError, match="no client middlewares"):
        _clients.aiohttp(module, Runtime(Settings(mode="enforce")))
    assert ClientSession._request is request
