"""The page's scripts by themselves: their pure parts under node's test runner, all of them under Biome."""

import shutil
import subprocess
from pathlib import Path

import pytest

from kg.viz.html import SCRIPTS


def test_every_script_is_shipped_in_the_page(root: Path) -> None:
    assert {path.name for path in (root / "kg/viz/page").glob("*.js")} == set(SCRIPTS)


def test_pure_parts_hold_under_nodes_test_runner(root: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: sudo apt-get install nodejs")
    done = subprocess.run(
        [node, "--test", "tests/viz/page.test.mjs"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_biome_finds_nothing(root: Path) -> None:
    biome = root / "node_modules/.bin/biome"
    if not biome.exists():
        pytest.skip("needs Biome: npm ci")
    done = subprocess.run(
        [biome, "lint", "--error-on-warnings", "kg/viz/page", "tests/viz"],
        cwd=root, capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
