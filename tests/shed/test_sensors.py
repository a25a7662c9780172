"""The sensors, on trees of files as kernels make them, and on this machine."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from snowshed.core import _clock
from snowshed.shed._sensors import LoopLag, Sensors
from snowshed.shed._sensors._cgroup import Cgroup, CpuUse, MemoryUse
from snowshed.shed._sensors._rate import Rate
from snowshed.testing import run_virtual


def machine(root: Path, **files: str) -> Path:
    """A root of a file system with these files; ``__`` in a name is a slash, ``_DOT_`` a dot."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V2 = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V2_FILES = {
    "cpu_DOT_max": "50000 100000\n",
    "cpu_DOT_stat": "usage_usec 2500000\nuser_usec 1\n",
    "memory_DOT_current": "1000000\n",
    "memory_DOT_max": "4000000\n",
    "memory_DOT_stat": "anon 1\ninactive_file 200000\n",
}


def under(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}__{name}": text for name, text in files.items()}


def test_version_2_in_a_container_of_its_own_namespace(tmp_path: Path) -> None:
    group = Cgroup(
        machine(
            tmp_path,
            proc__self__cgroup="0::/\n",
            proc__self__mountinfo=V2,
            **under("sys__fs__cgroup", V2_FILES),
        )
    )
    assert group.cpu() == CpuUse(2.5, 0.5)
    assert group.memory() == MemoryUse(800000, 4000000)


def test_version_2_without_a_namespace_sees_only_its_part_of_the_tree(tmp_path: Path) -> None:
    group = Cgroup(
        machine(
            tmp_path,
            proc__self__cgroup="0::/kubepods/pod1/ctr\n",
            proc__self__mountinfo=V2.replace("0:28 /", "0:28 /kubepods/pod1/ctr"),
            **under("sys__fs__cgroup", V2_FILES),
        )
    )
    assert group.cpu() == CpuUse(2.5, 0.5)


def test_the_limit_that_binds_may_be_set_further_up(tmp_path: Path) -> None:
    unlimited = {**V2_FILES, "cpu_DOT_max": "max 100000\n", "memory_DOT_max": "max\n"}
    unlimited["cpu_DOT_stat"] = "usage_usec 1000000\n"
    group = Cgroup(
        machine(
            tmp_path,
            proc__self__cgroup="0::/app.slice/web\n",
            proc__self__mountinfo=V2,
            **under("sys__fs__cgroup__app_DOT_slice", V2_FILES),
            **under("sys__fs__cgroup__app_DOT_slice__web", unlimited),
        )
    )
    assert group.cpu() == CpuUse(2.5, 0.5), "all who share the quota count"
    assert group.memory() == MemoryUse(800000, 4000000)


def test_a_group_without_limits(tmp_path: Path) -> None:
    files = {**V2_FILES, "cpu_DOT_max": "max 100000\n", "memory_DOT_max": "max\n"}
    group = Cgroup(
        machine(
            tmp_path,
            proc__self__cgroup="0::/\n",
            proc__self__mountinfo=V2,
            **under("sys__fs__cgroup", files),
        )
    )
    assert group.cpu() == CpuUse(2.5, None)
    assert group.memory() == MemoryUse(800000, None)


