"""People of one name: which articles mean one person, and which another.

Articles that use one name mean one person until they give it posts at firms that nothing ties to each other. Firms are
tied where an article gives posts at both, where the person has to do with the same things and people, where the firms
bear one name (京东, 京东物流), where the articles on one name the other, where a post ends before the other begins, and
where title and company agree. An article that gives no post goes with the firm that it names, or to the people that it
names beside the person; where that does not tell, it stays apart.

Whatever is left apart is an entity of its own, which can be asked for as 王伟@京东; a registry settles it by these names.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, pairwise
from typing import Any, NamedTuple, Protocol

from kg.history import Claim, first_day, is_period
from kg.resolve.clusters import Clusters
from kg.resolve.firms import parse_firms
from kg.resolve.folding import AT, PERSON, Key, fold, split_label
from kg.resolve.registry import Registry
from kg.resolve.scripts import spell_all
from kg.resolve.things import Post, Thing, Ties

POSTS = frozenset({"WORKS_FOR", "FOUNDED"})  # the relations that say where a person works
_TITLE = "HOLDS_POSITION"
_PASSING = frozenset({"JOINS", "REGULATES"})  # what many have in common: a conference, a court
_SAYING_LITTLE = frozenset({"Role", "Category", "Place"})

# What a name that stands beside a person tells of who it is. Set by hand, so that one firm of renown says nothing, and
# title and a colleague, or two colleagues, are enough.
_WEIGHTS = {PERSON: 0.4, "Product": 0.25, "Program": 0.25, "Org": 0.15}
_WEIGHT_OF_TITLE = 0.35
_ENOUGH = 0.75  # to join what posts keep apart under a name of two characters, of which many people have the same
_ENOUGH_OF_RARE = 0.15  # and under a longer one
_SOME = 0.4  # to give an article without a post to a person, by so much more than to another:
_LEAD = 0.2
_WEIGHT_OF_FIRM = 1.0

# Months that may lie between the end of a post and the beginning of the next; below 0 for ends told by the year alone.
_GAP = (-12, 24)

# Persons of one name up to which a reviewer is asked of each pair; of more, whether one is the one before by date.
_EACH_WITH_EACH = 10

LocalClaim = tuple[Thing, str, Thing, Claim]


def tie(claims: Iterable[LocalClaim], date: str | None) -> None:
    """Let the people of an article of this date know what its claims tie them to."""
    posts: dict[Key, set[Post]] = defaultdict(set)
    roles: dict[Key, set[str]] = defaultdict(set)
    others: dict[Key, set[Key]] = defaultdict(set)
    people: dict[Key, Thing] = {}
    for head, relation, tail, said in claims:
        for person, other in ((head, tail), (tail, head)):
            key = person.key
            if key[1] != PERSON:
                continue
            people[key] = person
            if relation == _TITLE:
                roles[key].add(other.key[0])
            elif relation in POSTS and person is head and other.key[1] != PERSON and said.status != "denied":
                time = said.time or (date if date and is_period(date) else "")
                posts[key].add(Post(other.key, said.status, first_day(time) if time else ""))
            elif relation not in _PASSING and other.key[1] not in _SAYING_LITTLE:
                others[key].add(other.key)
    for key, person in people.items():
        ties = Ties(tuple(sorted(posts[key])), tuple(sorted(roles[key])), tuple(sorted(others[key])))
        person.ties = ties if any(ties) else None


class World(Protocol):
    """What is known of the articles and of everything in them that is no person."""

    def identify(self, keys: Iterable[Key]) -> Mapping[Key, str]:
        """The entities of names that are no people's."""
        ...

    def show(self, entity: str) -> str:
        """The name of such an entity."""
        ...

    def list_names(self, doc: str) -> Iterable[Key]:
        """The names of all things in an article."""
        ...


class _Called(NamedTuple):
    """A name in a registry, with the firm where that tells who is meant. Both folded."""

    name: str
    firm: str | None


