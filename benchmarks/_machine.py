"""On what was measured: a figure says little without it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

__all__ = ["machine", "told"]


def machine() -> dict[str, str | int | None]:
    """Return what this machine is, for the file of results."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def told(found: Mapping[str, object]) -> str:
    """Return what `machine` returned as people read it."""
    return f"{found['processor']}, {found['cores']} cores, {found['system']}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
