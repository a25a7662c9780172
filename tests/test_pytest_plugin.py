"""A test that leaves something behind is named with the line that made it; others never."""

from __future__ import annotations

import re
import sys

import pytest

from _projects import ASYNCIO, BEGINNING, PLUGINS, failing, run

pytest_plugins = ["pytester"]

LEAKING = """
import asyncio

import pytest
import snowshed


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


async def refresh() -> None:
    await asyncio.sleep(60)


async def test_cart_leaks():
    asyncio.create_task(refresh(), name="refresh-cache")


async def test_cart_is_clean():
    with pytest.raises(snowshed.DeadlineExceeded):
        async with snowshed.open_scope("cart", timeout=0.05) as scope:
            await scope.spawn(refresh)


@pytest.mark.allow_task_leaks(reason="stopped by the app_server fixture")
async def test_background_refresh():
    asyncio.create_task(asyncio.sleep(0.01))
"""
MESSAGE = """\
test_cart_leaks ended with 1 task still running:
  refresh-cache  refresh()
    created at test_cart.py:17  asyncio.create_task(refresh(), name="refresh-cache")
    waiting at test_cart.py:13
  Start it in snowshed.open_scope(), await it, or mark the test allow_task_leaks.
"""


@pytest.fixture(params=PLUGINS)
def plugin(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return PLUGINS[request.param]


def test_the_leaking_test_fails_with_the_line_that_made_the_task(
    pytester: pytest.Pytester, plugin: tuple[str, ...]
) -> None:
    result = run(pytester, *plugin, "--snowshed-leaks=error", test_cart=LEAKING)
    result.assert_outcomes(failed=1, passed=2)
    assert f"___\n{MESSAGE}===" in result.stdout.str()


def test_by_default_the_leaking_test_passes_and_is_named_at_the_end(
    pytester: pytest.Pytester, plugin: tuple[str, ...]
) -> None:
    """Not by a warning: the run allows none, and turns each into an error."""
    result = run(pytester, *plugin, "--max-warnings=0", test_cart=LEAKING)
    result.assert_outcomes(passed=3, warnings=0)
    assert f"===\ntest_cart.py::{MESSAGE}These tests passed." in result.stdout.str()
    assert result.ret == 0


@pytest.mark.parametrize("arguments", [("--snowshed-leaks=off",), ("-p", "no:snowshed")])
def test_nothing_is_said_and_nothing_loaded_when_it_is_off(
    pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    loaded = ["snowshed", "snowshed.pytest_plugin"] if len(arguments) == 1 else []
    pytester.makepyfile(f"""
import asyncio, sys

async def test_it():
    asyncio.create_task(asyncio.sleep(60))
    assert [name for name in sys.modules if name.startswith("snowshed")] == {loaded}
""")
    result = pytester.runpytest_subprocess(*ASYNCIO, *arguments)
    result.assert_outcomes(passed=1)
    assert "left behind" not in result.stdout.str()


def test_snowshed_may_be_loaded_before_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    program = "import sys, snowshed, pytest; sys.exit(pytest.main(['-Werror', '-pno:asyncio']))"
    pytester.run(sys.executable, "-Werror", "-c", program).assert_outcomes(passed=1)


def test_a_suite_without_asyncio_never_loads_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever other plugins are installed here may load it.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("""
    import sys

    def test_it():
        ours = {name for name in sys.modules if name.startswith("snowshed.")}
        assert ours <= {
            "snowshed.pytest_plugin", "snowshed._pytest_plugin", "snowshed._pytest_plugin._watch"
        }
        assert "asyncio" not in sys.modules
    """)
    pytester.runpytest_subprocess("-psnowshed.pytest_plugin").assert_outcomes(passed=1)


def test_a_fix_for_each_number_is_proposed_and_equal_tasks_are_one_entry(
    pytester: pytest.Pytester,
) -> None:
    printed = failing(
        pytester,
        """
async def test_many():
    for number in range(5):
        asyncio.create_task(refresh(), name=f"worker-{number}")
    asyncio.create_task(refresh())
    """,
    )
    assert (
        """\
test_many ended with 6 tasks still running:
  worker-0, worker-1, worker-2 and 2 more  refresh()  (5 times)
    created at test_it.py:23  asyncio.create_task(refresh(), name=f"worker-{number}")
    waiting at test_it.py:14
  refresh()
    created at test_it.py:24  asyncio.create_task(refresh())
    waiting at test_it.py:14
  Start them in snowshed.open_scope(), await them, or mark the test allow_task_leaks.
"""
        in printed
    )


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        ("assert 1 == 2", "assert 1 == 2"),
        ("with pytest.raises(ValueError): pass", "DID NOT RAISE"),
    ],
)
def test_a_test_that_fails_by_itself_keeps_its_failure_and_tells_what_is_left(
    pytester: pytest.Pytester, line: str, failure: str
) -> None:
    printed = failing(
        pytester,
        f"""
async def test_fails():
    asyncio.create_task(refresh())
    {line}
    """,
    )
    assert failure in printed
    assert re.search(r"-- Captured snowshed call --+\ntest_fails ended with 1 task", printed)


