"""What the container may use, and uses: control groups of Linux, both versions, read by hand.

In a container the processors and the memory of the machine are somebody else's. A service that may
use half a processor of 64 is at its end when the machine is 1 % busy; whoever looks at the host
never notices. What counts is the share of one's own quota.

Version 1 has a tree for each controller, version 2 one tree for all, and a machine may have both
mounted. ``/proc/self/cgroup`` says where in each tree this process is, ``/proc/self/mountinfo``
which part of each tree can be seen from here, and where. The quota that binds may be set on a group
further up. Semantics: cgroups(7) and the kernel's admin-guide/cgroup-v1 and cgroup-v2.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["Cgroup", "CpuUse", "MemoryUse"]

UNLIMITED = 1 << 60
"""Version 1 says "no limit" by a number near 2**63, rounded down to pages."""


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Processor time of a control group.

    Attributes:
        used: seconds of processor time that it has used, ever.
        quota: processors that it may use at once; None: all that there are.
    """

    used: float
    quota: float | None


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Memory of a control group.

    Attributes:
        used: bytes, without the file cache that can be given back at once.
        limit: bytes that it may use; None: all that there are.
    """

    used: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class _Tree:
    """A mounted hierarchy, and the place of this process in it."""

    mount: Path
    inside: PurePosixPath

    def groups(self) -> Iterator[Path]:
        """Yield the group of this process and those above it, as far as they can be seen."""
        for inside in (self.inside, *self.inside.parents):
            yield self.mount / inside


class Cgroup:
    """The control group of this process.

    Args:
        root: the root of the file system (tests have one of their own).
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        trees = dict(_trees(root))
        unified = trees.get("")
        self._cpu = _tightest(trees.get("cpu"), _quota_v1) or _tightest(unified, _quota_v2)
        self._memory = _tightest(trees.get("memory"), _limit_v1) or _tightest(unified, _limit_v2)
        self._accounted = self._accounting(trees.get("cpuacct"), trees.get("cpu"))

    def cpu(self) -> CpuUse | None:
        """Return the processor time of the group; None if that cannot be known here."""
        if self._accounted is not None:
            used = _number(self._accounted / "cpuacct.usage")
            quota = None if self._cpu is None else _quota_v1(self._cpu)
            return None if used is None else CpuUse(used / 1e9, quota)
        if self._cpu is None:
            return None
        used = _field(self._cpu / "cpu.stat", "usage_usec")
        return None if used is None else CpuUse(used / 1e6, _quota_v2(self._cpu))

    def memory(self) -> MemoryUse | None:
        """Return the memory of the group; None if that cannot be known here."""
        group = self._memory
        if group is None:
            return None
        new = (group / "memory.current").exists()
        used = _number(group / ("memory.current" if new else "memory.usage_in_bytes"))
        if used is None:
            return None
        name = "inactive_file" if new else "total_inactive_file"
        cache = _field(group / "memory.stat", name) or 0
        limit = _limit_v2(group) if new else _limit_v1(group)
        return MemoryUse(max(used - cache, 0), None if limit is None else int(limit))

    def _accounting(self, accounts: _Tree | None, cpu: _Tree | None) -> Path | None:
        """Return the group of version 1 whose time is counted: that with the quota, if possible."""
        if accounts is None:
            return None
        candidates = list(accounts.groups())
        if cpu is not None and self._cpu is not None:
            same = accounts.mount / self._cpu.relative_to(cpu.mount)
            candidates.insert(0, same)
        return next((group for group in candidates if (group / "cpuacct.usage").exists()), None)


def _trees(root: Path) -> Iterator[tuple[str, _Tree]]:
    """Yield the visible trees by controller; the name of version 2's only one is empty."""
    inside = dict(_places(root))
    for line in _lines(root / "proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3 or kind[0] not in {"cgroup", "cgroup2"}:
            continue
        controllers = kind[2].split(",") if kind[0] == "cgroup" else [""]
        mount = root / fields[4].lstrip("/")
        for controller in controllers:
            if controller in inside:
                yield controller, _Tree(mount, _relative(inside[controller], fields[3]))


def _places(root: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(root / "proc/self/cgroup"):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            yield controller, path


def _relative(path: str, mounted: str) -> PurePosixPath:
    """Return ``path`` as seen from a mount of the part ``mounted`` of its tree."""
    try:
        return PurePosixPath(path).relative_to(mounted)
    except ValueError:  # the process is outside of what is mounted here: its root has to do
        return PurePosixPath()


def _tightest(tree: _Tree | None, limit: Callable[[Path], float | None]) -> Path | None:
    """Return the group whose limit binds: the lowest one; without any, that of the process."""
    if tree is None:
        return None
    groups = [group for group in tree.groups() if group.is_dir()]
    limits = [(found, group) for group in groups if (found := limit(group)) is not None]
    if limits:
        return min(limits, key=lambda pair: pair[0])[1]
    return groups[0] if groups else None


def _quota_v1(group: Path) -> float | None:
    quota = _number(group / "cpu.cfs_quota_us")
    period = _number(group / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def _quota_v2(group: Path) -> float | None:
    words = " ".join(_lines(group / "cpu.max")).split()
    if len(words) == 2 and words[0].isdigit() and words[1].isdigit() and int(words[1]):
        return int(words[0]) / int(words[1])
    return None


def _limit_v1(group: Path) -> float | None:
    limit = _number(group / "memory.limit_in_bytes")
    return limit if limit is not None and limit < UNLIMITED else None


def _limit_v2(group: Path) -> float | None:
    return _number(group / "memory.max")


def _field(path: Path, name: str) -> int | None:
    for line in _lines(path):
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdigit():
            return int(value)
    return None


def _number(path: Path) -> int | None:
    text = "".join(_lines(path)).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return os.fsdecode(path.read_bytes()).splitlines()
    except OSError:
        return []
