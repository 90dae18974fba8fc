"""Settings and keys: defaults, odd values refused with a hint, secrets for the owner's eyes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from collector.core.errors import UserError
from collector.core.times import DAY
from collector.salts import DailySalts
from collector.settings import load_keys, prepare_data, read_settings


def test_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings({})
    assert settings.data == tmp_path / "desireline-data"
    assert settings.database == f"sqlite://{tmp_path}/desireline-data/ledger.sqlite3"
    assert (settings.host, settings.port, settings.workers, settings.trusted_proxies) == ("127.0.0.1", 8000, 2, 0)


def test_a_child_process_reads_the_same_settings(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "DESIRELINE_DATA": str(tmp_path),
            "DESIRELINE_DATABASE": "postgresql://u:p@h/d",
            "DESIRELINE_PORT": "0",
            "DESIRELINE_PUBLIC_URL": "https://stats.example/",
            "DESIRELINE_TRUSTED_PROXIES": "2",
        }
    )
    assert settings.public_url == "https://stats.example"
    assert read_settings(settings.environment()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "x"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("WORKERS", "1.5"),
        ("TRUSTED_PROXIES", "all"),
        ("DATABASE", "mysql://x"),
        ("PUBLIC_URL", "stats.example"),
        ("PUBLIC_URL", "ftp://stats.example"),
        ("PUBLIC_URL", "https://stats.example/path"),
    ],
)
def test_an_odd_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings({"DESIRELINE_" + name: value})
    assert "DESIRELINE_" + name in caught.value.message
    assert caught.value.hint


def test_a_refused_database_does_not_show_its_password() -> None:
    with pytest.raises(UserError) as caught:
        read_settings({"DESIRELINE_DATABASE": "mysql://u:geheim@h/d"})
    assert "geheim" not in str(caught.value)


def test_keys_are_made_once_long_random_and_for_the_owner_only(tmp_path: Path) -> None:
    one = read_settings({"DESIRELINE_DATA": str(tmp_path / "a")})
    two = read_settings({"DESIRELINE_DATA": str(tmp_path / "b")})
    keys = load_keys(one)
    assert load_keys(one) == keys != load_keys(two)
    assert all(len(key) >= 32 for key in keys.cookie)
    assert len(keys.session) >= 32
    assert stat.S_IMODE((one.data / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(one.data.stat().st_mode) == 0o700
    assert [path.name for path in one.data.iterdir() if "keys" in path.name] == ["keys.json"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"cookie": [], "session": "s"}', '{"cookie": ["00"], "session": "s"}']
)
def test_broken_keys_are_never_replaced_silently(tmp_path: Path, text: str) -> None:
    settings = read_settings({"DESIRELINE_DATA": str(tmp_path)})
    prepare_data(settings)
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(UserError):
        load_keys(settings)
    assert (tmp_path / "keys.json").read_text() == text


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError):
        prepare_data(read_settings({"DESIRELINE_DATA": str(tmp_path / "file" / "data")}))


def test_salts_are_shared_random_and_thrown_away_after_two_days(tmp_path: Path) -> None:
    path = tmp_path / "salts.json"
    one, two = DailySalts(path), DailySalts(path)
    first = one(10 * DAY + 5)
    assert first == one(11 * DAY - 1) == two(10 * DAY) != one(11 * DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert one(10 * DAY) == first
    one(13 * DAY)
    assert list(json.loads(path.read_text())) == ["13"]
    assert DailySalts(path)(10 * DAY) != first
    assert DailySalts(tmp_path / "other.json")(10 * DAY) != first


@pytest.mark.parametrize("text", ["", "[1", "[]", '{"x": 1}', '{"1": 5}', '{"1": "zz"}'])
def test_a_broken_file_of_salts_is_made_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "salts.json"
    path.write_text(text)
    assert len(DailySalts(path)(10 * DAY)) == 32
    assert list(json.loads(path.read_text())) == ["10"]


def test_a_salt_made_while_the_clock_was_a_year_ahead_does_not_wait_for_that_day(tmp_path: Path) -> None:
    path = tmp_path / "salts.json"
    DailySalts(path)(400 * DAY)
    DailySalts(path)(10 * DAY)
    assert list(json.loads(path.read_text())) == ["10"]
