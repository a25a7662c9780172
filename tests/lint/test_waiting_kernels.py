"""Real faults of Go projects, distilled in the Go toolchain: what is stuck stands at a finding.

Each program is built and run, and what it prints of its goroutines is put beside what lint says of
its source. That both name the same line is found out by neither of them from the other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from _go import go
from doctor import _leak_programs as leaks
from snowshed.lint._dump import read_dump
from snowshed.lint._engine import lint
from snowshed.lint._waiting import joined

pytestmark = [pytest.mark.house, pytest.mark.slow]

KERNELS = [each for each in leaks.programs() if each.folder == "goker"]
AT_LEAST = 38


def test_what_is_stuck_stands_where_lint_says(tmp_path: Path) -> None:
    leaks.build(tmp_path)
    runs = leaks.run(KERNELS, tmp_path, times=1)
    folder = "src/runtime/testdata/testgoroutineleakprofile/goker"
    files = Path(go("env", "GOROOT").strip(), folder).glob("*.go")
    # Named, as nobody walks into a folder of test data.
    found = lint(sorted(map(str, files))).findings
    hit = set()
    for kernel, (data,) in zip(KERNELS, runs, strict=True):
        waiting = joined(found, [read_dump(kernel.name, data)]).waiting
        if any(each.here for each in waiting.values()):
            hit.add(kernel.name)
    assert len(hit) >= AT_LEAST, sorted({each.name for each in KERNELS} - hit)
