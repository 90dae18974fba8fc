"""The data folder: there, ours, on a local disk with room, its keys whole and private."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from collector.core.errors import UserError
from collector.core.times import DAY
from collector.doctor.finding import Case, Finding, age, bad, ok, size, warn
from collector.settings import NAMES, load_keys, unknown_variables
from collector.store.open import sqlite_path

# SQLite's log needs memory shared between processes, which these do not give, and their locks are not to be trusted.
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs")
_MOUNTS = Path("/proc/mounts")
_PRIVATE = 0o077


def folder(case: Case) -> Iterator[Finding]:
    """Whether the folder can be used."""
    data = case.settings.data
    if not data.is_dir():
        yield bad(
            "data folder",
            f"{data} is not there.",
            "Name the right folder with --data, or start with: desireline site add",
        )
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK) or not _inbox_usable(case):
        yield bad("data folder", f"{data} cannot be written by this user.", f"chown -R {_me()} {data}")
        return
    if data.stat().st_mode & _PRIVATE:
        yield warn(
            "data folder",
            f"Other users of this machine can look into {data}.",
            f"chmod 700 {data}",
        )
    else:
        yield ok("data folder", f"{data} is ours alone.")


def _inbox_usable(case: Case) -> bool:
    inbox = case.settings.inbox
    return not inbox.exists() or os.access(inbox, os.R_OK | os.W_OK | os.X_OK)


def _me() -> str:
    return str(os.geteuid())


def keys(case: Case) -> Iterator[Finding]:
    """Whether the keys are whole and nobody else's."""
    path = case.settings.data / "keys.json"
    if not path.exists():
        yield bad(
            "keys",
            f"{path} is not there; without it every visitor counts as new and everybody is logged out.",
            "Restore it from a backup. A new installation makes it at its first start.",
        )
        return
    try:
        load_keys(case.settings)
    except UserError as error:
        yield bad("keys", error.message, error.hint)
        return
    if path.stat().st_mode & _PRIVATE:
        yield bad("keys", f"Other users of this machine can read {path}.", f"chmod 600 {path}")
    else:
        yield ok("keys", "The keys are whole and private.")


def disk(case: Case) -> Iterator[Finding]:
    """Whether there is room."""
    for place in {case.settings.data, (sqlite_path(case.settings.database) or case.settings.data).parent}:
        try:
            free = shutil.disk_usage(place)
            nodes = os.statvfs(place)
        except OSError:
            continue
        floor = case.settings.disk_floor
        if free.free < floor:
            yield bad(
                "disk",
                f"{place} has {size(free.free)} left: below the floor of {size(floor)} nothing more is accepted.",
                "Free some space or enlarge the disk; browsers keep their events for a week and send them then.",
            )
        elif free.free < 2 * floor or free.free < free.total // 50:
            yield warn("disk", f"{place} has {size(free.free)} left.", "Free some space soon, or set a retention.")
        elif nodes.f_files and nodes.f_favail < 1_000:
            yield bad("disk", f"{place} can hold only {nodes.f_favail} more files.", "Delete files that nobody needs.")
        else:
            yield ok("disk", f"{size(free.free)} free.")


def mount(case: Case) -> Iterator[Finding]:
    """Whether the files are on a disk of this machine."""
    for place in {case.settings.data, sqlite_path(case.settings.database) or case.settings.data}:
        kind = mounted_as(place, _MOUNTS)
        if kind in _REMOTE:
            yield bad(
                "disk",
                f"{place} is on a network file system ({kind}), where SQLite loses data.",
                "Move it to a local disk, or use Postgres for the ledger and keep --data local.",
            )


def mounted_as(place: Path, mounts: Path) -> str:
    """The type of the file system that holds `place`, "" where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    best, kind = Path(), ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if place.absolute().is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, fields[2]
    return kind


def backup(case: Case) -> Iterator[Finding]:
    """Whether there is a backup, and how old it is."""
    path = case.settings.data / "backup.json"
    advice = "Run it every night, to another disk: desireline backup --to /mnt/backups --keep 14"
    try:
        note = json.loads(path.read_text())
        made, where = int(note["time"]), Path(str(note["path"]))
    except FileNotFoundError:
        yield warn("backup", "No backup was ever made.", advice)
        return
    except (OSError, ValueError, KeyError, TypeError):
        yield warn("backup", f"{path} cannot be read.", advice)
        return
    if not where.exists():
        yield warn(
            "backup", f"The last backup, {where}, is not there any more.", "Fine if you moved it; else make one."
        )
    elif case.now - made > 8 * DAY:
        yield warn("backup", f"The last backup is {age(case.now - made)} old.", advice)
    elif where.is_relative_to(case.settings.data):
        yield warn("backup", "The last backup lies on the disk that it should outlive.", advice)
    else:
        yield ok("backup", f"The last backup is {age(case.now - made)} old.")


def variables(case: Case) -> Iterator[Finding]:
    """Whether a setting is misspelt."""
    for name in unknown_variables(case.environment):
        yield warn("settings", f"{name} is no setting and does nothing.", f"There are: {', '.join(sorted(NAMES))}.")
