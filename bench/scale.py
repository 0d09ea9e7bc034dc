"""An archive on one machine: python bench/scale.py [--articles 100000] [--kills 20] [--folder DIR]

The annotated articles of $KG_SHARED (default ../shared) are repeated under new ids until there are enough, each copy with
its organisations, people and products under names from a pool of 5,000, another date and its paragraphs in another order.
Each is a file of its own, and what was annotated goes along as statements. Measured, each in a process of its own:

    clean       kg build --triples into one .kgl: articles/s, peak memory of all processes, the store's bytes per fact
    unchanged   the same again: nothing to do
    resumed     killed at random moments (SIGKILL) and begun again until it ends: how often, and whether the graph is the same
"""

import argparse
import hashlib
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import build
from build import REPLACED, SEED, read_base, resident_mb

POOL = 5000
SIGNS = "云岚星澜青禾远松微木启辰朗格丰瑞凌波安泽海棠知夏北南屿川沐舟言溪白鹿景行若谷山岳天工"
FILES_PER_FOLDER = 1000


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
    with triples.open("w", encoding="utf-8") as file:
        for number, article in enumerate(itertools.islice(itertools.cycle(base), size)):
            below = news / f"{number // FILES_PER_FOLDER:03}"
            if number % FILES_PER_FOLDER == 0:
                below.mkdir(parents=True)
            text, statements = vary(article, number, pool, random_)
            (below / f"s{number:06}.txt").write_text(text, encoding="utf-8")
            for statement in statements:
                print(json.dumps(statement, ensure_ascii=False), file=file)
    return news, triples


def run_kg(*arguments: object, kill_after: float | None = None) -> tuple[bool, float, float]:
    """Whether it ended well, seconds, and the peak memory of its processes together in MB."""
    started, peak = time.perf_counter(), 0.0
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
    return process.returncode == 0, time.perf_counter() - started, peak


def graph_of(store: Path, folder: Path) -> tuple[str, int]:
    """A hash of the whole graph as exported, and the number of its facts."""
    out = folder / "graph.jsonl"
    run_kg("export", "--store", store, "--format", "jsonl", "-o", out)
    digest, facts = hashlib.sha256(), 0
    with out.open("rb") as file:
        for line in file:
            digest.update(line)
            facts += line.startswith(b'{"fact"')
    return digest.hexdigest(), facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where the archive goes; default: a folder that is removed again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        news, triples = make_archive(folder, arguments.articles)
        store = folder / "clean.kgl"
        command = ("build", news, "--triples", triples)
        _, seconds, peak = run_kg(*command, "--store", store)
        graph, facts = graph_of(store, folder)
        rate, size = arguments.articles / seconds, store.stat().st_size
        print(
            f"clean: {seconds:.1f} s, {rate:.0f} articles/s, peak {peak:.0f} MB; {facts:,} facts, {size / facts:.0f} bytes each"
        )
        _, again, peak = run_kg(*command, "--store", store)
        print(f"unchanged: {again:.1f} s ({arguments.articles / again:.0f} articles/s), peak {peak:.0f} MB")
        if arguments.kills:
            random_, killed, resumed = random.Random(SEED), 0, folder / "resumed.kgl"
            while True:
                after = random_.uniform(0, seconds) if killed < arguments.kills else None
                # A minute is the unit of --save-every: a save about six times a clean run.
                ended, _, _ = run_kg(*command, "--store", resumed, "--save-every", seconds / 360, kill_after=after)
                killed += not ended
                if ended and after is None:
                    break
                if ended:
                    resumed.unlink()  # begun anew, so that every kill has something to lose
            same = graph_of(resumed, folder)[0] == graph
            print(f"resumed: killed {killed} times, then {'the same graph' if same else 'ANOTHER GRAPH'}")


if __name__ == "__main__":
    main()
