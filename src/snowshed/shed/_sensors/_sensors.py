"""All sensors together: read by name, each on its own risk."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.shed._sensors._cgroup import Cgroup
from snowshed.shed._sensors._rate import Rate

if TYPE_CHECKING:
    from snowshed.shed._sensors._lag import LoopLag

__all__ = ["Sensors"]

logger = logging.getLogger("snowshed.rules")


class Sensors:
    """Reads what the system knows of this process.

    A sensor that the system does not have reads None, as on other systems than Linux; one that
    fails is logged once and reads None from then on. A reading of all costs some files of ``/proc``
    and ``/sys``, about 0.3 ms.

    Args:
        lag: the probe of the loop, if there is one.
        root: the root of the file system (tests have one of their own).
        process_time: seconds of processor time that this process has used.
    """

    def __init__(
        self,
        lag: LoopLag | None = None,
        *,
        root: Path = Path("/"),
        process_time: Callable[[], float] = time.process_time,
    ) -> None:
        self._root = root
        self._process_time = process_time
        self._cgroup = Cgroup(root)
        self._rates = {"process_cpu": Rate(), "cgroup_cpu": Rate()}
        self._lag = lag
        self._read: dict[str, Callable[[float], float | None]] = {
            "process_cpu": self._process_cpu,
            "cgroup_cpu": self._cgroup_cpu,
            "memory": self._memory,
            "memory_share": self._memory_share,
            "loop_lag": self._loop_lag,
        }

    @property
    def names(self) -> frozenset[str]:
        """The metrics that it still reads."""
        return frozenset(self._read)

    def read(self, names: Iterable[str], now: float) -> dict[str, float | None]:
        """Return the readings of ``names``; those that are not its own are left out.

        Args:
            names: metrics, as rules know them.
            now: monotonic seconds.
        """
        return {name: self._guarded(name, now) for name in names if name in self._read}

    def _guarded(self, name: str, now: float) -> float | None:
        try:
            return self._read[name](now)
        except Exception:
            logger.exception("the sensor %s failed and was switched off; rules go on without", name)
            self._read[name] = _nothing
            return None

    def _process_cpu(self, now: float) -> float | None:
        return self._rates["process_cpu"].add(now, self._process_time())

    def _cgroup_cpu(self, now: float) -> float | None:
        found = self._cgroup.cpu()
        if found is None:
            return None
        cores = self._rates["cgroup_cpu"].add(now, found.used)
        return None if cores is None else cores / (found.quota or _processors())

    def _memory(self, now: float) -> float | None:  # noqa: ARG002 - every sensor is told the time
        try:
            pages = (self._root / "proc/self/statm").read_text().split()[1]
        except OSError:
            return None
        return float(int(pages) * os.sysconf("SC_PAGE_SIZE"))

    def _memory_share(self, now: float) -> float | None:  # noqa: ARG002 - as above
        group = self._cgroup.memory()
        if group is not None and group.limit:
            return group.used / group.limit
        return self._host_share()

    def _host_share(self) -> float | None:
        """Without a limit, the machine's memory is what ends first."""
        try:
            lines = (self._root / "proc/meminfo").read_text().splitlines()
        except OSError:
            return None
        found = {line.split(":")[0]: int(line.split()[1]) for line in lines if ":" in line}
        total, available = found.get("MemTotal"), found.get("MemAvailable")
        return None if not total or available is None else 1 - available / total

    def _loop_lag(self, now: float) -> float | None:
        return None if self._lag is None else self._lag.take(now)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _nothing(now: float) -> None:  # noqa: ARG001 - every sensor is told the time
    return None
