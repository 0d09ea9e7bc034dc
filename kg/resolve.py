"""What many articles state, merged into entities and facts.

Within an article the extractor has decided which names are one thing. Across articles two things are one where they share
a coarse type and a canonical name or alias, as folded by `fold`. One limit guards this: what a single article keeps apart
stays apart, so an alias that would bridge two of its things is not followed.

The result depends on what the articles say, never on the order in which they come, and costs nearly linear time.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from kg.errors import UsageError
from kg.history import Claim, is_period, is_time, tell
from kg.model import (
    ArticleInfo,
    Citation,
    Entity,
    Extraction,
    Fact,
    NamedEntity,
    Rejection,
    Resolution,
    Statement,
)
from kg.ontology import Ontology

# Grows when the same extractions would resolve to something else: a store that an older version derived is derived anew.
DERIVATION = 1

# However many articles agree, all may copy one mistake: no fact is certain.
MAX_CONFIDENCE = 0.999

_IGNORED = frozenset("\"'`´‘’‚‛“”„‟«»‹›「」『』〝〞〟《》〈〉()[]{}【】〔〕〖〗〘〙〚〛⟨⟩")  # after NFKC

T = TypeVar("T")

Key = tuple[str, str]  # folded name, coarse type


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The form under which names are compared: NFKC, case folded, without quotes, brackets, blanks and invisible signs."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in plain if c not in _IGNORED and not c.isspace() and unicodedata.category(c) not in _UNSEEN)


_UNSEEN = frozenset({"Cc", "Cf"})


def identify(*parts: str) -> str:
    """A stable id, 16 hexadecimal digits: entities by folded canonical name and coarse type, facts by their triple."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:16]


def resolve(extractions: Iterable[Extraction], ontology: Ontology) -> Resolution:
    """Merge extractions, read once and lazily, each article's id at most once (else UsageError).

    Articles, entities and facts come in the order of their ids. `rejected` holds the statements that could not be taken:
    ends that are one entity, nameless or of an unknown type, relations and statuses that the ontology rules out for the
    types that the article itself gives, times that are none. What the extractor rejected before is not repeated there.
    An entity's type is the one that most articles give it. `sources` counts the articles of a fact.
    """
    articles: dict[str, ArticleInfo] = {}
    things: list[_Thing] = []
    claims: list[tuple[_Thing, str, _Thing, Claim]] = []
    rejected: list[Rejection] = []
    pool = _Pool()
    for extraction in extractions:
        doc = extraction.article.id
        if doc in articles:
            raise UsageError(f"article {doc!r} comes twice; keep one of the two, or give them ids of their own")
        articles[doc] = extraction.article
        named = _Register(doc, extraction.entities, ontology, pool)
        for statement in extraction.statements:
            reason = _fault(statement, ontology)
            head, tail = (None, None) if reason else (named.get(statement.head), named.get(statement.tail))
            if head is None or tail is None:
                rejected.append(_reject(doc, statement, reason or "an end without a name"))
            elif head is tail:
                rejected.append(_reject(doc, statement, "head and tail are one entity"))
            else:
                claims.append((head, statement.relation, tail, _claim(doc, statement)))
        things.extend(named.things.values())

    entities = _merge(things)
    # What has been used is let go: of many articles the things and claims are as large as the graph that they become.
    things.clear()
    del pool
    facts: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    while claims:
        head, relation, tail, claim = claims.pop()
        ends = (head.entity, tail.entity)  # two of one article, so never the same
        if ontology.relation(relation).symmetric and ends[0] > ends[1]:
            ends = (ends[1], ends[0])
        facts[ends[0], relation, ends[1]].append(claim)
    fold.cache_clear()  # it has served, and what is cached amid the rest would keep whole arenas of memory from being freed
    dates = {doc: info.date if info.date and is_period(info.date) else None for doc, info in articles.items()}
    return Resolution(
        articles=tuple(articles[doc] for doc in sorted(articles)),
        entities=tuple(sorted(entities, key=lambda e: e.id)),
        facts=tuple(sorted(_drain(facts, dates), key=lambda f: f.id)),
        rejected=tuple(sorted(rejected, key=lambda r: (r.doc, r.triple, r.reason))),
    )


