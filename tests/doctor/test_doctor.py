"""The doctor finds what is wrong with an installation, one test for each way to break it; in a healthy one nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from collector.cli import main
from collector.core.times import DAY, HOUR
from collector.doctor.folder import mounted_as
from collector.inbox import record
from collector.inbox.box import Inbox
from tests.doctor.served import answering, found, says, served, tag, told
from tests.support.pages import Installation
from tests.support.postgres import free_port, other_user

# Root may write everywhere, so it looks as somebody else; the rest of us look at a folder that nobody may write.
LOOK_AS = """
import json, os, sys
from collector.doctor import folder
from collector.doctor.fetch import fetcher
from collector.doctor.finding import Case
from collector.settings import read_settings

settings = read_settings({"DESIRELINE_DATA": sys.argv[1]})
if who := json.loads(sys.argv[2]):
    os.setgroups([])
    os.setgid(who["group"])
    os.setuid(who["user"])
for one in folder.folder(Case(settings, 0, fetcher(settings, lambda: 0))):
    print(one.level, one.about, one.text, one.fix)
"""


def test_a_healthy_installation_has_nothing_to_mend(shop: Installation) -> None:
    with served(shop) as settings:
        base = f"http://127.0.0.1:{settings.port}"
        with answering(says(tag(base, shop.site.site.write_key))) as site:
            shop.catalog.update_site(shop.site_id, origins=[site])
            findings = found(replace(settings, public_url=base), shop.now)
    assert [one for one in findings if one.level != "ok"] == []
    assert {"server", "proxy", f"tag on {site}", "database", "inbox", "backup"} <= {one.about for one in findings}


def test_1_the_server_does_not_run(shop: Installation) -> None:
    assert "desireline serve" in told(found(replace(shop.settings, port=free_port()), shop.now), "server")


def test_2_damaged_or_readable_keys(shop: Installation) -> None:
    keys = shop.settings.data / "keys.json"
    keys.chmod(0o644)
    assert "chmod 600" in told(found(shop.settings, shop.now), "keys")
    keys.write_text("{}")
    assert "backup" in told(found(shop.settings, shop.now), "keys")
    keys.unlink()
    assert "not there" in told(found(shop.settings, shop.now), "keys")
    assert not keys.exists(), "the doctor made new keys"


def test_3_a_disk_that_is_nearly_full(shop: Installation) -> None:
    free = shutil.disk_usage(shop.settings.data).free
    findings = found(replace(shop.settings, disk_floor=free + 2**30), shop.now)
    assert "nothing more is accepted" in told(findings, "disk")


def test_4_a_damaged_a_locked_and_a_missing_database(shop: Installation, tmp_path: Path) -> None:
    path = Path(shop.settings.database.removeprefix("sqlite://"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "not lost" in told(found(shop.settings, shop.now), "database")
        other.execute("ROLLBACK")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 30_000] = b"\xab" * 30_000
    copy = tmp_path / "other" / "ledger.sqlite3"
    copy.parent.mkdir()
    copy.write_bytes(data)
    damaged = replace(shop.settings, database=f"sqlite://{copy}")
    assert "backup" in told(found(damaged, shop.now), "database")
    copy.unlink()
    assert "not there" in told(found(damaged, shop.now), "database")
    assert not copy.exists(), "the doctor made a new database"


def test_4b_a_postgres_that_is_not_there(shop: Installation) -> None:
    nowhere = replace(shop.settings, database=f"postgresql://me:secret@127.0.0.1:{free_port()}/none?connect_timeout=2")
    text = told(found(nowhere, shop.now), "database")
    assert "DESIRELINE_DATABASE" in text
    assert "secret" not in text


def test_5_a_newer_version_used_the_database(shop: Installation) -> None:
    path = shop.settings.database.removeprefix("sqlite://")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("INSERT INTO ledger_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    assert "upgrade" in told(found(shop.settings, shop.now), "version")


def test_6_nobody_loads_what_was_acknowledged(shop: Installation) -> None:
    inbox = Inbox(shop.settings.inbox, 2**20, 0)
    inbox.put(record.encode(shop.site_id, "v", shop.now - HOUR, None, "cookie", "", (), ["{}"]))
    text = told(found(shop.settings, shop.now), "inbox")
    assert "desireline serve" in text
    assert "60 minutes" in text
    inbox.close()
    (box,) = shop.settings.inbox.glob("box-*.sqlite3")
    box.write_bytes(b"torn" * 500)
    assert "Keep a copy" in told(found(shop.settings, shop.now), "inbox")


def test_7_a_clock_that_was_set_back(shop: Installation) -> None:
    assert "NTP" in told(found(shop.settings, shop.now - 2 * HOUR), "clock")


def test_a_misspelt_setting_and_an_old_or_missing_backup(shop: Installation) -> None:
    findings = found(shop.settings, shop.now + 10 * DAY, environment={"DESIRELINE_TRUSTED_PROXY": "1"})
    assert "DESIRELINE_TRUSTED_PROXY" in told(findings, "settings", "warn")
    assert "10 days old" in told(findings, "backup", "warn")
    (shop.settings.data / "backup.json").unlink()
    assert "No backup" in told(found(shop.settings, shop.now), "backup", "warn")


def test_network_disks_are_known_by_their_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nnas:/x /srv nfs4 rw 0 0\n/dev/b /srv/fast\\040disk xfs rw 0 0\n")
    assert mounted_as(Path("/srv/data"), mounts) == "nfs4"
    assert mounted_as(Path("/srv/fast disk/data"), mounts) == "xfs"
    assert mounted_as(Path("/srv2"), mounts) == "ext4"


def test_a_folder_of_somebody_else() -> None:
    # Not below pytest's own folders, which are closed to others.
    with tempfile.TemporaryDirectory(prefix="dldoctor") as place:
        Path(place).chmod(0o711)
        data = Path(place) / "data"
        data.mkdir(mode=0o500)
        command = [sys.executable, "-c", LOOK_AS, str(data), json.dumps(other_user())]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("bad data folder")
    assert "chown" in done.stdout


def test_the_command_says_it_in_lines_or_json_and_ends_with_1(shop: Installation) -> None:
    data = str(shop.settings.data)
    shop.catalog.update_site(shop.site_id, origins=[])
    run = CliRunner().invoke(main, ["doctor", "--data", data, "--port", str(free_port())])
    assert run.exit_code == 1
    assert "✗ server" in run.output
    as_json = CliRunner().invoke(main, ["doctor", "--json", "--data", data, "--port", str(free_port())])
    assert {"level", "about", "text", "fix"} == set(json.loads(as_json.output)[0])
    nowhere = CliRunner().invoke(main, ["doctor", "--data", data + "-not"])
    assert nowhere.exit_code == 1
    assert "is not there" in nowhere.output
    assert not Path(data + "-not").exists()
