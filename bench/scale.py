"""An archive on one machine: python bench/scale.py [--articles 10000,30000,100000] [--kills 20] [--model 2000] [--folder DIR]

The annotated articles of $KG_SHARED (default ../shared) are repeated under new ids until there are enough, each copy with
its organisations, people and products under names from a pool of 5,000, another date and its paragraphs in another order.
Each is a file of its own, and what was annotated goes along as statements. Measured, each in a process of its own:

    clean       kg build --triples into one .kgl, saving once: articles/s, processor seconds, peak memory of all processes,
                the store's bytes per fact, in the file and as KGLite holds them (see KG_KGLITE_FACTS in docs/scale.md);
                with several sizes also what a fact more takes
    unchanged   the same again: nothing to do
    resumed     killed at random moments (SIGKILL) and begun again until it ends: how often, and whether the graph is the same
    model       articles of the archive through the trained model: --jobs 2 beside one process and Ray (`spread.py`), then
                all of them with --jobs 2 into a store
"""

import argparse
import hashlib
import itertools
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import build
import spread
from build import REPLACED, SEED, read_base, resident_mb

from kg.load.base import open_store
from kg.load.tables import MAGIC

POOL = 5000
SIGNS = "云岚星澜青禾远松微木启辰朗格丰瑞凌波安泽海棠知夏北南屿川沐舟言溪白鹿景行若谷山岳天工"
FILES_PER_FOLDER = 1000
EXPORTED = 1_000_000  # facts: the export of more takes as many KB


def make_pool(random_: random.Random) -> list[str]:
    return random_.sample(["".join(name) for name in itertools.permutations(SIGNS, 3)], POOL)


def vary(article: dict, number: int, pool: list[str], random_: random.Random) -> tuple[str, list[dict]]:
    """The text of one copy, and its statements in the form of `kg extract` with offsets into that text."""
    entities = [entity for entity in article["entities"] if entity["type"] in REPLACED]
    types = {form: entity["type"] for entity in article["entities"] for form in entity["names"]}
    forms: dict[str, str] = {}
    for entity, name in zip(entities, random_.sample(pool, len(entities)), strict=True):
        for form in entity["names"]:
            forms.setdefault(form, name + REPLACED[entity["type"]])
    pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or "(?!)")

    def renamed(text: str) -> str:
        return pattern.sub(lambda match: forms[match[0]], text)

    paragraphs = renamed(article["text"]).split("\n\n")
    random_.shuffle(paragraphs)
    day = f"20{random_.randrange(15, 26)}-{random_.randrange(1, 13):02}-{random_.randrange(1, 29):02}"
    text = f"{renamed(article.get('title') or '无题')}\n{day}\n\n" + "\n\n".join(paragraphs) + "\n"
    statements = []
    for said in article["relations"]:
        evidence = renamed(said["evidence"])
        start = text.find(evidence)
        if start < 0 or not {said["head"], said["tail"]} <= types.keys():
            continue
        if forms.get(said["head"], said["head"]) == forms.get(said["tail"], said["tail"]):
            continue

        def end(name: str) -> dict:
            return {"name": forms.get(name, name), "type": types[name], "aliases": []}

        statements.append(
            {"doc": f"s{number:06}", "head": end(said["head"]), "relation": said["relation"], "tail": end(said["tail"]),
             "status": said["status"], "time": said.get("time"), "confidence": 1.0,
             "evidence": {"start": start, "end": start + len(evidence), "text": evidence}}
        )  # fmt: skip
    return text, statements


def make_archive(folder: Path, size: int) -> tuple[Path, Path]:
    """The folder of articles and the file of their statements."""
    random_ = random.Random(SEED)
    pool, base = make_pool(random_), read_base()
    news, triples = folder / "news", folder / "triples.jsonl"
    news.mkdir(parents=True, exist_ok=True)
    with triples.open("w", encoding="utf-8") as file:
        for number, article in enumerate(itertools.islice(itertools.cycle(base), size)):
            below = news / f"{number // FILES_PER_FOLDER:03}"
            if number % FILES_PER_FOLDER == 0:
                below.mkdir(parents=True, exist_ok=True)
            text, statements = vary(article, number, pool, random_)
            (below / f"s{number:06}.txt").write_text(text, encoding="utf-8")
            for statement in statements:
                print(json.dumps(statement, ensure_ascii=False), file=file)
    return news, triples


@dataclass(frozen=True, slots=True)
class Run:
    """One run of kg."""

    ended: bool  # not killed
    seconds: float
    processor: float  # seconds, of all its processes
    peak_mb: float  # of all its processes together


