"""What an installation is set to: one frozen value, read from the environment once; and the keys it made for itself."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from collector.atomic import create_text
from collector.core.errors import UserError

_MB = 2**20
_KEY_BYTES = 32
_PREFIX = "DESIRELINE_"
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets made at the first start (REQUIREMENTS B6): `cookie` signs identities, the first one signs anew."""

    cookie: tuple[bytes, ...]
    session: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, as DESIRELINE_<NAME> variables and command options.

    Attributes:
        data: the folder that holds everything on disk.
        database: URL of the ledger, `sqlite:///...` or `postgresql://...`.
        public_url: the address that browsers use, where it differs from what requests say; "" for that.
        trusted_proxies: how many proxies in front may say who the client is (REQUIREMENTS D16); 0 believes none.
        inbox_bytes: records a worker may hold for a ledger that does not take them.
        disk_floor: free bytes below which nothing more is accepted.
        drain_seconds: how long the end may take to load what was accepted.
        patience_seconds: how long a client may take to send one request.
        rate_address, rate_site: events a minute that an address and a site may always send; 0 for no limit.
        question_seconds: how long answering one question may take; past it, it is stopped.
        remember_bytes: what a worker may remember of one question for the next ones; 0 for what its sites need, of
            which all workers together take an eighth of the memory at most.
        metrics_token: what a reader of /metrics that is not on this host says as its Bearer token; "" lets none in.
    """

    data: Path
    database: str
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 16
    public_url: str = ""
    trusted_proxies: int = 0
    inbox_bytes: int = 512 * _MB
    disk_floor: int = 200 * _MB
    drain_seconds: int = 30
    patience_seconds: int = 30
    rate_address: int = 30_000
    rate_site: int = 3_000_000
    question_seconds: int = 60
    remember_bytes: int = 0
    metrics_token: str = field(default="", repr=False)

    @property
    def inbox(self) -> Path:
        """The folder of the inbox's boxes."""
        return self.data / "inbox"

    @property
    def metrics(self) -> Path:
        """The folder of what the processes count."""
        return self.data / "metrics"

    def environment(self) -> dict[str, str]:
        """An environment that `read_settings` turns into this value again, for a child process."""
        return {
            **os.environ,
            _PREFIX + "DATA": str(self.data),
            _PREFIX + "DATABASE": self.database,
            _PREFIX + "HOST": self.host,
            _PREFIX + "PORT": str(self.port),
            _PREFIX + "WORKERS": str(self.workers),
            _PREFIX + "THREADS": str(self.threads),
            _PREFIX + "PUBLIC_URL": self.public_url,
            _PREFIX + "TRUSTED_PROXIES": str(self.trusted_proxies),
            _PREFIX + "INBOX_BYTES": str(self.inbox_bytes),
            _PREFIX + "DISK_FLOOR": str(self.disk_floor),
            _PREFIX + "DRAIN_SECONDS": str(self.drain_seconds),
            _PREFIX + "PATIENCE_SECONDS": str(self.patience_seconds),
            _PREFIX + "RATE_ADDRESS": str(self.rate_address),
            _PREFIX + "RATE_SITE": str(self.rate_site),
            _PREFIX + "QUESTION_SECONDS": str(self.question_seconds),
            _PREFIX + "REMEMBER_BYTES": str(self.remember_bytes),
            _PREFIX + "METRICS_TOKEN": self.metrics_token,
        }


# What follows DESIRELINE_ in the names of variables.
NAMES = frozenset(one.name.upper() for one in fields(Settings))


def unknown_variables(values: Mapping[str, str] | None = None) -> list[str]:
    """Variables, by default of the environment, that look like settings and are none: misspelt, most likely."""
    found = os.environ if values is None else values
    return sorted(name for name in found if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in NAMES)


