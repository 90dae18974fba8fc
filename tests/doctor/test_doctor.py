"""The doctor finds what is wrong with an installation, one test for each way to break it; in a healthy one nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from collector import outgoing
from collector.backups.make import make_backup
from collector.cli import main
from collector.core.times import DAY, HOUR
from collector.doctor import server as server_looks
from collector.doctor.fetch import fetcher
from collector.doctor.finding import Case, Finding
from collector.doctor.folder import mounted_as
from collector.doctor.run import examine
from collector.doctor.tag import allows
from collector.inbox import record
from collector.inbox.box import Inbox
from collector.settings import Settings
from collector.web.refusals import Refusals, Refused
from tests.store.making import page
from tests.support.pages import Installation, installed
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


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A real HTTP server on a free port; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{web.server_port}"
    finally:
        web.shutdown()
        web.server_close()


def says(text: str, kind: str = "text/html", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content-Type": kind, **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Installation]:
    """A healthy installation with a backup and an event of just now; nothing serves it yet."""
    for made in installed(tmp_path / "data", events=False):
        made.append([page(1, received=made.now, time=made.now)])
        make_backup(made.settings, tmp_path / "kept", made.now)
        yield made


@contextmanager
def served(shop: Installation, **changed: object) -> Iterator[Settings]:
    """The installation answering over HTTP."""
    web = make_server("127.0.0.1", 0, shop.app, threaded=True)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield replace(shop.settings, port=web.server_port, **changed)  # type: ignore[arg-type]
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


def found(settings: Settings, now: int, **more: object) -> list[Finding]:
    case = Case(settings, now, fetcher(settings, lambda: now), **more)  # type: ignore[arg-type]
    return list(examine(case))


def told(findings: list[Finding], about: str, level: str = "bad") -> str:
    """The words of the finding of this kind; there must be one."""
    fitting = [f"{one.text} {one.fix}" for one in findings if one.about == about and one.level == level]
    assert fitting, findings
    return fitting[0]


def tag(base: str, key: str) -> str:
    return f'<!doctype html><head><script defer src="{base}/t.js" data-site="{key}"></script></head>'


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


@contextmanager
def proxy(target: str, **headers: str) -> Iterator[str]:
    """A proxy in front of the collector, with the headers it adds."""

    def forward(handler: BaseHTTPRequestHandler) -> None:
        passed = {"X-Desireline-Proof": handler.headers.get("X-Desireline-Proof", ""), "Host": handler.headers["Host"]}
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        with urlopen(Request(target + handler.path, headers=passed | added), timeout=10) as answer:
            body = answer.read()
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    with answering(forward) as base:
        yield base


def test_8_proxies_that_are_not_believed_or_do_not_speak(shop: Installation) -> None:
    with served(shop) as settings:
        base = f"http://127.0.0.1:{settings.port}"
        with proxy(base, X_Forwarded_For="203.0.113.9") as front:
            text = told(found(replace(settings, public_url=front), shop.now), "proxy")
            assert "DESIRELINE_TRUSTED_PROXIES=1" in text
        with proxy(base, Host="inside:8000") as front:
            assert "Host" in told(found(replace(settings, public_url=front), shop.now), "proxy")
        with answering(says("another program")) as front:
            assert "does not lead" in told(found(replace(settings, public_url=front), shop.now), "public address")
    over = {"forwarded": 0, "trusted": 1, "scheme": "https", "host": "stats.example"}
    assert "anybody" in told(list(server_looks.proxies("https://stats.example", over)), "proxy")
    plain = {"forwarded": 1, "trusted": 1, "scheme": "http", "host": "stats.example"}
    assert "X-Forwarded-Proto" in told(list(server_looks.proxies("https://stats.example", plain)), "proxy")


def test_the_server_tells_nobody_else_what_it_sees(shop: Installation) -> None:
    client = shop.app.test_client()
    assert client.get("/healthz/seen").status_code == 403
    for proof in ("", "1.a", f"{shop.now}.{'0' * 64}", "x" * 5_000):
        assert client.get("/healthz/seen", headers={"X-Desireline-Proof": proof}).status_code == 403


def test_9_a_tag_that_is_missing_wrong_unloadable_or_forbidden(shop: Installation) -> None:
    with served(shop) as settings:
        base, key = f"http://127.0.0.1:{settings.port}", shop.site.site.write_key
        policy = "default-src 'self'; script-src 'self' https://cdn.example"
        cases = {
            "<h1>Shop</h1>": "Paste the line",
            tag(base, "wk_wrong"): key,
            tag("http://127.0.0.1:1", key): "Install page",
            tag(base, key).replace("</head>", f'<meta http-equiv="content-security-policy" content="{policy}">'): "CSP",
        }
        for text, wanted in cases.items():
            with answering(says(text)) as site:
                shop.catalog.update_site(shop.site_id, origins=[site])
                said = told(found(settings, shop.now), f"tag on {site}")
            assert (base in said and "script-src" in said) if wanted == "CSP" else (wanted in said), said


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("script-src https://stats.example", True),
        ("script-src *.example", True),
        ("script-src https:", True),
        ("img-src 'none'", True),
        ("default-src 'none'", False),
        ("script-src stats.example:8443", False),
        ("script-src http://stats.example", False),
        ("script-src 'self'; default-src *", False),
        ("script-src-elem https://stats.example; script-src 'none'", True),
    ],
)
def test_policies_are_read_as_browsers_read_them(policy: str, allowed: bool) -> None:
    assert allows(policy, "script-src", "https://stats.example/t.js", "https://shop.example") is allowed


def test_10_origins_that_are_not_listed_and_silence(shop: Installation) -> None:
    Refusals(shop.settings.data).note(Refused(shop.site_id, "origin", "https://www.shop.example", shop.now))
    text = told(found(shop.settings, shop.now), "site shop")
    assert "https://www.shop.example" in text
    late = found(shop.settings, shop.now + 5 * DAY)
    assert "5 days ago" in told(late, "site shop", "warn")


def test_an_https_site_cannot_load_from_http(shop: Installation) -> None:
    shop.catalog.update_site(shop.site_id, origins=["https://shop.invalid"])
    findings = found(replace(shop.settings, public_url="http://stats.invalid"), shop.now)
    assert "browsers refuse" in told(findings, "public address")


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


def test_redirects_are_followed_within_a_site_and_never_for_ever(shop: Installation) -> None:
    def turning(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://169.254.169.254/" if handler.path == "/away" else handler.path + "x")
        handler.end_headers()

    fetch = fetcher(shop.settings, lambda: shop.now)
    with answering(turning) as base:
        assert fetch(base + "/").status == 0
        assert fetch(base + "/away").status == 302


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_a_redirect_to_www_never_leads_inside(shop: Installation, inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def turning(handler: BaseHTTPRequestHandler) -> None:
        asked.append(str(handler.headers["Host"]))
        handler.send_response(302 if len(asked) == 1 else 200)
        handler.send_header("Location", f"http://www.shop.test:{port}/")
        handler.end_headers()

    def resolved(host: str, at: int) -> list[str]:
        return ["127.0.0.1"] if host == "shop.test" else [inside]

    # Only who resolves names is not the real one: the operator's shop.test is on this machine.
    monkeypatch.setattr("collector.doctor.fetch.fetch", partial(outgoing.fetch, resolve=resolved))
    with answering(turning) as base:
        port = urlsplit(base).port
        page = fetcher(shop.settings, lambda: shop.now)(f"http://shop.test:{port}/")
    assert asked == [f"shop.test:{port}"]
    assert page.status == 0
    assert page.text


def test_the_proof_is_shown_at_the_public_address_alone(shop: Installation) -> None:
    shown: list[str | None] = []

    def asking(handler: BaseHTTPRequestHandler) -> None:
        shown.append(handler.headers.get("X-Desireline-Proof"))
        handler.send_response(302 if handler.path == "/" else 200)
        handler.send_header("Location", "/healthz/seen")
        handler.end_headers()

    with answering(asking) as base, answering(says("")) as front:
        fetch = fetcher(replace(shop.settings, public_url=front), lambda: shop.now)
        fetch(base + "/")
        fetch(base + "/healthz/seen")
        assert shown == [None, None, None]
        fetch = fetcher(replace(shop.settings, public_url=base), lambda: shop.now)
        fetch(base + "/healthz/seen")
    assert shown[3]


def test_addresses_that_are_none_in_a_page_do_not_end_the_look_at_sites(shop: Installation) -> None:
    def turning(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://[")
        handler.end_headers()

    with served(shop) as settings:
        base, key = f"http://127.0.0.1:{settings.port}", shop.site.site.write_key
        policies = [
            says(tag(base, key), Content_Security_Policy=f"script-src {odd}") for odd in ("x:99999", "http://[")
        ]
        pages = [says(tag("http://[", key)), says(tag("http://x:99999", key)), turning, *policies]
        for one in pages:
            with answering(one) as odd, answering(says("<h1>Shop</h1>")) as other:
                shop.catalog.update_site(shop.site_id, origins=[odd, other])
                findings = found(settings, shop.now)
            assert not [finding for finding in findings if finding.about == "sites"], findings
            assert "Paste the line" in told(findings, f"tag on {other}")
            assert [finding for finding in findings if finding.about == f"tag on {odd}" and finding.level != "ok"]
