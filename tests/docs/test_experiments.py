"""The functions on the page about experiments say what everybody else says."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.support.documents import DOCS, blocks
from tests.support.npm import find_node

VECTORS = json.loads((DOCS.parent / "tests" / "core" / "assignment.json").read_text())
PLAIN = [one for one in VECTORS["assignments"] if isinstance(one["share"], float)]


def test_the_python_example_agrees_and_makes_a_unit_as_the_script_reads_it() -> None:
    (example,) = blocks("experiments.md", "python")
    names: dict[str, Any] = {}
    exec(compile(example, "experiments.md", "exec"), names)
    assert [names["murmur3"](one["text"].encode()) for one in VECTORS["hashes"]] == [
        one["hash"] for one in VECTORS["hashes"]
    ]
    assert [names["assign"](one["unit"], one["name"], one["share"]) for one in PLAIN] == [
        one["variant"] for one in PLAIN
    ]
    assert names["unit_of"]({"dl_unit": "t4zqhb.77123"}) == ("t4zqhb.77123", False)
    made, new = names["unit_of"]({})
    assert new
    assert re.fullmatch(r"\w+\.\w+", made)
    assert abs(int(made.partition(".")[0], 36) - time.time()) < 5


def test_the_javascript_example_agrees(tmp_path: Path) -> None:
    (example,) = blocks("experiments.md", "js")
    node = find_node()
    assert node is not None, "there is no Node: python -m tests.support.prepare"
    told = json.dumps({"hashes": [one["text"] for one in VECTORS["hashes"]], "plain": PLAIN})
    use = f"const all = {told};\nconst variants = all.plain.map((v) => assign(v.unit, v.name, v.share));\n"
    use += "console.log(JSON.stringify([all.hashes.map(murmur3), variants]));\n"
    (tmp_path / "use.mjs").write_text(example + use)
    done = subprocess.run([*node.node, "use.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    hashes, variants = json.loads(done.stdout)
    assert hashes == [one["hash"] for one in VECTORS["hashes"]]
    assert variants == [one["variant"] for one in PLAIN]