def processor_seconds() -> float:
    """Of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_kg(*arguments: object, kill_after: float | None = None) -> Run:
    started, before, peak = time.perf_counter(), processor_seconds(), 0.0
    with subprocess.Popen([sys.executable, "-m", "kg", *map(str, arguments), "-q"]) as process:
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, sum(resident_mb(pid) for pid in build.processes_below(process.pid)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        done.set()
        watcher.join()
    if process.returncode not in (0, -9):
        sys.exit(f"kg ended with status {process.returncode}")
    return Run(process.returncode == 0, time.perf_counter() - started, processor_seconds() - before, peak)


HELD = """
import sys
import kglite
from build import resident_mb
before = resident_mb("self")
with open(sys.argv[1], "rb") as file:
    data = file.read()
graph = kglite.from_bytes(data)
del data
kglite.trim_memory()
print(resident_mb("self") - before)
"""


def held_mb(store: Path) -> float | None:
    """What KGLite takes to hold the store: its records, its graph and what it keeps to let it grow. None where it is tables."""
    with store.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            return None
    command = [sys.executable, "-c", HELD, str(store)]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, check=True)
    return float(done.stdout)


def count_facts(store: Path) -> int:
    with open_store(store) as opened:
        return opened.summary().facts


def graph_of(store: Path, folder: Path) -> tuple[str, int]:
    """A hash of the whole graph as exported, and the number of its facts; the export holds all of it."""
    out = folder / "graph.jsonl"
    run_kg("export", "--store", store, "--format", "jsonl", "-o", out)
    digest, facts = hashlib.sha256(), 0
    with out.open("rb") as file:
        for line in file:
            digest.update(line)
            facts += line.startswith(b'{"fact"')
    return digest.hexdigest(), facts


@dataclass(frozen=True, slots=True)
class Clean:
    """A build without a break."""

    articles: int
    run: Run
    facts: int
    graph: str  # "" where it was not exported
    held_mb: float | None


def measure_clean(folder: Path, articles: int, command: tuple[object, ...]) -> Clean:
    store = folder / "clean.kgl"
    store.unlink(missing_ok=True)
    # On a busy machine it would save along the way, which costs what it holds by then each time.
    run = run_kg(*command, "--store", store, "--save-every", 0)
    tell("clean", articles, run)
    facts = count_facts(store)
    graph = graph_of(store, folder)[0] if facts <= EXPORTED else ""
    held = held_mb(store)
    kglite = f" and {2**20 * held / facts:.0f} in KGLite" if held is not None else ", as tables"
    size = store.stat().st_size
    print(f"store: {size / 2**20:.0f} MB; {facts:,} facts of {size / facts:.0f} bytes in the file{kglite}", flush=True)
    tell("unchanged", articles, run_kg(*command, "--store", store))
    return Clean(articles, run, facts, graph, held)


def tell(what: str, articles: int, run: Run) -> None:
    print(
        f"{what}: {articles:,} articles, {run.seconds:.1f} s ({articles / run.seconds:.0f} articles/s), processor "
        f"{run.processor:.1f} s, peak {run.peak_mb:.0f} MB",
        flush=True,
    )


def tell_growth(first: Clean, last: Clean) -> None:
    facts = last.facts - first.facts
    print(
        f"growth: a fact more takes {2**20 * (last.run.peak_mb - first.run.peak_mb) / facts:.0f} bytes at the peak",
        flush=True,
    )


def resume(folder: Path, command: tuple[object, ...], clean: Clean, kills: int) -> None:
    random_, killed, store = random.Random(SEED), 0, folder / "resumed.kgl"
    store.unlink(missing_ok=True)
    while True:
        after = random_.uniform(0, clean.run.seconds) if killed < kills else None
        # A minute is the unit of --save-every: a save about six times a clean run.
        every = clean.run.seconds / 360
        ended = run_kg(*command, "--store", store, "--save-every", every, kill_after=after).ended
        killed += not ended
        if ended and after is None:
            break
        if ended:
            store.unlink()  # begun anew, so that every kill has something to lose
    same = graph_of(store, folder)[0] == clean.graph
    print(f"resumed: killed {killed} times, then {'the same graph' if same else 'ANOTHER GRAPH'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", default="100000", help="numbers of articles; the first is that of the kills")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--model", type=int, default=0, help="articles that go through the trained model")
    parser.add_argument("--folder", type=Path, help="where the archive goes; default: a folder that is removed again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        runs = []
        for size in map(int, arguments.articles.split(",") if arguments.articles else ()):
            news, triples = make_archive(folder / str(size), size)
            command = ("build", news, "--triples", triples)
            runs.append(measure_clean(folder, size, command))
            if arguments.kills and len(runs) == 1:
                resume(folder, command, runs[0], arguments.kills)
        if len(runs) > 1:
            tell_growth(runs[0], runs[-1])
        if arguments.model:
            news, _ = make_archive(folder / "model", arguments.model)
            few, _ = make_archive(folder / "few", min(arguments.model, 320))
            spread.compare(few, spread.KINDS)
            store = folder / "model.kgl"
            tell("model", arguments.model, run_kg("build", news, "--store", store, "--jobs", 2))


if __name__ == "__main__":
    main()