@dataclass(frozen=True, slots=True)
class Rulings:
    """What a registry says of people of one name."""

    one: tuple[tuple[_Called, ...], ...] = ()
    never: tuple[tuple[_Called, _Called], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names, without firms."""
        return frozenset(called.name for called in chain(*self.one, *self.never))


def list_rulings(registry: Registry | None) -> Rulings:
    """The lines of a registry that name somebody by name and firm."""

    def call(name: str) -> _Called:
        bare, firm = split_label(name)
        return _Called(fold(bare), fold(firm) if firm else None)

    if registry is None:
        return Rulings()
    entries = (tuple(map(call, e.names)) for e in registry.entries if e.coarse in (None, PERSON))
    pairs = ((call(a), call(b)) for a, b in registry.never)
    return Rulings(
        tuple(names for names in entries if any(called.firm for called in names)),
        tuple((a, b) for a, b in pairs if a.firm or b.firm),
    )


class Tied(NamedTuple):
    """Two labels that are one person, or may be, and why; `score` as in `kg.resolve.settling.Pair`."""

    a: str
    b: str
    score: float | None
    reason: str


@dataclass(slots=True)
class Part:
    """Things that are one person. `mark` tells it from others of its name, "" where nothing does; it is known by `labels`.

    `firms` are the folded names of those at which it has posts, where a registry asks for them.
    """

    things: list[Thing]
    mark: str = ""
    labels: tuple[str, ...] = ()
    firms: frozenset[str] = frozenset()


@dataclass(slots=True)
class Parting:
    """The persons that the things of one name are, with what was joined by more than the name, and what was not and may be."""

    parts: list[Part]
    merges: list[Tied] = field(default_factory=list)
    unsure: list[Tied] = field(default_factory=list)


def tell_apart(things: list[Thing], world: World, rulings: Rulings) -> Parting:
    """The persons that things of one name, or of several that are one, are. The order of the things does not matter."""
    firms = {post.at for thing in things if thing.ties for post in thing.ties.posts}
    if not firms or (len(firms) == 1 and rulings.names.isdisjoint(thing.key[0] for thing in things)):
        return Parting([Part(things)])
    return _Namesakes(things, world, rulings).part()


@dataclass(slots=True)
class _Group:
    """Firms that nothing parts, and the things of people who have posts there."""

    firms: list[str]  # the one first that the earliest article gives
    things: list[Thing] = field(default_factory=list)
    posts: list[tuple[str, Post]] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    named: Counter[str] = field(default_factory=Counter)  # in how many of its articles a thing is
    usual: set[str] = field(default_factory=set)  # what half of its articles name
    names: set[str] = field(default_factory=set)  # of its firms, folded
    cores: set[str] = field(default_factory=set)  # the words of their own that those have
    begins: int | None = None  # the month in which the first post begins; None where one has no day
    left: int | None = None  # the month in which the last post ends; None where one has not ended

    @property
    def endings(self) -> set[str]:
        """What the names of its firms end with, the whole names too."""
        return {name[start:] for name in self.names for start in range(len(name) - 1)}


class _Namesakes:
    """The things of one name on their way into parts. What is compared are firms, and the things in articles, by entity."""

    def __init__(self, things: list[Thing], world: World, rulings: Rulings) -> None:
        self._things = sorted(things, key=lambda t: (t.doc, t.key))
        self._world, self._rulings = world, rulings
        names = Counter(name for thing in things for name in thing.names)
        self._name = min(names, key=lambda n: (-names[n], n))
        self._enough = _ENOUGH if len(fold(self._name)) <= 2 else _ENOUGH_OF_RARE
        told = [(t, post) for t in self._things if t.ties for post in t.ties.posts]
        firm_of = world.identify({post.at for _, post in told})
        self._posts: dict[tuple[str, Key], list[tuple[str, Post]]] = defaultdict(list)
        self._called: dict[str, set[str]] = defaultdict(set)  # by firm its folded names, as far as they are needed
        first: dict[str, str] = {}
        for thing, post in told:
            firm = firm_of[post.at]
            self._posts[thing.doc, thing.key].append((firm, post))
            self._called[firm] |= {post.at[0], fold(world.show(firm))}
            first[firm] = min(first.get(firm, "9"), post.day or "9")
        self._order = {firm: (day, firm) for firm, day in first.items()}
        self._tied: Clusters[str, str] = Clusters()
        self._merges: list[Tied] = []
        self._homes: dict[str, str] = {}  # by folded name the firm of articles that give no post
        self._barred: set[tuple[str, str]] = set()  # by folded name firms that those never have
        self._named: dict[str, set[str]] = {}  # by article what it names
        self._weights: dict[str, float] = {}  # of what is named
        self._own = {f"{AT}{thing.key[0]}" for thing in things}

    def part(self) -> Parting:
        self._obey()
        self._join_posts()
        groups = self._gather()
        if len(groups) > 1:
            self._join_groups(groups)
            groups = self._gather()
        left = self._place(groups)
        if len(groups) == 1 and not left:
            return Parting([Part(self._things, firms=self._list_called(groups[0]))], self._merges)
        parts = [Part(g.things, g.firms[0], tuple(map(self._label, g.firms)), self._list_called(g)) for g in groups]
        unsure = [
            Tied(
                self._label(a.firms[0]),
                self._label(b.firms[0]),
                None,
                "people of one name; no article ties their posts",
            )
            for a, b in (combinations(groups, 2) if len(groups) <= _EACH_WITH_EACH else pairwise(groups))
        ]
        if left:
            parts.append(Part(left))
            told = f"{len(left)} articles do" if len(left) > 1 else f"article {left[0].doc} does"
            unsure += [
                Tied(self._name, self._label(g.firms[0]), None, f"{told} not tell which is meant") for g in groups
            ]
        return Parting(parts, self._merges, unsure)

    def _label(self, firm: str) -> str:
        return f"{self._name}{AT}{self._world.show(firm)}"

    def _list_called(self, group: _Group) -> frozenset[str]:
        """The names of a group's firms, where a registry names one of these people by name and firm."""
        if self._rulings.names.isdisjoint(thing.key[0] for thing in self._things):
            return frozenset()
        return frozenset(name for firm in group.firms for name in self._called[firm])

    def _find_firms(self, called: _Called) -> list[str]:
        """The firms at which somebody of this name has a post, those called so where a firm is told."""
        found = {firm for (_, key), posts in self._posts.items() if key[0] == called.name for firm, _ in posts}
        return sorted(firm for firm in found if called.firm is None or called.firm in self._called[firm])

    def _obey(self) -> None:
        """Join and separate what the registry does."""
        for a, b in self._rulings.never:
            for firm, other in ((x, y) for x in self._find_firms(a) for y in self._find_firms(b) if x != y):
                self._tied.separate(firm, other)
            for plain, named in ((a, b), (b, a)):
                if plain.firm is None:
                    self._barred |= {(plain.name, firm) for firm in self._find_firms(named)}
        for entry in self._rulings.one:
            told = {called.name for called in entry if called.firm}
            # 王伟 beside 王伟@京东 are the articles that do not tell which is meant; another name is all who bear it.
            firms = [f for called in entry if called.firm or called.name not in told for f in self._find_firms(called)]
            for firm in firms[1:]:
                self._join(firms[0], firm, None, "your registry")
            if firms:
                self._homes.update((called.name, firms[0]) for called in entry if called.firm is None)

    def _join(self, a: str, b: str, score: float | None, reason: str) -> None:
        self._tied.add(a)
        self._tied.add(b)
        if self._tied.find(a) != self._tied.find(b) and self._tied.join(a, b, force=True):
            self._merges.append(Tied(self._label(a), self._label(b), score, reason))

    def _join_posts(self) -> None:
        docs: dict[tuple[str, str], set[str]] = defaultdict(set)
        for (doc, _), posts in self._posts.items():
            for pair in combinations(sorted({firm for firm, _ in posts}), 2):
                docs[pair].add(doc)
        for (a, b), told in sorted(docs.items(), key=lambda item: (-len(item[1]), item[0])):
            by = f"{len(told)} articles give" if len(told) > 1 else f"article {min(told)} gives"
            self._join(a, b, None, f"{by} posts at both")

    def _gather(self) -> list[_Group]:
        """The groups of firms as they are joined by now, with the things that have posts there."""
        members: dict[str, list[str]] = defaultdict(list)
        for firm in sorted(self._order, key=self._order.__getitem__):
            members[self._tied.find(firm)].append(firm)
        groups = {root: _Group(firms) for root, firms in members.items()}
        for thing in self._things:
            if posts := self._posts.get((thing.doc, thing.key)):
                firms = {firm for firm, _ in posts}
                # Where a registry separates what one article has as one, the first of the firms decides.
                group = groups[self._tied.find(min(firms, key=self._order.__getitem__))]
                group.things.append(thing)
                group.posts += [(firm, post) for firm, post in posts if firm in group.firms]
        return [group for group in groups.values() if group.things]

    def _join_groups(self, groups: list[_Group]) -> None:
        self._look_around(groups)
        pairs = ((groups[one], groups[other]) for one, other in self._list_pairs(groups))
        found = [(*told, a.firms[0], b.firms[0]) for a, b in pairs if (told := self._compare(a, b))]
        for _, score, reason, a, b in sorted(found, key=lambda told: (told[0], -(told[1] or 0.0), told[3:])):
            self._join(a, b, score, reason)

    def _list_pairs(self, groups: list[_Group]) -> set[tuple[int, int]]:
        """The places of groups that have something in common that may tie them: of a common name few pairs do."""
        shown: dict[tuple[str, Any], list[int]] = defaultdict(list)
        sought: list[set[tuple[str, Any]]] = []
        for place, group in enumerate(groups):
            alike = {("other", other) for other in group.others} | {("core", core) for core in group.cores}
            if self._enough <= _WEIGHT_OF_TITLE:
                alike |= {("role", role) for role in group.roles}
            named = {("named", name) for name in group.usual}
            left = [] if group.left is None else [group.left + gap for gap in range(_GAP[0], _GAP[1] + 1)]
            sought.append(alike | named | {("name", end) for end in group.endings} | {("begins", m) for m in left})
            for mark in (
                alike | named | {("named", firm) for firm in group.firms} | {("name", name) for name in group.names}
            ):
                shown[mark].append(place)
            if group.begins is not None:
                shown["begins", group.begins].append(place)
        return {
            (min(place, other), max(place, other))
            for place, marks in enumerate(sought)
            for mark in marks
            for other in shown.get(mark, ())
            if other != place
        }

    def _compare(self, a: _Group, b: _Group) -> tuple[int, float | None, str] | None:
        """What ties two groups: how far from sure that kind of tie is, its score where it has one, and in words."""
        if shared := sorted(map(self._show, a.others & b.others)):
            return 0, None, f"both have to do with {shared[0]}"
        # 腾讯混元 is 混元 of Tencent, where 京东方 is none of JD.
        if shared := sorted(a.cores & b.cores) or sorted(a.endings & b.names) or sorted(b.endings & a.names):
            return 1, None, f"both firms bear the name {shared[0]}"
        for one, other in ((a, b), (b, a)):
            if named := [firm for firm in other.firms if firm in one.usual]:
                who, firm = self._label(one.firms[0]), self._world.show(named[0])
                if len(one.things) == 1:
                    return 2, None, f"article {one.things[0].doc} on {who} also names {firm}"
                return 2, None, f"{one.named[named[0]]} of {len(one.things)} articles on {who} also name {firm}"
        for one, other in ((a, b), (b, a)):
            if (
                (end := one.left) is not None
                and (start := other.begins) is not None
                and _GAP[0] <= start - end <= _GAP[1]
            ):
                return 3, None, "the one post ends when the other begins"
        usual = sorted(a.usual & b.usual)
        roles = sorted(a.roles & b.roles)
        score = sum(self._weights[named] for named in usual) + _WEIGHT_OF_TITLE * bool(roles)
        if score < self._enough:
            return None
        return (
            4,
            round(min(score, 0.95), 2),
            f"the same beside both: {', '.join([*roles[:1], *map(self._show, usual)][:4])}",
        )

    def _place(self, groups: list[_Group]) -> list[Thing]:
        """Give each thing without a post to the group that it belongs to; those where nothing tells."""
        rest = [thing for thing in self._things if (thing.doc, thing.key) not in self._posts]
        if len(groups) > 1 and rest:
            self._look_around(groups)
        chosen = [(thing, self._choose(thing, groups)) for thing in rest]
        for thing, group in chosen:
            if group is not None:
                group.things.append(thing)
        return [thing for thing, group in chosen if group is None]

    def _choose(self, thing: Thing, groups: list[_Group]) -> _Group | None:
        name = thing.key[0]
        if home := next((group for group in groups if self._homes.get(name) in group.firms), None):
            return home
        free = [g for g in groups if not any((name, firm) in self._barred for firm in g.firms)]
        if len(groups) == 1:
            return free[0] if free else None
        weights = sorted(((self._weigh(thing, group), place) for place, group in enumerate(free)), reverse=True)
        best, second = (*(weight for weight, _ in weights[:2]), 0.0, 0.0)[:2]
        return free[weights[0][1]] if best >= _SOME and best >= second + _LEAD else None

    def _weigh(self, thing: Thing, group: _Group) -> float:
        """How much in an article tells that it means the person of a group."""
        named, ties = self._list_named(thing), thing.ties or Ties()
        weight = _WEIGHT_OF_FIRM if not named.isdisjoint(group.firms) else 0.0
        if not group.others.isdisjoint(self._compare_by(ties.others).values()):
            weight += _WEIGHT_OF_FIRM
        if not group.roles.isdisjoint(ties.roles):
            weight += _WEIGHT_OF_TITLE
        return weight + sum(self._weights[n] for n in sorted(named.difference(group.firms)) if n in group.usual)

    def _look_around(self, groups: Sequence[_Group]) -> None:
        """Let groups know what their articles say beside the posts, and what is to be compared of those."""
        for group in groups:
            ties = [thing.ties for thing in group.things if thing.ties]
            group.roles = {role for told in ties for role in told.roles}
            group.others = set(self._compare_by(key for told in ties for key in told.others).values())
            group.named = Counter(named for thing in group.things for named in self._list_named(thing))
            group.usual = {named for named, count in group.named.items() if 2 * count >= len(group.things)}
            group.names = {fold(self._world.show(firm)) for firm in group.firms}
            group.begins, group.left = _find_begin(group.posts), _find_end(group.posts)
        names = sorted({name for group in groups for name in group.names})
        cores = dict(zip(names, parse_firms(spell_all(names)).core, strict=True))
        for group in groups:
            group.cores = {core for name in group.names if len(core := cores[name]) > 1}

    def _list_named(self, thing: Thing) -> set[str]:
        """What the article of a thing names beside it."""
        named = self._named.get(thing.doc)
        if named is None:
            found = self._compare_by(key for key in self._world.list_names(thing.doc) if key[1] in _WEIGHTS)
            self._weights.update((name, _WEIGHTS[key[1]]) for key, name in found.items())
            named = self._named[thing.doc] = set(found.values()) - self._own
        return named

    def _compare_by(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Keys as they are compared: by entity, but people by name, for they are not told apart yet."""
        wanted = set(keys)
        known = self._world.identify({key for key in wanted if key[1] != PERSON})
        return {**known, **{key: f"{AT}{key[0]}" for key in wanted if key[1] == PERSON}}

    def _show(self, compared: str) -> str:
        return compared[1:] if compared.startswith(AT) else self._world.show(compared)


def _find_begin(posts: Iterable[tuple[str, Post]]) -> int | None:
    starts = [post.day for _, post in posts if post.status != "ended"]
    return _count_months(min(starts)) if starts and all(starts) else None


def _find_end(posts: Iterable[tuple[str, Post]]) -> int | None:
    last: dict[str, tuple[str, bool]] = {}
    for firm, post in posts:
        last[firm] = max(last.get(firm, ("", False)), (post.day, post.status == "ended"))
    end = max((day for day, _ in last.values()), default="")
    return _count_months(end) if end and all(ended for _, ended in last.values()) else None


def _count_months(day: str) -> int:
    return 12 * int(day[:4]) + int(day[5:7])