def _whole(values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = values.get(_PREFIX + name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise UserError(f"{_PREFIX}{name}={text} cannot be used.", f"Give a whole number from {low} to {high}.")
    return int(text)


def _public_url(values: Mapping[str, str]) -> str:
    text = values.get(_PREFIX + "PUBLIC_URL", "").strip().rstrip("/")
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.username:
        raise UserError(f"{_PREFIX}PUBLIC_URL={text} is no origin.", "Write it like https://stats.example.com.")
    return text


def _token(values: Mapping[str, str]) -> str:
    text = values.get(_PREFIX + "METRICS_TOKEN", "").strip()
    if text and (len(text) < _SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text):
        raise UserError(
            f"{_PREFIX}METRICS_TOKEN cannot be used.",
            f"Give at least {_SHORTEST_TOKEN} letters and digits, for example of `openssl rand -hex 32`.",
        )
    return text


def read_settings(values: Mapping[str, str] | None = None) -> Settings:
    """The settings in `values`, by default the environment.

    Raises:
        UserError: a value that cannot be used, with its name.
    """
    if values is None:
        values = os.environ
    data = Path(values.get(_PREFIX + "DATA", "").strip() or "desireline-data").expanduser().absolute()
    database = values.get(_PREFIX + "DATABASE", "").strip() or f"sqlite://{data / 'ledger.sqlite3'}"
    if database.partition("://")[0] not in ("sqlite", "postgresql", "postgres"):
        raise UserError(
            f"{_PREFIX}DATABASE={database.partition('://')[0]}... is no database that can be used.",
            "Write sqlite:///absolute/path or postgresql://user:password@host/name.",
        )
    return Settings(
        data=data,
        database=database,
        host=values.get(_PREFIX + "HOST", "").strip() or "127.0.0.1",
        port=_whole(values, "PORT", 8000, 0, 65_535),
        workers=_whole(values, "WORKERS", 2, 1, 64),
        threads=_whole(values, "THREADS", 16, 1, 256),
        public_url=_public_url(values),
        trusted_proxies=_whole(values, "TRUSTED_PROXIES", 0, 0, 10),
        inbox_bytes=_whole(values, "INBOX_BYTES", 512 * _MB, _MB, 2**50),
        disk_floor=_whole(values, "DISK_FLOOR", 200 * _MB, 0, 2**50),
        drain_seconds=_whole(values, "DRAIN_SECONDS", 30, 1, 600),
        patience_seconds=_whole(values, "PATIENCE_SECONDS", 30, 1, 600),
        rate_address=_whole(values, "RATE_ADDRESS", 30_000, 0, 2**50),
        rate_site=_whole(values, "RATE_SITE", 3_000_000, 0, 2**50),
        question_seconds=_whole(values, "QUESTION_SECONDS", 60, 1, 3_600),
        remember_bytes=_whole(values, "REMEMBER_BYTES", 0, 0, 2**40),
        metrics_token=_token(values),
    )


def prepare_data(settings: Settings) -> None:
    """Make the data folder, readable by its owner only.

    Raises:
        UserError: it cannot be made or written.
    """
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.inbox.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The data folder {settings.data} cannot be made: {error.strerror}.", "Choose another with --data."
        ) from error
    if not os.access(settings.data, os.W_OK):
        raise UserError(f"The data folder {settings.data} cannot be written.", "Choose another with --data.")


def load_keys(settings: Settings) -> Keys:
    """This installation's keys; made, for its owner's eyes only, where there are none yet.

    Raises:
        UserError: the file is there and cannot be read.
    """
    path = settings.data / "keys.json"
    prepare_data(settings)
    if not path.exists():
        create_text(path, _new_keys(), durable=True)
    try:
        data = json.loads(path.read_text())
        cookie = tuple(bytes.fromhex(key) for key in data["cookie"])
        session = str(data["session"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read.", "Restore it from a backup: new keys make every visitor new."
        ) from error
    if not cookie or min(map(len, cookie)) < _KEY_BYTES or len(session) < _KEY_BYTES:
        raise UserError(f"{path} holds a key that is too short.", "Restore it from a backup.")
    return Keys(cookie, session)


def _new_keys() -> str:
    return json.dumps({"cookie": [secrets.token_hex(_KEY_BYTES)], "session": secrets.token_hex(_KEY_BYTES)})
