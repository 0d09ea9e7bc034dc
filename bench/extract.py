"""How fast `kg extract` reads, and in how much memory, beside jiagu's extraction of triples.

    .venv/bin/python bench/extract.py [--articles N] [--model FOLDER|none] [--jiagu PYTHON]

The whole program is measured as a user runs it, start and loading included, on so many annotated articles (KG_SHARED, default
../shared). Then, within one process, by how many windows of text are read at once and by length of article. --jiagu names the
Python of an environment that has jiagu (python -m venv peer; peer/bin/pip install jiagu); it reads the same articles in the same
run, before and after ours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kg.extract.nlp import Extractor
from kg.extract.options import ExtractorOptions
from kg.model import Article

SHARED = Path(os.environ.get("KG_SHARED", "../shared"))
LENGTHS = (60, 250, 700, 3000)
"""Characters of an article; texts are cut or joined to about that."""
CHARACTERS = 12_000
"""So much is read for each length and batch size."""
PEER = """
import json, sys, time
import jiagu
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
jiagu.knowledge(texts[0])
begin = time.perf_counter()
found = sum(len(jiagu.knowledge(text)) for text in texts)
print(json.dumps({"seconds": time.perf_counter() - begin, "triples": found}))
"""


def annotated_articles(count: int) -> list[dict[str, str]]:
    """Written articles, without their annotation."""
    rows = []
    for path in sorted((SHARED / "data" / "articles").glob("train-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows.append({name: row[name] for name in ("id", "date", "title", "text") if row.get(name)})
    return rows[:: max(1, len(rows) // count)][:count]


def run(command: list[str]) -> tuple[float, float, str]:
    """Seconds, peak memory in MB and standard output of a program."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command[:4])} … ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024, output


def cut(texts: list[str], length: int) -> list[str]:
    """Texts of about `length` characters that together have CHARACTERS, from the texts one after the other."""
    whole = "\n".join(texts)
    return [whole[at : at + length] for at in range(0, min(len(whole), CHARACTERS), length)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--model", help="a folder, or none")
    parser.add_argument("--jiagu", metavar="PYTHON", help="the Python of an environment with jiagu")
    options = parser.parse_args()
    if not (SHARED / "data" / "articles").is_dir():
        sys.exit(f"no annotated articles under {SHARED}; set KG_SHARED to the folder that has data/articles")
    articles = annotated_articles(options.articles)
    texts = [row["text"] for row in articles]
    characters = sum(map(len, texts))
    print(f"{len(articles)} articles, {characters:,} characters, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "articles.jsonl", Path(name) / "triples.jsonl"
        source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in articles), encoding="utf-8")
        peers = []
        for again in (False, True):
            if options.jiagu:
                _, memory, output = run([options.jiagu, "-c", PEER, str(source)])
                found = json.loads(output.splitlines()[-1])
                peers.append(characters / found["seconds"])
                print(f"jiagu: {peers[-1]:,.0f} characters/s, {found['triples']} triples, {memory:,.0f} MB")
            if again:
                break
            chosen = ["--model", options.model] if options.model else []
            seconds, memory, _ = run(
                [sys.executable, "-m", "kg", "extract", str(source), "-q", "-o", str(target), *chosen]
            )
            ours = characters / seconds
            found_here = sum(1 for _ in target.open(encoding="utf-8"))
            print(f"kg extract: {ours:,.0f} characters/s, {found_here} triples, {memory:,.0f} MB, start included")
        if peers:
            print(f"kg extract is {ours / (sum(peers) / len(peers)):.2f} times as fast as jiagu")
    model = Path(options.model) if options.model else None
    extractors = [Extractor(ExtractorOptions(model=model, at_once=at_once)) for at_once in (1, None)]
    print(
        "characters/s within one process, by characters an article: one window at a time, one for each processor, their ratio"
    )
    for length in LENGTHS:
        parts = cut(texts, length)
        rates = [measure(extractor, parts) for extractor in extractors]
        print(f"  {length:5,d}: {rates[0]:,.0f} {rates[1]:,.0f} {rates[1] / rates[0]:.2f}")


def measure(extractor: Extractor, texts: list[str]) -> float:
    """Characters that are read in a second."""
    list(extractor.extract([Article(id="0", text=texts[0])]))
    begin = time.perf_counter()
    count = sum(1 for _ in extractor.extract([Article(id=str(n), text=text) for n, text in enumerate(texts)]))
    assert count == len(texts)
    return sum(map(len, texts)) / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