def _drain(facts: dict[tuple[str, str, str], list[Claim]], dates: Mapping[str, str | None]) -> Iterator[Fact]:
    while facts:
        triple, told = facts.popitem()
        yield _fact(*triple, told, dates)


@dataclass(slots=True, eq=False)
class _Thing:
    """An entity as one article knows it. `entity` is the id of the merged one, once that is known.

    There is one for every entity of every article, so short tuples stand where sets would do, and equal ones are one.
    """

    doc: str
    key: Key
    names: tuple[str, ...] = ()  # given as its name there; several where they fold to one
    forms: tuple[str, ...] = ()  # names and aliases
    types: tuple[str, ...] = ()  # as often as given
    count: int = 0
    entity: str = ""

    def add(self, entity: NamedEntity, pool: "_Pool") -> None:
        if entity.name not in self.names:
            self.names = pool.share((*self.names, entity.name))
        new = tuple(form for form in dict.fromkeys(entity.names) if form not in self.forms and fold(form))
        if new:
            self.forms = pool.share(self.forms + new)
        self.types = pool.share((*self.types, entity.type))
        self.count = max(self.count, entity.count)

    @property
    def type(self) -> str:
        return min(self.types, key=lambda t: (-self.types.count(t), t))


class _Pool:
    """Gives for a tuple the equal one that was there first."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def share(self, item: T) -> T:
        return cast(T, self._known.setdefault(item, item))


class _Register:
    """The things of one article by name. An end of a statement may go by an alias of exactly one declared entity."""

    def __init__(
        self, doc: str, declared: Iterable[NamedEntity], ontology: Ontology, pool: _Pool | None = None
    ) -> None:
        self.things: dict[Key, _Thing] = {}
        self._doc = doc
        self._ontology = ontology
        self._pool = pool or _Pool()
        for entity in declared:
            if entity.type in ontology.entities and fold(entity.name):
                self._enter(entity)
        owners: dict[Key, set[Key]] = defaultdict(set)
        for key, thing in self.things.items():
            for form in thing.forms:
                owners[fold(form), key[1]].add(key)
        self._aliases = {alias: next(iter(keys)) for alias, keys in owners.items() if len(keys) == 1}

    def get(self, end: NamedEntity) -> "_Thing | None":
        """The thing that a statement's end is; None for one without a name."""
        if not fold(end.name):
            return None
        key = self._key(end)
        owner = self._aliases.get(key)
        if key not in self.things and owner is not None:
            return self.things[owner]
        return self._enter(end)

    def _key(self, entity: NamedEntity) -> Key:
        return self._pool.share((fold(entity.name), self._ontology.coarse(entity.type)))

    def _enter(self, entity: NamedEntity) -> _Thing:
        key = self._key(entity)
        thing = self.things.get(key)
        if thing is None:
            thing = self.things[key] = _Thing(self._doc, key)
        thing.add(entity, self._pool)
        return thing


def _fault(statement: Statement, ontology: Ontology) -> str | None:
    for end in (statement.head, statement.tail):
        if end.type not in ontology.entities:
            return f"unknown entity type {end.type}"
    if statement.time is not None and not is_time(statement.time):
        return "a time that is no ISO day, month, year or interval"
    return ontology.fault(statement.head.type, statement.relation, statement.tail.type, statement.status)


def _reject(doc: str, statement: Statement, reason: str) -> Rejection:
    return Rejection(doc, (statement.head.name, statement.relation, statement.tail.name), reason)


def _claim(doc: str, statement: Statement) -> Claim:
    passage = statement.evidence
    citation = Citation(doc, passage.start, passage.end, passage.text, statement.confidence)
    return Claim(statement.status, statement.time, citation)


def _fact(head: str, relation: str, tail: str, claims: list[Claim], dates: Mapping[str, str | None]) -> Fact:
    history = tell(claims, dates)
    best: dict[str, float] = {}
    for claim in claims:
        doc = claim.citation.article
        best[doc] = max(best.get(doc, 0.0), claim.citation.confidence)
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
        sources=len(best),
        history=history.events,
        valid=history.valid,
    )


