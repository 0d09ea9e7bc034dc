"""What the page shows, as plain data: which entities and facts of a graph, where they stand, and what each fact rests on."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kg.errors import UsageError
from kg.viz.backbone import find_backbone
from kg.viz.layout import place
from kg.viz.selection import STAGES, select_entities
from kg.viz.span import check_day, check_span, meets
from kg.viz.style import load_style
from kg.viz.text import mark, short_label, text_width, web_address

if TYPE_CHECKING:
    import networkx as nx

# The page holds so many entities, and draws the first of them at once; its reader asks for more in steps.
DEFAULT_MAX_NODES = 1_500
OPENING_NODES = STAGES[-1]
MIN_SIZE, MAX_SIZE = 8.0, 30.0  # radius in pixels at zoom 1
# Font sizes of the smallest and the biggest node's name; view.js draws them at these sizes whatever the zoom.
MIN_FONT, MAX_FONT = 12.0, 17.0
# How strongly a line that is not drawn at first pulls its ends together, beside one that is. More, and a crowded picture
# is a ball again.
SIDE_PULL = 0.05


@dataclass(frozen=True, slots=True)
class Passage:
    """What one article says. `segments` are (text, "head" | "tail" | "") and join to the passage as it stood."""

    article: str
    segments: tuple[tuple[str, str], ...]
    in_title: bool = False

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.segments)


@dataclass(frozen=True, slots=True)
class ViewEvent:
    """One distinct (status, time) in a fact's history."""

    status: str
    time: str | None
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class ViewFact:
    id: str
    head: str
    relation: str
    tail: str
    status: str
    since: str | None
    until: str | None
    confidence: float
    sources: int
    valid: tuple[tuple[str | None, str | None], ...]
    history: tuple[ViewEvent, ...]


@dataclass(frozen=True, slots=True)
class ViewEdge:
    """One line on the page: the facts between two nodes that share relation family and status.

    `source` and `target` are in the order of their ids, whatever way the facts run, so that lines of one pair bend
    apart; `forward` and `backward` tell whether a directed fact runs that way. `bend` is the line's curvature,
    0 for straight.
    """

    id: str
    source: str
    target: str
    family: str
    status: str
    facts: tuple[ViewFact, ...]
    forward: bool
    backward: bool
    bend: float


