"""The passage that a reader must see to believe a statement."""

from kg.extract.relations import Candidate, covering_clauses
from kg.extract.sentences import split_clauses
from kg.extract.time import TimeExpression
from kg.model import Span


def find_evidence(text: str, candidate: Candidate, time: TimeExpression | None) -> Span:
    """The clauses that state it, name both ends and give the time, as far as they stand in one sentence.

    A subject or object named in an earlier sentence stays out: its pronoun or the silent subject stands for it.
    """
    sentence = candidate.sentence
    parts = [candidate.match, *(Span(p.start, p.end) for p in (candidate.head, candidate.tail))]
    if time:
        parts.append(Span(time.start, time.end))
    within = [part for part in parts if sentence.start <= part.start and part.end <= sentence.end]
    whole = Span(min(part.start for part in within), max(part.end for part in within))
    return covering_clauses(text, whole, split_clauses(text, sentence))
