"""What is believed of what a language model says: a statement whose every part the text bears out, and nothing else.

A server may answer anything: names that the article does not have, passages that it made up, types of its own, numbers for
strings. Each statement is checked by itself; one that fails is left out with the first reason found. Reasons are our own
fixed phrases and never hold words of the answer.

Nobody can check so whether a passage that stands in the text means what the answer says. That is what agreement with
another extractor is for.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kg.errors import KGError
from kg.extract.assembly import Finding, assemble
from kg.extract.entities import LocalEntities, add_usual_names, group_mentions
from kg.extract.forms import find_forms
from kg.extract.forms import fold as fold_letters
from kg.extract.gazetteer import Gazetteer
from kg.extract.lexicon import References
from kg.extract.reading import CleanArticle
from kg.extract.text import clean
from kg.extract.time import TimeExpression
from kg.history import is_time
from kg.model import ArticleInfo, Extraction, Mention, Rejection, Span
from kg.ontology import Ontology

# Nobody has measured the model that a user names, so its word alone is worth no more than this.
CONFIDENCE = 0.5

# Of 16,649 statements of annotated training articles, the passage names both ends in 77.8%, one of them in 21.4%, and
# none in 0.9%. The other end then stood at most so many characters before the passage in 90%.
REACH = 200

MAX_EVIDENCE = 400  # characters; the longest passage of the same 16,649 statements has 341
MAX_ITEMS = 300  # of one answer; the most that were annotated in 2,000 characters of a training article are 72
MAX_NAME = 60  # characters: what is longer is a description; the longest name of the 510 written articles has 32

_NO_NAME = re.compile(r"[\n，。；？！,;?!]")
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that was believed; names as the text writes them, the passage in offsets of the clean text."""

    head: tuple[str, str]
    relation: str
    tail: tuple[str, str]
    status: str
    time: str | None
    evidence: Span


class _Unbelievable(KGError):
    """Why a statement is not taken."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks statements about one article. `times` are the time expressions of its clean text, in order."""

    article: CleanArticle
    times: Sequence[TimeExpression]
    ontology: Ontology
    references: References

    def check(self, items: Iterable[Any], piece: Span) -> tuple[list[Claim], list[Rejection]]:
        """The believed statements of an answer about one piece of the text, and the others with their reasons."""
        claims: list[Claim] = []
        rejected: list[Rejection] = []
        for number, item in enumerate(items):
            if number == MAX_ITEMS:
                rejected.append(Rejection(self.article.article.id, _describe(item), "more statements than a text has"))
                break
            try:
                claims.append(self._believe(item, piece))
            except _Unbelievable as exc:
                rejected.append(Rejection(self.article.article.id, _describe(item), str(exc)))
        return claims, rejected

    def _believe(self, item: Any, piece: Span) -> Claim:
        if not isinstance(item, dict):
            raise _Unbelievable("not a statement")
        relation, status = item.get("relation"), item.get("status")
        if not isinstance(relation, str) or relation not in self.ontology.relations:
            raise _Unbelievable("unknown relation")
        if not isinstance(status, str) or status not in self.ontology.statuses:
            raise _Unbelievable("unknown status")
        head_name, head_type = self._read_end(item.get("head"))
        tail_name, tail_type = self._read_end(item.get("tail"))
        if fault := self.ontology.fault(head_type, relation, tail_type, status):
            raise _Unbelievable(fault)
        if fold_letters(head_name) == fold_letters(tail_name):
            raise _Unbelievable("both ends are the same")
        evidence = self._find_evidence(item.get("evidence"), piece, head_name, tail_name)
        return Claim(
            (self._as_written(head_name, evidence), head_type),
            relation,
            (self._as_written(tail_name, evidence), tail_type),
            status,
            self._read_time(item.get("time"), evidence),
            evidence,
        )

    def _read_end(self, end: Any) -> tuple[str, str]:
        if not isinstance(end, dict) or not isinstance(end.get("name"), str):
            raise _Unbelievable("an end has no name")
        name, kind = end["name"].strip(), end.get("type")
        if not isinstance(kind, str) or kind not in self.ontology.entities:
            raise _Unbelievable("unknown entity type")
        if not _LETTERS.search(name) or len(name) > MAX_NAME or _NO_NAME.search(name):
            raise _Unbelievable("an end is no name")
        # 茶 and 川 are a category and a place; of all else, one character is a piece of a name.
        if len(name) == 1 and not name.isascii() and kind not in ("Category", "Place"):
            raise _Unbelievable("an end is no name")
        references = self.references
        for pattern in (
            references.one, references.two, references.three, references.first, references.second, references.person
        ):  # fmt: skip
            if pattern.fullmatch(name):
                raise _Unbelievable("an end stands for another name")
        return name, kind

    def _find_evidence(self, passage: Any, piece: Span, *names: str) -> Span:
        """Where the passage stands and both names stand near enough: in the text rather than in the title before it."""
        if not isinstance(passage, str) or not passage.strip():
            raise _Unbelievable("no evidence")
        if len(passage) > 2 * MAX_EVIDENCE:
            raise _Unbelievable("evidence is too long")
        places = self._find_places(passage.strip(), piece) or self._find_places(clean(passage).text, piece)
        if not places:
            raise _Unbelievable("evidence is not in the text")
        if len(places[0]) > MAX_EVIDENCE:
            raise _Unbelievable("evidence is too long")
        text = self.article.text
        shown = text[max(0, piece.start - REACH) : piece.end]
        for name in names:
            if not find_forms(shown, [(name, 0)]):
                raise _Unbelievable("a name is not in the text")
        for place in sorted(places, key=lambda span: span.start < self.article.body_start):
            inside = [bool(find_forms(text[place.start : place.end], [(name, 0)])) for name in names]
            before = text[max(0, place.start - REACH) : place.end]
            if any(inside) and all(find_forms(before, [(name, 0)]) for name in names):
                return place
        raise _Unbelievable("the evidence does not name the ends")

    def _find_places(self, passage: str, piece: Span) -> list[Span]:
        """All places of the passage in the piece, none that lies over the end of a title kept apart."""
        text, limit, places = self.article.text, self.article.body_start, []
        start = text.find(passage, piece.start, piece.end) if passage else -1
        while start >= 0:
            end = start + len(passage)
            if end <= limit or start >= limit:
                places.append(Span(start, end))
            start = text.find(passage, end, piece.end)
        return places

    def _as_written(self, name: str, evidence: Span) -> str:
        """The name in the case and width that the text has, near the passage."""
        text = self.article.text
        start = max(0, evidence.start - REACH)
        places = find_forms(text[start : evidence.end], [(name, 0)])
        left, right, _, _ = places[-1]
        return text[start + left : start + right]

    def _read_time(self, time: Any, evidence: Span) -> str | None:
        """The day that the answer's words have in the text; of words that place nothing (近日), None."""
        if time is None or time == "":
            return None
        if not isinstance(time, str):
            raise _Unbelievable("time cannot be read")
        words = time.strip()
        text = self.article.text
        at = text.find(words, max(0, evidence.start - REACH), evidence.end)
        if at < 0:
            at = text.find(words)
        if words and at >= 0 and not is_time(words):
            return self._time_at(at, at + len(words))
        if not is_time(words):
            raise _Unbelievable("time is not in the text")
        known = [expression.value for expression in self.times]
        if self.article.article.date:
            known.append(self.article.article.date)
        ends = {end for value in known for end in value.split("/") if end}
        # A day may be given as its month or year, and a stretch of time by two that the text names.
        if words in known or all(any(end.startswith(part) for end in ends) for part in words.split("/") if part):
            return words
        raise _Unbelievable("time is not in the text")

    def _time_at(self, start: int, end: int) -> str | None:
        first = bisect_left(self.times, start, key=lambda expression: expression.end - 1)
        for expression in self.times[first:]:
            if expression.start >= end:
                return None
            return expression.value
        return None


