"""Everything that training reads, made from the data folder once: documents, texts without annotation, auxiliary tasks.

python -m training.prepare OUT [--data FOLDER]
"""

import argparse
import gzip
import json
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .annotated import choose_development, document, leave_out, read_articles, write_documents
from .references import FOLDER, read_annotated

DEVELOPMENT_FILE = Path(__file__).parent / "development.txt"
_SHORTEST = 12  # characters of a text without annotation that is worth reading


def data_folder() -> Path:
    return Path(os.environ.get("KG_SHARED", "../shared")) / "data"


def development_ids() -> set[str]:
    return set(DEVELOPMENT_FILE.read_text(encoding="utf-8").split())


def read_finre(path: Path) -> Iterator[dict[str, object]]:
    """One row a sentence: {"text", "pairs": [[head, tail, [label, …]], …]}."""
    pairs: dict[str, dict[tuple[str, str], list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            head, tail, relation, text = line.split("\t", 3)
            pairs.setdefault(text, {}).setdefault((head, tail), []).append(relation)
    for text, found in pairs.items():
        yield {"text": text, "pairs": [[head, tail, labels] for (head, tail), labels in found.items()]}


def read_ner(path: Path) -> Iterator[dict[str, object]]:
    """One row a text: {"text", "spans": [[start, end, type], …]}, blanks at the ends of spans left out."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        row = json.loads(line)
        spans = []
        for entity in row["entity_list"]:
            start, end = entity["entity_index"]["begin"], entity["entity_index"]["end"]
            piece = row["text"][start:end]
            start, end = start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
            if start < end:
                spans.append([start, end, entity["entity_type"]])
        yield {"text": row["text"], "spans": spans}


def _own(folder: Path, texts: Sequence[str], kept_apart: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is annotated in the repository itself, but for texts that are not at hand or repeat the development split."""
    found = list(read_annotated(folder, texts))
    rows = [(kind, row) for kind, row in found if row is not None]
    wholes = [row["title"] + "\n" + row["text"] for _, row in rows]
    apart = set(wholes) - set(leave_out(wholes, kept_apart))
    if missing := len(found) - len(rows):
        print(f"{missing} of {len(found)} texts annotated in {folder} are not in the data folder; they are left out")
    yield from (pair for pair, whole in zip(rows, wholes, strict=True) if whole not in apart)


def _write(rows: Iterator[dict[str, object]], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, row in enumerate(rows, 1):  # noqa: B007
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    return count


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=data_folder())
    parser.add_argument("--annotated", type=Path, default=FOLDER, help="what is annotated in the repository itself")
    parser.add_argument("--choose-development", action="store_true", help="write development.txt anew")
    options = parser.parse_args(arguments)
    data, out = options.data, options.out
    out.mkdir(parents=True, exist_ok=True)
    articles = list(read_articles(data / "articles"))
    if options.choose_development:
        DEVELOPMENT_FILE.write_text("\n".join(choose_development(articles)) + "\n", encoding="utf-8")
    apart = development_ids()
    held = [(kind, row) for kind, row in articles if row["id"] in apart]
    used = [(kind, row) for kind, row in articles if row["id"] not in apart]
    write_documents((document(row, kind) for kind, row in held), out / "development.jsonl")
    with (out / "development.gold.jsonl").open("w", encoding="utf-8") as file:
        for kind, row in held:
            file.write(json.dumps({**row, "kind": kind}, ensure_ascii=False) + "\n")

    finre_test = [str(row["text"]) for row in read_finre(data / "finre/test.txt")]
    cluener_test = [str(row["text"]) for row in read_ner(data / "ner/cluener-dev.jsonl")]
    kept_apart = [row["title"] + "\n" + row["text"] for _, row in held] + finre_test + cluener_test
    with gzip.open(data / "text/zh-business.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line) for line in file]
    learnt = {f"finre-{name}": list(read_finre(data / f"finre/{name}.txt")) for name in ("train", "valid")}
    learnt["boson"] = list(read_ner(data / "ner/boson.jsonl"))
    known = [*texts, *(str(row["text"]) for rows in learnt.values() for row in rows)]
    used += list(_own(options.annotated, known, kept_apart))
    write_documents((document(row, kind) for kind, row in used), out / "train.jsonl")
    texts = [text for text in leave_out(texts, kept_apart) if len(text) >= _SHORTEST]
    random.Random(0).shuffle(texts)
    from kg.extract.text import clean

    _write(({"text": clean(text).text} for text in texts), out / "texts.jsonl")

    def unseen(rows: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
        """What repeats nothing of the development split."""
        rows_by_text = {str(row["text"]): row for row in rows}
        for text in leave_out(rows_by_text, kept_apart):
            yield rows_by_text[text]

    learnt |= {name: list(read_ner(data / f"ner/{name}.jsonl")) for name in ("cluener-train", "resume-train")}
    for name, rows in learnt.items():
        _write(unseen(rows), out / f"{name}.jsonl")
    _write(read_finre(data / "finre/test.txt"), out / "finre-test.jsonl")
    _write(read_ner(data / "ner/cluener-dev.jsonl"), out / "cluener-dev.jsonl")
    with (data / "companies.jsonl").open(encoding="utf-8") as file:
        companies = [json.loads(line) for line in file]
    _write(iter(companies), out / "companies.jsonl")


if __name__ == "__main__":
    main()
