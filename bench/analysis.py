"""How long analyses of large graphs take: python bench/analysis.py [--facts 10000,100000,1000000] [--networkx-up-to 10000]

A graph of invented partnerships (ten facts an organisation; partners by preference, as real ones, within one of 40 camps or,
one in five, anywhere). Seconds of the processor for `project`, which all of them begin with, and for what each measure takes
beside it, by NetworkX and by igraph. Sizes over --networkx-up-to are left to igraph.
"""

import argparse
import random
import resource
import time
from collections.abc import Callable
from typing import Any

import networkx as nx

from kg.analysis.engines import find_communities, measure_betweenness, measure_constraint
from kg.analysis.groups import pagerank
from kg.analysis.projection import project

CAMPS = 40


def make_graph(facts: int) -> nx.MultiDiGraph:
    draw = random.Random(7)
    nodes = facts // 10
    graph = nx.MultiDiGraph()
    graph.add_nodes_from((n, {"name": f"公司{n}", "type": "Company", "aliases": []}) for n in range(nodes))
    known: list[list[int]] = [[n for n in range(nodes) if n % CAMPS == camp] for camp in range(CAMPS)]
    for key in range(facts):
        a = draw.randrange(nodes)
        camp = known[a % CAMPS] if draw.random() < 0.8 else draw.choice(known)
        b = draw.choice(camp)
        camp.append(b)  # who has partners is found by more
        data = {"relation": "PARTNERS_WITH", "status": "actual", "sources": draw.randint(1, 3), "valid": [(None, None)]}
        graph.add_edge(a, b, key=key, **data)
    return graph


def measure(work: Callable[[], Any]) -> tuple[Any, float]:
    before = time.process_time()
    result = work()
    return result, time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", default="10000,100000,1000000")
    parser.add_argument("--networkx-up-to", type=int, default=10_000)
    arguments = parser.parse_args()
    for facts in map(int, arguments.facts.split(",")):
        graph = make_graph(facts)
        simple, seconds = measure(lambda graph=graph: project(graph))
        print(f"{facts} facts: {len(simple)} organisations, {simple.number_of_edges()} ties; project {seconds:.1f} s")
        print(f"  pagerank {measure(lambda simple=simple: pagerank(simple))[1]:.2f} s (numpy, whichever the engine)")
        some = [n for n in simple if simple.degree(n) > 1]
        sample = 400 if len(simple) > 400 else None
        works: dict[str, Callable[[Any, str], Any]] = {
            "betweenness from 400": lambda g, engine, k=sample: measure_betweenness(g, k, engine),
            "constraint": lambda g, engine, nodes=some: measure_constraint(g, nodes, engine),
            "louvain": lambda g, engine: find_communities(g, method="louvain", resolution=1.0, engine=engine),
            "leiden": lambda g, engine: find_communities(g, method="leiden", resolution=1.0, engine="igraph"),
        }
        for name, work in works.items():
            by: dict[str, float] = {}
            quality = ""
            for engine in ("igraph", "networkx"):
                if engine == "networkx" and (facts > arguments.networkx_up_to or name == "leiden"):
                    continue
                found, by[engine] = measure(lambda engine=engine, work=work, simple=simple: work(simple, engine))
                if name in ("louvain", "leiden"):
                    quality += f", modularity {found[1]:.4f} by {engine}"
            ratio = f", {by['networkx'] / by['igraph']:.0f} times as fast" if "networkx" in by else ""
            told = ", ".join(f"{engine} {taken:.2f} s" for engine, taken in by.items())
            print(f"  {name}: {told}{ratio}{quality}", flush=True)
        print(f"  peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        del graph, simple


if __name__ == "__main__":
    main()
