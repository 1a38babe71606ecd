"""Cores that a process may use, from files as a kernel shows them to a container."""

import os
from pathlib import Path

import pytest

from coin_models.training.cores import usable_cores

ALL = len(os.sched_getaffinity(0))
needs_two_cores = pytest.mark.skipif(ALL < 2, reason="a quota below all cores cannot be told from one core")


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@needs_two_cores
@pytest.mark.parametrize(
    "files",
    [
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"},
        {"proc/self/cgroup": "0::/pod/one\n", "sys/fs/cgroup/pod/cpu.max": "50000 100000\n",
         "sys/fs/cgroup/pod/one/cpu.max": "max 100000\n"},
        {"proc/self/cgroup": "4:cpu,cpuacct:/\n1:name=systemd:/\n",
         "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "100000\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n"},
        {"proc/self/cgroup": "4:cpuacct,cpu:/docker/abc\n",  # the host's path, which is not mounted inside
         "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "75000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"},
    ],
    ids=["v2", "v2, the pod's quota", "v1", "v1 in a container"],
)  # fmt: skip
def test_a_quota_of_at_most_one_core_is_one_core(tmp_path: Path, files: dict[str, str]) -> None:
    assert usable_cores(write(tmp_path, files)) == 1


@needs_two_cores
def test_a_quota_of_one_and_a_half_cores_is_two(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}

    assert usable_cores(write(tmp_path, files)) == 2


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"},
        {"proc/self/cgroup": "4:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "no number at all\n"},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": f"{1000 * 100000} 100000\n"},
    ],
    ids=["no cgroups", "v2 without a quota", "v1 without a quota", "not understood", "more than there are"],
)
def test_without_a_quota_below_it_the_schedulers_mask_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert usable_cores(write(tmp_path, files)) == ALL
