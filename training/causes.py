"""Why triples are missed and why others are false: every error of the scorer laid to one cause, by kind of text.

Names are compared as the scorer compares them. Two causes that a program cannot tell, an annotation that is doubtful and a name that
means the same thing by knowledge of the world, are left to a reader; the model card says what one found in a sample.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum

from kg.extract.sentences import split_sentences
from kg.ontology import load_ontology

from .matching import Annotated, Key, Row, fold_name, group_rows, key_of


class Cause(StrEnum):
    """In the order in which they are looked for: an error has the first that applies."""

    NAME_ABSENT = "an end's name stands nowhere in the text"
    MENTION = "mention missed, or of nothing annotated"
    SHORT = "name too short"
    LONG = "name too long"
    MERGED = "alias: two entities taken for one"
    SPLIT = "alias: one entity under two names"
    TYPE = "type forbids the relation"
    DIRECTION = "direction"
    RELATION = "relation confused"
    BESIDE = "a relation more of two that are related"
    FAR = "pair, ends in no sentence together (coreference)"
    PAIR = "pair, ends in one sentence"


@dataclass(frozen=True, slots=True)
class Causes:
    """How many triples each kind of text misses, and how many it has too many, by cause; `right` are neither."""

    missed: Mapping[str, Counter[Cause]]
    false: Mapping[str, Counter[Cause]]
    right: Counter[str]


@dataclass(slots=True)
class _Text:
    """One article beside what a program says of it. `found`: annotated entity -> types under which it was found."""

    article: Row
    gold: Annotated
    names: dict[str, set[str]] = field(default_factory=dict)  # annotated entity -> its folded names
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unknown: list[set[str]] = field(default_factory=list)  # folded forms of entities whose name is not annotated
    aliases: set[str] = field(default_factory=set)  # annotated entities named by other forms of found ones alone

    def __post_init__(self) -> None:
        self.names = {
            e["name"]: {fold_name(name) for name in (e["name"], *e["names"])} for e in self.article["entities"]
        }

    def note(self, entity: Row) -> None:
        name = self.gold.entity.get(fold_name(entity["name"]))
        others = {self.gold.entity.get(fold_name(alias)) for alias in entity["aliases"]} - {name, None}
        if name:
            self.found[name].add(entity["type"])
        else:
            self.unknown.append({fold_name(form) for form in (entity["name"], *entity["aliases"])})
        self.aliases |= {other for other in others if other}

    def why_lost(self, end: str) -> Cause:
        """Why an annotated entity was not found."""
        whole = fold_name(f"{self.article.get('title') or ''}\n{self.article['text']}")
        if not any(name in whole for name in self.names[end]):
            return Cause.NAME_ABSENT
        if end in self.aliases:
            return Cause.MERGED
        return _compare(set().union(*self.unknown), self.names[end])

    def why_unknown(self, end: Row) -> Cause:
        """Why an end of a statement has a name that is not annotated."""
        if any(fold_name(alias) in self.gold.entity for alias in end["aliases"]):
            return Cause.SPLIT
        return _compare({fold_name(end["name"])}, set(self.gold.entity))


def _compare(said: Set[str], annotated: Set[str]) -> Cause:
    """Whether some name said is part of an annotated one, or has one as its part."""
    if any(name != whole and name in whole for name in said for whole in annotated):
        return Cause.SHORT
    if any(name != part and part in name for name in said for part in annotated):
        return Cause.LONG
    return Cause.MENTION


def find_causes(articles: Iterable[Row], rows: Iterable[Row]) -> Causes:
    """Every missed and every false triple of the articles, each once."""
    statements, entities = group_rows(rows)
    missed: dict[str, Counter[Cause]] = defaultdict(Counter)
    false: dict[str, Counter[Cause]] = defaultdict(Counter)
    right = Counter[str]()
    for article in articles:
        text = _Text(article, Annotated(article))
        for entity in entities.get(article["id"], ()):
            text.note(entity)
        said = {
            key_of(fold_name(row["head"]["name"]), row["relation"], fold_name(row["tail"]["name"])): row
            for row in reversed(statements.get(article["id"], ()))
        }
        meant = {key: text.gold.resolve(row) for key, row in said.items()}
        hit = {key for key in meant.values() if key in text.gold.triples and key}
        kind = text.gold.kind
        right[kind] += len(hit)
        missed[kind].update(
            _why_missed(text, key, {key for key in meant.values() if key}) for key in text.gold.triples - hit
        )
        false[kind].update(_why_false(text, hit, meant, said))
    return Causes(missed, false, right)


def _why_missed(text: _Text, triple: Key, said: Set[Key]) -> Cause:
    relation, head, tail = triple
    for end in (head, tail):
        if end not in text.found:
            return text.why_lost(end)
    ontology = load_ontology()
    spec = ontology.relations[relation]
    types = [(one, other) for one in text.found[head] for other in text.found[tail]]
    ways = [*types, *((other, one) for one, other in types if spec.symmetric)]
    if not any(one in spec.head and other in spec.tail for one, other in ways):
        return Cause.TYPE
    if (relation, tail, head) in said:
        return Cause.DIRECTION
    if any({head, tail} == set(key[1:]) for key in said - text.gold.triples):
        return Cause.RELATION
    return Cause.PAIR if _stand_together(text, head, tail) else Cause.FAR


def _stand_together(text: _Text, one: str, other: str) -> bool:
    whole = text.article["text"]
    sentences = [fold_name(whole[s.start : s.end]) for s in split_sentences(whole)]
    sentences.append(fold_name(text.article.get("title") or ""))
    return any(all(any(name in sentence for name in text.names[end]) for end in (one, other)) for sentence in sentences)


def _why_false(text: _Text, hit: Set[Key], meant: Mapping[Key, Key | None], said: Mapping[Key, Row]) -> Iterable[Cause]:
    taken: set[Key] = set()
    for key, triple in meant.items():
        if triple is None:
            ends = [said[key][end] for end in ("head", "tail")]
            yield next(text.why_unknown(end) for end in ends if fold_name(end["name"]) not in text.gold.entity)
        elif triple in hit:
            if triple in taken:
                yield Cause.SPLIT
            taken.add(triple)
        elif (triple[0], triple[2], triple[1]) in text.gold.triples:
            yield Cause.DIRECTION
        else:
            related = {other for other in text.gold.triples if set(other[1:]) == set(triple[1:])}
            if related - hit:
                yield Cause.RELATION
            elif related:
                yield Cause.BESIDE
            else:
                yield Cause.PAIR if _stand_together(text, triple[1], triple[2]) else Cause.FAR


def make_lines(causes: Causes, kinds: Sequence[str]) -> list[str]:
    """The causes as two tables, one column a kind of text and one for all."""
    lines = []
    for title, counts in (("Missed", causes.missed), ("False", causes.false)):
        lines.append(f"{title} triples by cause ({', '.join(kinds)}, all):")
        totals = Counter[Cause]()
        for kind in kinds:
            totals.update(counts.get(kind, Counter()))
        for cause in Cause:
            if totals[cause]:
                cells = [counts.get(kind, Counter[Cause]())[cause] for kind in kinds]
                lines.append("  " + "".join(f"{cell:5d}" for cell in (*cells, totals[cause])) + f"  {cause}")
        lines.append(
            "  "
            + "".join(
                f"{cell:5d}" for cell in (*(counts.get(k, Counter[Cause]()).total() for k in kinds), totals.total())
            )
            + "  together"
        )
    return lines
