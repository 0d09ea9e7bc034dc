"""A graph that grows: what some articles change in it, found without looking at the rest.

`resolve` is the definition: a graph grown article by article is the one that it makes of all of them. What an article can
touch is told by names. Two names have to do with each other where one is a form of a thing called by the other, where a
registry has both in one entry or where they are one by themselves (`kg.resolve.matching`). All that hangs together with a
name of the article is settled again, by the very functions that settle a whole graph; what does not hang together with it
cannot be changed by it. Facts are made again where an article that states them has changed or an end of theirs has become
another entity, and all else stays as it is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple, Protocol

from kg.history import Claim, is_period
from kg.model import ArticleInfo, Entity, Extraction, Fact, Rejection
from kg.ontology import Ontology
from kg.resolve.folding import PERSON, Key, fold, split_label
from kg.resolve.garbage import uncollected
from kg.resolve.matching import Match
from kg.resolve.merging import Local, list_bearings, make_fact, merge, place, read_article
from kg.resolve.registry import Registry, load_registry
from kg.resolve.reprints import find_changed_reprints
from kg.resolve.settling import list_keys, match_known
from kg.resolve.things import Thing, find_links, join_mentions
from kg.resolve.verdicts import Bearer, Court, Triple, list_words

Mention = tuple[str, int, tuple[str, ...]]  # entity id, times named, forms


class Told(NamedTuple):
    """What one article has by a name: the thing, and its other names that it makes known."""

    thing: Thing
    votes: tuple[str, ...] = ()


class Bearers(NamedTuple):
    """The entities that bear one name: of most names one, and where people of one name are told apart others by article."""

    entity: str | None = None
    others: Mapping[str, str] = MappingProxyType({})

    def find(self, doc: str) -> str | None:
        """The one that an article means."""
        return self.others.get(doc, self.entity)

    def list_all(self) -> set[str]:
        """The ids of all of them."""
        return {self.entity, *self.others.values()} if self.entity is not None else set()


NOBODY = Bearers()


@dataclass(slots=True)
class Name:
    """What articles have by one name. `owners` are names of whose things it is a form, with whether an article links the two."""

    things: dict[str, Told] = field(default_factory=dict)  # by article
    owners: dict[Key, bool] = field(default_factory=dict)
    bearers: Bearers = NOBODY

    @property
    def is_known(self) -> bool:
        """Whether it takes part in settling: something is called so, or linked to it."""
        return bool(self.things) or any(self.owners.values())

    def settle(self) -> None:
        """Take over which entities its things have become."""
        if not self.things:
            self.bearers = NOBODY
            return
        entity = self.things[min(self.things)].thing.entity
        others = {doc: told.thing.entity for doc, told in sorted(self.things.items()) if told.thing.entity != entity}
        self.bearers = Bearers(entity, others)

    def list_forms(self) -> dict[str, bool]:
        """Folded forms of its things, with whether an article links the two names."""
        forms: dict[str, bool] = {}
        for thing, votes in self.things.values():
            if len(thing.forms) > 1 or votes:
                for form in thing.forms:
                    folded = fold(form)
                    forms[folded] = forms.get(folded, False) or folded in votes
        return forms


def tell_things(local_things: Iterable[Thing]) -> list[Told]:
    """The things of one article as its names keep them."""
    things = list(local_things)
    votes: dict[Key, list[str]] = defaultdict(list)
    for key, alias in find_links(things):
        votes[key].append(alias[0])
    return [Told(thing, tuple(sorted(votes.get(thing.key, ())))) for thing in things]


class Ground(Protocol):
    """A graph before it grows. What is asked for and not there is left out of the answer."""

    def get_names(self, keys: Iterable[Key]) -> dict[Key, Name]: ...

    def get_bearers(self, keys: Iterable[Key]) -> dict[Key, Bearers]: ...

    def list_known(self) -> set[Key]: ...

    def list_matches(self) -> list[Match]: ...

    def get_extractions(self, docs: Iterable[str]) -> dict[str, Extraction]: ...

    def get_entities(self, ids: Iterable[str]) -> dict[str, Entity]:
        """Without their mentions."""
        ...

    def get_claims(self, triples: Iterable[Triple]) -> dict[Triple, list[Claim]]: ...

    def get_dates(self, docs: Iterable[str]) -> dict[str, str | None]: ...

    def list_probes(self) -> dict[str, Sequence[int]]:
        """By article the hashes by which its reprints are found."""
        ...

    def list_reprints(self) -> dict[str, str]: ...


class GrownArticle(NamedTuple):
    """An article whose node is made anew, with its mentions."""

    info: ArticleInfo
    reprint_of: str | None
    mentions: list[Mention]


@dataclass(slots=True)
class Growth:
    """What has to be done to a graph. Whatever is named in `dropped` and `gone` goes before the rest comes."""

    names: dict[Key, Name]  # an empty one goes
    matches: list[Match] | None = None  # None: as they are
    gone: list[str] = field(default_factory=list)  # entities
    entities: list[Entity] = field(default_factory=list)  # new or changed
    renamed: list[str] = field(default_factory=list)  # those of them that were called something else
    new_entities: int = 0
    removed: list[str] = field(default_factory=list)  # articles
    articles: list[GrownArticle] = field(default_factory=list)
    dropped: list[Triple] = field(default_factory=list)  # facts that were there, those that come again among them
    facts: list[Fact] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)  # more, or fewer, by reason


@uncollected
def grow(
    ground: Ground,
    old: Mapping[str, Extraction],
    new: Mapping[str, Extraction],
    ontology: Ontology,
    *,
    registry: Registry | None = None,
) -> Growth:
    """What changes where the articles `old` give way to the articles `new`, each by id."""
    return _Growing(ground, old, new, ontology, registry).run()


class _Growing:
    def __init__(
        self,
        ground: Ground,
        old: Mapping[str, Extraction],
        new: Mapping[str, Extraction],
        ontology: Ontology,
        registry: Registry | None,
    ) -> None:
        self._ground, self._ontology, self._registry = ground, ontology, registry
        self._changed = {*old, *new}
        self._old = {doc: read_article(said, ontology) for doc, said in old.items()}
        self._new = {doc: read_article(said, ontology) for doc, said in new.items()}
        self._sketches = {doc: said.article for doc, said in new.items()}
        self._held: dict[str, Local] = {}  # what other articles say, as far as it was asked for
        self._names: dict[Key, Name] = {}
        self._settled: set[Key] = set()
        self._made: dict[str, Entity] = {}
        self._groups = _group_names(registry, ontology)

    def run(self) -> Growth:
        seeds = self._tell_names()
        matches, seeds_of_matches = self._match()
        closed = self._close(seeds | seeds_of_matches, self._matches)
        before = {key: self._names[key].bearers for key in closed}
        entities, rows = self._settle(key for key in closed if key[1] != PERSON)
        # Who is who of one name is told by the firms that articles name, so they come first.
        self._settled, self._made = set(closed), {entity.id: entity for entity in entities}
        people = self._close_people(closed, before, rows, entities)
        before |= {key: self._names[key].bearers for key in people - closed}
        closed |= people
        persons, rows_of_people = self._settle(people)
        entities, rows = entities + persons, rows | rows_of_people
        growth = Growth({}, matches)
        moved = {key for key in closed if before[key] != self._names[key].bearers}
        full = self._changed.union(*(self._list_moved(key, before[key]) for key in moved))
        reprints, reprinted = self._find_reprints()
        full |= reprinted
        growth.gone = sorted(rows.keys() - {e.id for e in entities})
        growth.new_entities = len({e.id for e in entities} - rows.keys())
        for entity in entities:
            row = rows.get(entity.id)
            if row is None or replace(entity, mentions=()) != row:
                growth.entities.append(entity)
                if row is not None and row.name != entity.name:
                    growth.renamed.append(entity.id)
        courts = self._call_courts(closed, before, rows, entities, full)
        self._make_facts(growth, full, before, reprints, courts)
        growth.names = {key: self._names[key] for key in self._written | moved}
        growth.removed = sorted(doc for doc in self._old if doc not in self._new)
        return growth

    def _list_moved(self, key: Key, before: Bearers) -> list[str]:
        """The articles by which a name means another entity than before."""
        name = self._names[key]
        return [doc for doc in name.things if name.bearers.find(doc) != before.find(doc)]

    def _load(self, keys: Iterable[Key]) -> None:
        missing = [key for key in keys if key not in self._names]
        found = self._ground.get_names(missing)
        for key in missing:
            self._names[key] = found.get(key) or Name()

    def _tell_names(self) -> set[Key]:
        """Put the changed articles' things under their names; the names that are touched by that."""
        touched = {thing.key for local in (*self._old.values(), *self._new.values()) for thing in local.things}
        self._load(touched)
        forms_before = {key: self._names[key].list_forms() for key in touched}
        known_before = {key: self._names[key].is_known for key in touched}
        for doc, local in self._old.items():
            for thing in local.things:
                del self._names[thing.key].things[doc]
        for doc, local in self._new.items():
            for told in tell_things(local.things):
                self._names[told.thing.key].things[doc] = told
        written = set(touched)
        for key in touched:
            after = self._names[key].list_forms()
            differing = {form for form, _ in forms_before[key].items() ^ after.items()} - {key[0]}
            aliases = {(form, key[1]) for form in differing}
            self._load(aliases)
            for alias in aliases:
                known_before.setdefault(alias, self._names[alias].is_known)
                if alias[0] in after:
                    self._names[alias].owners[key] = after[alias[0]]
                else:
                    self._names[alias].owners.pop(key, None)
            written |= aliases
        self._written = written
        self._came = {key for key, known in known_before.items() if not known and self._names[key].is_known}
        self._went = {key for key, known in known_before.items() if known and not self._names[key].is_known}
        return written

    def _match(self) -> tuple[list[Match] | None, set[Key]]:
        """The names that are one by themselves, where others are now than before, and the ends of those that differ."""
        self._matches = held = self._ground.list_matches()
        if not self._came and not self._went:
            return None, set()
        whole = load_registry() if self._registry is None else load_registry().merged(self._registry)
        known = (self._ground.list_known() | self._came) - self._went
        self._matches, _ = match_known(known, whole)
        differing = set(held) ^ set(self._matches)
        if not differing and held == self._matches:
            return None, set()
        return self._matches, {key for match in differing for key in (match.a, match.b)}

    def _close(self, seeds: set[Key], matches: Iterable[Match]) -> set[Key]:
        """All names that hang together with the `seeds`."""
        pairs: dict[Key, list[Key]] = defaultdict(list)
        for match in matches:
            pairs[match.a].append(match.b)
            pairs[match.b].append(match.a)
        closed, frontier = set(seeds), set(seeds)
        while frontier:
            self._load(frontier)
            reached: set[Key] = set()
            for key in frontier:
                name = self._names[key]
                if name.is_known or name.owners:
                    reached.update((form, key[1]) for form in name.list_forms())
                    reached.update(name.owners)
                    reached.update(pairs.get(key, ()))
                reached.update(self._groups.get(key, ()))
            frontier = reached - closed
            closed |= frontier
        return closed

    def _settle(self, keys: Iterable[Key]) -> tuple[list[Entity], dict[str, Entity]]:
        """Who is who among these names, and who was; each of them learns its entities."""
        among = set(keys)
        held = self._ground.get_entities(set().union(*(self._names[key].bearers.list_all() for key in among)))
        things = [told.thing for key in sorted(among) for told in self._names[key].things.values()]
        matches = [match for match in self._matches if match.a in among and match.b in among]
        entities, _ = merge(things, self._ontology, self._registry, matches, self)
        for key in among:
            self._names[key].settle()
        return entities, held

    def _close_people(
        self,
        closed: set[Key],
        before: Mapping[Key, Bearers],
        rows: Mapping[str, Entity],
        entities: Iterable[Entity],
    ) -> set[Key]:
        """The names of people among the `closed`, and of those whom articles name beside something that is now another."""
        renamed = {e.id for e in entities if e.id in rows and rows[e.id].name != e.name}
        docs: set[str] = set()
        for key, bearers in before.items():
            name = self._names[key]
            if name.bearers.list_all() & renamed:
                docs.update(name.things)
            elif name.bearers != bearers:
                docs.update(self._list_moved(key, bearers))
        beside = {key for doc in docs for key in self.list_names(doc) if key[1] == PERSON}
        people = {key for key in closed if key[1] == PERSON}
        return people | self._close(beside - people, self._matches)

    def identify(self, keys: Iterable[Key]) -> dict[Key, str]:
        """As `World` has it."""
        wanted = set(keys)
        known = {key: self._names[key].bearers for key in wanted if key in self._settled}
        known |= self._ground.get_bearers(wanted - known.keys())
        return {key: bearers.entity for key, bearers in known.items() if bearers.entity is not None}

    def show(self, entity: str) -> str:
        """As `World` has it."""
        if entity not in self._made:
            self._made |= self._ground.get_entities([entity])
        return self._made[entity].name

    def list_names(self, doc: str) -> list[Key]:
        """As `World` has it."""
        return [thing.key for thing in self._read(doc).things]

    def _read(self, doc: str) -> Local:
        """What an article says now."""
        if doc not in self._new and doc not in self._held:
            [said] = self._ground.get_extractions([doc]).values()
            self._held[doc] = read_article(said, self._ontology)
        return self._new.get(doc) or self._held[doc]

    def _find_reprints(self) -> tuple[dict[str, str], set[str]]:
        """All reprints with their origins, and the articles whose origin is another than before."""
        held = self._ground.list_reprints()
        return find_changed_reprints(
            self._ground.list_probes(), held, set(self._old), list(self._sketches.values()), self._list_infos
        )

    def _list_infos(self, docs: Iterable[str]) -> list[ArticleInfo]:
        return [said.article for said in self._ground.get_extractions(docs).values()]

    def _call_courts(
        self,
        closed: set[Key],
        before: Mapping[Key, Bearers],
        rows: Mapping[str, Entity],
        entities: list[Entity],
        full: set[str],
    ) -> tuple[Court, Court]:
        """The verdicts on the facts as they were and as they are; articles that state what they now see otherwise become `full`."""
        registry = self._registry
        words = list_words(registry)
        if registry is None or not words:
            nobody = Court(None, lambda _: (), self._ontology)
            return nobody, nobody
        kinds = {spec.coarse for spec in self._ontology.entities.values()}
        named = {*words, *(fold(split_label(word)[0]) for word in words)}
        around = self._close({(word, kind) for word in named for kind in kinds}, self._matches)
        outside = around - closed
        others = self._ground.get_entities(set().union(*(self._names[key].bearers.list_all() for key in outside)))
        was = _list_bearers((*others.values(), *rows.values()), words)
        now = _list_bearers((*others.values(), *entities), words)
        for verdict in registry.verdicts:
            heads, others_named = fold(verdict.head), {fold(verdict.head), fold(verdict.tail)}
            if verdict.becomes is not None:
                others_named |= {fold(name) for name in (verdict.becomes.head, verdict.becomes.tail) if name}
            if any(was.get(word) != now.get(word) for word in others_named):
                ids = {bearer.id for bearer in (*was.get(heads, ()), *now.get(heads, ()))}
                bearers = {key: self._names[key].bearers.list_all() for key in around}
                keys = [key for key in around if ids & (bearers[key] | before.get(key, NOBODY).list_all())]
                full.update(doc for key in keys for doc in self._names[key].things)
        return (
            Court(registry, lambda word: was.get(word, []), self._ontology),
            Court(registry, lambda word: now.get(word, []), self._ontology),
        )

    def _make_facts(
        self,
        growth: Growth,
        full: set[str],
        before: Mapping[Key, Bearers],
        reprints: Mapping[str, str],
        courts: tuple[Court, Court],
    ) -> None:
        missing = self._ground.get_extractions(full - self._changed - self._held.keys())
        self._held |= {doc: read_article(said, self._ontology) for doc, said in missing.items()}
        for doc in full - self._changed:
            self._old[doc] = self._new[doc] = self._held[doc]
        keys = {thing.key for local in (*self._old.values(), *self._new.values()) for thing in local.things}
        outside = self._ground.get_bearers(keys - before.keys())
        now_borne = {key: self._names[key].bearers for key in before} | outside
        was, rejected_before = self._judge(self._old.values(), {**outside, **before}, courts[0])
        now, rejected = self._judge(self._new.values(), now_borne, courts[1])
        touched = was.keys() | now.keys()
        held = self._ground.get_claims(touched)
        told: dict[Triple, list[Claim]] = {}
        for triple in touched:
            kept = [claim for claim in held.get(triple, ()) if claim.citation.article not in full]
            told[triple] = kept + now.get(triple, [])
        growth.dropped = sorted(held)
        docs = {claim.citation.article for claims in told.values() for claim in claims}
        dates = self._ground.get_dates(docs - full)
        dates.update((doc, local.info.date) for doc, local in self._new.items())
        days = {doc: date if date and is_period(date) else None for doc, date in dates.items()}
        growth.facts = [make_fact(*triple, claims, days, reprints) for triple, claims in told.items() if claims]
        growth.facts.sort(key=lambda fact: fact.id)
        growth.rejected = Counter(r.reason for r in rejected)
        growth.rejected.subtract(r.reason for r in rejected_before)
        for doc in sorted(full & self._new.keys()):
            local = self._new[doc]
            growth.articles.append(GrownArticle(local.info, reprints.get(doc), _list_mentions(local)))

    def _judge(
        self, locals_: Iterable[Local], bearers: Mapping[Key, Bearers], court: Court
    ) -> tuple[dict[Triple, list[Claim]], list[Rejection]]:
        """The claims of articles by what they state, where names have these bearers."""
        stated: dict[Triple, list[Claim]] = defaultdict(list)
        rejected: list[Rejection] = []
        for local in locals_:
            rejected.extend(local.rejected)
            for thing in local.things:
                thing.entity = bearers.get(thing.key, NOBODY).find(thing.doc) or ""
            for claim in local.claims:
                placed = place(claim, self._ontology)
                if isinstance(placed, Rejection):
                    rejected.append(placed)
                else:
                    stated[placed[0]].append(placed[1])
        told: dict[Triple, list[Claim]] = defaultdict(list)
        for triple, claims in stated.items():
            kept, lost = court.judge(triple, claims)
            rejected.extend(lost)
            for other, said in kept:
                told[other].append(said)
        return told, rejected


def _list_mentions(local: Local) -> list[Mention]:
    by_entity: dict[str, list[Thing]] = defaultdict(list)
    for thing in local.things:
        by_entity[thing.entity].append(thing)
    return [
        (entity, count, forms)
        for entity, things in sorted(by_entity.items())
        for _, count, forms in join_mentions(sorted(things, key=lambda t: t.key))
    ]


def _list_bearers(entities: Iterable[Entity], words: frozenset[str]) -> dict[str, list[Bearer]]:
    found: dict[str, set[Bearer]] = defaultdict(set)
    for entity in entities:
        for name, bearer in list_bearings(entity):
            if name in words:
                found[name].add(bearer)
    return {word: sorted(bearers) for word, bearers in found.items()}


def _group_names(registry: Registry | None, ontology: Ontology) -> dict[Key, set[Key]]:
    """By name those that share an entry of a registry with it."""
    kinds = sorted({spec.coarse for spec in ontology.entities.values()})
    groups: dict[Key, set[Key]] = defaultdict(set)
    for entry in (*load_registry().entries, *(registry.entries if registry else ())):
        for kind in (entry.coarse,) if entry.coarse else kinds:
            keys = set(list_keys(entry, kind))
            for key in keys:
                groups[key] |= keys
    return groups
