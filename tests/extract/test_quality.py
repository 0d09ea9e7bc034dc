"""Floors under the quality of extraction, on annotated articles. To lower one is a visible act: say in the commit why."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kg.extract.articles import read_articles
from kg.extract.nlp import Extractor
from kg.extract.options import RULES_ONLY, ExtractorOptions
from kg.extract.reader import MODEL_FOLDER, has_model
from kg.load.triples import write_triples

SHARED = Path(os.environ.get("KG_SHARED", "../shared"))
SCORER = SHARED / "gold" / "score.py"
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "gold.jsonl"

pytestmark = pytest.mark.skipif(
    not SCORER.is_file(), reason=f"no annotated articles at {SHARED}: set KG_SHARED to the folder with data/ and gold/"
)

# Floors lie half a point under what was measured when they were set, for rules alone.
FLOORS = {
    "seed": ([SHARED / "gold" / "seed.jsonl"], {"triples": 0.650, "entities": 0.795, "time": 0.850, "status": 0.840}),
    "examples": ([EXAMPLES], {"triples": 0.627, "entities": 0.835, "time": 0.880, "status": 0.970}),
    "written": (
        [SHARED / "data" / "articles" / f"train-{letter}.jsonl" for letter in "abgk"],
        {"triples": 0.180, "entities": 0.565, "time": 0.715, "status": 0.888},
    ),
    "real": (
        [SHARED / "data" / "articles" / f"real-{part}.jsonl" for part in ("train", "b1", "d1", "n1")],
        {"triples": 0.123, "entities": 0.468, "time": 0.380, "status": 0.855},
    ),
}


MODEL_FLOORS = tomllib.loads((ROOT / "training" / "floors.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(ExtractorOptions(model=RULES_ONLY))


def score(files: list[Path], extractor: Extractor, folder: Path) -> dict[str, Any]:
    gold, predicted = folder / "gold.jsonl", folder / "predicted.jsonl"
    gold.write_text("".join(path.read_text(encoding="utf-8") for path in files), encoding="utf-8")
    with predicted.open("w", encoding="utf-8") as file:
        write_triples(extractor.extract(read_articles([gold])), file, entities=True)
    command = [sys.executable, str(SCORER), str(gold), str(predicted), "--json"]
    report: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report


@pytest.mark.parametrize("kind", FLOORS)
def test_extraction_stays_above_its_floor(kind: str, extractor: Extractor, tmp_path: Path) -> None:
    files, floors = FLOORS[kind]
    report = score(files, extractor, tmp_path)
    reached = {
        "triples": report["triples"]["f1"],
        "entities": report["entities"]["f1"],
        "time": report["time"]["f1"],
        "status": report["status_accuracy"],
    }
    below = {name: f"{reached[name]:.3f} < {floor}" for name, floor in floors.items() if reached[name] < floor}
    assert not below, f"{kind}: {reached}"
    assert report["evidence"]["exact"] == 1.0
    assert report["evidence"]["hits"] > 0.9


@pytest.mark.skipif(not has_model(), reason="no trained model in kg/extract/model; `make model` makes one")
def test_the_trained_model_stays_above_its_floors(tmp_path: Path) -> None:
    chosen = set((ROOT / "training" / "development.txt").read_text(encoding="utf-8").split())
    files = {
        "written": "train-*.jsonl",
        "sentences": "real-train.jsonl",
        "paragraphs": "real-b*.jsonl",
        "dated": "real-d*.jsonl",
        "flashes": "real-n*.jsonl",
    }
    trained = Extractor(ExtractorOptions(model=MODEL_FOLDER))
    below = []
    for kind, pattern in files.items():
        gold = tmp_path / f"{kind}.jsonl"
        lines = [
            line
            for path in sorted((SHARED / "data" / "articles").glob(pattern))
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip() and json.loads(line)["id"] in chosen
        ]
        assert len(lines) >= 40, kind
        gold.write_text("\n".join(lines) + "\n", encoding="utf-8")
        report = score([gold], trained, tmp_path)
        reached = {
            "triples": report["triples"]["f1"],
            "entities": report["entities"]["f1"],
            "time": report["time"]["f1"],
            "status": report["status_accuracy"],
        }
        assert report["evidence"]["exact"] == 1.0
        below += [
            f"{kind} {n}: {reached[n]:.3f} < {floor}" for n, floor in MODEL_FLOORS[kind].items() if reached[n] < floor
        ]
    assert not below
