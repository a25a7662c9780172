"""The scripts behind `make`: which Python they choose, and what they say where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.house

ROOT = Path(__file__).parents[1]
AN_OLD_PYTHON = """#!/bin/sh
case "$*" in --version) echo Python 3.9.2;; *) exit 1;; esac
"""
ONE_WITHOUT_ENSUREPIP = f"""#!/bin/sh
exec {sys.executable} -c 'import sys; sys.modules["ensurepip"] = None; exec(sys.argv[1])' "$2"
"""
A_GOOD_ONE = f"""#!/bin/sh
exec {sys.executable} "$@"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH and home hold nothing but what a test puts there."""
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYTHON", raising=False)
    return tmp_path


def install(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


def find_python() -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", ROOT / "scripts" / "find-python"]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)


def test_an_old_python3_is_passed_over_for_a_newer_one_on_the_path(machine: Path) -> None:
    install(machine / "python3", AN_OLD_PYTHON)
    newer = install(machine / "python3.12", A_GOOD_ONE)
    assert find_python().stdout == f"{newer}\n"


def test_where_every_python_is_too_old_one_line_says_what_to_install(machine: Path) -> None:
    install(machine / "python3", AN_OLD_PYTHON)
    answer = find_python()
    assert answer.returncode == 1
    assert answer.stderr == (
        "snowshed needs Python >= 3.11 and found Python 3.9.2; "
        "install python3.13, or name one: make PYTHON=/path/to/python3.13\n"
    )


def test_where_there_is_no_python_it_is_one_line_too(machine: Path) -> None:
    answer = find_python()
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1


def test_a_missing_venv_is_one_line_with_the_name_of_the_package(machine: Path) -> None:
    install(machine / "python3", ONE_WITHOUT_ENSUREPIP)
    answer = find_python()
    assert answer.returncode == 1
    package = f"python3.{sys.version_info.minor}-venv"
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stderr.endswith(f"apt install {package}\n")


def test_a_python_that_the_user_names_is_the_only_candidate(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(machine / "python3", A_GOOD_ONE)
    monkeypatch.setenv("PYTHON", str(install(machine / "mine", AN_OLD_PYTHON)))
    assert find_python().returncode == 1


def pretend(version: str) -> str:
    return f"#!/bin/sh\necho {version.replace('.', ' ')}\n"


def others() -> dict[str, Path]:
    code = "import test_others as t; [print(*found) for found in t.others().items()]"
    command = [sys.executable, "-c", code]
    scripts = ROOT / "scripts"
    done = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=True)
    return {name: Path(path) for name, path in map(str.split, done.stdout.splitlines())}


def test_the_suite_runs_on_the_newest_of_each_other_version(machine: Path) -> None:
    versions = machine / ".pyenv" / "versions"
    own = "{}.{}".format(*sys.version_info[:2])
    install(machine / f"python{own}", pretend(f"{own}.99"))
    install(machine / "python3.98", pretend("3.98.1"))
    newest = install(versions / "3.98.2" / "bin" / "python3.98", pretend("3.98.2"))
    install(versions / "3.98.0" / "bin" / "python3.98", pretend("3.98.0"))
    install(versions / "3.9.1" / "bin" / "python3.9", pretend("3.9.1"))
    assert others() == {"3.98": newest}


def test_a_python_that_does_not_run_is_not_tested(machine: Path) -> None:
    install(machine / "python3.98", "#!/bin/sh\nexit 127\n")
    install(machine / "python3.98-config", pretend("3.98.0"))
    assert others() == {}