@dataclass(frozen=True, slots=True)
class ViewNode:
    """`label` is the name on one line, cut where long; `size` the radius and `font` the label's size in pixels,
    `x` and `y` the position in pixels, y downwards. `hidden` counts neighbours that the page leaves out, `ids` are key:value of a registry."""

    id: str
    name: str
    label: str
    type: str
    aliases: tuple[str, ...]
    size: float
    font: float
    x: float
    y: float
    facts: int
    hidden: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewArticle:
    """A cited article. `url` is an http or https address, or None."""

    id: str
    title: str
    date: str | None
    source: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the first len(points) nodes of a page stand while no others are drawn: (x, y) in pixels, y downwards."""

    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class View:
    """`nodes` begin with the most important. `entities`, `facts` and `articles_total` count the whole graph, whereof the
    page shows a part; `unlinked` of the entities are left out because no fact names them. `first` and `last` are the
    days of the oldest and newest cited article. `focus` are the ids of what the page was asked to show `around`. The
    first `opening` of the nodes are drawn at once, the others when the reader asks for more. `relations`, `since` and
    `until` say what of the graph was asked for; `pair` that the focus are two whose history is shown. `stages` are
    layouts of the first nodes by themselves, the fewest first."""

    title: str
    nodes: tuple[ViewNode, ...]
    edges: tuple[ViewEdge, ...]
    articles: tuple[ViewArticle, ...]
    entities: int
    facts: int
    articles_total: int
    unlinked: int
    first: str | None
    last: str | None
    focus: tuple[str, ...] = ()
    opening: int = 0
    relations: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    pair: bool = False
    stages: tuple[Stage, ...] = ()

    @property
    def facts_shown(self) -> int:
        return sum(len(edge.facts) for edge in self.edges)


def make_view(
    graph: "nx.MultiDiGraph",
    *,
    max_nodes: int | None = None,
    around: str | None = None,
    title: str | None = None,
    relations: Collection[str] = (),
    since: str | None = None,
    until: str | None = None,
) -> View:
    """The most important part of a graph (see kg.graph), laid out; the same graph always gives the same view.

    At most `max_nodes` entities are kept (None: DEFAULT_MAX_NODES, the first OPENING_NODES drawn at once). `relations`,
    by English or Chinese name, and `since` and `until` (year, month or day, both included) keep the facts that fit; a
    fact without any date fits no time.

    An entity counts by its facts, a fact by its independent sources. `around` names an entity (by name or alias; all
    namesakes are taken): then the nearest to it are kept, the more important first. Entities that no fact names are left
    out, unless nothing else is there and nothing was asked for. UsageError where max_nodes is below 1, nothing is called
    `around`, no relation has such a name, a day is none or `since` comes after `until`.
    """
    since, until = check_day(since, "since"), check_day(until, "until")
    check_span(since, until)
    wanted = _relations(graph, relations)
    asked = max_nodes is not None
    max_nodes = DEFAULT_MAX_NODES if max_nodes is None else max_nodes
    if max_nodes < 1:
        raise UsageError(f"a page needs at least one entity, so max_nodes cannot be {max_nodes}; 1 or more is expected")
    names = {str(node): str(data.get("name") or node) for node, data in graph.nodes(data=True)}
    aliases = {str(node): _aliases(data, names[str(node)]) for node, data in graph.nodes(data=True)}
    ids = {str(node): tuple(map(str, written)) for node, written in graph.nodes(data="ids") if written}
    types = {str(node): str(data.get("type") or "") for node, data in graph.nodes(data=True)}
    facts = _facts(graph, names, aliases)
    total = len(facts)
    if wanted:
        facts = tuple(fact for fact in facts if fact.relation in wanted)
    if since or until:
        facts = tuple(f for f in facts if meets([event.time for event in f.history], f.valid, since, until))
    neighbours: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact.head != fact.tail:
            neighbours[fact.head].add(fact.tail)
            neighbours[fact.tail].add(fact.head)
    scores = _scores(types, facts)
    focus = _find(graph, around) if around is not None else ()
    kept = dict.fromkeys(select_entities(scores, neighbours, max_nodes=max_nodes, focus=focus))
    if not facts and not focus and (wanted or since or until):
        kept = {}  # what was asked for is not there, and the rest was not asked for
    edges = _bundle(fact for fact in facts if fact.head in kept and fact.tail in kept)
    nodes, stages = _arrange(kept, names, aliases, ids, types, scores, neighbours, edges, facts)
    known: Mapping[str, Mapping[str, Any]] = graph.graph.get("articles") or {}
    cited = {p.article for edge in edges for fact in edge.facts for event in fact.history for p in event.passages}
    articles = tuple(
        sorted((_article(id_, known.get(id_) or {}) for id_ in cited), key=lambda a: (a.date or "", a.title, a.id))
    )
    dates = [article.date for article in articles if article.date]
    return View(
        title=title or "",
        nodes=nodes,
        edges=edges,
        articles=articles,
        entities=len(names),
        facts=total,
        articles_total=len(known),
        unlinked=sum(1 for id_ in names if id_ not in kept and not neighbours[id_]),
        first=min(dates, default=None),
        last=max(dates, default=None),
        focus=focus,
        opening=len(nodes) if asked else min(len(nodes), OPENING_NODES),
        relations=wanted,
        since=since,
        until=until,
        stages=stages,
    )


def make_history(graph: "nx.MultiDiGraph", names: Sequence[str], *, title: str | None = None, **options: Any) -> View:
    """What one entity had with each of its partners, or two with each other: the view of a page of kind `timeline`.

    `names` are one or two names or aliases; `options` are `relations`, `since` and `until` of make_view. UsageError where
    nothing is called so, both are one, or there are more names.
    """
    if not 1 <= len(names) <= 2:
        raise UsageError(f"a timeline is of one entity or of two, and {len(names)} names were given")
    ends = [set(_find(graph, name)) for name in names]
    if len(ends) == 2 and ends[0] & ends[1]:
        raise UsageError(f"{names[0]!r} and {names[1]!r} are one entity; name one of them alone, or another beside it")
    other = ends[1] if len(ends) == 2 else set(map(str, graph))
    kept = [
        (head, tail, key)
        for head, tail, key in graph.edges(keys=True)
        if (str(head) in ends[0] and str(tail) in other) or (str(tail) in ends[0] and str(head) in other)
    ]
    part = graph.edge_subgraph(kept).copy()
    part.add_nodes_from((node, data) for node, data in graph.nodes(data=True) if str(node) in set().union(*ends))
    part.graph.update(graph.graph)
    view = make_view(part, around=names[0], max_nodes=max(len(part), 1), title=title, **options)
    return replace(view, focus=tuple(id_ for found in ends for id_ in sorted(found)), pair=len(ends) == 2)


def _relations(graph: "nx.MultiDiGraph", names: Collection[str]) -> tuple[str, ...]:
    """The relations of these English or Chinese names, in the style's order."""
    style = load_style()
    known = dict.fromkeys([*style.relations, *(str(r or "") for *_, r in graph.edges(data="relation"))])
    called = {name.casefold(): name for name in known} | {style.relation(name).zh: name for name in known}
    for name in names:
        if name.casefold() not in called:
            raise UsageError(f"no relation is called {name[:80]!r}; known are {', '.join(known)}")
    found = {called[name.casefold()] for name in names}
    return tuple(name for name in known if name in found)