def _describe(item: Any) -> tuple[str, str, str]:
    """What a statement that was not taken said, cut short and fit to be written as UTF-8."""

    def show(value: Any) -> str:
        name = value.get("name") if isinstance(value, dict) else value
        return name[:MAX_NAME].encode("utf-8", "replace").decode("utf-8") if isinstance(name, str) else "?"

    if not isinstance(item, dict):
        return ("?", "?", "?")
    return (show(item.get("head")), show(item.get("relation")), show(item.get("tail")))


def make_extraction(
    article: CleanArticle,
    info: ArticleInfo,
    claims: Sequence[Claim],
    rejected: Sequence[Rejection],
    *,
    gazetteer: Gazetteer,
    ontology: Ontology,
    min_confidence: float,
) -> Extraction:
    """The extraction that the claims of all pieces make: names of one thing are one entity, each statement is said once."""
    types: dict[str, Counter[str]] = {}
    forms: dict[str, str] = {}
    for claim in claims:
        for name, kind in (claim.head, claim.tail):
            key = fold_letters(name)
            forms.setdefault(key, name)
            types.setdefault(key, Counter())[kind] += 1
    kinds = {key: counted.most_common(1)[0][0] for key, counted in types.items()}
    mentions = [
        Mention(start, end, article.text[start:end], kinds[fold_letters(form)], CONFIDENCE, "llm")
        for start, end, _, form in find_forms(article.text, [(form, 0) for form in forms.values()])
    ]
    local = group_mentions(article.text, mentions, gazetteer, ontology)
    numbers = _number_forms(article.text, local)
    findings: list[Finding] = []
    lost: list[Rejection] = []
    for claim in claims:
        head, tail = (numbers.get(fold_letters(name)) for name, _ in (claim.head, claim.tail))
        triple = (claim.head[0], claim.relation, claim.tail[0])
        if head is None or tail is None:
            lost.append(Rejection(info.id, triple, "a name is but a part of another"))
        elif head == tail:
            lost.append(Rejection(info.id, triple, "both ends are the same"))
        else:
            findings.append(Finding(head, claim.relation, tail, claim.status, claim.time, claim.evidence, CONFIDENCE))
    entities = add_usual_names(local.entities, gazetteer, ontology)
    made = assemble(article, info, entities, findings, ontology, min_confidence=min_confidence)
    return Extraction(info, made.entities, made.statements, tuple(dict.fromkeys([*rejected, *lost, *made.rejected])))


def _number_forms(text: str, local: LocalEntities) -> dict[str, int]:
    return {fold_letters(text[party.start : party.end]): party.entity for party in local.parties}
