"""``snowshed run``: real commands in real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import _needs
from snowshed.attach._settings import Settings
from snowshed.cli import _run, main

BOOTSTRAP = str(_run._BOOTSTRAP)
# Says whether the bootstrap runs in this process, and what it would read.
PROBE = """
import json, os, sys
names = {type(finder).__name__ for finder in sys.meta_path}
ours = {k: v for k, v in os.environ.items() if k.startswith(("SNOWSHED_", "PYTHONPATH"))}
print(json.dumps({"pid": os.getpid(), "attached": "_StartSnowshed" in names, "env": ours}))
"""


def clean() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("SNOWSHED_", "PYTHONPATH"))}


def snowshed(*args: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "snowshed", "run", *args],
        cwd=cwd,
        env=clean() | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project with the probe as a script, a module and a command."""
    (tmp_path / "probe.py").write_text(PROBE)
    package = tmp_path / "service"
    package.mkdir()
    (package / "__main__.py").write_text(PROBE)
    command = tmp_path / "bin" / "serve"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n{PROBE}")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return tmp_path


class TestTheService:
    @pytest.mark.parametrize(
        "command",
        [
            (sys.executable, "probe.py"),
            (sys.executable, "-m", "service"),
            (sys.executable, "-c", PROBE),
            ("bin/serve",),
            ("sh", "-c", "exec bin/serve"),
            ("env", "bin/serve"),
        ],
        ids=lambda command: Path(command[0]).name + command[-1][:10],
    )
    def test_however_it_is_started_it_gets_the_bootstrap(
        self, here: Path, command: tuple[str, ...]
    ) -> None:
        done = snowshed("--", *command, cwd=here)
        assert json.loads(done.stdout)["attached"] is True
        assert done.stderr == ""

    def test_a_command_on_the_path_needs_no_dashes(self, here: Path) -> None:
        path = f"{here / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = snowshed("serve", "--workers", "4", cwd=here, PATH=path)
        assert json.loads(done.stdout)["attached"] is True

    def test_it_is_this_very_process(self, here: Path) -> None:
        """Signals, limits and the supervisor's pid are the service's."""
        with subprocess.Popen(
            [sys.executable, "-m", "snowshed", "run", "--", sys.executable, "probe.py"],
            cwd=here,
            env=clean(),
            stdout=subprocess.PIPE,
        ) as process:
            out, _ = process.communicate(timeout=60)
        assert json.loads(out)["pid"] == process.pid

    def test_its_exit_code_is_ours(self, here: Path) -> None:
        assert snowshed("--", sys.executable, "-c", "raise SystemExit(7)", cwd=here).returncode == 7

    def test_its_own_options_are_not_ours(self, here: Path) -> None:
        code = "import sys; print(sys.argv[1:])"
        args = ("--mode", "x", "--", "--budget")
        done = snowshed("--", sys.executable, "-c", code, *args, cwd=here)
        assert done.stdout == f"{list(args)}\n"

    def test_its_children_get_the_bootstrap_too(self, here: Path) -> None:
        code = "import subprocess, sys; subprocess.run([sys.executable, 'probe.py'])"
        done = snowshed("--", sys.executable, "-c", code, cwd=here)
        assert json.loads(done.stdout)["attached"] is True

    def test_it_is_watched_with_the_options_that_were_given(self, here: Path) -> None:
        code = "import asyncio; from snowshed.attach import _init as r; print(r._runtime.settings)"
        done = snowshed("--mode", "enforce", "--", sys.executable, "-c", code, cwd=here)
        assert done.stdout == f"{Settings(mode='enforce')}\n"
        assert done.stderr == ""

    def test_a_debug_port_that_another_has_is_one_line_and_the_service_runs(
        self, here: Path
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            done = snowshed("--debug-port", port, "--", "echo", "runs", cwd=here)
        assert (done.returncode, done.stdout) == (0, "runs\n")
        where = f"port {port} of 127.0.0.1: Address already in use"
        assert done.stderr == f"snowshed run: no debug pages at {where}; free it, or name another\n"
        assert snowshed("--debug-port", port, "--", "true", cwd=here).stderr == ""

    def test_signals_are_as_the_command_expects_them(self, here: Path) -> None:
        """Python ignores SIGPIPE, and exec would hand that on: `yes | head` would complain."""
        status = "grep SigIgn /proc/self/status"
        done = snowshed("--", "sh", "-c", status, cwd=here)
        ignored = int(done.stdout.split()[1], 16)
        assert not ignored & (1 << (signal.SIGPIPE - 1))

    def test_an_environment_without_snowshed_costs_one_line(self, here: Path) -> None:
        venv.create(here / "other", symlinks=True)
        python = here / "other" / "bin" / "python"
        done = snowshed("--", python, "-c", "import asyncio; print('app')", cwd=here)
        assert (done.returncode, done.stdout) == (0, "app\n")
        assert done.stderr.startswith(f"snowshed: {python} runs without snowshed: it is not")
        assert done.stderr.count("\n") == 1


class TestTheEnvironment:
    def probe(self, here: Path, *options: str, **variables: str) -> dict[str, str]:
        done = snowshed(*options, "--", sys.executable, "-S", "probe.py", cwd=here, **variables)
        env: dict[str, str] = json.loads(done.stdout)["env"]
        return env

    def test_options_become_variables_and_nothing_else_does(self, here: Path) -> None:
        options = ("--mode", "enforce", "--budget", "7", "--on-excess", "cancel")
        env = self.probe(here, *options, "--timeout", "1.5", "--service", "shop")
        assert env == {
            "PYTHONPATH": BOOTSTRAP,
            "SNOWSHED_RUN_MODE": "enforce",
            "SNOWSHED_RUN_BUDGET": "7",
            "SNOWSHED_RUN_ON_EXCESS": "cancel",
            "SNOWSHED_RUN_TIMEOUT": "1.5",
            "SNOWSHED_RUN_SERVICE": "shop",
        }

    def test_an_option_wins_over_a_variable_and_leaves_the_others(self, here: Path) -> None:
        variables = {"SNOWSHED_RUN_BUDGET": "1", "SNOWSHED_RUN_GRACE": "2"}
        env = self.probe(here, "--budget", "7", **variables)
        assert env["SNOWSHED_RUN_BUDGET"] == "7"
        assert env["SNOWSHED_RUN_GRACE"] == "2"

    def test_what_was_on_the_path_stays_behind_us(self, here: Path) -> None:
        before = os.pathsep.join(["/a", "/b"])
        assert self.probe(here, PYTHONPATH=before)["PYTHONPATH"] == os.pathsep.join(
            [BOOTSTRAP, "/a", "/b"]
        )

    def test_run_within_run_is_on_the_path_once(self) -> None:
        once = _run.service_environment({}, {}, None)
        assert _run.service_environment(once, {}, None) == once

    def test_an_empty_path_does_not_become_the_current_directory(self) -> None:
        env = _run.service_environment({"PYTHONPATH": ""}, {}, None)
        assert env == {"PYTHONPATH": BOOTSTRAP}

    def test_settings_are_found_again_by_a_service_that_changes_its_directory(
        self, here: Path
    ) -> None:
        (here / "snowshed.toml").write_text("[run]\nbudget = 3\n")
        code = "import os; os.chdir('/'); from snowshed.config import directory as d; print(d())"
        assert snowshed("--", sys.executable, "-c", code, cwd=here).stdout == f"{here}\n"


class TestWhatCannotRun:
    @pytest.mark.parametrize("name", ["uvicron", "./uvicron", "probe.py/x"])
    def test_a_command_that_does_not_exist_is_127(self, here: Path, name: str) -> None:
        done = snowshed("--", name, cwd=here)
        assert (done.returncode, done.stdout) == (127, "")
        assert done.stderr == f"snowshed run: {name}: command not found\n"

    def test_an_empty_word_is_no_command(self, here: Path) -> None:
        """What a variable that is not set becomes in quotes."""
        done = snowshed("--", "", cwd=here)
        expected = "snowshed run: '': the command is an empty word\n"
        assert (done.returncode, done.stdout, done.stderr) == (127, "", expected)

    def test_one_that_is_beside_our_python_is_pointed_to(self, here: Path) -> None:
        """A virtual environment that is not activated, most often."""
        done = snowshed("--", "pytest", cwd=here, PATH="/nowhere")
        beside = Path(sys.executable).with_name("pytest")
        expected = f"snowshed run: pytest: command not found; did you mean {beside}?\n"
        assert (done.returncode, done.stderr) == (127, expected)

    def test_a_command_whose_interpreter_is_gone_is_127(self, here: Path) -> None:
        """As in a virtual environment that was moved."""
        (here / "bin" / "serve").write_text("#!/gone/bin/python\n")
        done = snowshed("--", "bin/serve", cwd=here)
        reason = "the interpreter that its first line names does not exist"
        assert (done.returncode, done.stderr) == (127, f"snowshed run: bin/serve: {reason}\n")

    def test_a_command_that_cannot_be_executed_is_126(self, here: Path) -> None:
        done = snowshed("--", "./probe.py", cwd=here)
        assert done.returncode == 126
        assert done.stderr == "snowshed run: ./probe.py: cannot be executed: Permission denied\n"

    @pytest.mark.parametrize(
        ("args", "line"),
        [
            ((), "snowshed run: Missing argument 'COMMAND...'."),
            (
                ("--mode", "enforced", "--", "true"),
                "snowshed: --mode: 'enforced' is not accepted: ",
            ),
            (
                ("--on-excess", "x", "--", "true"),
                "snowshed: --on-excess: 'x' is not accepted: use ",
            ),
            (("--budget", "0", "--", "true"), "snowshed: --budget: budget must be a positive "),
            (
                ("--budget", "x", "--", "true"),
                "snowshed: --budget: 'x' is not accepted: must be a whole number",
            ),
            (("--timeout", "-1", "--", "true"), "snowshed: --timeout: timeout must be a positive "),
            (("--bugdet", "1", "--", "true"), "snowshed run: No such option "),
        ],
    )
    def test_a_bad_option_is_one_line_and_nothing_runs(
        self, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], line: str
    ) -> None:
        assert main(["run", *args]) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith(line)
        assert captured.err.count("\n") == 1
        assert captured.out == ""

    def test_a_bad_setting_in_a_file_is_found_before_the_service_runs(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[run]\nmode = 'enforced'\n")
        done = snowshed("--", sys.executable, "probe.py", cwd=here)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"snowshed: {here / 'snowshed.toml'}: run.mode: 'enforced'")

    def test_a_wrong_url_of_redis_is_found_and_not_told(self, here: Path) -> None:
        _needs.module("redis")
        (here / "snowshed.toml").write_text(
            "[run]\nservice = 'shop'\n[shed]\nredis = 'redis://ann:s3cret/x@host/0'\n"
        )
        done = snowshed("--", sys.executable, "probe.py", cwd=here)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("snowshed: setting shed.redis: no URL of a Redis")
        assert done.stderr.count("\n") == 1
        assert not any(part in done.stderr for part in ("s3", "ann", "cret"))

    def test_a_service_without_a_name_shares_no_redis(self, here: Path) -> None:
        _needs.module("redis")
        (here / "snowshed.toml").write_text("[shed]\nredis = 'redis://localhost/0'\n")
        done = snowshed("--", sys.executable, "probe.py", cwd=here)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("snowshed: setting run.service: shed.redis is set")
        named = snowshed("--service", "shop", "--", sys.executable, "probe.py", cwd=here)
        assert (named.returncode, named.stderr) == (0, "")

    def test_a_table_that_is_no_section_is_found_too(self, here: Path) -> None:
        (here / "snowshed.toml").write_text("[rnu]\nmode = 'enforce'\n")
        done = snowshed("--", sys.executable, "probe.py", cwd=here)
        assert (done.returncode, done.stdout) == (2, "")
        assert "rnu: unknown section (did you mean 'run'?)" in done.stderr


