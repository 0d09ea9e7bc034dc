"""Statements of a program beside those of annotated articles: which are right, which are missed, and why.

Without PyTorch: thresholds are fitted with it, and the tables of confusions are made with it. The scores themselves are
`gold/score.py`'s; what counts as right is the same there.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kg.ontology import load_ontology

Row = Mapping[str, Any]
Key = tuple[str, str, str]
_QUOTES = "《》“”\"'「」『』 "


@dataclass(frozen=True, slots=True)
class Judged:
    """One triple of a program: how sure it was, whether it is annotated."""

    kind: str
    relation: str
    score: float
    right: bool


def fold_name(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip(_QUOTES).replace(" ", "")


def key_of(head: str, relation: str, tail: str) -> Key:
    """What two statements of one triple share: the ends of a symmetric relation have no order."""
    spec = load_ontology().relations.get(relation)
    if spec and spec.symmetric and head > tail:
        head, tail = tail, head
    return relation, head, tail


class Annotated:
    """An annotated article, by folded names."""

    def __init__(self, article: Row) -> None:
        self.kind: str = article.get("kind", "")
        self.entity: dict[str, str] = {}
        for entity in article["entities"]:
            for name in (entity["name"], *entity["names"]):
                self.entity.setdefault(fold_name(name), entity["name"])
        self.types = {entity["name"]: entity["type"] for entity in article["entities"]}
        self.triples = {key_of(r["head"], r["relation"], r["tail"]) for r in article["relations"]}

    def resolve(self, statement: Row) -> Key | None:
        """The statement in the annotation's names; None where an end is not annotated."""
        ends = [self.entity.get(fold_name(statement[end]["name"])) for end in ("head", "tail")]
        return key_of(ends[0], statement["relation"], ends[1]) if ends[0] and ends[1] else None


def group_rows(rows: Iterable[Row]) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """Statements and entities of every document, from lines as `kg extract` writes them."""
    statements: dict[str, list[Row]] = defaultdict(list)
    entities: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if "relation" in row:
            statements[row["doc"]].append(row)
        elif "entity" in row:
            entities[row["doc"]].append(row["entity"])
    return statements, entities


def judge(articles: Iterable[Row], rows: Iterable[Row]) -> tuple[list[Judged], Counter[str]]:
    """Every triple found, judged, and how many are annotated of each kind of text. The surest of those that say one is it."""
    statements, _ = group_rows(rows)
    judged: list[Judged] = []
    wanted: Counter[str] = Counter()
    for article in articles:
        gold = Annotated(article)
        wanted[gold.kind] += len(gold.triples)
        surest: dict[Key, Row] = {}
        for row in statements.get(article["id"], ()):
            ends = [fold_name(row[end]["name"]) for end in ("head", "tail")]
            key = key_of(ends[0], row["relation"], ends[1])
            if key not in surest or row["confidence"] > surest[key]["confidence"]:
                surest[key] = row
        taken: set[Key] = set()
        for row in sorted(surest.values(), key=lambda row: -float(row["confidence"])):
            meant = gold.resolve(row)
            right = meant in gold.triples and meant not in taken
            if right and meant:
                taken.add(meant)
            judged.append(Judged(gold.kind, row["relation"], float(row["confidence"]), right))
    return judged, wanted


