"""Sentences and clauses of a clean text, as half-open spans of its characters."""

import re

from kg.model import Span

# A sentence ends with its closing quote or bracket; a line end always ends one, so a shuffled paragraph harms no other.
_SENTENCE_END = re.compile(r"[。！？!?]+[”’」』）)\"]*|\n+|…{2,}(?=[”」』])[”」』]")
_CLAUSE_END = re.compile(r"[，,；;：:。！？!?\n]+")


# Real sentences reach some hundred characters. What goes on for longer is a table or a list without full stops, which
# says nothing across its length, and the work on a sentence grows with the square of it.
MAX_SENTENCE = 1000


def split_sentences(text: str) -> list[Span]:
    """Sentences in order, white space around them left out, none empty, none longer than MAX_SENTENCE characters."""
    sentences: list[Span] = []
    for sentence in _pieces(text, _SENTENCE_END, 0, len(text)):
        sentences += [sentence] if len(sentence) <= MAX_SENTENCE else _cut(text, sentence)
    return sentences


def _cut(text: str, sentence: Span) -> list[Span]:
    """A sentence that is too long, cut between clauses where it has any, else anywhere."""
    parts: list[Span] = []
    for clause in split_clauses(text, sentence):
        for start in range(clause.start, clause.end, MAX_SENTENCE):
            end = min(start + MAX_SENTENCE, clause.end)
            if parts and start == clause.start and end - parts[-1].start <= MAX_SENTENCE:
                parts[-1] = Span(parts[-1].start, end)
            else:
                parts.append(Span(start, end))
    return parts


def split_clauses(text: str, sentence: Span) -> list[Span]:
    """Clauses of one sentence in order, each with the punctuation that ends it."""
    return list(_pieces(text, _CLAUSE_END, sentence.start, sentence.end))


def _pieces(text: str, ending: re.Pattern[str], start: int, stop: int) -> list[Span]:
    spans, begin = [], start
    for match in ending.finditer(text, start, stop):
        spans.append((begin, match.end()))
        begin = match.end()
    spans.append((begin, stop))
    trimmed = []
    for left, right in spans:
        piece = text[left:right]
        inner_left = left + len(piece) - len(piece.lstrip())
        inner_right = left + len(piece.rstrip())
        if inner_left < inner_right:
            trimmed.append(Span(inner_left, inner_right))
    return trimmed
