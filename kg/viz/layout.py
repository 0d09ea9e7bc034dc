"""Where things stand: ForceAtlas2 once, in Python, then boxes pushed apart until names can be read.

The page does no physics. Everything here is deterministic: the same links and boxes give the same whole-pixel positions.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]

SEED = 7
# networkx computes all pairs: 0.45 s at 300 nodes, 7 s at 1,200 (measured, 2 cores). Beyond this many the most
# important ones are laid out and the rest stand around the neighbours they have there.
MAX_FORCE_NODES = 500
ITERATIONS = 150
ASPECT = 1.35  # width to height of the graph's share of a 1,400 x 900 window
SMALL_PAGE = 420_000  # square pixels that a small graph spreads over at zoom 1, so that its lines have room for words
# Free ground per box; chosen by looking: 3 packs names like a list, 8 leaves the page empty.
ROOM = 5.0
PUSHES = 400  # rounds at most
PUSHED_PAIRS = 8e7  # and at most so many pairs of boxes looked at: about 2 s (measured, as above)
PATIENCE = 60  # rounds of pushing before a crowd that finds no room is given 8 % more of it
MARGIN = 24.0  # pixels between unconnected parts
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))

Point = tuple[float, float]


def place(links: Sequence[tuple[int, int, float]], boxes: Sequence[Point]) -> list[Point]:
    """Positions (x, y) in pixels, y downwards, centred on (0, 0), one per box.

    `boxes` are (width, height) of what is drawn per node, name included, the most important node first; `links` are
    (node, node, weight) by index.
    """
    count = len(boxes)
    if count == 0:
        return []
    import numpy as np

    size = np.asarray(boxes, dtype=float)
    area = float((size[:, 0] * size[:, 1]).sum()) * ROOM
    room = ROOM * max(1.0, SMALL_PAGE / area)
    core = min(count, MAX_FORCE_NODES)
    inner = [link for link in links if link[0] < core and link[1] < core]
    points = np.zeros((count, 2))
    placed: list[int] = []
    reached: dict[int, int] = {}
    for part in _parts(core, inner):
        local = _push_apart(_spread(_force(part, inner), size[part], room), size[part])
        if placed:
            # Parts of one size search on from where the last one found room, or hundreds of loners take minutes.
            begin = reached.get(len(part), 0)
            shift, reached[len(part)] = _free_spot(local, size[part], points[placed], size[placed], begin)
            local = local + shift
        points[part] = local
        placed += part
    if count > core:
        _surround(points, core, links, reach=math.sqrt(area / count))
        points = _push_apart(points, size)
    points -= (points.max(axis=0) + points.min(axis=0)) / 2
    return [(float(x), float(y)) for x, y in points.round()]


def _parts(count: int, links: Sequence[tuple[int, int, float]]) -> list[list[int]]:
    """Connected parts of nodes 0..count-1, the biggest first, each in order of importance."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from((a, b) for a, b, _ in links)
    parts = (sorted(part) for part in nx.connected_components(graph))
    return sorted(parts, key=lambda part: (-len(part), part[0]))


def _force(part: Sequence[int], links: Sequence[tuple[int, int, float]]) -> "Array":
    """ForceAtlas2 positions of the nodes of one connected part, shape (len(part), 2), in no particular unit."""
    import networkx as nx
    import numpy as np

    index = {node: i for i, node in enumerate(part)}
    start = {i: np.array(_spiral(i)) for i in range(len(part))}  # the most important in the middle from the start
    if len(part) < 3:
        return np.array([start[i] for i in range(len(part))])
    graph = nx.Graph()
    graph.add_nodes_from(range(len(part)))
    graph.add_weighted_edges_from((index[a], index[b], w) for a, b, w in links if a in index and b in index and a != b)
    moved = nx.forceatlas2_layout(graph, pos=start, max_iter=ITERATIONS, scaling_ratio=4.0, weight="weight", seed=SEED)
    forced: Array = np.nan_to_num(np.array([moved[i] for i in range(len(part))], dtype=float))
    return forced


def _spiral(index: int) -> Point:
    radius = math.sqrt(index)
    return radius * math.cos(index * GOLDEN_ANGLE), radius * math.sin(index * GOLDEN_ANGLE)


def _spread(points: "Array", size: "Array", room: float) -> "Array":
    """The points around the first one, at radii that give every box the same free ground, in pixels.

    A force layout of a hub and its eighty partners is a knot with a few long arms. Directions and the order of distances
    stay; the distances themselves become those of an evenly filled ellipse.
    """
    import numpy as np

    away = points - points[0]
    radius = np.hypot(away[:, 0], away[:, 1])
    order = np.argsort(radius, kind="stable")
    ground = size[:, 0] * size[:, 1] * room
    filled = np.empty(len(points))
    filled[order] = np.cumsum(ground[order]) - ground[order] / 2
    wanted = np.sqrt(filled / math.pi)
    wanted[0] = 0.0
    unit = away / np.maximum(radius, 1e-9)[:, None]
    spread: Array = unit * wanted[:, None] * np.array([math.sqrt(ASPECT), 1 / math.sqrt(ASPECT)])
    return spread


