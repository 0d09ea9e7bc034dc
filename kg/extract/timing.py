"""Which of a sentence's times a statement has."""

from bisect import bisect_left
from collections.abc import Sequence

from kg.extract.relations import Candidate
from kg.extract.time import TimeExpression
from kg.model import Span


def tell_time(candidate: Candidate, times: Sequence[TimeExpression]) -> TimeExpression | None:
    """The time nearest before the end of the passage within its sentence; a passage's own goes before an earlier clause's.

    None where the sentence has none, or the pattern states a condition rather than an event. `times` are in order.
    """
    if not candidate.pattern.timed:
        return None
    sentence, passage, match = candidate.sentence, candidate.passage, candidate.match
    inside = times_within(times, passage)
    before = [t for t in inside if t.end <= match.end]
    if before:
        return before[-1]
    if inside:
        return inside[0]
    earlier = times_within(times, Span(sentence.start, passage.start))
    return earlier[-1] if earlier else None


def times_within(times: Sequence[TimeExpression], span: Span) -> list[TimeExpression]:
    """Those of the ordered `times` that stand within `span`, in order."""
    first = bisect_left(times, span.start, key=lambda t: t.start)
    last = bisect_left(times, span.end, key=lambda t: t.start)
    return [t for t in times[first:last] if t.end <= span.end]