def test_an_exception_that_nobody_reads_is_named_whether_its_task_still_is_there_or_not(
    pytester: pytest.Pytester,
) -> None:
    printed = failing(
        pytester,
        """
KEPT = []

@pytest.fixture(scope="session", autouse=True)
def read():
    yield
    assert KEPT[0].exception()

async def test_kept():
    KEPT.append(asyncio.create_task(fails(), name="pay"))

async def test_gone():
    asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

def test_gone_with_its_loop():
    async def main():
        asyncio.create_task(fails())
        await asyncio.sleep(0)
    asyncio.run(main())

async def test_read():
    await asyncio.wait([task := asyncio.create_task(fails())])
    assert task.exception()
    """,
    )
    assert printed.count("\n  fails()  LookupError: no such cart\n    created at test_it.py:") == 2
    assert "\n  pay  fails()  LookupError: no such cart\n    created at test_it.py:" in printed
    assert printed.count("    raised at test_it.py:18\n  Await the task, or start it in") == 3
    assert "3 failed, 1 passed" in printed


def test_what_a_test_does_to_modules_and_errors_hides_no_leak(pytester: pytest.Pytester) -> None:
    printed = failing(
        pytester,
        """
import sys

class Mute(Exception):
    def __str__(self):
        raise RuntimeError

async def says_nothing():
    raise Mute

KEPT = []

async def test_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    asyncio.create_task(refresh())

async def test_error():
    KEPT.append(asyncio.create_task(says_nothing()))
    await asyncio.sleep(0)
    KEPT.append(asyncio.create_task(refresh()))

@pytest.fixture(scope="session", autouse=True)
def read():
    yield
    assert KEPT[0].exception()
    """,
    )
    assert "2 failed" in printed
    assert "test_module ended with 1 task still running:\n  refresh()" in printed
    assert "test_error ended with 1 task still running:\n  refresh()" in printed
    assert "\n  says_nothing()  Mute: (its text cannot be read)\n" in printed


def test_a_thread_is_named_and_an_idle_worker_is_not(pytester: pytest.Pytester) -> None:
    printed = failing(
        pytester,
        """
from concurrent.futures import ThreadPoolExecutor

OVER = threading.Event()
POOL = ThreadPoolExecutor()

def serve():
    OVER.wait()

@pytest.fixture(scope="session", autouse=True)
def end():
    yield
    OVER.set()
    POOL.shutdown()

def test_thread():
    threading.Thread(target=serve, name="server").start()

async def test_workers():
    await asyncio.to_thread(print)
    POOL.submit(print).result()
    thread = threading.Thread(target=print)
    thread.start()
    """,
    )
    assert "test_thread ended with 1 thread still running:\n  server  serve()\n" in printed
    assert '  threading.Thread(target=serve, name="server").start()\n    running at test' in printed
    assert "1 failed, 1 passed" in printed


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("snowshed_leaks = maybe", "snowshed_leaks must be error, warn or off, not 'maybe'"),
        ("snowshed_leak_grace = soon", "must be a number of seconds, 0 or more, not 'soon'"),
        ("snowshed_leak_grace = nan", "must be a number of seconds, 0 or more, not 'nan'"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_in_one_line(
    pytester: pytest.Pytester, line: str, complaint: str
) -> None:
    pytester.makeini(f"[pytest]\n{line}")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert complaint in result.stderr.str()


def test_leaks_are_allowed_for_a_reason_only(pytester: pytest.Pytester) -> None:
    printed = failing(
        pytester,
        """
@pytest.mark.allow_task_leaks
async def test_no_reason():
    asyncio.create_task(refresh())

@pytest.mark.allow_task_leaks("because")
async def test_reason():
    asyncio.create_task(refresh())
    """,
    )
    assert 'allow_task_leaks needs a reason: allow_task_leaks(reason="…")' in printed
    assert "1 failed, 1 passed" in printed


@pytest.mark.parametrize("ignored", ["test_it.refresh", "test_it", "test_it.test_leaks"])
def test_what_is_to_be_ignored_is(pytester: pytest.Pytester, ignored: str) -> None:
    source = "async def test_leaks():\n    asyncio.create_task(refresh())\n"
    assert "1 passed" in failing(pytester, source, "-o", f"snowshed_leak_ignore={ignored}")


def test_what_ends_soon_is_not_left(pytester: pytest.Pytester) -> None:
    source = """
async def test_cancelled():
    asyncio.create_task(refresh()).cancel()

async def test_soon():
    asyncio.create_task(asyncio.sleep(0.5))  # more than a busy machine stutters
    """
    assert "2 passed" in failing(pytester, source, "-o", "snowshed_leak_grace=5")
    assert "1 failed, 1 passed" in failing(pytester, source, "-o", "snowshed_leak_grace=0")


@pytest.mark.allow_task_leaks(reason="what watches this very test would be broken as well")
def test_a_failure_of_ours_is_told_once_and_fails_no_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no lists")

    monkeypatch.setattr(sys.modules["snowshed._pytest_plugin._loop"], "classifier", broken)
    printed = failing(pytester, LEAKING[LEAKING.index("async def test_cart_leaks") :])
    assert "3 passed" in printed
    assert printed.count("snowshed could not watch every test: OSError: no lists (") == 1
    assert f"({__file__}:{broken.__code__.co_firstlineno + 1})" in printed


def test_many_leaking_tests_do_not_fill_the_screen(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.parametrize("number", range(30))
async def test_it(number):
    asyncio.create_task(refresh())
"""
    options = ("-o", "snowshed_leak_grace=0")
    printed = run(pytester, *ASYNCIO, *options, test_it=BEGINNING + source).stdout.str()
    assert printed.count("ended with 1 task") == 20
    assert "and 10 more tests; --snowshed-leaks=error shows each" in printed


def test_paths_are_shown_from_the_root_of_the_project(pytester: pytest.Pytester) -> None:
    (pytester.mkdir("shop") / "test_deep.py").write_text(LEAKING)
    result = run(pytester, *ASYNCIO, conftest="")
    assert "created at shop/test_deep.py:18  asyncio" in result.stdout.str()
