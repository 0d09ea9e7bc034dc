import math

import networkx as nx
import numpy as np
import pytest

from kg.viz import layout
from kg.viz.layout import place

BOX = (70.0, 40.0)


def links(graph: nx.Graph) -> list[tuple[int, int, float]]:
    return [(a, b, 1.0) for a, b in graph.edges]


def overlaps(points: list[tuple[float, float]], boxes: list[tuple[float, float]]) -> int:
    """Pairs of boxes that overlap by more than the rounding of positions."""
    return sum(
        abs(points[i][0] - points[j][0]) < (boxes[i][0] + boxes[j][0]) / 2 - 1
        and abs(points[i][1] - points[j][1]) < (boxes[i][1] + boxes[j][1]) / 2 - 1
        for i in range(len(points))
        for j in range(i)
    )


def test_nothing_and_one_thing() -> None:
    assert place([], []) == []
    assert place([], [BOX]) == [(0.0, 0.0)]


@pytest.mark.parametrize("count", [2, 3, 12, 120])
def test_no_boxes_overlap(count: int) -> None:
    graph = nx.barabasi_albert_graph(count, 1, seed=1)
    boxes = [BOX] * count
    assert overlaps(place(links(graph), boxes), boxes) == 0


def test_unlinked_things_and_parts_do_not_lie_on_each_other() -> None:
    graph = nx.disjoint_union_all([nx.star_graph(12), nx.path_graph(4), nx.path_graph(2), nx.empty_graph(5)])
    boxes = [BOX] * len(graph)
    assert overlaps(place(links(graph), boxes), boxes) == 0


def test_a_thing_linked_to_itself_or_twice_to_another_is_placed() -> None:
    points = place([(0, 0, 1.0), (0, 1, 1.0), (1, 0, 2.0)], [BOX, BOX])
    assert points[0] != points[1]


def test_the_same_input_gives_the_same_positions() -> None:
    graph = nx.barabasi_albert_graph(80, 2, seed=5)
    assert place(links(graph), [BOX] * 80) == place(links(graph), [BOX] * 80)


def test_the_hub_stands_in_the_middle_of_its_partners() -> None:
    graph = nx.star_graph(40)
    points = place(links(graph), [BOX] * 41)
    from_middle = [math.hypot(*point) for point in points]
    assert from_middle[0] < sorted(from_middle)[10]


def test_positions_are_finite_whole_pixels() -> None:
    for x, y in place(links(nx.complete_graph(9)), [BOX] * 9):
        assert math.isfinite(x) and x == round(x)
        assert math.isfinite(y) and y == round(y)


def test_bigger_parts_are_laid_out_by_grid_and_keep_neighbours_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "EXACT_NODES", 20)
    graph = nx.barabasi_albert_graph(120, 1, seed=2)
    boxes = [BOX] * 120
    points = place(links(graph), boxes)
    assert overlaps(points, boxes) == 0
    lengths = [math.dist(points[a], points[b]) for a, b in graph.edges]
    everywhere = [math.dist(points[a], points[b]) for a in range(0, 120, 7) for b in range(a)]
    assert sum(lengths) / len(lengths) < 0.7 * sum(everywhere) / len(everywhere)


def test_repulsion_from_the_grid_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(4)
    points, mass = rng.normal(size=(200, 2)) * 100, rng.integers(1, 9, 200).astype(float)
    apart = points[:, None, :] - points[None, :, :]
    square = (apart**2).sum(axis=2)
    np.fill_diagonal(square, 1.0)
    exact = (mass[None, :, None] * apart / square[:, :, None]).sum(axis=1)
    found = layout._repulsion(points, mass, layout._kernel())
    error = np.hypot(*(found - exact).T)
    assert np.median(error / np.hypot(*exact.T)) < 0.05


def test_hundreds_of_unlinked_pairs_stand_apart_in_rows() -> None:
    graph = nx.disjoint_union_all([nx.star_graph(20), *(nx.path_graph(2) for _ in range(150))])
    boxes = [BOX] * len(graph)
    points = place(links(graph), boxes)
    assert overlaps(points, boxes) == 0
    width, height = (max(p[i] for p in points) - min(p[i] for p in points) for i in (0, 1))
    assert width < 4 * height and height < 4 * width


def test_five_thousand_boxes_are_parted() -> None:
    graph = nx.barabasi_albert_graph(5000, 3, seed=1)
    boxes = [BOX] * 5000
    points = np.array(place(links(graph), boxes))
    order = np.argsort(points[:, 0])
    near = [
        (i, j) for k, i in enumerate(order) for j in order[k + 1 : k + 200] if points[j, 0] - points[i, 0] < BOX[0] - 1
    ]
    assert sum(abs(points[i, 1] - points[j, 1]) < BOX[1] - 1 for i, j in near) == 0