def _free_spot(local: "Array", size: "Array", others: "Array", other_size: "Array", turn: int) -> tuple["Array", int]:
    """How far to move a part so that its bounding box meets none of the boxes placed before, as near the middle as the
    spots of a spiral allow from its `turn` on; and the turn that was taken."""
    import numpy as np

    low, high = (local - size / 2).min(axis=0) - MARGIN, (local + size / 2).max(axis=0) + MARGIN
    other_low, other_high = others - other_size / 2, others + other_size / 2
    step = float(min(high - low)) / 3
    shape = np.array([math.sqrt(ASPECT), 1 / math.sqrt(ASPECT)])
    while True:
        # Many spots at once: one outside of everything always comes.
        turns = np.arange(turn, turn + 256)
        circle = np.column_stack([np.cos(turns * GOLDEN_ANGLE), np.sin(turns * GOLDEN_ANGLE)])
        spots = np.sqrt(turns)[:, None] * circle * shape * step - (low + high) / 2
        below = (spots[:, None, :] + low < other_high[None, :, :]).all(axis=2)
        above = (spots[:, None, :] + high > other_low[None, :, :]).all(axis=2)
        free = np.flatnonzero(~(below & above).any(axis=1))
        if free.size:
            return spots[free[0]], int(turns[free[0]])
        turn += 256


def _surround(points: "Array", core: int, links: Sequence[tuple[int, int, float]], *, reach: float) -> None:
    """Place nodes from `core` on around the mean of their placed neighbours, each a little further out."""
    import numpy as np

    neighbours = defaultdict(list)
    for a, b, _ in links:
        neighbours[a].append(b)
        neighbours[b].append(a)
    taken: Counter[tuple[int, int]] = Counter()  # how many stand around a spot already
    rim = float(abs(points[:core]).max())
    placed = set(range(core))
    waiting = list(range(core, len(points)))
    while waiting:
        # Those beside something that stands already; where there is none, the first begins a new crowd on the rim.
        ready = [node for node in waiting if not placed.isdisjoint(neighbours[node])] or waiting[:1]
        for node in ready:
            near = [n for n in neighbours[node] if n in placed]
            middle = points[near].mean(axis=0) if near else points[0] + rim
            spot = (round(middle[0]), round(middle[1]))
            taken[spot] += 1
            x, y = _spiral(taken[spot])
            points[node] = middle + np.array([x, y]) * reach
        placed.update(ready)
        waiting = [node for node in waiting if node not in placed]


def _push_apart(points: "Array", size: "Array") -> "Array":
    """Move overlapping boxes apart along the shorter way, small ones more than big ones, until none overlap or
    the rounds are used up. All pairs at once, so the order of nodes does not matter."""
    import numpy as np

    rounds = min(PUSHES, int(PUSHED_PAIRS / max(len(points), 1) ** 2))
    if rounds < PATIENCE:  # above 1,150 boxes: too few to part anything, and few names are seen at first zoom
        return points
    points = points.copy()
    half = size / 2
    need = half[:, None, :] + half[None, :, :]
    mass = size[:, 0] * size[:, 1]
    share = mass[None, :] / (mass[:, None] + mass[None, :])  # how much of a push the row's node takes
    # Points on one spot have no direction to part in; a step of the spiral gives one.
    points += np.array([_spiral(i) for i in range(len(points))]) * 0.01
    for turn in range(rounds):
        if turn and turn % PATIENCE == 0:
            points = (points - points[0]) * 1.08 + points[0]
        apart = points[:, None, :] - points[None, :, :]
        overlap = need - np.abs(apart)
        np.fill_diagonal(overlap[:, :, 0], -1.0)
        hit = (overlap > 0).all(axis=2)
        if not hit.any():
            break
        along_x = overlap[:, :, 0] < overlap[:, :, 1]
        sign = np.where(apart >= 0, 1.0, -1.0)
        push_x = np.where(hit & along_x, overlap[:, :, 0] * sign[:, :, 0] * share, 0.0)
        push_y = np.where(hit & ~along_x, overlap[:, :, 1] * sign[:, :, 1] * share, 0.0)
        points[:, 0] += push_x.sum(axis=1) * 0.5
        points[:, 1] += push_y.sum(axis=1) * 0.5
    return points
