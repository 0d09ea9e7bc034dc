"""Entities as one article knows them, and as all articles together do."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from kg.model import Entity, NamedEntity
from kg.ontology import Ontology
from kg.resolve.folding import Key, fold, identify
from kg.resolve.settling import Called

T = TypeVar("T")

_SHARED = 16  # types: longer runs of them are of one thing alone, and a pool would keep each of their beginnings


class Post(NamedTuple):
    """That a person works for, or founded, an organisation; `day` is the first of its time, or the article's ("": unknown)."""

    at: Key
    status: str
    day: str


class Ties(NamedTuple):
    """What one article says of a person that may tell which of its name it is. Each in order, once."""

    posts: tuple[Post, ...] = ()
    roles: tuple[str, ...] = ()  # folded
    others: tuple[Key, ...] = ()  # who and what else it has to do with


def read_ties(written: Iterable[Iterable[Any]]) -> Ties:
    """Ties that were written as JSON, which has lists alone."""
    posts, roles, others = written
    return Ties(
        tuple(Post((at[0], at[1]), status, day) for at, status, day in posts),
        tuple(roles),
        tuple((name, coarse) for name, coarse in others),
    )


@dataclass(slots=True, eq=False)
class Thing:
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
    ties: Ties | None = None  # of people

    def add(self, entity: NamedEntity, pool: "Pool") -> None:
        if not self.forms and not entity.aliases:  # as most are, and it has a name
            self.names = self.forms = pool.share((entity.name,))
            self.types = pool.share((entity.type,))
            self.count = max(0, entity.count)
            return
        if entity.name not in self.names:
            self.names = pool.share((*self.names, entity.name))
        if entity.aliases or entity.name not in self.forms:
            new = [form for form in entity.names if form not in self.forms and fold(form)]
            self.forms = pool.share(self.forms + tuple(dict.fromkeys(new)))
        self.types = (*self.types, entity.type)
        if len(self.types) <= _SHARED:
            self.types = pool.share(self.types)
        if entity.count > self.count:
            self.count = entity.count

    @property
    def type(self) -> str:
        if len(self.types) == 1:
            return self.types[0]
        return min(set(self.types), key=lambda t: (-self.types.count(t), t))


class Pool:
    """Gives for a tuple the equal one that was there first."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def share(self, item: T) -> T:
        known: T = self._known.setdefault(item, item)
        return known


class Register:
    """The things of one article by name. An end of a statement may go by an alias of exactly one declared entity."""

    def __init__(self, doc: str, declared: Iterable[NamedEntity], ontology: Ontology, pool: Pool | None = None) -> None:
        self.things: dict[Key, Thing] = {}
        self._doc = doc
        self._ontology = ontology
        self._pool = pool or Pool()
        self._keys: dict[tuple[str, str], Key] = {}  # by name and type; most come again
        for entity in declared:
            if entity.type in ontology.entities and fold(entity.name):
                self._enter(entity, self._key(entity))
        owners: dict[Key, set[Key]] = defaultdict(set)
        for key, thing in self.things.items():
            if len(thing.forms) == 1:
                owners[key].add(key)
                continue
            for form in thing.forms:
                owners[fold(form), key[1]].add(key)
        self._aliases = {alias: next(iter(keys)) for alias, keys in owners.items() if len(keys) == 1}

    def get(self, end: NamedEntity) -> Thing | None:
        """The thing that a statement's end is; None for one without a name."""
        key = self._key(end)
        if not key[0]:
            return None
        if key not in self.things:
            owner = self._aliases.get(key)
            if owner is not None:
                return self.things[owner]
        return self._enter(end, key)

    def _key(self, entity: NamedEntity) -> Key:
        said = (entity.name, entity.type)
        key = self._keys.get(said)
        if key is None:
            key = self._keys[said] = self._pool.share((fold(entity.name), self._ontology.coarse(entity.type)))
        return key

    def _enter(self, entity: NamedEntity, key: Key) -> Thing:
        thing = self.things.get(key)
        if thing is None:
            thing = self.things[key] = Thing(self._doc, key)
        thing.add(entity, self._pool)
        return thing


