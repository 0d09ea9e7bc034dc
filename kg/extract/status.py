"""The status of a statement, told by cue words of its sentence: 有消息称, 拟, 否认, 终止."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from kg.extract.assembly import Finding
from kg.extract.patterns import UNSTATED, StatusCues, StatusPair
from kg.extract.relations import Candidate
from kg.model import Span

DEFAULT_STATUS = "actual"


class CueSearch:
    """Whether cues stand in stretches of one text, each looked for once: the statements of a sentence share theirs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[tuple[re.Pattern[str], int, int], bool] = {}

    def finds(self, cue: re.Pattern[str] | None, start: int, end: int) -> bool:
        if cue is None:
            return False
        key = (cue, start, end)
        if key not in self._known:
            self._known[key] = cue.search(self.text, start, end) is not None
        return self._known[key]


def tell_status(search: CueSearch, candidate: Candidate, cues: Sequence[StatusCues]) -> str | None:
    """The first status whose cue stands where it counts, else the one that the pattern fixes, else `actual`.

    None where the sentence asks, supposes or advises rather than states. A pattern's own status stands against every
    other cue. Cues of a whole sentence count up to the end of the passage: what is said after it is about something else.
    """
    passage, sentence, match = candidate.passage, candidate.sentence, candidate.match
    end = passage.end
    while end < sentence.end and search.text[end] in "，；：。！？!?":  # 吗？ is told by its mark
        end += 1
    for cue in cues:
        if candidate.pattern.status and cue.status != UNSTATED:
            continue
        if (
            search.finds(cue.sentence, sentence.start, end)
            or search.finds(cue.clause, passage.start, end)
            or search.finds(cue.match, match.start, match.end)
        ):
            return None if cue.status == UNSTATED else cue.status
    return candidate.pattern.status or DEFAULT_STATUS


def tell_beside(
    search: CueSearch, finding: Finding, sentences: Sequence[Span], pairs: Sequence[StatusPair]
) -> list[Finding]:
    """The finding, once for each status that its passage tells it with. `sentences` are those of the text, in order.

    A second status that the next sentence tells has that sentence as its evidence too.
    """
    told = [finding]
    for pair in pairs:
        if pair.status != told[0].status:
            continue
        first = max(0, bisect_right(sentences, finding.evidence.start, key=lambda s: s.start) - 1)
        stop = bisect_left(sentences, finding.evidence.end, key=lambda s: s.start)
        start, end = sentences[first].start, max(sentences[stop - 1].end, finding.evidence.end)
        following = sentences[stop].end if pair.follows and stop < len(sentences) else end
        if search.finds(pair.cue, start, end):
            other = replace(finding, status=pair.also)
        elif search.finds(pair.cue, end, following):
            other = replace(finding, status=pair.also, evidence=Span(finding.evidence.start, following))
        else:
            continue
        if pair.instead:
            told[0] = other
        else:
            told.append(other)
    return told