def _aliases(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(alias) for alias in data.get("aliases") or () if alias and alias != name))


def _facts(
    graph: "nx.MultiDiGraph", names: Mapping[str, str], aliases: Mapping[str, tuple[str, ...]]
) -> tuple[ViewFact, ...]:
    facts = []
    for head, tail, key, data in graph.edges(keys=True, data=True):
        head, tail = str(head), str(tail)
        words = [(form, "head") for form in (names[head], *aliases[head])]
        words += [(form, "tail") for form in (names[tail], *aliases[tail])]
        facts.append(
            ViewFact(
                id=str(key),
                head=head,
                relation=str(data.get("relation") or ""),
                tail=tail,
                status=str(data.get("status") or "actual"),
                since=data.get("since") or None,
                until=data.get("until") or None,
                confidence=_share(data.get("confidence")),
                sources=max(int(data.get("sources") or 0), 0),
                valid=tuple((begin or None, end or None) for begin, end in data.get("valid") or ()),
                history=tuple(_event(event, words) for event in data.get("history") or ()),
            )
        )
    return tuple(sorted(facts, key=lambda fact: (fact.head, fact.tail, fact.relation, fact.id)))


def _share(value: object) -> float:
    """A confidence within 0..1; whatever else a file may hold there (NaN, nothing) counts as 0."""
    number = float(value) if isinstance(value, int | float) else 0.0
    return min(max(number, 0.0), 1.0) if number == number else 0.0


def _event(event: Mapping[str, Any], words: Sequence[tuple[str, str]]) -> ViewEvent:
    passages = []
    for citation in event.get("citations") or ():
        text = str(citation.get("text") or "")
        start = citation.get("start")
        passages.append(
            Passage(
                str(citation.get("article") or ""), mark(text, words), in_title=isinstance(start, int) and start < 0
            )
        )
    return ViewEvent(str(event.get("status") or "actual"), event.get("time") or None, tuple(passages))


def _scores(types: Mapping[str, str], facts: Iterable[ViewFact]) -> dict[str, float]:
    """Importance by entity: each fact counts 1, and 1 more with every doubling of its sources."""
    style = load_style()
    scores = dict.fromkeys(types, 0.0)
    for fact in facts:
        worth = 1 + math.log2(max(fact.sources, 1))
        for end in {fact.head, fact.tail}:
            scores[end] += worth * style.type(types[end]).weight
    return scores


def _find(graph: "nx.MultiDiGraph", around: str) -> tuple[str, ...]:
    from kg.graph import select_around  # knows how names are compared, and suggests some where none fits

    return tuple(sorted(str(node) for node in select_around(graph, around, hops=0)))


