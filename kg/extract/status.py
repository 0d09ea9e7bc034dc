"""The status of a statement, told by cue words of its sentence: 有消息称, 拟, 否认, 终止."""

from collections.abc import Sequence

from kg.extract.patterns import UNSTATED, StatusCues
from kg.extract.relations import Candidate

DEFAULT_STATUS = "actual"


def tell_status(text: str, candidate: Candidate, cues: Sequence[StatusCues]) -> str | None:
    """The first status whose cue stands where it counts, else the one that the pattern fixes, else `actual`.

    None where the sentence asks, supposes or advises rather than states. A pattern's own status stands against every
    other cue. Cues of a whole sentence count up to the end of the passage: what is said after it is about something else.
    """
    passage, sentence, match = candidate.passage, candidate.sentence, candidate.match
    end = passage.end
    while end < sentence.end and text[end] in "，；：。！？!?":  # 吗？ is told by its mark
        end += 1
    for cue in cues:
        if candidate.pattern.status and cue.status != UNSTATED:
            continue
        if (
            (cue.sentence and cue.sentence.search(text, sentence.start, end))
            or (cue.clause and cue.clause.search(text, passage.start, end))
            or (cue.match and cue.match.search(text, match.start, match.end))
        ):
            return None if cue.status == UNSTATED else cue.status
    return candidate.pattern.status or DEFAULT_STATUS
