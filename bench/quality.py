"""How good the extraction is: triples, status, time and entities against annotated articles.

    .venv/bin/python bench/quality.py [--by-relation] [--errors N] [FILE.jsonl …]

Without files, every annotated file under KG_SHARED (default ../shared) is scored with its own scorer, written and real apart.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from kg.extract.articles import read_articles
from kg.extract.nlp import Extractor
from kg.extract.options import ExtractorOptions
from kg.load.triples import write_triples

SHARED = Path(os.environ.get("KG_SHARED", "../shared"))


def annotated_files() -> dict[str, list[Path]]:
    """The annotated files by kind of text."""
    folder = SHARED / "data" / "articles"
    kinds = {
        "written": "train-*",
        "sentences": "real-train*",
        "paragraphs": "real-b*",
        "dated": "real-d*",
        "flashes": "real-n*",
    }
    return {kind: sorted(folder.glob(f"{pattern}.jsonl")) for kind, pattern in kinds.items()}


def join(files: Iterable[Path], target: Path) -> None:
    target.write_text("".join(path.read_text(encoding="utf-8") for path in files), encoding="utf-8")


def score(gold: Path, extractor: Extractor, arguments: list[str], folder: Path) -> tuple[str, float, int]:
    """The scorer's report, seconds and characters."""
    predicted = folder / "predicted.jsonl"
    articles = list(read_articles([gold]))
    begin = time.perf_counter()
    with predicted.open("w", encoding="utf-8") as file:
        write_triples(extractor.extract(articles), file, entities=True)
    seconds = time.perf_counter() - begin
    command = [sys.executable, str(SHARED / "gold" / "score.py"), str(gold), str(predicted), *arguments]
    return (
        subprocess.run(command, check=True, text=True, capture_output=True).stdout,
        seconds,
        sum(len(a.text) for a in articles),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--by-relation", action="store_true")
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--min-confidence", type=float, default=0.0)
    options = parser.parse_args()
    if not options.files and not (SHARED / "data" / "articles").is_dir():
        sys.exit(f"no annotated articles under {SHARED}; set KG_SHARED to the folder that has data/articles")
    arguments = [*(["--by-relation"] if options.by_relation else []), "--errors", str(options.errors)]
    extractor = Extractor(ExtractorOptions(min_confidence=options.min_confidence))
    groups = {"given": options.files} if options.files else annotated_files()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, files in groups.items():
            gold = folder / f"{kind}.jsonl"
            join(files, gold)
            report, seconds, characters = score(gold, extractor, arguments, folder)
            print(f"{kind}: {report.strip()} | {characters / seconds:,.0f} characters/s")


if __name__ == "__main__":
    main()
