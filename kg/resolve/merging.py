"""What many articles state, merged: the whole way from extractions to entities and facts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.errors import UsageError
from kg.history import Claim, is_period, is_time, tell
from kg.model import ArticleInfo, Citation, Entity, Extraction, Fact, Merge, Rejection, Resolution, Statement
from kg.ontology import Ontology
from kg.resolve.clusters import Clusters
from kg.resolve.folding import PERSON, Key, fold, identify
from kg.resolve.garbage import seldom_collected, uncollected
from kg.resolve.matching import Match
from kg.resolve.namesakes import Tied, World, list_rulings, tell_apart, tie
from kg.resolve.registry import Registry
from kg.resolve.reprints import Copy, count_sources, find_reprints
from kg.resolve.settling import Ledger, Pair, list_called, settle
from kg.resolve.things import Pool, Register, Thing, find_links, merge_things
from kg.resolve.verdicts import SELF, Bearer, Court, Triple, list_words, put_in_order

# However many articles agree, all may copy one mistake: no fact is certain.
MAX_CONFIDENCE = 0.999

LocalClaim = tuple[Thing, str, Thing, Claim]


NAMELESS = "an end without a name"


def resolve(
    extractions: Iterable[Extraction],
    ontology: Ontology,
    *,
    registry: Registry | None = None,
    on_settled: Callable[[list[Thing], list[Match]], None] | None = None,
) -> Resolution:
    """Merge extractions, read once and lazily, each article's id at most once (else UsageError).

    Articles, entities and facts come in the order of their ids. `rejected` holds the statements that could not be taken:
    ends that are one entity, nameless or of an unknown type, relations and statuses that the ontology rules out for the
    types that the article itself gives, times that are none. What the extractor rejected before is not repeated there.
    An entity's type is the one that most articles give it. `sources` counts the articles of a fact that are no copies of
    one another. `registry` holds what the user has settled, beside the registry that ships. `merges` tells why names were
    joined, `unsure` which may be one and were not. `on_settled` is given the
    things of all articles, which know their entities by then, and the names that are one by themselves.
    """
    articles: dict[str, ArticleInfo] = {}
    things: list[Thing] = []
    claims: list[LocalClaim] = []
    rejected: list[Rejection] = []
    pool = Pool()
    with seldom_collected():
        for extraction in extractions:
            doc = extraction.article.id
            if doc in articles:
                raise UsageError(f"article {doc!r} comes twice; keep one of the two, or give them ids of their own")
            local = read_article(extraction, ontology, pool)
            articles[doc] = local.info
            things.extend(local.things)
            claims.extend(local.claims)
            rejected.extend(local.rejected)
    del pool
    return _finish(articles, things, claims, rejected, ontology, registry, on_settled)


@uncollected
def _finish(
    articles: dict[str, ArticleInfo],
    things: list[Thing],
    claims: list[LocalClaim],
    rejected: list[Rejection],
    ontology: Ontology,
    registry: Registry | None,
    on_settled: Callable[[list[Thing], list[Match]], None] | None,
) -> Resolution:
    """The resolution of what all articles say; uses `things` and `claims` up."""
    entities, ledger = merge(things, ontology, registry)
    merges, unsure = _show(ledger, things)
    if on_settled is not None:
        on_settled(things, ledger.matches)
    # What has been used is let go: of many articles the things and claims are as large as the graph that they become.
    things.clear()
    facts: dict[Triple, list[Claim]] = defaultdict(list)
    while claims:
        placed = place(claims.pop(), ontology)
        if isinstance(placed, Rejection):
            rejected.append(placed)
        else:
            facts[placed[0]].append(placed[1])
    if registry is not None and registry.verdicts:
        court = Court(registry, _index_names(entities, list_words(registry)), ontology)
        stated, facts = facts, defaultdict(list)
        while stated:
            kept, lost = court.judge(*stated.popitem())
            rejected.extend(lost)
            for triple, claim in kept:
                facts[triple].append(claim)
    fold.cache_clear()  # it has served, and what is cached amid the rest would keep whole arenas of memory from being freed
    dates = {doc: info.date if info.date and is_period(info.date) else None for doc, info in articles.items()}
    reprints = find_reprints(Copy(doc, dates[doc], info.sketch) for doc, info in articles.items())
    return Resolution(
        articles=tuple(articles[doc] for doc in sorted(articles)),
        entities=tuple(sorted(entities, key=lambda e: e.id)),
        facts=tuple(sorted(_drain(facts, dates, reprints), key=lambda f: f.id)),
        rejected=tuple(sorted(rejected, key=lambda r: (r.doc, r.triple, r.reason))),
        reprints=tuple(sorted(reprints.items())),
        merges=merges,
        unsure=unsure,
    )


def _index_names(entities: Iterable[Entity], words: frozenset[str]) -> Callable[[str], list[Bearer]]:
    """Finds the entities that bear one of the folded names `words`."""
    found: dict[str, set[Bearer]] = defaultdict(set)
    for entity in entities:
        for name, bearer in list_bearings(entity):
            if name in words:
                found[name].add(bearer)
    return lambda name: sorted(found.get(name, ()))


def list_bearings(entity: Entity) -> Iterator[tuple[str, Bearer]]:
    """Each folded name of an entity once, with how it bears it."""
    shown = fold(entity.name)
    yield shown, Bearer(False, entity.id, entity.type)
    for name in {fold(alias) for alias in entity.aliases} - {shown}:
        yield name, Bearer(True, entity.id, entity.type)


@dataclass(frozen=True, slots=True)
class Local:
    """What one article says, before it is known who is who: its things, its claims about them and what it states in vain."""

    info: ArticleInfo
    things: tuple[Thing, ...]
    claims: tuple[LocalClaim, ...]
    rejected: tuple[Rejection, ...]


def read_article(extraction: Extraction, ontology: Ontology, pool: Pool | None = None) -> Local:
    """The things and claims of one article; equal parts of them are one where a `pool` is given."""
    doc = extraction.article.id
    named = Register(doc, extraction.entities, ontology, pool)
    claims: list[LocalClaim] = []
    rejected: list[Rejection] = []
    for statement in extraction.statements:
        reason = find_fault(statement, ontology)
        head, tail = (None, None) if reason else (named.get(statement.head), named.get(statement.tail))
        if head is None or tail is None:
            rejected.append(_reject(doc, statement, reason or NAMELESS))
        elif head is tail:
            rejected.append(_reject(doc, statement, SELF))
        else:
            claims.append((head, statement.relation, tail, _claim(doc, statement)))
    tie(claims, extraction.article.date)
    return Local(extraction.article, tuple(named.things.values()), tuple(claims), tuple(rejected))


def place(claim: LocalClaim, ontology: Ontology) -> tuple[Triple, Claim] | Rejection:
    """A claim with the triple that it states, once its things know their entities."""
    head, relation, tail, said = claim
    if head.entity == tail.entity:  # a registry has made one of two that the article keeps apart
        return Rejection(said.citation.article, (head.names[0], relation, tail.names[0]), SELF)
    return put_in_order((head.entity, relation, tail.entity), ontology), said


def find_fault(statement: Statement, ontology: Ontology) -> str | None:
    """Why a statement cannot be taken; None where it can."""
    for end in (statement.head, statement.tail):
        if end.type not in ontology.entities:
            return f"unknown entity type {end.type}"
    if statement.time is not None and not is_time(statement.time):
        return "a time that is no ISO day, month, year or interval"
    return ontology.fault(statement.head.type, statement.relation, statement.tail.type, statement.status)


def make_fact(
    head: str,
    relation: str,
    tail: str,
    claims: list[Claim],
    dates: Mapping[str, str | None],
    reprints: Mapping[str, str],
) -> Fact:
    """The fact that claims make, with its history. `dates` and `reprints` are by article."""
    history = tell(claims, dates)
    if len(claims) == 1:
        confidence, sources = min(1.0 - (1.0 - claims[0].citation.confidence), MAX_CONFIDENCE), 1
    else:
        confidence, sources = _weigh(claims, reprints)
    return Fact(
        id=identify(head, relation, tail),
        head=head,
        relation=relation,
        tail=tail,
        status=history.status,
        confidence=round(confidence, 6),
        sources=sources,
        history=history.events,
        valid=history.valid,
    )


def _weigh(claims: list[Claim], reprints: Mapping[str, str]) -> tuple[float, int]:
    """How surely it is so by all claims together, and how many independent sources there are."""
    best: dict[str, float] = {}
    passages: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        doc = claim.citation.article
        passages[doc].append(claim.citation.text)
        origin = reprints.get(doc, doc)
        best[origin] = max(best.get(origin, 0.0), claim.citation.confidence)
    doubt = 1.0
    for doc in sorted(best):  # in one order, so that rounding is the same whatever came first
        doubt *= 1.0 - best[doc]
    return min(1.0 - doubt, MAX_CONFIDENCE), count_sources(passages, reprints)


class _Named(Clusters[Key, str]):
    """Clusters of names, each article by its id."""

    def leads_elsewhere(self, alias: Key, key: Key) -> bool:
        return alias in self and self.find(alias) != self.find(key) and self.is_named(alias)


class _Articles:
    """The `World` of the things of all articles and the entities that they are. It is made when it is first asked."""

    def __init__(self, things: list[Thing], entities: list[Entity]) -> None:
        self._things, self._made = things, entities

    @cached_property
    def _entities(self) -> dict[Key, str]:
        return {thing.key: thing.entity for thing in self._things}

    @cached_property
    def _names(self) -> dict[str, list[Key]]:
        names: dict[str, list[Key]] = defaultdict(list)
        for thing in self._things:
            names[thing.doc].append(thing.key)
        return names

    @cached_property
    def _shown(self) -> dict[str, str]:
        return {entity.id: entity.name for entity in self._made}

    def identify(self, keys: Iterable[Key]) -> dict[Key, str]:
        return {key: self._entities[key] for key in keys}

    def show(self, entity: str) -> str:
        return self._shown[entity]

    def list_names(self, doc: str) -> list[Key]:
        return self._names[doc]


def merge(
    things: list[Thing],
    ontology: Ontology,
    registry: Registry | None,
    matches: Iterable[Match] | None = None,
    world: World | None = None,
) -> tuple[list[Entity], Ledger]:
    """The entities that the things of all articles are; each thing learns the id of its own.

    `matches` are the names that are one by themselves, where that is known; otherwise they are looked for. `world` knows the
    articles where `things` are not all that is in them.
    """
    clusters = _Named()
    of_article: dict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        clusters.add(thing.key, thing.doc)
        of_article[thing.doc].append(thing)
    votes: dict[tuple[Key, Key], int] = defaultdict(int)
    for local in of_article.values():
        for link in find_links(local):
            votes[link] += 1
    del of_article
    names = {thing.key for thing in things} | {key for link in votes for key in link}
    coarse = {spec.coarse for spec in ontology.entities.values()}
    said = ((a, b, count) for (a, b), count in votes.items())
    ledger = settle(clusters, said, names, registry, lambda key: key, coarse, matches)
    members: dict[Key, list[Thing]] = defaultdict(list)
    for thing in things:
        members[clusters.find(thing.key)].append(thing)
    called = list_called(registry, coarse)
    entities: list[Entity] = []
    people: list[list[Thing]] = []
    rulings = list_rulings(registry)
    ruled = rulings.names
    for root, own in members.items():
        if root[1] == PERSON and (len(own) > 1 or own[0].key[0] in ruled):
            people.append(own)  # who is told by the firms
        else:
            entities.append(merge_things(own, clusters, called))
    if people:
        world = world or _Articles(things, entities)
        for own in people:
            parting = tell_apart(own, world, rulings)
            entities.extend(
                merge_things(part.things, clusters, called, mark=part.mark, labels=part.labels, firms=part.firms)
                for part in parting.parts
            )
            ledger.merges.extend(map(_pair, parting.merges))
            ledger.unsure.extend(map(_pair, parting.unsure))
    return entities, ledger


def _pair(tied: Tied) -> Pair:
    return Pair((tied.a, PERSON), (tied.b, PERSON), tied.score, tied.reason)


def _show(ledger: Ledger, things: Iterable[Thing]) -> tuple[tuple[Merge, ...], tuple[Merge, ...]]:
    """The ledger in names as articles write them."""
    wanted = {key for pair in (*ledger.merges, *ledger.unsure) for key in (pair.a, pair.b)}
    written: dict[Key, str] = {}
    for thing in things:
        for form in (*thing.names, *thing.forms):
            key = (fold(form), thing.key[1])
            if key in wanted and (key not in written or form < written[key]):
                written[key] = form
    merges, unsure = (
        tuple(Merge(written.get(p.a, p.a[0]), written.get(p.b, p.b[0]), p.a[1], p.score, p.reason) for p in pairs)
        for pairs in (ledger.merges, ledger.unsure)
    )
    return merges, unsure


def _reject(doc: str, statement: Statement, reason: str) -> Rejection:
    return Rejection(doc, (statement.head.name, statement.relation, statement.tail.name), reason)


def _claim(doc: str, statement: Statement) -> Claim:
    passage = statement.evidence
    citation = Citation(doc, passage.start, passage.end, passage.text, statement.confidence)
    return Claim(statement.status, statement.time, citation)


def _drain(
    facts: dict[tuple[str, str, str], list[Claim]], dates: Mapping[str, str | None], reprints: Mapping[str, str]
) -> Iterator[Fact]:
    while facts:
        triple, told = facts.popitem()
        yield make_fact(*triple, told, dates, reprints)
