"""Where things stand: ForceAtlas2 once, in Python, then boxes pushed apart until names can be read.

The page does no physics. Everything here is deterministic: the same links and boxes give the same whole-pixel positions.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]

SEED = 7
# networkx computes all pairs: 0.45 s at 300 nodes, 7 s at 1,200 (measured, 2 cores). Bigger parts take repulsion from a
# grid, whose cost hardly grows with the nodes.
EXACT_NODES = 300
ITERATIONS = 150
GRID = 128  # cells a side; 256 takes four times as long and moved no node by more than its own box at 5,000 (looked at)
GRAVITY = 0.05  # keeps loosely bound branches on the sheet
ASPECT = 1.35  # width to height of the graph's share of a 1,400 x 900 window
SMALL_PAGE = 420_000  # square pixels that a small graph spreads over at zoom 1, so that its lines have room for words
# Free ground per box; chosen by looking: 3 packs names like a list, 8 leaves the page empty.
ROOM = 5.0
PUSHES = 400  # rounds at most
PUSHED_PAIRS = 4e7  # and at most so many pairs of boxes looked at: about 2 s (measured, as above)
PATIENCE = 60  # rounds of pushing before a crowd that finds no room is given 8 % more of it
MARGIN = 24.0  # pixels between unconnected parts
# Parts that find a free spot in or around the biggest ones; the others stand in rows below, as a list would.
SCATTERED_PARTS = 60
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
    points = np.zeros((count, 2))
    placed: list[int] = []
    reached: dict[int, int] = {}
    parts = _parts(count, links)
    inner = _links_by_part(parts, links)
    for part, own in zip(parts[:SCATTERED_PARTS], inner, strict=False):
        local = _push_apart(_spread(_force(part, own), size[part], room), size[part])
        if placed:
            # Parts of one size search on from where the last one found room, or hundreds of loners take minutes.
            begin = reached.get(len(part), 0)
            shift, reached[len(part)] = _free_spot(local, size[part], points[placed], size[placed], begin)
            local = local + shift
        points[part] = local
        placed += part
    rest = parts[SCATTERED_PARTS:]
    if rest:
        locals_ = [
            _push_apart(_spread(_force(part, own), size[part], room), size[part])
            for part, own in zip(rest, inner[SCATTERED_PARTS:], strict=True)
        ]
        _set_in_rows(points, rest, locals_, size, placed)
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


def _links_by_part(
    parts: Sequence[Sequence[int]], links: Sequence[tuple[int, int, float]]
) -> list[list[tuple[int, int, float]]]:
    """The links of each part, by index within it."""
    where = {node: (p, i) for p, part in enumerate(parts) for i, node in enumerate(part)}
    found: list[list[tuple[int, int, float]]] = [[] for _ in parts]
    for a, b, weight in links:
        (part, i), (_, j) = where[a], where[b]
        if i != j:
            found[part].append((i, j, weight))
    return found


def _force(part: Sequence[int], links: Sequence[tuple[int, int, float]]) -> "Array":
    """ForceAtlas2 positions of one connected part, shape (len(part), 2), in no particular unit."""
    import networkx as nx
    import numpy as np

    start = np.array([_spiral(i) for i in range(len(part))])  # the most important in the middle from the start
    if len(part) < 3:
        return start
    if len(part) > EXACT_NODES:
        return _force_on_grid(start, links)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(part)))
    graph.add_weighted_edges_from(links)
    places = dict(enumerate(start))
    moved = nx.forceatlas2_layout(graph, pos=places, max_iter=ITERATIONS, scaling_ratio=4.0, weight="weight", seed=SEED)
    forced: Array = np.nan_to_num(np.array([moved[i] for i in range(len(part))], dtype=float))
    return forced


def _force_on_grid(start: "Array", links: Sequence[tuple[int, int, float]]) -> "Array":
    """ForceAtlas2 with repulsion read from a grid: masses are laid on its cells, one convolution gives every cell's push.

    Attraction grows with distance, repulsion is degree times degree over distance, and steps are damped where a node
    swings, all as the algorithm has it; only what lies within a cell or two is blurred, and boxes are parted later.
    """
    import numpy as np

    a, b = (np.array([link[end] for link in links], dtype=int) for end in (0, 1))
    weight: Array = np.array([link[2] for link in links], dtype=float)
    count = len(start)
    mass: Array = np.ones(count) + np.bincount(a, minlength=count) + np.bincount(b, minlength=count)
    points = start * math.sqrt(float(mass.mean())) * 4
    field = _kernel()
    before = np.zeros_like(points)
    speed = 1.0
    for _ in range(ITERATIONS):
        span = points[b] - points[a]
        pull = span * weight[:, None]
        force = 4.0 * mass[:, None] * _repulsion(points, mass, field)
        for axis in (0, 1):
            force[:, axis] += np.bincount(a, pull[:, axis], count) - np.bincount(b, pull[:, axis], count)
        force -= GRAVITY * mass[:, None] * points
        swing = np.hypot(*(force - before).T)
        traction = np.hypot(*(force + before).T) / 2
        total = float((mass * swing).sum())
        wanted = 0.5 * float((mass * traction).sum()) / max(total, 1e-9)
        speed = min(wanted, speed * 1.5)
        step = speed / (1.0 + speed * np.sqrt(swing))
        length = np.hypot(*force.T)
        # No node leaps further than a tenth of the sheet, or the first rounds throw hubs out of it.
        limit = 0.1 * float(np.ptp(points, axis=0).max()) / np.maximum(length, 1e-9)
        points = points + force * np.minimum(step, limit)[:, None]
        before = force
    return points


def _kernel() -> "tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]":
    """Transforms of the push d / |d|^2 of a unit mass over all distances d in cells, padded so that nothing wraps."""
    import numpy as np

    offset = np.fft.fftfreq(2 * GRID, 1 / (2 * GRID))
    x, y = np.meshgrid(offset, offset, indexing="ij")
    softened = x**2 + y**2 + 0.5
    return np.fft.rfft2(x / softened), np.fft.rfft2(y / softened)


def _repulsion(
    points: "Array", mass: "Array", field: "tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]"
) -> "Array":
    """The sum of mass / distance over all other points, as a vector per point, read off the grid between its cells."""
    import numpy as np

    low = points.min(axis=0)
    cell = max(float(np.ptp(points, axis=0).max()), 1e-9) / (GRID - 2)
    at = (points - low) / cell
    corner = np.floor(at).astype(int)
    part = at - corner
    corners = []
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            corners.append(((corner[:, 0] + dx) * GRID + corner[:, 1] + dy, share))
    laid = np.zeros(GRID * GRID)
    for index, share in corners:
        laid += np.bincount(index, mass * share, GRID * GRID)
    spectrum = np.fft.rfft2(laid.reshape(GRID, GRID), s=(2 * GRID, 2 * GRID))
    push = np.empty_like(points)
    for axis, kernel in enumerate(field):
        strength = np.fft.irfft2(spectrum * kernel, s=(2 * GRID, 2 * GRID))[:GRID, :GRID].ravel()
        push[:, axis] = sum(strength[index] * share for index, share in corners)
    return push / cell


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


def _set_in_rows(
    points: "Array", parts: Sequence[Sequence[int]], locals_: Sequence["Array"], size: "Array", placed: Sequence[int]
) -> None:
    """Stand the parts in rows below what is placed, no wider than that."""
    left = float((points[placed] - size[placed] / 2).min(axis=0)[0])
    right = float((points[placed] + size[placed] / 2).max(axis=0)[0])
    top = float((points[placed] + size[placed] / 2).max(axis=0)[1]) + 2 * MARGIN
    x, height = left, 0.0
    for part, local in zip(parts, locals_, strict=True):
        low, high = (local - size[part] / 2).min(axis=0), (local + size[part] / 2).max(axis=0)
        width = float(high[0] - low[0])
        if x > left and x + width > right:
            x, top, height = left, top + height + MARGIN, 0.0
        points[part] = local - low + (x, top)
        x += width + MARGIN
        height = max(height, float(high[1] - low[1]))


def _push_apart(points: "Array", size: "Array") -> "Array":
    """Move overlapping boxes apart along the shorter way, small ones more than big ones, until none overlap or
    the rounds are used up. All pairs at once, so the order of nodes does not matter."""
    import numpy as np

    # Points on one spot have no direction to part in; a step of the spiral gives one.
    points = points + np.array([_spiral(i) for i in range(len(points))]) * 0.01
    mass = size[:, 0] * size[:, 1]
    seen = 0
    for turn in range(PUSHES):
        if turn and turn % PATIENCE == 0:
            points = (points - points[0]) * 1.08 + points[0]
        a, b = _side_by_side(points[:, 0], size[:, 0])
        seen += len(a)
        apart = points[a] - points[b]
        overlap = (size[a] + size[b]) / 2 - np.abs(apart)
        hit = overlap[:, 1] > 0
        if not hit.any() or seen > PUSHED_PAIRS:
            break
        a, b, apart, overlap = a[hit], b[hit], apart[hit], overlap[hit]
        axis = (overlap[:, 0] >= overlap[:, 1]).astype(int)
        rows = np.arange(len(a))
        push = overlap[rows, axis] * np.where(apart[rows, axis] >= 0, 1.0, -1.0) * 0.5
        share = mass[b] / (mass[a] + mass[b])  # how much of a push `a` takes
        for one in (0, 1):
            own = np.where(axis == one, push, 0.0)
            points[:, one] += np.bincount(a, own * share, len(points)) - np.bincount(b, own * (1 - share), len(points))
    return points


def _side_by_side(x: "Array", width: "Array") -> "tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]":
    """Pairs (a, b) of boxes that overlap from left to right."""
    import numpy as np

    order = np.argsort(x - width / 2, kind="stable")
    left = (x - width / 2)[order]
    ends = np.searchsorted(left, (x + width / 2)[order], side="left")
    first = np.arange(len(x))
    counts = np.maximum(ends - first - 1, 0)
    a = np.repeat(first, counts)
    b = a + 1 + np.arange(len(a)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[a], order[b]
