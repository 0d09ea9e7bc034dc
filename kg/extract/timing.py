"""Which of a sentence's times a statement has."""

from collections.abc import Sequence

from kg.extract.relations import Candidate
from kg.extract.time import TimeExpression


def tell_time(candidate: Candidate, times: Sequence[TimeExpression]) -> str | None:
    """The time nearest before the end of the passage within its sentence; a passage's own goes before an earlier clause's.

    None where the sentence has none, or the pattern states a condition rather than an event.
    """
    if not candidate.pattern.timed:
        return None
    sentence, passage, match = candidate.sentence, candidate.passage, candidate.match
    inside = [t for t in times if passage.start <= t.start and t.end <= passage.end]
    before = [t for t in inside if t.end <= match.end]
    if before:
        return before[-1].value
    if inside:
        return inside[0].value
    earlier = [t for t in times if sentence.start <= t.start and t.end <= passage.start]
    return earlier[-1].value if earlier else None
