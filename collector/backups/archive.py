"""The one file: a compressed tar that only its owner may read (it holds the keys)."""

from __future__ import annotations

import os
import re
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

from collector.backups.manifest import MANIFEST
from collector.core.errors import UserError

# Made by us alone: nothing in a backup may name a place outside the folder it is read into.
_NAME = re.compile(r"[a-z0-9_]+(?:[.-][A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_-]+)*)?")
_BLOCK = 2**20
Said = Callable[[str, float], None]


def quiet(stage: str, share: float) -> None:
    """Progress that nobody looks at: a stage's name and how much of it is done, 0 to 1."""


def sync(path: Path) -> None:
    """Have a file or a folder on disk, not only in the system's memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack(folder: Path, target: Path, said: Said = quiet) -> None:
    """Write everything in `folder` to the archive `target`, the manifest first."""
    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name != MANIFEST)
    total, done = sum(path.stat().st_size for path in paths) or 1, 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        # Fast rather than small: a backup that takes too long is switched off.
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
            for path in paths:
                said("pack", done / total)
                archive.add(path, str(path.relative_to(folder)), recursive=False)
                done += path.stat().st_size
        file.flush()
        os.fsync(file.fileno())


def unpack(source: Path, folder: Path, said: Said = quiet) -> None:
    """Read an archive into the empty `folder`.

    Raises:
        UserError: it is no backup, cut short, or holds what a backup never holds.
    """
    size, wrong = source.stat().st_size or 1, "Take another backup file."
    try:
        with open(source, "rb") as file, tarfile.open(fileobj=file, mode="r|gz") as archive:
            for member in archive:
                said("unpack", min(1.0, file.tell() / size))
                if not member.isfile() or not _NAME.fullmatch(member.name):
                    raise UserError(f"{source} holds {member.name!r}, which is no part of a backup.", wrong)
                _write(archive, member, folder / member.name)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(f"{source} is no backup, or not all of one.", wrong) from error
    if not (folder / MANIFEST).is_file():
        raise UserError(f"{source} is no backup, or not all of one.", wrong)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    content = archive.extractfile(member)
    if content is None:  # pragma: no cover - a regular file has content
        raise tarfile.TarError(member.name)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(_BLOCK):
            file.write(block)
