"""What a server and a build are made of is pinned with hashes, and names no registry but the public one (D24)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text()


def _ours(name: str) -> list[Path]:
    """The files of this name in the repository: not those of what is installed within it."""
    found = (path.relative_to(ROOT) for path in ROOT.glob(f"*/**/{name}"))
    return sorted(ROOT / one for one in found if "node_modules" not in one.parts and not one.parts[0].startswith("."))


NPM_LOCKS = _ours("package-lock.json")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked() -> Iterator[tuple[Requirement, list[str]]]:
    """Each package of the lock, and what follows it on its line."""
    joined = re.sub(r"\\\n\s*", "", LOCK)
    for line in joined.splitlines():
        if line and not line.startswith("#"):
            name, *hashes = re.split(r"\s+(?=--)", line.strip())
            yield Requirement(name), hashes


PINS = list(locked())
NAMES = {canonicalize_name(pin.name) for pin, _ in PINS}


def needed() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"]]


def test_every_package_is_pinned_to_one_version_with_hashes() -> None:
    assert len(PINS) > 20
    for pin, hashes in PINS:
        assert [one.operator for one in pin.specifier] == ["=="], pin
        assert pin.url is None
        assert hashes, pin
        assert all(_HASH.fullmatch(one) for one in hashes), pin


def test_nothing_in_it_names_a_place() -> None:
    assert not re.search(r"://|--(?!hash=)|\bfile:|(?:^|\s)-[eifr]\b|/home/|/tmp/|/work/", LOCK)


@pytest.mark.parametrize("requirement", needed(), ids=str)
def test_it_holds_what_the_project_needs_within_its_bounds(requirement: Requirement) -> None:
    pins = [pin for pin, _ in PINS if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert pins, "run `make lock`"
    for pin in pins:
        (version,) = pin.specifier
        assert requirement.specifier.contains(version.version, prereleases=True), "run `make lock`"


def test_it_holds_what_those_need_too() -> None:
    missing = []
    for pin, _ in PINS:
        try:
            told = distribution(pin.name).requires or []
        except PackageNotFoundError:
            continue  # of another system or another Python
        requirements = [Requirement(text) for text in told]
        applying = [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
        missing += [f"{pin.name} needs {one}" for one in applying if canonicalize_name(one.name) not in NAMES]
    assert missing == []


@pytest.mark.parametrize("path", NPM_LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_locks_of_npm_have_hashes_and_no_registry_of_anybody_s_own(path: Path) -> None:
    packages = {name: one for name, one in json.loads(path.read_text())["packages"].items() if name}
    assert packages
    for name, one in packages.items():
        assert str(one.get("integrity", "")).startswith("sha512-"), name
        assert one.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), name


def test_every_package_json_has_a_lock_beside_it() -> None:
    assert {path.parent for path in _ours("package.json")} == {path.parent for path in NPM_LOCKS}
