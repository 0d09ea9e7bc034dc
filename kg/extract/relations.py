"""Statements by patterns: sentences are encoded so that each mention is one character, then matched by regular expressions."""

import itertools
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg.extract.patterns import PARTIES, Pattern, Patterns, block_of
from kg.extract.sentences import split_clauses
from kg.model import Span
from kg.ontology import Ontology


@dataclass(frozen=True, slots=True)
class Party:
    """One end that a statement may have: an entity of the article, at a place of its clean text."""

    entity: int
    type: str
    start: int
    end: int
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that a pattern found, in offsets of the clean text.

    `match` is what the form covers, `passage` the clauses that it touches.
    """

    head: Party
    relation: str
    tail: Party
    match: Span
    passage: Span
    sentence: Span
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    """A sentence in which each mention, or list of mentions, is one private-use character.

    `starts[i]`, `ends[i]` are the clean offsets of character i; `groups` has the parties of each such character.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    groups: Mapping[str, tuple[Party, ...]]
    topic: tuple[Party, ...] | None


# Members of one list: the longest that annotators related to one party has 20; a table without line ends has thousands, and
# every pattern would relate them all.
MAX_LIST = 40

# A、B、C和D is one list. A和B alone is ambiguous (合作 relates the two, 收购 has two heads), so it is read both ways.
_IN_LIST = re.compile(r"”?、“?")
_LIST_END = re.compile(r"”?(?:和|及|以及|与|或)“?")
_PAIR = re.compile(r"”?(?:和|与|及|以及|或|、)“?")
# Behind a verb 与 does not join (收购A和B), nor does 和 where the two do something together: in 旗下的A和B达成合作 A alone is owned.
_PAIR_OF_OBJECTS = re.compile(r"”?(?:和|及|以及|或|、)“?")
_ACT_TOGETHER = re.compile(r"[^，。；！？]{0,6}?(?:达成|签|合作|联合|共同|联手|携手|牵手|合资|合并)")
# A正式与B达成合作，推出C: what follows is said of both.
_TOGETHER = re.compile(r"[^，。；：、]{0,3}(?:和|与|同|跟|携手|联手|联合|携)")
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
# What may stand before the subject of a clause: dates, adverbs, connectives, attributions.
_LEAD = re.compile(
    r"(?:(?:其后|随后|此后|同时|此外|另外|不过|但|而|并且?|目前|此前|今年|去年|明年|当时|当天|近日|日前|昨日|今日|昨天|今天|本月|上月|早在|据悉|其中|另一边|对|就在|直到|到了?)|[0-9一二三四五六七八九十年月日初底末晚上下半间时至前后，：]|[“【])*"
)

# 新华社北京5月20日电（记者 王明）, 界面新闻5月20日讯: who reports, from where and when. Blanks between Chinese letters are gone by
# now, so what follows 电 or 讯 must not make a word with it (5月20日电商大促).
_DATELINE = re.compile(
    r"[\s【\[]*[^，。；：、！？“”（）()\s]{2,16}\s*(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日[上下中午晨晚夜凌间]{0,2}"
    r"(?:电(?![商子信力器动影视台脑话池网机气价竞源缆解厂站极梯量荒费])|讯(?![飞号息问]))[\s】\]：，]*(?:[（(][^（()）\n]{2,30}[）)]\s*)?"
)


def skip_dateline(text: str, sentence: Span) -> Span:
    """The sentence without the dateline that it begins with: who reports is no party to what is reported."""
    dateline = _DATELINE.match(text, sentence.start, sentence.end)
    return Span(dateline.end(), sentence.end) if dateline and dateline.end() < sentence.end else sentence


def encode_sentence(
    text: str,
    sentence: Span,
    parties: Sequence[Sequence[Party]],
    ontology: Ontology,
    *,
    pair_lists: bool,
    topic: tuple[Party, ...] | None = None,
    skipped: Sequence[Span] = (),
) -> EncodedSentence:
    """Encode one sentence. `parties` are the mentions in it in order, each a group (双方 stands for two).

    With `pair_lists`, A和B becomes one group too. Clauses without a subject of their own get that of the clause before.
    A sentence that begins with a title (创始人顾大勇说) gets `topic`, the organisation that sentences before were about;
    the result carries the topic on. What stands in `skipped` (dates) is left out, so that patterns need not allow for it.
    """
    clauses = {clause.start for clause in split_clauses(text, sentence)}
    grouped = _merge_lists(text, parties, ontology, pair_lists=pair_lists, clauses=clauses)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    groups: dict[str, tuple[Party, ...]] = {}
    used: dict[str, int] = {}

    def put_group(group: tuple[Party, ...], start: int, end: int) -> None:
        kind = group[0].type
        number = used.get(kind, 0)
        block = block_of(kind, ontology)
        character = chr(block[min(number, len(block) - 1)])
        used[kind] = number + 1
        groups[character] = group
        characters.append(character)
        starts.append(start)
        ends.append(end)

    subject: tuple[Party, ...] | None = None
    by_start = {start: (group, end) for group, start, end in grouped}
    jump = {span.start: span.end for span in skipped}
    position = sentence.start
    while position < sentence.end:
        if position in clauses:
            lead = _LEAD.match(text, position, sentence.end)
            at = lead.end() if lead else position
            if at in by_start and by_start[at][0][0].type in PARTIES:
                subject = _joint_subject(text, at, by_start)
                if position == sentence.start and ontology.coarse(subject[0].type) == "Org":
                    topic = subject
            elif topic and position == sentence.start and at in by_start and by_start[at][0][0].type == "Role":
                put_group(topic, at, at)
            elif subject is not None and position > sentence.start:
                put_group(subject, position, position)
        if position in by_start:
            group, end = by_start[position]
            put_group(group, position, end)
            position = end
        elif position in jump:
            position = jump[position]
        else:
            character = text[position]
            characters.append("�" if _PRIVATE_USE.match(character) else character)
            starts.append(position)
            ends.append(position + 1)
            position += 1
    return EncodedSentence("".join(characters), tuple(starts), tuple(ends), groups, topic)