def find_links(things: Iterable[Thing]) -> list[tuple[Key, Key]]:
    """(name, alias) pairs that an article makes. A form that it gives to two things says nothing about either elsewhere."""
    aliases = [(t.key, {(fold(form), t.key[1]) for form in t.forms} - {t.key}) for t in things if len(t.forms) > 1]
    claimed: dict[Key, int] = defaultdict(int)
    for _, own in aliases:
        for alias in own:
            claimed[alias] += 1
    return [(key, alias) for key, own in aliases for alias in own if claimed[alias] == 1]


class Joined(Protocol):
    """What an entity asks of the clusters: where a name leads."""

    def leads_elsewhere(self, alias: Key, key: Key) -> bool:
        """Whether `alias` is the name of another entity than the one that `key` is of."""
        ...


def merge_things(
    things: list[Thing],
    joined: Joined,
    called: Called,
    *,
    mark: str = "",
    labels: Iterable[str] = (),
    firms: Collection[str] = (),
) -> Entity:
    """The entity that the things of one cluster are; each thing learns its id.

    `called` gives the name to show for a key that a registry has, whatever articles call it most; ids stay. `mark` tells
    it in its id from others of its name, and by the `labels` it can be asked for. `firms` as in `Called.find_ids`.
    """
    first = things[0]
    if not mark and len(things) == 1 and len(first.forms) == 1 and not called.knows(first.key):
        # Most of all things: one article has one name for it, and no registry knows more.
        first.entity = identify(*first.key)
        mentions_of_one = ((first.doc, first.count, first.forms),)
        return Entity(first.entity, first.names[0], first.type, mentions=mentions_of_one)
    things.sort(key=lambda t: (t.doc, t.key))
    key = things[0].key
    coarse = key[1]
    as_name: dict[str, int] = defaultdict(int)
    as_form: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    types: dict[str, int] = defaultdict(int)
    for thing in things:
        for name in thing.names:
            as_name[name] += 1
        for form in thing.forms:
            as_form[form] += 1
            counts[form] += thing.count
        types[thing.type] += 1
    usual = min(as_name, key=lambda n: (-as_name[n], -as_form[n], -counts[n], -len(n), n))
    entity_id = identify(fold(usual), coarse, mark) if mark else identify(fold(usual), coarse)
    for thing in things:
        thing.entity = entity_id
    forms = {*as_form, *(name for form in as_form for name in called.also.get((fold(form), coarse), ()))}
    own = sorted(form for form in forms if not joined.leads_elsewhere((fold(form), coarse), key))
    shown = next((called.shown[k] for form in (usual, *own) if (k := (fold(form), coarse)) in called.shown), usual)
    return Entity(
        id=entity_id,
        name=shown,
        type=min(types, key=lambda t: (-types[t], t)),
        aliases=tuple(form for form in sorted({*own, usual, *labels}) if form != shown),
        mentions=join_mentions(things),
        ids=called.find_ids(((fold(form), coarse) for form in own), firms, shared=bool(mark)),
    )


def join_mentions(things: Iterable[Thing]) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """How often and by which forms each article mentions the entity that these things are."""
    mentions: dict[str, tuple[str, int, tuple[str, ...]]] = {}
    for thing in things:
        own_forms = thing.forms if len(thing.forms) == 1 else tuple(sorted(thing.forms))
        if thing.doc in mentions:  # a registry has made one of two
            _, count, others = mentions[thing.doc]
            mentions[thing.doc] = (thing.doc, count + thing.count, tuple(sorted({*others, *own_forms})))
        else:
            mentions[thing.doc] = (thing.doc, thing.count, own_forms)
    return tuple(mentions.values())
