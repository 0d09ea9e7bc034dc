"""What ten articles more cost: python bench/incremental.py [--sizes 1000 10000]

Invented articles (see `make_articles`), each with twelve firms, some of them in most articles, and ten statements. For each size,
in the same run: one build of all of them into a .kgl; opening that store and writing ten more; opening it, and being told by it
that nothing is new; and one build of all with the ten. The grown graph and the built one are compared, node by node and
property by property.
"""

import argparse
import itertools
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg.load.base import Store, open_store
from kg.model import STATUSES, ArticleInfo, Evidence, Extraction, NamedEntity, Statement, sketch

SEED = 7
SIGNS = "云岚星澜青禾远松微木启辰朗格丰瑞凌波安泽海棠知夏北南屿川沐舟言溪白鹿景行若谷山岳天工"
RELATIONS = ("PARTNERS_WITH", "OWNS", "SUPPLIES", "COMPETES_WITH")
MORE = 10


def make_articles(size: int) -> list[Extraction]:
    """Articles about 5,000 firms; a third of the mentions go to few of them (Pareto, 0.6), and a third bear a short name too."""
    random_ = random.Random(SEED)
    firms = ["".join(signs) + "科技" for signs in random_.sample(list(itertools.permutations(SIGNS, 3)), 5000)]
    articles = []
    for number in range(size):
        names = [
            firms[min(int(random_.paretovariate(0.6)) - 1, len(firms) - 1)]
            if random_.random() < 1 / 3
            else random_.choice(firms)
            for _ in range(12)
        ]
        entities = [
            NamedEntity(name, "Company", (name[:3],) if random_.random() < 1 / 3 else (), random_.randint(1, 5))
            for name in dict.fromkeys(names)
        ]
        doc = f"n{number:06}"
        said = []
        for place in range(10):
            head, tail = random_.sample(entities, 2)
            text = f"{head.name}与{tail.name}达成第{random_.randrange(100_000)}号协议并推出新计划"
            span = Evidence(place * 50, place * 50 + len(text), text)
            time_ = random_.choice((None, "2021", "2022-05"))
            relation, status = random_.choice(RELATIONS), random_.choice(STATUSES)
            said.append(Statement(doc, head, relation, tail, status, time_, span, 0.8))
        day = f"20{random_.randrange(15, 26)}-{random_.randrange(1, 13):02}-{random_.randrange(1, 29):02}"
        marks = sketch("".join(random_.choice(SIGNS) for _ in range(600)))
        info = ArticleInfo(doc, f"第{number}篇", day, "某报", None, doc, marks)
        articles.append(Extraction(info, tuple(entities), tuple(said)))
    return articles


def take(place: Path, do: Callable[[Store], Any]) -> tuple[float, float]:
    """Seconds on the clock and of the processor, from opening the store to closing it."""
    started, worked = time.perf_counter(), time.process_time()
    with open_store(place) as store:
        do(store)
    return time.perf_counter() - started, time.process_time() - worked


def list_all(place: Path) -> list[str]:
    with open_store(place) as store:
        nodes = store.query("MATCH (n) RETURN n")
        links = store.query("MATCH (a)-[r]->(b) RETURN a.id AS a, r, b.id AS b")
    rows = [[row["n"]["labels"], row["n"]["properties"]] for row in nodes]
    rows += [[row["a"], row["b"], row["r"]["type"], row["r"]["properties"]] for row in links]
    return sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    arguments = parser.parse_args()
    for size in arguments.sizes:
        articles = make_articles(size + MORE)
        with tempfile.TemporaryDirectory() as folder:
            grown, whole = Path(folder) / "grown.kgl", Path(folder) / "whole.kgl"
            first = take(grown, lambda store: store.write(articles[:size]))  # noqa: B023 - called at once
            more = take(grown, lambda store: store.write(articles[size:]))  # noqa: B023
            told = take(grown, lambda store: (store.hashes(), store.summary()))
            built = take(whole, lambda store: store.write(articles))  # noqa: B023
            same = "the same graph" if list_all(grown) == list_all(whole) else "ANOTHER GRAPH"
            sizes = [place.stat().st_size / 1e6 for place in (grown, whole)]
        print(
            f"{size:,} articles: built in {first[0]:.1f} s ({first[1]:.1f} s of the processor); {MORE} more {more[0]:.2f} s "
            f"({more[1]:.2f} s), 1/{built[1] / more[1]:.0f} of a build of all ({built[1]:.1f} s); nothing new {told[0]:.2f} s "
            f"({told[1]:.2f} s); {same}, {sizes[0]:.1f} and {sizes[1]:.1f} MB"
        )


if __name__ == "__main__":
    main()
