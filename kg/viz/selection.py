"""Which entities a page shows and in which order, so that any beginning of the order is a picture of its own."""

import heapq
from collections import deque
from collections.abc import Mapping, Sequence

# What is drawn at first: on a desk (300 is what still reads as a picture at 1,400 x 900; looked at: 150, 300, 600) and on a
# phone. The places of each are computed apart, for a picture of 300 thinned out to 75 is scattered specks.
STAGES = (75, 300)
# An entity that touches nothing shown yet must weigh so many times what the best one does that touches it, or the page
# fills with pairs that have nothing to do with the rest. Chosen by looking at 3,600 entities of real news, where of the
# first 300 hung together with the main parties 168 at 1, 203 at 2, 259 at 3 and 289 at 4: at 3 other circles still show.
FOREIGN = 3.0


def select_entities(
    scores: Mapping[str, float], neighbours: Mapping[str, set[str]], *, max_nodes: int, focus: Sequence[str] = ()
) -> list[str]:
    """The ids to show, at most `max_nodes`; those up to each of STAGES, and up to its doubles, hang together.

    With a focus: the nearest to it, the more important first. Without one the most important, each chosen for its score
    and for touching what is chosen; within a stage by score. Nothing whose neighbours are all left out is taken while
    something else can be.
    """
    if focus:
        distance = _distances(focus, neighbours)
        return sorted(distance, key=lambda id_: (distance[id_], -scores[id_], id_))[:max_nodes]
    ranked = sorted(scores, key=lambda id_: (-scores[id_], id_))
    linked = [id_ for id_ in ranked if neighbours.get(id_)]
    order = _grow(linked or ranked, scores, neighbours, max_nodes)
    arranged: list[str] = []
    for begin, end in _stages(len(order)):
        arranged += sorted(order[begin:end], key=lambda id_: (-scores[id_], id_))
    return arranged


def _grow(
    ranked: Sequence[str], scores: Mapping[str, float], neighbours: Mapping[str, set[str]], wanted: int
) -> list[str]:
    """Ids in the order in which a picture takes them up."""
    chosen: dict[str, None] = {}
    frontier: list[tuple[float, str]] = []

    def take(id_: str) -> None:
        chosen[id_] = None
        for near in neighbours.get(id_, ()):
            if near not in chosen:
                heapq.heappush(frontier, (-scores[near], near))

    waiting = deque(ranked)
    while len(chosen) < wanted:
        while waiting and waiting[0] in chosen:
            waiting.popleft()
        while frontier and frontier[0][1] in chosen:
            heapq.heappop(frontier)
        if not waiting:
            break
        best = waiting[0]
        if frontier and (scores[best] < FOREIGN * -frontier[0][0] or len(chosen) + 1 == wanted):
            take(heapq.heappop(frontier)[1])
            continue
        if chosen and neighbours.get(best) and len(chosen) + 1 == wanted:
            break  # no room for both of a pair
        take(best)
        # With what it hangs together with, or it would be a dot that says nothing.
        near = min(
            (n for n in neighbours.get(best, ()) if n not in chosen), key=lambda n: (-scores[n], n), default=None
        )
        if near is not None and len(chosen) < wanted:
            take(near)
    return list(chosen)


def _stages(count: int) -> list[tuple[int, int]]:
    """Beginnings and ends of what comes up together: up to the first stage, then up to every double."""
    ends = [STAGES[0]]
    while ends[-1] < count:
        ends.append(ends[-1] * 2)
    return list(zip([0, *ends], ends, strict=False))


def _distances(focus: Sequence[str], neighbours: Mapping[str, set[str]]) -> dict[str, int]:
    distance = dict.fromkeys(focus, 0)
    queue = deque(focus)
    while queue:
        here = queue.popleft()
        for near in sorted(neighbours.get(here, ())):
            if near not in distance:
                distance[near] = distance[here] + 1
                queue.append(near)
    return distance
