"""What tests of every room share: where the data lies, and how the program is run as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["tests.load.neo4j_server"]

ROOT = Path(__file__).parents[1]

# What most tests say is about patterns and the program around them. Those of the trained model name it.
os.environ["KG_MODEL"] = "none"

RunKg = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def examples() -> Path:
    """The example corpus: ten .txt, two .html and a .jsonl of two articles."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data that is not part of the repository; tests that need it are skipped without it."""
    path = Path(os.environ.get("KG_SHARED") or ROOT.parent / "shared")
    if not path.is_dir():
        pytest.skip(f"no data at {path}; set KG_SHARED to the folder that has it")
    return path


@pytest.fixture(scope="session")
def run_kg() -> RunKg:
    """Runs `kg` in a process of its own, without a terminal; returns status, stdout and stderr as text."""

    def run(*arguments: object, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "kg", *map(str, arguments)],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def example_articles(examples: Path) -> list[Path]:
    """The example corpus as inputs: the articles alone, without its gold and its notes."""
    return sorted(path for path in examples.iterdir() if path.name.startswith("20"))


@pytest.fixture(scope="session")
def example_store(run_kg: RunKg, example_articles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .kgl store of the example corpus, built once; tests only read it."""
    store = tmp_path_factory.mktemp("store") / "examples.kgl"
    done = run_kg("build", *example_articles, "--store", store)
    assert done.returncode == 0, done.stderr
    return store
