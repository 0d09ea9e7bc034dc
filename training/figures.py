"""How good `kg extract` is on the development split: the table, by relation, and what goes wrong most.

python -m training.figures [--model FOLDER] [--json FILE] [--floors FILE]

The program is run as a user runs it, and `gold/score.py` of the data folder counts. Without PyTorch.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.errors import ConfigError, KGError, UsageError

from .annotated import KINDS, read_articles
from .causes import find_causes, make_lines
from .matching import find_confusions, time_by_kind
from .prepare import data_folder, development_ids

WORST = 20
COLUMNS = (
    ("P", "triples", "p"),
    ("R", "triples", "r"),
    ("F1", "triples", "f1"),
    ("core F1", "core", "f1"),
    ("status", "status_accuracy", ""),
    ("time F1", "time", "f1"),
    ("entities F1", "entities", "f1"),
    ("evidence hits", "evidence", "hits"),
    ("its length", "evidence", "length"),
)
Figures = dict[str, dict[str, Any]]


def development_articles() -> list[dict[str, Any]]:
    """The annotated articles of the development split, each with its `kind`. ConfigError where the data is not there."""
    folder = data_folder() / "articles"
    if not folder.is_dir():
        raise ConfigError(
            f"{folder}: no annotated articles there; set KG_SHARED to the folder that has data/ and gold/"
        )
    chosen = development_ids()
    return [{**row, "kind": kind} for kind, row in read_articles(folder) if row["id"] in chosen]


def run_extract(articles: Sequence[Mapping[str, Any]], model: str | None) -> list[dict[str, Any]]:
    """What `kg extract --entities` says of the articles."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "articles.jsonl", Path(folder) / "rows.jsonl"
        plain = [
            {name: article[name] for name in ("id", "date", "title", "text") if name in article} for article in articles
        ]
        _write(plain, source)
        chosen = ["--model", model] if model else []
        command = [sys.executable, "-m", "kg", "extract", str(source), "--entities", "-q", *chosen, "-o", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise KGError(f"kg extract ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        with target.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def score(
    articles: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], *, by_relation: bool = False
) -> Any:
    """The scorer's figures as a dict, or with `by_relation` the lines that it prints of relations."""
    scorer = data_folder().parent / "gold" / "score.py"
    with tempfile.TemporaryDirectory() as folder:
        gold, said = Path(folder) / "gold.jsonl", Path(folder) / "rows.jsonl"
        _write(articles, gold)
        _write(rows, said)
        command = [sys.executable, str(scorer), str(gold), str(said), "--by-relation" if by_relation else "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError(f"{scorer}: {(done.stderr.strip().splitlines() or ['ended without a word'])[-1]}")
    if not by_relation:
        return json.loads(done.stdout)
    return [line for line in done.stdout.splitlines() if line.startswith("  ")]


def measure(articles: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> Figures:
    """The scorer's figures of each kind of text, and of all together."""
    figures: Figures = {}
    for kind in (*KINDS, "all"):
        some = [article for article in articles if kind in ("all", article["kind"])]
        if some:
            ids = {article["id"] for article in some}
            figures[kind] = {"texts": len(some), **score(some, [row for row in rows if row.get("doc") in ids])}
    return figures


def make_table(figures: Figures) -> str:
    """The figures as a table of Markdown."""
    lines = [
        "| kind | texts | " + " | ".join(title for title, _, _ in COLUMNS) + " |",
        "| --- |" + " ---: |" * (len(COLUMNS) + 1),
    ]
    for kind, found in figures.items():
        cells = []
        for _, part, name in COLUMNS:
            value = found.get(part)
            value = value.get(name) if isinstance(value, dict) else value
            cells.append("" if value is None else f"{value:.3f}")
        lines.append(f"| {kind} | {found['texts']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def find_shortfalls(figures: Figures, floors: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Where a figure is below its floor. Floors are by kind: `triples`, `core`, `time`, `entities` (F1) and `status`."""
    short = []
    for kind, wanted in floors.items():
        for name, floor in wanted.items():
            value = figures[kind]["status_accuracy"] if name == "status" else figures[kind].get(name, {}).get("f1", 0.0)
            if value < floor:
                short.append(f"{kind}: {name} is {value:.3f}, its floor {floor:.3f}")
    return short


def _write(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a folder, or `none`: patterns alone; without it, the model that ships")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--floors", type=Path, help="TOML: end with status 1 where a figure is below its floor")
    options = parser.parse_args(arguments)
    floors = tomllib.loads(options.floors.read_text(encoding="utf-8")) if options.floors else {}
    if unknown := set(floors) - {*KINDS, "all"}:
        raise UsageError(
            f"{options.floors}: no kind of text is called {sorted(unknown)[0]}; there are {', '.join(KINDS)} and all"
        )
    articles = development_articles()
    rows = run_extract(articles, options.model)
    figures = measure(articles, rows)
    print(
        make_table(figures), "", "By relation, all kinds together:", *score(articles, rows, by_relation=True), sep="\n"
    )
    print("\nTimes of right triples by kind of expression: annotated, told, right, F1")
    for kind, (annotated, told, right) in time_by_kind(articles, rows).items():
        print(f"  {kind:16s} {annotated:4d} {told:4d} {right:4d}  {2 * right / (annotated + told):.3f}")
    print("", *make_lines(find_causes(articles, rows), KINDS), sep="\n")
    print(f"\nThe {WORST} most frequent causes of errors:")
    for cause, count in find_confusions(articles, rows).most_common(WORST):
        print(f"  {count:4d}  {cause}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if short := find_shortfalls(figures, floors):
        raise SystemExit("\n".join(short))


if __name__ == "__main__":
    try:
        main()
    except KGError as error:
        raise SystemExit(f"error: {error}") from None