def test_the_help_tells_the_defaults_that_the_settings_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["run", "--help"])
    options = " ".join(capsys.readouterr().out.partition("Options:")[2].split())
    for key in ("mode", "budget", "on_excess", "timeout", "service"):
        text = options.partition(_run._flag(key))[2].partition("--")[0]
        default = getattr(Settings(), key)
        assert f"[{'none' if default is None else default}]" in text


class TestShed:
    def test_options_of_section_shed_are_variables_of_the_service(self, here: Path) -> None:
        code = "import os; print(os.environ['SNOWSHED_SHED_OBJECTIVE'])"
        done = snowshed(
            "--mode", "enforce", "--objective", "0.5", "--", sys.executable, "-c", code, cwd=here
        )
        assert (done.stdout, done.stderr) == ("0.5\n", "")

    def test_a_value_that_is_not_accepted_is_said_in_the_words_of_the_user(
        self, here: Path
    ) -> None:
        done = snowshed("--shed", "maybe", "--", "true", cwd=here)
        assert done.returncode == 2
        assert "--shed: 'maybe' is not accepted" in done.stderr

    def test_a_mistake_in_the_rules_is_known_before_the_service_starts(self, here: Path) -> None:
        (here / "rules.toml").write_text("[[rule]]\n")
        done = snowshed("--mode", "enforce", "--rules", "rules.toml", "--", "true", cwd=here)
        assert done.returncode == 2
        assert "rules.toml:1:" in done.stderr

    def test_what_has_no_effect_is_said(self, here: Path) -> None:
        done = snowshed("--objective", "0.5", "--", "true", cwd=here)
        assert done.returncode == 0
        assert "--objective has no effect" in done.stderr