def find_confusions(articles: Iterable[Row], rows: Iterable[Row]) -> Counter[str]:
    """What went wrong, by cause, each missed or needless triple counted once.

    A missed triple is laid to the first of: an end not found, another relation said of the same two, nothing said of them.
    """
    statements, entities = group_rows(rows)
    causes: Counter[str] = Counter()
    for article in articles:
        gold = Annotated(article)
        found = {gold.entity.get(fold_name(e["name"])) for e in entities.get(article["id"], ())}
        said: dict[frozenset[str], set[str]] = defaultdict(set)
        hit: set[Key] = set()
        extra: list[tuple[Row, Key | None]] = []
        for row in statements.get(article["id"], ()):
            meant = gold.resolve(row)
            if meant:
                said[frozenset(meant[1:])].add(row["relation"])
            if meant in gold.triples and meant:
                hit.add(meant)
            else:
                extra.append((row, meant))
        explained: set[Key] = set()
        for relation, head, tail in gold.triples - hit:
            lost = [end for end in (head, tail) if end not in found]
            others = said.get(frozenset((head, tail)), set())
            if lost:
                causes[f"missed {relation}: the {gold.types[lost[0]]} is not found, or under another name"] += 1
            elif relation in others:
                causes[f"missed {relation}: head and tail exchanged"] += 1
                explained.add((relation, tail, head))
            elif others:
                other = sorted(others)[0]
                causes[f"missed {relation}: taken for {other}"] += 1
                explained |= {(other, head, tail), (other, tail, head)}
            else:
                causes[f"missed {relation}: nothing said of the two"] += 1
        related = {frozenset(key[1:]) for key in gold.triples}
        for row, meant in extra:
            if meant is None:
                causes[f"needless {row['relation']}: an end is not annotated, or not under this name"] += 1
            elif meant not in explained and frozenset(meant[1:]) in related:
                causes[f"needless {row['relation']}: beside another relation of the two"] += 1
            elif meant not in explained:
                causes[f"needless {row['relation']}: the two are not related"] += 1
    return causes


def mean_score(
    judged: Iterable[Judged], wanted: Mapping[str, int], threshold: float, relations: Mapping[str, float] | None = None
) -> float:
    """F1 of the triples found with a probability of at least `threshold`, or that of their relation in `relations`: the mean
    over the kinds of text."""
    own = relations or {}
    found, right = Counter[str](), Counter[str]()
    for item in judged:
        if item.score >= own.get(item.relation, threshold):
            found[item.kind] += 1
            right[item.kind] += item.right
    return sum(2 * right[kind] / max(1, found[kind] + count) for kind, count in wanted.items()) / max(1, len(wanted))


def _times(article: Row, gold: Annotated, statements: Iterable[Row]) -> Iterator[tuple[set[str], set[str]]]:
    """(annotated, told) times of each right triple of an article."""
    annotated: dict[Key, set[str]] = defaultdict(set)
    for r in article["relations"]:
        annotated[key_of(r["head"], r["relation"], r["tail"])].update([r["time"]] if r.get("time") else [])
    said: dict[Key, set[str]] = defaultdict(set)
    for row in statements:
        meant = gold.resolve(row)
        if meant in gold.triples and meant:
            said[meant].update([row["time"]] if row["time"] else [])
    for key, times in said.items():
        yield annotated[key], times


def time_score(articles: Iterable[Row], rows: Iterable[Row]) -> float:
    """F1 of the times of right triples, all kinds of text together but for single sentences, which have no day."""
    statements, _ = group_rows(rows)
    given = found = right = 0
    for article in articles:
        gold = Annotated(article)
        if gold.kind == "sentences":
            continue
        for annotated, told in _times(article, gold, statements.get(article["id"], ())):
            given += len(annotated)
            found += len(told)
            right += len(told & annotated)
    return 2 * right / max(1, given + found)


NOT_IN_TEXT = "not in the text"


def time_by_kind(articles: Iterable[Row], rows: Iterable[Row]) -> dict[str, tuple[int, int, int]]:
    """(annotated, told, right) of the times of right triples, by the kind of expression: year, month, day, quarter …

    An annotated time has the kind of an expression of the article that means it, NOT_IN_TEXT where `find_times` reads none.
    """
    from kg.extract.time import find_times

    statements, _ = group_rows(rows)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for article in articles:
        text = f"{article.get('title') or ''}\n{article['text']}"
        kinds = {time.value: time.kind for time in reversed(find_times(text, anchor=article.get("date")))}
        for annotated, told in _times(article, Annotated(article), statements.get(article["id"], ())):
            for column, values in enumerate((annotated, told, told & annotated)):
                for value in values:
                    counts[kinds.get(value, NOT_IN_TEXT)][column] += 1
    return {kind: (a, b, c) for kind, (a, b, c) in sorted(counts.items(), key=lambda item: -item[1][0])}
