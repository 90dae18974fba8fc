"""The house rules: which room may import which, what every room's sign says, and where the environment is read."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "collector"

# room -> (rooms of ours it may import, third-party packages it may import). The table of DESIGN's section on rooms.
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "core": (set(), {"numpy"}),
    "ingest": ({"core"}, {"user_agents"}),
    "inbox": ({"core"}, set()),
    "store": ({"core"}, {"peewee", "playhouse", "psycopg", "numpy"}),
    "catalog": (
        {"core", "store.open", "store.engine", "store.protocol"},
        {"peewee", "playhouse", "psycopg", "argon2", "publicsuffixlist"},
    ),
    "journeys": ({"core", "store.protocol", "atomic"}, {"numpy"}),
    "reports": ({"core", "journeys"}, {"numpy", "scipy"}),
    "importing": ({"core", "ingest", "atomic"}, set()),
    "demo": ({"core"}, {"numpy"}),
}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, is at the top level of the file) of every import."""
    tree = ast.parse(path.read_text())
    top = set(map(id, tree.body))
    guarded = {id(node) for part in tree.body if isinstance(part, ast.If | ast.Try) for node in part.body}
    for node in ast.walk(tree):
        at_top = id(node) in top or id(node) in guarded
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", at_top


def files(room: str) -> list[Path]:
    return [path for path in sorted((HOUSE / room).rglob("*.py")) if "migrations" not in path.parts]


def third_party(module: str) -> bool:
    return module.split(".")[0] not in sys.stdlib_module_names | {"collector", "__future__"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_its_sign_allows(room: str) -> None:
    ours, others = ROOMS[room]
    broken = []
    for path in files(room):
        for module, _ in imports(path):
            if module.startswith("collector."):
                inner = module.removeprefix("collector.")
                if not any(inner == allowed or inner.startswith(allowed + ".") for allowed in {*ours, room}):
                    broken.append(f"{path.relative_to(HOUSE)} imports {module}")
            elif third_party(module) and module.split(".")[0] not in others:
                broken.append(f"{path.relative_to(HOUSE)} imports {module}")
    assert broken == []


def test_the_web_does_not_import_the_command_line_nor_the_other_way_round() -> None:
    crossing = [
        f"{path.relative_to(HOUSE)} imports {module}"
        for room, other in (("web", "collector.cli"), ("cli", "collector.web"))
        for path in files(room)
        for module, _ in imports(path)
        if module == other or module.startswith(other + ".")
    ]
    assert crossing == []


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{path.relative_to(HOUSE)}: {module}"
        for path in sorted(HOUSE.rglob("*.py"))
        for module, at_top in imports(path)
        if not at_top and module.startswith("collector")
    ]
    assert hidden == []


def test_every_room_has_a_sign_of_three_to_five_lines() -> None:
    rooms = [path.parent for path in HOUSE.glob("*/__init__.py")]
    assert {room.name for room in rooms} >= {*ROOMS, "web", "cli"}
    for room in rooms:
        sign = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
        lines = [line for line in sign.splitlines() if line.strip()]
        assert 3 <= len(lines) <= 5, f"{room.name}: {len(lines)} lines"
        assert "May touch" in sign, room.name
        assert "Must never" in sign, room.name


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(HOUSE))
        for path in sorted(HOUSE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    # The package itself sets one variable for numpy, and reads none.
    assert readers <= {"settings.py", "__init__.py"}


def test_no_file_is_over_four_hundred_lines_and_the_median_is_short() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in HOUSE.rglob("*.py")}
    assert {str(path): size for path, size in sizes.items() if size > 400} == {}
    lengths = sorted(size for path, size in sizes.items() if path.name != "__init__.py")
    assert lengths[len(lengths) // 2] < 110
