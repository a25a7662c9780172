"""The bootstrap: real interpreters with its folder in front of their path.

What it starts is a stand-in named snowshed, so that each test sees exactly when and how often.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

import _needs
import snowshed.attach
from snowshed.attach import _servers

BOOTSTRAP = Path(snowshed.attach.__file__).with_name("_bootstrap")
STARTED = "import sys\ndef start_from_environment(): print('started', file=sys.stderr)\n"


def package(folder: Path, attach: str, core: str = "") -> Path:
    """A stand-in for snowshed, with the given `snowshed.attach`."""
    inside = folder / "snowshed"
    inside.mkdir(parents=True)
    (inside / "__init__.py").write_text("")
    (inside / "attach.py").write_text(attach)
    (inside / "core.py").write_text(core)
    return folder


def site(folder: Path, code: str) -> Path:
    """A folder that holds another ``sitecustomize``."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code)
    return folder


def run(
    code: str,
    *path: Path,
    program: str | Path = sys.executable,
    bootstrapped: bool = True,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    entries = os.pathsep.join(map(str, (BOOTSTRAP, *path) if bootstrapped else path))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": entries}
    return subprocess.run(
        [program, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


class TestWhenItStarts:
    def test_once_after_asyncio_was_imported(self, tmp_path: Path) -> None:
        code = "import asyncio; print('app', asyncio.run); import asyncio.events, snowshed"
        done = run(code, package(tmp_path / "p", STARTED))
        assert done.stdout.startswith("app <function run")
        assert done.stderr == "started\n"

    def test_asyncio_is_whole_by_then(self, tmp_path: Path) -> None:
        attach = "import asyncio\ndef start_from_environment(): asyncio.run(asyncio.sleep(0))"
        assert run("import asyncio", package(tmp_path / "p", attach)).stderr == ""

    def test_never_in_a_process_without_asyncio(self, tmp_path: Path) -> None:
        code = "import sys; print(sorted({'asyncio', 'snowshed', 'typing'} & sys.modules.keys()))"
        done = run(code, package(tmp_path / "p", STARTED))
        assert (done.stdout, done.stderr) == ("[]\n", "")

    def test_after_snowshed_when_that_is_imported_first(self, tmp_path: Path) -> None:
        """Else it would start inside of: snowshed.core, which imports asyncio half-way."""
        half = "from snowshed.core import late\n" + STARTED
        where = package(tmp_path / "p", half, core="import asyncio\nlate = True")
        assert run("import snowshed.core", where).stderr == "started\n"

    @pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "granian"])
    def test_before_a_server_which_could_not_be_changed_half_imported(
        self, tmp_path: Path, server: str
    ) -> None:
        """`uvicorn.config` is what first imports asyncio in a plain ``uvicorn app:app``."""
        attach = f"import sys\ndef start_from_environment(): print({server!r} in sys.modules)"
        where = package(tmp_path / "p", attach)
        (where / f"{server}.py").write_text("import asyncio\n__all__ = ['asyncio']")
        done = run(f"import {server}; print({server}.asyncio)", where)
        assert done.stdout.startswith("False\n<module 'asyncio'")
        assert done.stderr == ""

    def test_at_once_when_asyncio_came_earlier(self, tmp_path: Path) -> None:
        code = f"import asyncio, runpy; runpy.run_path({str(BOOTSTRAP / 'sitecustomize.py')!r})"
        where = package(tmp_path / "p", STARTED)
        done = run(code, where, bootstrapped=False)
        assert done.stderr == "started\n"

    def test_the_loader_of_asyncio_is_itself_again(self, tmp_path: Path) -> None:
        code = (
            "import asyncio, inspect; print(vars(asyncio.__spec__.loader).keys() & {'exec_module'},"
            " len(inspect.getsource(asyncio)) > 0)"
        )
        assert run(code, package(tmp_path / "p", STARTED)).stdout == "set() True\n"

    @pytest.mark.parametrize(("method", "starts"), [("spawn", 2), ("fork", 1)])
    def test_in_worker_processes_too_and_once_in_each(
        self, tmp_path: Path, method: str, starts: int
    ) -> None:
        """A forked worker inherits a process in which it has started."""
        worker = tmp_path / "worker.py"
        worker.write_text("import asyncio\ndef work(): asyncio.run(asyncio.sleep(0))\n")
        code = (
            "import multiprocessing, worker\n"
            "if __name__ == '__main__':\n"
            f" process = multiprocessing.get_context({method!r}).Process(target=worker.work)\n"
            " process.start(); process.join(); print(process.exitcode)"
        )
        done = run(code, package(tmp_path / "p", STARTED), tmp_path)
        assert (done.stdout, done.stderr) == ("0\n", "started\n" * starts)


class TestTheNextSitecustomize:
    def test_is_imported_as_without_us(self, tmp_path: Path) -> None:
        other = site(tmp_path / "other", "import sys; print('other', __name__)")
        code = "import sitecustomize, asyncio; print(sitecustomize.__file__)"
        done = run(code, other, package(tmp_path / "p", STARTED))
        assert done.stdout == f"other sitecustomize\n{other / 'sitecustomize.py'}\n"
        assert done.stderr == "started\n"

    def test_the_path_is_as_it_was(self, tmp_path: Path) -> None:
        other = site(tmp_path / "other", "import sys; print(sys.path[0])")
        done = run("import sys; print(sys.path[1:3])", other)
        assert done.stdout == f"{other}\n{[str(BOOTSTRAP), str(other)]}\n"

    @pytest.mark.parametrize("ours_first", [True, False])
    def test_may_chain_itself(self, tmp_path: Path, ours_first: bool) -> None:
        """As ddtrace-run does: no tool's file is executed twice, none is lost."""
        _, define, chain = (
            (BOOTSTRAP / "sitecustomize.py").read_text().partition("def _import_the_next")
        )
        chain = chain.replace("_arm()", "print('ddtrace')")
        head = "import os, sys\n_HERE = os.path.dirname(__file__)\n"
        other = site(tmp_path / "dd", head + define + chain)
        third = site(tmp_path / "third", "print('third')")
        tools = (BOOTSTRAP, other) if ours_first else (other, BOOTSTRAP)
        where = package(tmp_path / "p", STARTED)
        done = run("import asyncio", *tools, third, where, bootstrapped=False)
        assert (done.stdout, done.stderr) == ("ddtrace\nthird\n", "started\n")

    def test_its_failure_is_between_it_and_python(self, tmp_path: Path) -> None:
        other = site(tmp_path / "other", "raise RuntimeError('theirs')")
        done = run("import asyncio; print('app')", other, package(tmp_path / "p", STARTED))
        assert done.stdout == "app\n"
        assert "Error in sitecustomize" in done.stderr
        assert "RuntimeError: theirs" in done.stderr
        assert "started" in done.stderr

    def test_a_missing_import_of_its_own_is_not_taken_for_its_absence(self, tmp_path: Path) -> None:
        other = site(tmp_path / "other", "import not_there_at_all")
        assert "not_there_at_all" in run("", other).stderr

    def test_without_another_ours_stays(self) -> None:
        done = run("import sitecustomize; print(sitecustomize.__file__)")
        assert done.stdout == f"{BOOTSTRAP / 'sitecustomize.py'}\n"

    def test_executed_twice_it_starts_once(self, tmp_path: Path) -> None:
        file = str(BOOTSTRAP / "sitecustomize.py")
        code = f"import runpy; runpy.run_path({file!r}); import asyncio"
        assert run(code, package(tmp_path / "p", STARTED)).stderr == "started\n"


class TestFailures:
    """One line on stderr, and the service runs."""

    @pytest.mark.parametrize(
        ("attach", "reason"),
        [
            ("def start_from_environment(): raise ValueError('a\\n\\nb')", "ValueError: a b"),
            ("raise OSError('broken')", "OSError: broken"),
            ("", "ImportError: cannot import name 'start_from_environment'"),
            ("x = = 1", "SyntaxError: invalid syntax"),
        ],
    )
    def test_of_snowshed_itself(self, tmp_path: Path, attach: str, reason: str) -> None:
        done = run("import asyncio; print('app')", package(tmp_path / "p", attach))
        assert (done.returncode, done.stdout) == (0, "app\n")
        assert done.stderr.startswith(f"snowshed: {sys.executable} runs without snowshed: {reason}")
        assert done.stderr.count("\n") == 1

    def test_snowshed_is_not_in_the_environment_of_the_service(self, tmp_path: Path) -> None:
        venv.create(tmp_path / "venv", symlinks=True)
        python = tmp_path / "venv" / "bin" / "python"
        done = run("import asyncio; print('app')", program=python)
        assert done.stdout == "app\n"
        assert done.stderr == (
            f"snowshed: {python} runs without snowshed: it is not installed there "
            "(pip install snowshed)\n"
        )

    def test_many_workers_say_it_once(self, tmp_path: Path) -> None:
        code = (
            "import asyncio, subprocess, sys\n"
            "for _ in range(2): subprocess.run([sys.executable, '-c', 'import asyncio'])"
        )
        done = run(code, package(tmp_path / "p", "raise OSError('broken')"))
        assert done.stderr.count("\n") == 1

    def test_a_finder_that_we_do_not_know(self, tmp_path: Path) -> None:
        """A loader that cannot be told to call back costs us the start, not the service."""
        finder = (
            "import sys, importlib.machinery as m\n"
            "class Slotted:\n"
            " __slots__ = ('real',)\n"
            " def __init__(self, real): self.real = real\n"
            " def create_module(self, spec): return None\n"
            " def exec_module(self, module): self.real.exec_module(module)\n"
            "class Finder:\n"
            " def find_spec(self, name, path, target=None):\n"
            "  if name != 'asyncio': return None\n"
            "  spec = m.PathFinder.find_spec(name, path, target)\n"
            "  spec.loader = Slotted(spec.loader)\n"
            "  return spec\n"
            "sys.meta_path.insert(1, Finder())\n"
        )
        other = site(tmp_path / "other", finder)
        done = run("import asyncio; print('app')", other, package(tmp_path / "p", STARTED))
        assert done.stdout == "app\n"
        assert "runs without snowshed: AttributeError" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_nowhere_to_say_it(self, tmp_path: Path) -> None:
        where = package(tmp_path / "p", "raise OSError('broken')")
        done = run("import asyncio; print('app')", where, preexec_fn=lambda: os.close(2))
        assert (done.returncode, done.stdout) == (0, "app\n")


class TestTheRealThing:
    """What it starts in earnest."""

    def test_a_loop_runs_as_ever(self) -> None:
        done = run("import asyncio; asyncio.run(asyncio.sleep(0)); print('app')")
        assert (done.stdout, done.stderr) == ("app\n", "")

    def test_a_service_may_import_snowshed_first(self) -> None:
        code = "from snowshed import open_scope; from snowshed.attach import _init as attached;"
        done = run(code + "print(attached._runtime)")
        assert done.stdout.startswith("<snowshed.Runtime observe")
        assert done.stderr == ""

    @pytest.mark.parametrize("module", _servers.SERVERS)
    def test_a_server_is_changed_although_it_is_the_first_import(self, module: str) -> None:
        _needs.module(module.partition(".")[0])
        finder = "__import__('snowshed.attach._on_import', fromlist=['_finder'])._finder"
        done = run(f"import {module}; print(vars({finder}))")
        assert f"'{module}'" not in done.stdout
        assert done.stderr == ""

    def test_every_server_that_we_change_is_waited_for(self) -> None:
        tree = ast.parse((BOOTSTRAP / "sitecustomize.py").read_text())
        assigned = {ast.unparse(n.targets[0]): n.value for n in tree.body if type(n) is ast.Assign}
        awaited = ast.literal_eval(assigned["_START_BEFORE"])
        assert awaited == {module.partition(".")[0] for module in _servers.SERVERS}

    def test_a_bad_setting_costs_one_line(self) -> None:
        code = "import os; os.environ['SNOWSHED_RUN_MODE'] = 'x'; import asyncio; print('app')"
        done = run(code)
        assert done.stdout == "app\n"
        assert "ConfigError: SNOWSHED_RUN_MODE: 'x' is not accepted: use 'observe'" in done.stderr
        assert done.stderr.count("\n") == 1


def test_it_is_written_for_interpreters_older_than_snowshed() -> None:
    ast.parse((BOOTSTRAP / "sitecustomize.py").read_text(), feature_version=(3, 7))


OLD = sorted(Path.home().glob(".pyenv/versions/3.[789].*/bin/python"))


@pytest.mark.parametrize("python", OLD[:1], ids=str)
def test_an_interpreter_older_than_snowshed_runs_its_service(python: Path) -> None:
    done = run("import asyncio; print('app')", program=python)
    assert done.stdout == "app\n"
    assert done.stderr.count("\n") == 1
    assert "not installed there" in done.stderr
