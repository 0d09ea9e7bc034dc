"""Speed and memory of `kg build` as the number of articles grows: python bench/build.py [--jobs N] [--sizes 1000,2000]

The annotated articles of $KG_SHARED (default ../shared) are repeated under new ids until there are enough of them, in
each copy with the names of organisations, people and products replaced from a pool of 500, so that the graph grows as
one of real news does: more facts about the same names. Every size is one run of the program in a process of its own.
"""

import argparse
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(os.environ.get("KG_SHARED") or Path(__file__).parents[2] / "shared")
BASE = 500  # articles that are repeated: both sizes hold the same texts equally often
POOL = 500
SEED = 7
STEMS = "云岚星澜青禾远松微木启辰朗格丰瑞凌波安泽海棠知夏北辰南屿"  # signs of invented names; two make one
REPLACED = {
    "Platform": "",
    "Company": "公司",
    "Brand": "",
    "Institution": "",
    "Person": "",
    "Product": "",
    "Program": "",
}
TOLERANCE = {"time": 0.10, "CPU": 0.10, "memory": 0.15}


@dataclass(frozen=True, slots=True)
class Run:
    articles: int
    seconds: float
    cpu_seconds: float  # of the program's processes: what a busy machine does not lengthen
    peak_mb: float
    facts: int
    store_bytes: int


def read_base() -> list[dict]:
    files = sorted((SHARED / "data" / "articles").glob("train-*.jsonl"))
    if not files:
        sys.exit(f"no articles in {SHARED / 'data' / 'articles'}; set KG_SHARED to the folder that holds data/")
    lines = itertools.chain.from_iterable(path.read_text(encoding="utf-8").splitlines() for path in files)
    return [json.loads(line) for line in lines][:BASE]


def make_names(random_: random.Random) -> list[str]:
    pairs = ["".join(pair) for pair in itertools.permutations(STEMS, 2)]
    return random_.sample(pairs, POOL)


def rename(article: dict, number: int, names: list[str], random_: random.Random) -> dict:
    """The article under another id, each of its entities under a name of the pool, in all its forms."""
    entities = [entity for entity in article["entities"] if entity["type"] in REPLACED]
    forms: dict[str, str] = {}
    for entity, name in zip(entities, random_.sample(names, len(entities)), strict=True):
        for form in entity["names"]:
            forms.setdefault(form, name + REPLACED[entity["type"]])
    longest_first = sorted(forms, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def replaced(text: str) -> str:
        return pattern.sub(lambda match: forms[match[0]], text)

    kept = {"id": f"bench-{number}", "date": article.get("date"), "source": f"源{number % 40}"}
    return kept | {"title": replaced(article.get("title") or ""), "text": replaced(article["text"])}


def write_articles(path: Path, base: list[dict], size: int) -> None:
    random_ = random.Random(SEED)
    names = make_names(random_)
    with path.open("w", encoding="utf-8") as file:
        for number, article in enumerate(itertools.islice(itertools.cycle(base), size)):
            print(json.dumps(rename(article, number, names, random_), ensure_ascii=False), file=file)


def processes_below(parent: int) -> Iterator[int]:
    """The process and those that it started, by /proc; none where there is no /proc."""
    yield parent
    children = Path(f"/proc/{parent}/task/{parent}/children")
    try:
        found = [int(pid) for pid in children.read_text().split()]
    except OSError:
        return
    for child in found:
        yield from processes_below(child)


def resident_mb(pid: int | str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def run_build(articles: Path, size: int, store: Path, jobs: int) -> Run:
    """One run in a fresh process; its peak memory is that of all its processes together, looked at 20 times a second."""
    command = [sys.executable, "-m", "kg", "build", str(articles), "--store", str(store), "--jobs", str(jobs), "-q"]
    started = time.perf_counter()
    peak = 0.0
    with subprocess.Popen(command) as process:
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.05):
                peak = max(peak, sum(resident_mb(pid) for pid in processes_below(process.pid)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        watcher.join()
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"kg build ended with status {process.returncode}")
    query = [sys.executable, "-m", "kg", "query", "MATCH (:Entity)-[r]->(:Entity) RETURN count(r) AS facts"]
    answer = subprocess.run([*query, "--store", str(store), "--format", "json"], capture_output=True, check=True)
    facts = json.loads(answer.stdout)[0]["facts"]
    return Run(
        size, seconds, usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss / 1024), facts, store.stat().st_size
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,2000", help="numbers of articles, the first is the baseline")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--suffix", default=".kgl", choices=(".kgl", ".json"), help="kind of store")
    arguments = parser.parse_args()
    base = read_base()
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for size in map(int, arguments.sizes.split(",")):
            articles = Path(folder) / f"{size}.jsonl"
            write_articles(articles, base, size)
            runs.append(run_build(articles, size, Path(folder) / f"{size}{arguments.suffix}", arguments.jobs))
    columns = ("articles", "seconds", "CPU s", "CPU ms/article", "peak MB", "facts", "bytes/fact")
    print("  ".join(columns))
    for run in runs:
        per_article, per_fact = 1000 * run.cpu_seconds / run.articles, run.store_bytes / max(run.facts, 1)
        cells = (run.articles, run.seconds, run.cpu_seconds, per_article, run.peak_mb, run.facts, per_fact)
        formats = ("d", ".1f", ".1f", ".2f", ".0f", "d", ".0f")
        print("  ".join(f"{c:>{len(name)}{f}}" for name, c, f in zip(columns, cells, formats, strict=True)))
    first, last = runs[0], runs[-1]
    ratios = {
        "time": last.seconds / last.articles / (first.seconds / first.articles),
        "CPU": last.cpu_seconds / last.articles / (first.cpu_seconds / first.articles),
        "memory": last.peak_mb / first.peak_mb,
    }
    grown = 1024 * (last.peak_mb - first.peak_mb) / max(last.facts - first.facts, 1)
    print(f"memory grows by {grown:.1f} KB with each fact more, all of which a store holds while it derives the graph")
    for name, ratio in ratios.items():
        verdict = "flat" if ratio <= 1 + TOLERANCE[name] else f"not within {TOLERANCE[name]:.0%}"
        print(f"{name:>6} of {last.articles} against {first.articles}: {ratio:.2f} ({verdict})")


if __name__ == "__main__":
    main()