class _Clusters:
    """Union-find over keys that knows which articles have a thing in each cluster, and refuses to join two of one."""

    def __init__(self) -> None:
        self._parent: dict[Key, Key] = {}
        self._docs: dict[Key, set[str]] = {}

    def add(self, key: Key, doc: str | None = None) -> None:
        if key not in self._parent:
            self._parent[key] = key
            self._docs[key] = set()
        if doc is not None:
            self._docs[key].add(doc)  # only before the first join, when each key is its own root

    def find(self, key: Key) -> Key:
        root = key
        while (parent := self._parent[root]) != root:
            root = parent
        while (parent := self._parent[key]) != root:
            self._parent[key], key = root, parent
        return root

    def join(self, a: Key, b: Key) -> bool:
        a, b = self.find(a), self.find(b)
        if a == b:
            return True
        small, large = sorted((a, b), key=lambda root: (len(self._docs[root]), root))
        if not self._docs[small].isdisjoint(self._docs[large]):
            return False
        self._parent[small] = large
        self._docs[large] |= self._docs.pop(small)
        return True

    def __contains__(self, key: Key) -> bool:
        return key in self._parent

    def is_named(self, key: Key) -> bool:
        """Whether some article has a thing in the key's cluster."""
        return bool(self._docs[self.find(key)])


def _merge(things: list[_Thing]) -> list[Entity]:
    """The entities that the things of all articles are; each thing learns the id of its own."""
    clusters = _Clusters()
    links: dict[tuple[Key, Key], int] = defaultdict(int)  # name, alias -> articles that give the named thing this alias
    of_article: dict[str, list[_Thing]] = defaultdict(list)
    for thing in things:
        clusters.add(thing.key, thing.doc)
        of_article[thing.doc].append(thing)
    for local in of_article.values():
        aliases = [(thing.key, {(fold(form), thing.key[1]) for form in thing.forms} - {thing.key}) for thing in local]
        claimed: dict[Key, int] = defaultdict(int)
        for _, own in aliases:
            for alias in own:
                claimed[alias] += 1
        for key, own in aliases:
            # A form that one article gives to two things says nothing about either elsewhere.
            for alias in own:
                if claimed[alias] == 1:
                    links[key, alias] += 1
    for link in links:
        clusters.add(link[1])
    for key, alias in sorted(links, key=lambda link: (-links[link], link)):
        clusters.join(key, alias)

    members: dict[Key, list[_Thing]] = defaultdict(list)
    for thing in things:
        members[clusters.find(thing.key)].append(thing)
    return [_entity(members[root], clusters) for root in members]


def _entity(things: list[_Thing], clusters: _Clusters) -> Entity:
    things.sort(key=lambda t: t.doc)
    coarse = things[0].key[1]
    root = clusters.find(things[0].key)
    as_name: dict[str, int] = defaultdict(int)
    as_form: dict[str, int] = defaultdict(int)
    mentions: dict[str, int] = defaultdict(int)
    types: dict[str, int] = defaultdict(int)
    for thing in things:
        for name in thing.names:
            as_name[name] += 1
        for form in thing.forms:
            as_form[form] += 1
            mentions[form] += thing.count
        types[thing.type] += 1
    name = min(as_name, key=lambda n: (-as_name[n], -as_form[n], -mentions[n], -len(n), n))
    entity_id = identify(fold(name), coarse)
    for thing in things:
        thing.entity = entity_id
    return Entity(
        id=entity_id,
        name=name,
        type=min(types, key=lambda t: (-types[t], t)),
        aliases=tuple(sorted(f for f in as_form if f != name and not _is_others((fold(f), coarse), root, clusters))),
        mentions=tuple((t.doc, t.count, t.forms if len(t.forms) == 1 else tuple(sorted(t.forms))) for t in things),
    )


def _is_others(alias: Key, root: Key, clusters: _Clusters) -> bool:
    """Whether an alias, whose link was refused, is the name of another entity: then it leads there alone."""
    return alias in clusters and clusters.find(alias) != root and clusters.is_named(alias)
