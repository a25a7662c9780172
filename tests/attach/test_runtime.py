"""One runtime for each process, its totals, and a service that goes on whatever of ours fails."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys

import pytest
from fastapi import FastAPI

from _virtual import virtual
from attach._attached import attached
from integrations._exchange import Exchange, respond
from snowshed.attach import _runtime
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings

MODES = pytest.mark.parametrize("mode", ["observe", "enforce"])


async def floods(scope, receive, send):
    work = (asyncio.sleep(1) for _ in range(9))
    found = await asyncio.gather(*work, return_exceptions=True)
    asyncio.create_task(asyncio.sleep(0.5))
    await respond(send, 200, str(sum(each is None for each in found)).encode())


def run_python(code, **variables):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- one for each process


def test_init_is_done_once():
    code = (
        "import snowshed\n"
        "one = snowshed.init(budget=7)\n"
        "two = snowshed.init(budget=8)\n"
        "print(one is two, one)\n"
    )
    assert run_python(code).stdout == "True <snowshed.Runtime observe open_requests=0>\n"


def test_settings_come_from_the_environment_unless_they_are_given():
    code = (
        "import snowshed\n"
        "settings = snowshed.init(budget=7).settings\n"
        "print(settings.mode, settings.budget, settings.grace)\n"
    )
    variables = {"SNOWSHED_RUN_MODE": "enforce", "SNOWSHED_RUN_BUDGET": "9"}
    assert run_python(code, **variables).stdout == "enforce 7 1.0\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("budgte=7", "budgte"),
        ("budget=0", "budget must be a positive number, not 0"),
        ("timeout=-1.0", "timeout must be a positive number, not -1.0"),
        ("mode='enforced'", "use 'observe'"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_attached(arguments, complaint):
    code = (
        "import asyncio, snowshed\n"
        f"try: snowshed.init({arguments})\n"
        "except snowshed.ConfigError as error: print(error)\n"
        "print(hasattr(asyncio._set_running_loop, '_snowshed_set_running_loop'))"
    )
    done = run_python(code)
    assert complaint in done.stdout, done
    assert done.stdout.endswith("False\n")


def test_it_can_be_called_when_the_loop_runs_already():
    code = (
        "import asyncio, snowshed\n"
        "async def app(*_): await asyncio.gather(*(asyncio.sleep(0) for _ in range(60)))\n"
        "async def main():\n"
        " runtime = snowshed.init()\n"
        " scope = {'type': 'http', 'method': 'GET', 'path': '/'}\n"
        " await asyncio.create_task(runtime.wrap(app)(scope, None, None))\n"
        " print(runtime.statistics().would_refuse)\n"
        "asyncio.run(main())\n"
    )
    assert run_python(code).stdout == "10\n"


# --- totals


async def answers(scope, receive, send):
    await respond(send)


@virtual
async def test_hints_of_callers_that_cannot_be_read_are_counted():
    with attached(mode="enforce") as runtime:
        before = runtime.statistics().headers_ignored
        hints = [(b"x-request-timeout-ms", b"-1"), (b"x-criticality", b"very")]
        await Exchange(headers=hints).run(runtime.wrap(answers))
        assert runtime.statistics().headers_ignored == before + 2


@virtual
async def test_the_totals_of_a_flood_observed_and_enforced():
    seen = {}
    for mode in ("observe", "enforce"):
        with attached(mode=mode, budget=4, service="shop") as runtime:
            app = runtime.wrap(floods)
            await Exchange().run(app)
            await Exchange().run(app)
            await asyncio.sleep(5)
        statistics = runtime.statistics()
        assert (statistics.mode, statistics.requests, statistics.open_requests) == (mode, 2, 0)
        assert (statistics.over_budget, statistics.failures, statistics.late) == (2, 0, 0)
        seen[mode] = (statistics.spawned, statistics.refused, statistics.would_refuse)
        assert statistics.outlived == 2
    assert seen == {"observe": (20, 0, 10), "enforce": (10, 10, 0)}


@virtual
async def test_statistics_can_be_read_from_another_thread_during_a_flood():
    """As the exporter for Prometheus does."""

    async def app(scope, receive, send):
        for _ in range(50):
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(100)))
            found.append(await asyncio.to_thread(runtime.statistics))
        await respond(send)

    found = []
    with attached() as runtime:
        await Exchange().run(runtime.wrap(app))
    assert {each.open_requests for each in found} == {1}


@virtual
async def test_a_report_names_the_route_and_not_each_path(caplog):
    app = FastAPI()

    @app.get("/items/{number}")
    async def item(number: int) -> int:
        asyncio.create_task(asyncio.sleep(0.5))
        return number

    exchange = Exchange()
    exchange.scope["path"] = "/items/7"
    with attached() as runtime, caplog.at_level(logging.INFO, "snowshed.request"):
        await exchange.run(runtime.wrap(app))
        await asyncio.sleep(1)
    assert exchange.body == b"7"
    report = caplog.records[-1].snowshed
    assert (report.request, report.route) == ("GET /items/7", "GET /items/{number}")


@virtual
async def test_a_report_says_why_a_request_was_ended_and_what_lived_at_its_response(caplog):
    async def app(scope, receive, send):
        tasks = [asyncio.create_task(asyncio.sleep(5)) for _ in range(3)]
        await respond(send)
        await asyncio.wait(tasks[:1])
        raise LookupError("a bug")

    with attached(budget=2) as runtime, pytest.raises(LookupError):
        await Exchange().run(runtime.wrap(app))
    report = caplog.records[-1].snowshed
    assert (report.live_at_response, report.peak, report.would_refuse) == (3, 3, 1)
    assert "LookupError" in report.ended


# --- whatever of ours fails


def break_(runtime, hook, monkeypatch):
    """Have one of our hooks raise from now on."""

    calls = []

    def fails(*_args, **_options):
        calls.append(hook)
        raise LookupError("a bug of ours")

    where = {
        "opening an account": (runtime, "_open_account"),
        "accounting for requests": (runtime, "request_ended"),
        "telling whose tasks live on": (_runtime.Account, "own"),
        "judging tasks": (runtime._decision, "_decide"),
    }
    monkeypatch.setattr(*where[hook], fails)
    return calls


HOOKS = [
    "opening an account",
    "accounting for requests",
    "telling whose tasks live on",
    "judging tasks",
]


@MODES
@pytest.mark.parametrize("hook", HOOKS)
@virtual
async def test_a_hook_that_fails_is_logged_once_and_the_service_answers(
    mode, hook, monkeypatch, caplog
):
    with attached(mode=mode, budget=4) as runtime:
        calls = break_(runtime, hook, monkeypatch)
        for _ in range(3):
            exchange = await Exchange().run(runtime.wrap(floods))
            assert exchange.status == 200
        await asyncio.sleep(5)
        assert runtime.statistics().open_requests == 0
    errors = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [each.getMessage() for each in errors] == [
        f"snowshed failed at {hook}; it goes on without that"
    ]
    assert errors[0].exc_info[0] is LookupError
    assert len(calls) == 1  # what failed is switched off
    assert runtime.statistics().failures == 1


@MODES
@virtual
async def test_a_reporter_that_fails_costs_reports_only(mode, monkeypatch, caplog):
    def fails(_report):
        raise LookupError("a bug of ours")

    with attached(mode=mode, budget=4) as runtime:
        monkeypatch.setattr(runtime._reporter, "write", fails)
        assert (await Exchange().run(runtime.wrap(floods))).status == 200
        await asyncio.sleep(5)
    assert "accounting for requests" in caplog.text


@MODES
@virtual
async def test_a_log_handler_that_fails_is_the_affair_of_logging(mode, monkeypatch):
    class Broken(logging.Handler):
        def emit(self, record):
            raise LookupError("the disk is full")

    logger = logging.getLogger("snowshed.request")
    handler = Broken()
    logger.addHandler(handler)
    try:
        with attached(mode=mode, budget=4) as runtime:
            assert (await Exchange().run(runtime.wrap(floods))).status == 200
            await asyncio.sleep(5)
    finally:
        logger.removeHandler(handler)


def test_an_application_that_cannot_be_wrapped_is_served_as_it_is(monkeypatch, caplog):
    def fails(*_args, **_options):
        raise LookupError("a bug of ours")

    monkeypatch.setattr(_runtime, "RequestScopeMiddleware", fails)
    runtime = Runtime(Settings())
    for _ in range(2):
        assert runtime.wrap(floods) is floods
    assert caplog.text.count("snowshed failed at wrapping the application") == 1


def test_a_loop_that_cannot_be_changed_runs_without_us():
    code = (
        "import asyncio, logging, snowshed; logging.basicConfig()\n"
        "from snowshed.attach import _installed\n"
        "def fails(*_): raise LookupError('a bug of ours')\n"
        "_installed.install = fails\n"
        "snowshed.init()\n"
        "async def main(): return await asyncio.create_task(asyncio.sleep(0, 'ran'))\n"
        "print(asyncio.run(main()), asyncio.run(main()))\n"
    )
    done = run_python(code)
    assert done.stdout == "ran ran\n"
    assert done.stderr.count("snowshed failed at watching loops; it goes on without that") == 1


@virtual
async def test_what_the_service_raises_is_not_taken_for_a_failure_of_ours(caplog):
    async def app(scope, receive, send):
        raise LookupError("its own")

    with attached() as runtime, pytest.raises(LookupError):
        await Exchange().run(runtime.wrap(app))
    assert runtime.statistics().failures == 0
