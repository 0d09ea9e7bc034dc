"""其, 该公司, 双方, 后者: what stands for something that was named before."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from kg.extract.lexicon import References
from kg.extract.relations import Party
from kg.model import Span
from kg.ontology import Ontology

# 双方 seldom reaches further back than this many organisations. Tried on articles/train-a to train-d: 3, 6 and 12 score alike.
REACH = 6
# Parties before a reference that are looked at when a subject is sought: some paragraphs.
WINDOW = 60
# A sentence's first organisation is its subject if it stands within so many characters of the beginning: behind a date.
# Tried on the same articles: 6, 12 and 20 score alike.
SUBJECT_WITHIN = 12
# A guess at what a reference stands for is less sure than a name; a judgement, not a measurement.
CERTAINTY = 0.8


def resolve_references(
    text: str, sentences: Sequence[Span], parties: Sequence[Party], references: References, ontology: Ontology
) -> list[tuple[Party, ...]]:
    """Mentions and resolved references in order, each as a group of parties that stand at its place.

    A reference has the offsets of its own words and the entities of what it stands for. Unresolved ones are left out.
    """
    groups: list[tuple[Party, ...]] = [(party,) for party in parties]
    occupied = {position for party in parties for position in range(party.start, party.end)}
    kinds = ("one", "two", "three", "first", "second", "person")
    found = [
        (match.start(), match.end(), kind)
        for kind in kinds
        for match in getattr(references, kind).finditer(text)
        if occupied.isdisjoint(range(match.start(), match.end()))
    ]
    starts = sorted(sentence.start for sentence in sentences)
    positions = [party.start for party in parties]
    for start, end, kind in sorted(found):
        nearest = bisect_left(positions, start)
        before = parties[max(0, nearest - WINDOW) : nearest]
        antecedents = _antecedents(text, start, end, kind, before, starts, references, ontology)
        if antecedents:
            groups.append(tuple(Party(p.entity, p.type, start, end, p.score * CERTAINTY) for p in antecedents))
    return sorted(groups, key=lambda group: group[0].start)


def _antecedents(
    text: str,
    start: int,
    end: int,
    kind: str,
    before: Sequence[Party],
    sentence_starts: Sequence[int],
    references: References,
    ontology: Ontology,
) -> list[Party]:
    if kind == "person":
        people = [p for p in before[-3 * REACH :] if p.type == "Person"]
        return people[-1:]
    organisations = [p for p in before if ontology.coarse(p.type) == "Org"]
    if kind == "one":
        # 腾讯和阿里巴巴同为其股东: what stands before in the same clause is not meant.
        clause = max((text.rfind(mark, 0, start) for mark in "，。；：！？\n"), default=-1) + 1
        organisations = [p for p in organisations if p.start < clause]
        words = text[start:end]
        if references.platform.fullmatch(words):
            organisations = [p for p in organisations if p.type == "Platform"]
        elif references.brand.fullmatch(words):
            organisations = [p for p in organisations if p.type == "Brand"]
        begins = [_sentence_start(p, sentence_starts) for p in organisations]
        subjects = [
            party
            for party, begin, previous in zip(organisations, begins, [-1, *begins], strict=False)
            if begin != previous and party.start - begin <= SUBJECT_WITHIN
        ]
        return subjects[-1:] or organisations[-1:]
    recent: list[Party] = []
    for party in reversed(organisations[-REACH:]):
        if all(party.entity != other.entity for other in recent):
            recent.append(party)
    if kind in ("two", "three"):
        wanted = 2 if kind == "two" else 3
        return list(reversed(recent[:wanted])) if len(recent) >= wanted else []
    if len(recent) < 2:
        return []
    return [recent[1] if kind == "first" else recent[0]]


def _sentence_start(party: Party, sentence_starts: Sequence[int]) -> int:
    return sentence_starts[max(0, bisect_right(sentence_starts, party.start) - 1)] if sentence_starts else 0
