"""Annotated articles -> documents of characters: mentions, sentences, times and statements as offsets of the clean text.

A `Document` is what the extractor reads at work too (`kg.extract.reading.clean_article`), so that a model meets in training
what it meets later. Documents are JSON-able, so that they can be made where `kg` is installed and used where only PyTorch is.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kg.extract.forms import find_forms, fold

KINDS = ("written", "sentences", "paragraphs", "dated", "flashes")


@dataclass(frozen=True, slots=True)
class Relation:
    """A statement of a document: numbers of entities, of times (None: it has one that no expression gives) and of sentences."""

    head: int
    relation: str
    tail: int
    status: str
    times: list[int] | None
    sentences: list[int]


@dataclass(frozen=True, slots=True)
class Document:
    """`mentions` are (start, end, entity, form); all offsets are half-open characters of `text`."""

    id: str
    kind: str
    text: str
    sentences: list[tuple[int, int]]
    times: list[tuple[int, int, str]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)  # of the entities, by number
    mentions: list[tuple[int, int, int, str]] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)

    @staticmethod
    def of(row: Mapping[str, Any]) -> "Document":
        values = dict(row)
        values["relations"] = [Relation(**r) for r in row["relations"]]
        for name in ("sentences", "times", "mentions"):
            values[name] = [tuple(item) for item in row[name]]
        return Document(**values)


def write_documents(documents: Iterable[Document], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps(asdict(document), ensure_ascii=False, separators=(",", ":")) + "\n")


def read_documents(path: Path) -> list[Document]:
    with path.open(encoding="utf-8") as file:
        return [Document.of(json.loads(line)) for line in file]


def kind_of(path: Path) -> str:
    """The kind of text that a file of annotated articles holds, told by its name; `written` where that tells nothing."""
    for prefix, kind in (
        ("real-train", "sentences"),
        ("real-b", "paragraphs"),
        ("real-d", "dated"),
        ("real-n", "flashes"),
    ):
        if path.name.startswith(prefix):
            return kind
    return "written"


def read_articles(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind, annotated article) of every file in the folder."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield kind_of(path), json.loads(line)


def document(row: Mapping[str, Any], kind: str) -> Document:
    """One annotated article (`{"id", "date", "title", "text", "entities", "relations"}`) as a Document."""
    from kg.extract.reading import clean_article
    from kg.extract.sentences import split_sentences
    from kg.extract.text import clean
    from kg.extract.time import find_times
    from kg.model import Article

    article = Article(row["id"], row["text"], title=row.get("title", ""), date=row.get("date"))
    cleaned = clean_article(article)
    text = cleaned.text
    sentences = [(s.start, s.end) for s in split_sentences(text)]
    times = [(t.start, t.end, t.value) for t in find_times(text, anchor=article.date)]
    numbers = {entity["name"]: number for number, entity in enumerate(row["entities"])}
    # Forms are written as the raw text has them; the clean text may have lost a blank or folded a dot.
    forms = {
        (clean(form).text or form).replace(" ", ""): numbers[e["name"]] for e in row["entities"] for form in e["names"]
    }
    mentions = _find_without_blanks(text, forms)
    relations = []
    for said in row["relations"]:
        within = _evidence_sentences(cleaned, said["evidence"], sentences)
        if said.get("time"):
            given = [number for number, time in enumerate(times) if time[2] == said["time"]]
            expressions = given or None
        else:
            expressions = []
        relations.append(
            Relation(
                numbers[said["head"]], said["relation"], numbers[said["tail"]], said["status"], expressions, within
            )
        )
    return Document(row["id"], kind, text, sentences, times, [e["type"] for e in row["entities"]], mentions, relations)


def _find_without_blanks(text: str, forms: Mapping[str, int]) -> list[tuple[int, int, int, str]]:
    where = [at for at, char in enumerate(text) if char != " "]
    found = find_forms("".join(text[at] for at in where), forms.items())
    return [
        (where[start], where[end - 1] + 1, number, text[where[start] : where[end - 1] + 1])
        for start, end, number, _ in found
    ]


def _evidence_sentences(cleaned: Any, passage: str, sentences: list[tuple[int, int]]) -> list[int]:
    at = cleaned.article.text.find(passage)
    if at >= 0:
        span = cleaned.body.clean_span(at, at + len(passage))
        start, end = span.start + cleaned.body_start, span.end + cleaned.body_start
    elif (at := cleaned.article.title.find(passage)) >= 0:
        span = cleaned.title.clean_span(at, at + len(passage))
        start, end = span.start, span.end
    else:
        return []
    return [number for number, (left, right) in enumerate(sentences) if min(right, end) - max(left, start) > 0]


# --- texts that stand twice, and the development split -----------------------------------------------------------------

_SHINGLE = 12  # characters; shorter ones are shared by texts that have nothing to do with each other
_SHARED = 0.4  # of the shorter text's shingles, from where two texts count as one; reprints share more, other news of one event less
DEVELOPMENT = {"written": 40, "sentences": 100, "paragraphs": 40, "dated": 50, "flashes": 40}


def shingles(text: str) -> set[int]:
    """Hashes of every 12 letters in a row: what two texts share tells whether one repeats the other."""
    letters = "".join(re.findall(r"\w", fold(text)))
    if len(letters) <= _SHINGLE:
        return {_hash(letters)} if letters else set()
    return {_hash(letters[i : i + _SHINGLE]) for i in range(len(letters) - _SHINGLE + 1)}


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def group_repeated(texts: list[str]) -> list[int]:
    """For each text the number of its group: texts that repeat one another, directly or over a third, share one."""
    where: dict[int, list[int]] = {}
    sizes, parent = [], list(range(len(texts)))

    def find(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, text in enumerate(texts):
        marks = shingles(text)
        sizes.append(len(marks))
        shared: dict[int, int] = {}
        for mark in marks:
            for other in where.get(mark, ()):
                shared[other] = shared.get(other, 0) + 1
            where.setdefault(mark, []).append(number)
        for other, count in shared.items():
            if count >= _SHARED * min(sizes[number], sizes[other]):
                parent[find(number)] = find(other)
    return [find(number) for number in range(len(texts))]


def choose_development(articles: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Ids of the development split: whole groups of repeated texts, by a hash of their ids, until each kind has its number."""
    groups = group_repeated([row.get("title", "") + "\n" + row["text"] for _, row in articles])
    members: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        members.setdefault(group, []).append(number)
    left, chosen = dict(DEVELOPMENT), []
    for numbers in sorted(members.values(), key=lambda ns: _hash(min(articles[n][1]["id"] for n in ns))):
        need: dict[str, int] = {}
        for number in numbers:
            need[articles[number][0]] = need.get(articles[number][0], 0) + 1
        if all(left[kind] >= count for kind, count in need.items()):
            for kind, count in need.items():
                left[kind] -= count
            chosen += [articles[number][1]["id"] for number in numbers]
    return sorted(chosen)


def leave_out(texts: Iterable[str], kept_apart: Iterable[str]) -> Iterator[str]:
    """The texts that repeat none of those kept apart, not even a part of one."""
    apart: set[int] = set()
    for text in kept_apart:
        apart |= shingles(text)
    for text in texts:
        marks = shingles(text)
        if not marks or sum(mark in apart for mark in marks) < 0.2 * len(marks):
            yield text