def version_1(root: Path, quota: str = "150000", limit: str = "4000000") -> Path:
    return machine(
        root,
        proc__self__cgroup="4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/docker/abc\n",
        proc__self__mountinfo=(
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
            "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        ),
        **under(
            "sys__fs__cgroup__cpu,cpuacct__docker__abc",
            {
                "cpu_DOT_cfs_quota_us": quota + "\n",
                "cpu_DOT_cfs_period_us": "100000\n",
                "cpuacct_DOT_usage": "7000000000\n",
            },
        ),
        **under(
            "sys__fs__cgroup__memory",
            {
                "memory_DOT_usage_in_bytes": "1000000\n",
                "memory_DOT_limit_in_bytes": limit + "\n",
                "memory_DOT_stat": "cache 1\ntotal_inactive_file 300000\n",
            },
        ),
    )


def test_version_1_has_a_tree_for_each_controller(tmp_path: Path) -> None:
    group = Cgroup(version_1(tmp_path))
    assert group.cpu() == CpuUse(7.0, 1.5)
    assert group.memory() == MemoryUse(700000, 4000000)


def test_in_version_1_too_all_who_share_the_quota_count(tmp_path: Path) -> None:
    root = version_1(tmp_path, quota="-1")
    machine(
        root,
        **under(
            "sys__fs__cgroup__cpu,cpuacct__docker",
            {
                "cpu_DOT_cfs_quota_us": "50000\n",
                "cpu_DOT_cfs_period_us": "100000\n",
                "cpuacct_DOT_usage": "9000000000\n",
            },
        ),
    )
    assert Cgroup(root).cpu() == CpuUse(9.0, 0.5)


def test_version_1_without_limits(tmp_path: Path) -> None:
    group = Cgroup(version_1(tmp_path, "-1", "9223372036854771712"))
    assert group.cpu() == CpuUse(7.0, None)
    assert group.memory() == MemoryUse(700000, None)


@pytest.mark.parametrize(
    "mountinfo", ["", "nonsense\n", "1 2 3\n - cgroup\n", "31 23 0:28 / /gone rw - cgroup2 x rw\n"]
)
def test_what_cannot_be_read_is_unknown(tmp_path: Path, mountinfo: str) -> None:
    root = machine(tmp_path, proc__self__cgroup="0::/\nx\n", proc__self__mountinfo=mountinfo)
    assert Cgroup(root).cpu() is None
    assert Cgroup(root).memory() is None


def test_files_of_a_shape_that_is_not_known_are_unknown_too(tmp_path: Path) -> None:
    files = dict.fromkeys(V2_FILES, "what is this\n")
    root = machine(
        tmp_path,
        proc__self__cgroup="0::/\n",
        proc__self__mountinfo=V2,
        **under("sys__fs__cgroup", files),
    )
    assert Cgroup(root).cpu() is None
    assert Cgroup(root).memory() is None


def test_a_system_that_has_none_of_it_reads_nothing(tmp_path: Path) -> None:
    sensors = Sensors(root=tmp_path)
    found = [sensors.read(["cgroup_cpu", "memory", "memory_share", "loop_lag"], t) for t in (1, 2)]
    assert set(found[1].values()) == {None}


def test_the_share_is_that_of_the_quota_and_not_of_the_host(tmp_path: Path) -> None:
    root = version_1(tmp_path)
    sensors = Sensors(root=root)
    assert sensors.read(["cgroup_cpu"], 10.0) == {"cgroup_cpu": None}
    usage = root / "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpuacct.usage"
    usage.write_text("8200000000\n")
    assert sensors.read(["cgroup_cpu"], 11.0)["cgroup_cpu"] == pytest.approx(1.2 / 1.5)
    assert sensors.read(["memory_share"], 11.0)["memory_share"] == pytest.approx(700 / 4000)


def test_without_a_limit_memory_is_a_share_of_the_machine(tmp_path: Path) -> None:
    root = machine(
        version_1(tmp_path, limit="9223372036854771712"),
        proc__meminfo="MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\n",
    )
    assert Sensors(root=root).read(["memory_share"], 1.0)["memory_share"] == 0.75


def test_processor_time_is_taken_over_the_last_seconds() -> None:
    used = [0.0]
    sensors = Sensors(process_time=lambda: used[0])
    found = []
    for second in range(20):
        found.append(sensors.read(["process_cpu"], float(second))["process_cpu"])
        used[0] += 0.9 if second < 10 else 0.1
    assert found[0] is None
    assert found[9] == pytest.approx(0.9)
    assert found[12] == pytest.approx((3 * 0.9 + 2 * 0.1) / 5)
    assert found[19] == pytest.approx(0.1)


def test_a_rate_begins_anew_when_time_or_total_go_back() -> None:
    rate = Rate()
    assert rate.add(10.0, 5.0) is None
    assert rate.add(10.0, 5.0) is None
    assert rate.add(12.0, 6.0) == 0.5
    assert rate.add(3.0, 7.0) is None
    assert rate.add(4.0, 8.0) == 1.0
    assert rate.add(5.0, 0.0) is None


def test_a_sensor_that_fails_is_logged_once_and_switched_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> float:
        raise RuntimeError("no clock")

    sensors = Sensors(process_time=broken)
    for second in range(3):
        assert sensors.read(["process_cpu"], float(second)) == {"process_cpu": None}
    assert len(caplog.records) == 1
    assert "process_cpu failed and was switched off" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machine_has_readings() -> None:
    sensors = Sensors()
    sensors.read(sensors.names, time.monotonic())
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    found = sensors.read(sensors.names, time.monotonic())
    assert (found["process_cpu"] or 0.0) > 0
    assert 1e6 < (found["memory"] or 0) < 1e12
    assert 0 < (found["memory_share"] or 0) <= 1
    group = Cgroup().cpu()
    assert (found["cgroup_cpu"] is None) is (group is None)
    assert os.sysconf("SC_PAGE_SIZE") > 0


def test_the_loops_lag_is_the_worst_since_it_was_asked_last() -> None:
    async def main() -> None:
        lag = LoopLag()
        assert lag.take(_clock.now()) is None
        lag.start()
        lag.start()
        await asyncio.sleep(1.05)
        assert lag.take(_clock.now()) == pytest.approx(0.0, abs=1e-6)
        lag.stop()
        assert lag.take(_clock.now()) is None

    run_virtual(main())


def test_a_loop_that_stands_still_is_late() -> None:
    async def main() -> None:
        lag = LoopLag()
        lag.start()
        await asyncio.sleep(0)
        time.sleep(0.25)
        still = lag.take(_clock.now())
        assert still is not None
        assert still >= 0.14, "the probe is overdue, and has not even run"
        await asyncio.sleep(0.01)
        ran = lag.take(_clock.now())
        assert ran is not None
        assert ran >= 0.14
        lag.stop()

    asyncio.run(main())