def _joint_subject(text: str, at: int, by_start: Mapping[int, tuple[tuple[Party, ...], int]]) -> tuple[Party, ...]:
    group, end = by_start[at]
    if (link := _TOGETHER.match(text, end)) and link.end() in by_start:
        partner = by_start[link.end()][0]
        if partner[0].type in PARTIES and partner[0].type != "Person":
            return group + partner
    return group


def _merge_lists(
    text: str, parties: Sequence[Sequence[Party]], ontology: Ontology, *, pair_lists: bool, clauses: Container[int]
) -> list[tuple[tuple[Party, ...], int, int]]:
    merged: list[tuple[tuple[Party, ...], int, int]] = []
    in_list = False
    for members in parties:
        group = tuple(members)
        start, end = group[0].start, group[0].end
        if merged and len(merged[-1][0]) < MAX_LIST and _alike(merged[-1][0][0].type, group[0].type, ontology):
            previous, first, last = merged[-1]
            between = text[last:start]
            if _IN_LIST.fullmatch(between):
                merged[-1] = (previous + group, first, end)
                in_list = True
                continue
            if (in_list and _LIST_END.fullmatch(between)) or (
                pair_lists and _is_pair(text, first, between, end, clauses)
            ):
                merged[-1] = (previous + group, first, end)
                in_list = False
                continue
        merged.append((group, start, end))
        in_list = False
    return merged


def _is_pair(text: str, first: int, between: str, end: int, clauses: Container[int]) -> bool:
    """Whether A和B is read as one: at the beginning of a clause, or as the object of a verb."""
    begin = first
    while begin > 0 and begin not in clauses:
        begin -= 1
    lead = _LEAD.match(text, begin, first)
    if first in clauses or (lead and lead.end() == first):
        return bool(_PAIR.fullmatch(between))
    return bool(_PAIR_OF_OBJECTS.fullmatch(between)) and not _ACT_TOGETHER.match(text, end)


def _alike(one: str, other: str, ontology: Ontology) -> bool:
    return ontology.coarse(one) == ontology.coarse(other)


def read_sentence(
    text: str,
    sentence: Span,
    parties: Sequence[Sequence[Party]],
    ontology: Ontology,
    *,
    topic: tuple[Party, ...] | None = None,
    skipped: Sequence[Span] = (),
) -> list[EncodedSentence]:
    """The one or two readings of a sentence: A和B as two parties, and as one."""
    single = encode_sentence(text, sentence, parties, ontology, pair_lists=False, topic=topic, skipped=skipped)
    paired = encode_sentence(text, sentence, parties, ontology, pair_lists=True, topic=topic, skipped=skipped)
    return [single] if paired.text == single.text else [single, paired]


def find_candidates(
    text: str, sentence: Span, readings: Sequence[EncodedSentence], patterns: Patterns
) -> Iterator[Candidate]:
    """Every statement that a pattern finds in one sentence, in the order of the patterns; one triple may come several times."""
    clauses = split_clauses(text, sentence)
    for pattern in patterns.patterns:
        for reading in readings:
            for match in _overlapping_matches(pattern.regex, reading.text):
                if pattern.explicit and any(
                    reading.starts[match.start(slot)] == reading.ends[match.start(slot)] for slot in match.groupdict()
                ):
                    continue
                if any(
                    not any(part in text[p.start : p.end] for p in reading.groups[match[slot]])
                    for slot, part in pattern.parts
                ):
                    continue
                first, last = match.start(), match.end() - 1
                span = Span(min(reading.starts[first : last + 1]), max(reading.ends[first : last + 1]))
                passage = covering_clauses(text, span, clauses)
                for triple in pattern.gives:
                    heads = reading.groups[match[triple.head]]
                    tails = reading.groups[match[triple.tail]]
                    pairs = (
                        itertools.combinations(heads, 2)
                        if triple.head == triple.tail
                        else itertools.product(heads, tails)
                    )
                    shared = {p.entity for p in heads} & {p.entity for p in tails} if heads is not tails else set()
                    for head, tail in pairs:
                        # 京东和拼多多…跳转到京东、拼多多: neither leads to the other
                        if head.entity != tail.entity and head.entity not in shared and tail.entity not in shared:
                            yield Candidate(head, triple.relation, tail, span, passage, sentence, pattern)


def _overlapping_matches(regex: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    position = 0
    while match := regex.search(text, position):
        yield match
        position = match.start() + 1


def covering_clauses(text: str, span: Span, clauses: Sequence[Span]) -> Span:
    """The clauses that a span touches, as one span without the punctuation that ends it."""
    touched = [c for c in clauses if c.overlaps(span)]
    start, end = (touched[0].start, touched[-1].end) if touched else (span.start, span.end)
    while end > start and text[end - 1] in "，。；：！？,;:!?\n":
        end -= 1
    return Span(start, max(end, start))
