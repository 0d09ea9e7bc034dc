"""Main lines of a crowded picture, in Python and in the page."""

import itertools
import re
from pathlib import Path

import networkx as nx

from kg.viz import backbone
from kg.viz.backbone import ENOUGH, LINES_EACH, find_backbone


def test_a_small_picture_keeps_all_lines() -> None:
    assert find_backbone([(0, 1), (1, 2), (0, 2)], 3) == [True, True, True]
    assert find_backbone([], 0) == []


def test_a_crowded_one_keeps_what_holds_it_together_and_the_strongest() -> None:
    pairs = list(itertools.combinations(range(40), 2))
    main = find_backbone(pairs, 40)
    assert sum(main) == ENOUGH
    kept = nx.Graph(pair for pair, own in zip(pairs, main, strict=True) if own)
    assert nx.is_connected(kept) and len(kept) == 40
    assert all(main[:200]), "the strongest come first"


def test_a_big_one_keeps_some_lines_for_each_entity() -> None:
    graph = nx.barabasi_albert_graph(1000, 3, seed=1)
    assert sum(find_backbone(list(graph.edges), 1000)) == int(1000 * LINES_EACH)


def test_parts_that_do_not_hang_together_stay_so() -> None:
    graph = nx.disjoint_union(nx.complete_graph(30), nx.complete_graph(20))
    pairs = list(graph.edges)
    kept = nx.Graph(pair for pair, own in zip(pairs, find_backbone(pairs, 50), strict=True) if own)
    assert sorted(map(len, nx.connected_components(kept))) == [20, 30]


def test_the_page_counts_as_python_does(root: Path) -> None:
    script = (root / "kg/viz/page/backbone.js").read_text(encoding="utf-8")
    for name in ("ENOUGH", "LINES_EACH"):
        (value,) = re.findall(rf"const {name} = ([\d.]+);", script)
        assert float(value) == getattr(backbone, name)
