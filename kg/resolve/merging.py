"""What many articles state, merged: the whole way from extractions to entities and facts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kg.errors import UsageError
from kg.history import Claim, is_period, is_time, tell
from kg.model import ArticleInfo, Citation, Entity, Extraction, Fact, Merge, Rejection, Resolution, Statement
from kg.ontology import Ontology, load_ontology
from kg.resolve.clusters import Clusters
from kg.resolve.folding import Key, fold, identify
from kg.resolve.registry import Registry, Verdict
from kg.resolve.reprints import Copy, count_sources, find_reprints
from kg.resolve.settling import Ledger, list_called, settle
from kg.resolve.things import Pool, Register, Thing, find_links, merge_things

# However many articles agree, all may copy one mistake: no fact is certain.
MAX_CONFIDENCE = 0.999

SELF = "head and tail are one entity"


def resolve(extractions: Iterable[Extraction], ontology: Ontology, *, registry: Registry | None = None) -> Resolution:
    """Merge extractions, read once and lazily, each article's id at most once (else UsageError).

    Articles, entities and facts come in the order of their ids. `rejected` holds the statements that could not be taken:
    ends that are one entity, nameless or of an unknown type, relations and statuses that the ontology rules out for the
    types that the article itself gives, times that are none. What the extractor rejected before is not repeated there.
    An entity's type is the one that most articles give it. `sources` counts the articles of a fact that are no copies of
    one another. `registry` holds what the user has settled, beside the registry that ships. `merges` tells why names were
    joined, `unsure` which may be one and were not.
    """
    articles: dict[str, ArticleInfo] = {}
    things: list[Thing] = []
    claims: list[tuple[Thing, str, Thing, Claim]] = []
    rejected: list[Rejection] = []
    pool = Pool()
    for extraction in extractions:
        doc = extraction.article.id
        if doc in articles:
            raise UsageError(f"article {doc!r} comes twice; keep one of the two, or give them ids of their own")
        articles[doc] = extraction.article
        named = Register(doc, extraction.entities, ontology, pool)
        for statement in extraction.statements:
            reason = find_fault(statement, ontology)
            head, tail = (None, None) if reason else (named.get(statement.head), named.get(statement.tail))
            if head is None or tail is None:
                rejected.append(_reject(doc, statement, reason or "an end without a name"))
            elif head is tail:
                rejected.append(_reject(doc, statement, SELF))
            else:
                claims.append((head, statement.relation, tail, _claim(doc, statement)))
        things.extend(named.things.values())

    entities, ledger = _merge(things, ontology, registry)
    merges, unsure = _show(ledger, things)
    # What has been used is let go: of many articles the things and claims are as large as the graph that they become.
    things.clear()
    del pool
    facts: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    while claims:
        head, relation, tail, claim = claims.pop()
        ends = (head.entity, tail.entity)
        if ends[0] == ends[1]:  # a registry has made one of two that the article keeps apart
            rejected.append(Rejection(claim.citation.article, (head.names[0], relation, tail.names[0]), SELF))
            continue
        if ontology.relation(relation).symmetric and ends[0] > ends[1]:
            ends = (ends[1], ends[0])
        facts[ends[0], relation, ends[1]].append(claim)
    for verdict, triple in _find_rejected(entities, facts, registry):
        why = f"rejected by your registry{f': {verdict.because}' if verdict.because else ''}"
        docs = sorted({claim.citation.article for claim in facts.pop(triple)})
        rejected.extend(Rejection(doc, (verdict.head, verdict.relation, verdict.tail), why) for doc in docs)
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


def _find_rejected(
    entities: Iterable[Entity], facts: Iterable[tuple[str, str, str]], registry: Registry | None
) -> list[tuple[Verdict, tuple[str, str, str]]]:
    """The facts that a person rejects, by any names of their ends."""
    if registry is None or not registry.verdicts:
        return []
    wanted = {fold(name) for v in registry.verdicts for name in (v.head, v.tail)}
    ids: dict[str, set[str]] = defaultdict(set)
    for entity in entities:
        for name in (entity.name, *entity.aliases):
            if (folded := fold(name)) in wanted:
                ids[folded].add(entity.id)
    known = set(facts)
    found: dict[tuple[str, str, str], Verdict] = {}
    for verdict in registry.verdicts:
        for head in ids[fold(verdict.head)]:
            for tail in ids[fold(verdict.tail)]:
                for triple in ((head, verdict.relation, tail), (tail, verdict.relation, head)):
                    if triple in known and (triple[0] == head or _is_symmetric(verdict.relation)):
                        found[triple] = verdict
    return [(verdict, triple) for triple, verdict in sorted(found.items(), key=lambda row: row[0])]


def _is_symmetric(relation: str) -> bool:
    return load_ontology().relation(relation).symmetric


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
    return Fact(
        id=identify(head, relation, tail),
        head=head,
        relation=relation,
        tail=tail,
        status=history.status,
        confidence=round(min(1.0 - doubt, MAX_CONFIDENCE), 6),
        sources=count_sources(passages, reprints),
        history=history.events,
        valid=history.valid,
    )


class _Named(Clusters[Key, str]):
    """Clusters of names, each article by its id."""

    def leads_elsewhere(self, alias: Key, key: Key) -> bool:
        return alias in self and self.find(alias) != self.find(key) and self.is_named(alias)


def _merge(things: list[Thing], ontology: Ontology, registry: Registry | None) -> tuple[list[Entity], Ledger]:
    """The entities that the things of all articles are; each thing learns the id of its own."""
    clusters = _Named()
    of_article: dict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        clusters.add(thing.key, thing.doc)
        of_article[thing.doc].append(thing)
    votes: dict[tuple[Key, Key], int] = defaultdict(int)
    for local in of_article.values():
        for link in find_links(local):
            votes[link] += 1
    names = {thing.key for thing in things} | {key for link in votes for key in link}
    coarse = {spec.coarse for spec in ontology.entities.values()}
    said = ((a, b, count) for (a, b), count in votes.items())
    ledger = settle(clusters, said, names, registry, lambda key: key, coarse)
    members: dict[Key, list[Thing]] = defaultdict(list)
    for thing in things:
        members[clusters.find(thing.key)].append(thing)
    called = list_called(registry, coarse)
    return [merge_things(members[root], clusters, called) for root in members], ledger


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
