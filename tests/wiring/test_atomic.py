"""Small files change at once, keep to their owner, and are made by one of several."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from collector.atomic import create_text, replace_text


def test_a_replaced_file_leaves_nothing_beside_it_and_whoever_has_the_old_one_open_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    replace_text(path, "old")
    with path.open() as reader:
        replace_text(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    replace_text(tmp_path / "salt.json", "", private=True)
    create_text(tmp_path / "keys.json", "", durable=True)
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600, 0o600]


def test_of_many_that_make_a_file_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: create_text(path, str(number) * 1_000), range(8)))
    first = path.read_text()
    create_text(path, "late")
    assert path.read_text() == first
    assert len(first) == 1_000
    assert list(tmp_path.iterdir()) == [path]
