"""The status of a statement, told by cue words of its sentence: 有消息称, 拟, 否认, 终止."""

from collections.abc import Sequence

from kg.extract.patterns import StatusCues
from kg.extract.relations import Candidate

DEFAULT_STATUS = "actual"


def tell_status(text: str, candidate: Candidate, cues: Sequence[StatusCues]) -> str:
    """The status that the pattern fixes, else the first whose cue stands in the sentence or passage, else `actual`.

    Cues of a whole sentence count up to the end of the passage: what is said after it is about something else.
    """
    if candidate.pattern.status:
        return candidate.pattern.status
    passage, sentence = candidate.passage, candidate.sentence
    for cue in cues:
        if cue.sentence and cue.sentence.search(text, sentence.start, passage.end):
            return cue.status
        if cue.clause and cue.clause.search(text, passage.start, passage.end):
            return cue.status
    return DEFAULT_STATUS
