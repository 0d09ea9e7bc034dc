"""The main lines of a crowded picture: those that hold it together, then the strongest."""

from collections.abc import Sequence

# Pairs of entities with a line between them up to which a picture is drawn whole, and how many lines for each entity a
# more crowded one keeps. The page's backbone.js has the same two numbers. Chosen by looking at 75 to 5,000 entities,
# of real news and of random graphs: from about 400 lines on, 1,400 x 900 pixels show felt.
ENOUGH = 300
LINES_EACH = 1.2


def find_backbone(pairs: Sequence[tuple[int, int]], count: int) -> list[bool]:
    """For each pair of nodes 0..count-1, the strongest pair first, whether it is of the main ones."""
    if len(pairs) <= ENOUGH:
        return [True] * len(pairs)
    above = list(range(count))

    def root(node: int) -> int:
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    main = [False] * len(pairs)
    left = max(int(LINES_EACH * count), ENOUGH)
    for i, (a, b) in enumerate(pairs):
        if root(a) != root(b):
            above[root(a)] = root(b)
            main[i] = True
            left -= 1
    for i, own in enumerate(main):
        if left <= 0:
            break
        if not own:
            main[i] = True
            left -= 1
    return main