def _bundle(facts: Iterable[ViewFact]) -> tuple[ViewEdge, ...]:
    """Facts as lines: one for each pair, family and status, bent apart where a pair has several."""
    style = load_style()
    lines: dict[tuple[str, str], dict[tuple[str, str], list[ViewFact]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        pair = (min(fact.head, fact.tail), max(fact.head, fact.tail))
        lines[pair][style.relation(fact.relation).family, fact.status].append(fact)
    edges: list[ViewEdge] = []
    for (source, target), bundles in sorted(lines.items()):
        for (family, status), bend in zip(sorted(bundles), _bends(len(bundles)), strict=True):
            members = bundles[family, status]
            directed = [fact for fact in members if not style.relation(fact.relation).symmetric]
            edges.append(
                ViewEdge(
                    id=f"e{len(edges)}",
                    source=source,
                    target=target,
                    family=family,
                    status=status,
                    facts=tuple(members),
                    forward=any(fact.head == source for fact in directed),
                    backward=any(fact.head != source for fact in directed),
                    bend=bend,
                )
            )
    return tuple(edges)


def _bends(count: int) -> list[float]:
    """Curvatures of the lines of one pair, symmetric around straight."""
    step = 0.22 if count < 4 else 0.66 / (count - 1)
    return [round((i - (count - 1) / 2) * step, 3) for i in range(count)]


def _arrange(
    kept: Collection[str],
    names: Mapping[str, str],
    aliases: Mapping[str, tuple[str, ...]],
    ids: Mapping[str, tuple[str, ...]],
    types: Mapping[str, str],
    scores: Mapping[str, float],
    neighbours: Mapping[str, set[str]],
    edges: Iterable[ViewEdge],
    facts: Iterable[ViewFact],
) -> tuple[tuple[ViewNode, ...], tuple[Stage, ...]]:
    top = max((scores[id_] for id_ in kept), default=0.0)
    weight = {id_: math.sqrt(scores[id_] / top) if top else 0.0 for id_ in kept}
    sizes = {id_: round(MIN_SIZE + (MAX_SIZE - MIN_SIZE) * weight[id_], 1) for id_ in kept}
    fonts = {id_: round(MIN_FONT + (MAX_FONT - MIN_FONT) * weight[id_], 1) for id_ in kept}
    labels = {id_: short_label(names[id_]) for id_ in kept}
    index = {id_: i for i, id_ in enumerate(kept)}
    boxes = []
    for id_ in kept:
        name_width = text_width(labels[id_]) * fonts[id_] / 2
        boxes.append((max(2 * sizes[id_], name_width) + 14, 2 * sizes[id_] + fonts[id_] + 16))
    points = _place(edges, index, boxes)
    stages = tuple(Stage(tuple(_place(edges, index, boxes[:count]))) for count in STAGES if count < len(boxes))
    counts: dict[str, int] = defaultdict(int)
    for fact in facts:
        for end in {fact.head, fact.tail}:
            counts[end] += 1
    nodes = tuple(
        ViewNode(
            id=id_,
            name=names[id_],
            label=labels[id_],
            type=types[id_],
            aliases=aliases[id_],
            size=sizes[id_],
            font=fonts[id_],
            x=x,
            y=y,
            facts=counts[id_],
            hidden=sum(1 for near in neighbours.get(id_, ()) if near not in index),
            ids=ids.get(id_, ()),
        )
        for id_, (x, y) in zip(kept, points, strict=True)
    )
    return nodes, stages


def _place(
    edges: Iterable[ViewEdge], index: Mapping[str, int], boxes: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Positions of the first len(boxes) nodes, with nothing else there."""
    strength: dict[tuple[int, int], float] = defaultdict(float)
    for edge in edges:
        a, b = index[edge.source], index[edge.target]
        if max(a, b) < len(boxes) and a != b:
            strength[min(a, b), max(a, b)] += sum(1 + math.log2(max(fact.sources, 1)) for fact in edge.facts)
    pairs = sorted(strength, key=lambda pair: (-strength[pair], pair[1], pair[0]))
    main = find_backbone(pairs, len(boxes))
    return place(
        [
            (a, b, math.sqrt(strength[a, b]) * (1 if own else SIDE_PULL))
            for (a, b), own in zip(pairs, main, strict=True)
        ],
        boxes,
    )


def _article(id_: str, data: Mapping[str, Any]) -> ViewArticle:
    return ViewArticle(
        id=id_,
        title=str(data.get("title") or ""),
        date=data.get("date") or None,
        source=data.get("source") or None,
        url=web_address(data.get("url")),
    )
