"""What memory there is, where a container or a service has less of it than the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collector.journeys.room import room_for_memory, usable_memory

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
TOP = "sys/fs/cgroup"
V1 = f"{TOP}/memory"


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({}, MACHINE),
        ({"proc/self/cgroup": "0::/user.slice/a.service", f"{TOP}/user.slice/a.service/memory.max": "9000"}, 9_000),
        ({"proc/self/cgroup": "0::/", f"{TOP}/memory.max": "8000"}, 8_000),
        ({"proc/self/cgroup": "0::/a/b", f"{TOP}/a/b/memory.max": "max", f"{TOP}/a/memory.max": "7000"}, 7_000),
        ({"proc/self/cgroup": "0::/a", f"{TOP}/a/memory.max": "max"}, MACHINE),
        ({"proc/self/cgroup": "3:cpu:/x\n4:rdma,memory:/host/c1\n0::/", f"{V1}/memory.limit_in_bytes": "6000"}, 6_000),
        ({"proc/self/cgroup": "4:memory:/a:b", f"{V1}/a:b/memory.limit_in_bytes": str(2**63 - 4_096)}, MACHINE),
        ({"proc/self/cgroup": "", f"{TOP}/memory.max": "5"}, MACHINE),
    ],
)
def test_the_least_of_the_machine_and_of_every_group_counts(tmp_path: Path, files: dict[str, str], most: int) -> None:
    assert usable_memory(put(tmp_path, files)) == most


def test_workers_share_an_eighth_of_what_there_is_here() -> None:
    assert 0 < room_for_memory(2) <= MACHINE // 16
    assert room_for_memory(4) == room_for_memory(1) // 4
