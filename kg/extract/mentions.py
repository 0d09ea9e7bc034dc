"""Mentions of one article: every finder's candidates, laid over each other so that none overlap."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kg.extract import names
from kg.extract.gazetteer import Gazetteer
from kg.extract.lexicon import Lexicon
from kg.model import Mention

# A name found by a doubtful cue is believed where a surer one found the same string elsewhere, or where it is repeated.
SURE = 0.5
REPEATED = 2

_PARTIES = ("Platform", "Company", "Brand", "Institution")
_LATIN = re.compile(r"[A-Za-z0-9]")


class MentionFinder:
    """Finds mentions with a gazetteer and a lexicon; the gazetteer is compiled once."""

    def __init__(self, gazetteer: Gazetteer, lexicon: Lexicon) -> None:
        self.gazetteer = gazetteer
        self.lexicon = lexicon
        self._known = NameIndex(gazetteer.forms)

    def find(self, text: str) -> list[Mention]:
        """Mentions in order of their start, none overlapping; offsets are characters of the clean text given."""
        lexicon = self.lexicon
        known = list(self._find_known(text))
        covered = _starts(text, [m for m in known if m.type in _PARTIES])
        found = [*known]
        found += names.find_suffixed(text, lexicon.company, "Company", lexicon, covered)
        found += names.find_suffixed(text, lexicon.institution, "Institution", lexicon, covered)
        found += names.find_listed(text, lexicon)
        found += names.find_quoted(text, lexicon)
        found += _clear_of(known, names.find_announcers(text, lexicon))
        found += _clear_of(known, names.find_apposed(text, lexicon))
        found += _clear_of(known, names.find_latin(text))
        found = resolve_overlaps(found)
        ends = [False] * (len(text) + 1)
        for mention in found:
            if mention.type in _PARTIES:
                ends[mention.end] = True
        roles = list(names.find_roles(text, lexicon, ends))
        persons = names.find_persons(text, lexicon, {m.end for m in roles})
        found = resolve_overlaps([*found, *roles, *_clear_of(known, persons)])
        found = _drop_unsure(text, found)
        listed = _clear_of(known, self._listed_beside(text, found))
        return resolve_overlaps([*found, *self._repeat(text, found), *listed])

    def _find_known(self, text: str) -> Iterator[Mention]:
        for start, form in self._known.find(text):
            yield Mention(start, start + len(form), form, self.gazetteer.forms[form].type, 0.9, "gazetteer")

    def _repeat(self, text: str, found: list[Mention]) -> Iterator[Mention]:
        """Every other place where a name that was found stands: 柯南 once behind a title is 柯南 everywhere."""
        kinds = {
            m.text: m
            for m in reversed(found)
            if m.source != "gazetteer" and m.type not in ("Role", "Category", "Place") and len(m.text) > 1
        }
        for start, form in NameIndex(kinds).find(text):
            first = kinds[form]
            yield Mention(start, start + len(form), form, first.type, first.score - 0.05, "repeated")

    def _listed_beside(self, text: str, found: list[Mention]) -> Iterator[Mention]:
        """Unknown names in a list with known ones: 珀莱雅、蕉内、X等 - X is what its neighbour is."""
        starts = {mention.start for mention in found}
        for mention in found:
            if mention.type not in (*_PARTIES, "Person") or mention.source == "repeated":
                continue
            position = mention.end
            # The next name that is known carries on from there, so each item is looked at once.
            while (
                text.startswith("、", position)
                and position + 1 not in starts
                and (item := _LIST_ITEM.match(text, position + 1))
            ):
                name = item[1]
                if names.is_clean_name(name, self.lexicon) and (mention.type != "Person" or len(name) in (2, 3)):
                    yield Mention(item.start(1), item.end(1), name, mention.type, 0.45, "listed")
                position = item.end(1)


_LIST_ITEM = re.compile(r"([㐀-鿿A-Za-z0-9·&\-]{2,8})(?=、|等|和|及|以及|与|，|。)")


class NameIndex:
    """Names by their first two characters: finds thousands of names in one pass over a text."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        for form in sorted(forms, key=lambda name: (-len(name), name)):
            self._by_head.setdefault(form[:2], []).append(form)

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """(start, name) from left to right, the longest name at each place, none overlapping, no Latin word cut."""
        position, by_head = 0, self._by_head
        while position < len(text):
            for form in (*by_head.get(text[position : position + 2], ()), *by_head.get(text[position], ())):
                if text.startswith(form, position) and not _cuts_word(text, position, position + len(form)):
                    yield position, form
                    position += len(form)
                    break
            else:
                position += 1


def _cuts_word(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return bool(
        (before and _LATIN.match(before) and _LATIN.match(text[start]))
        or (after and _LATIN.match(after) and _LATIN.match(text[end - 1]))
    )


def _clear_of(known: Sequence[Mention], candidates: Iterable[Mention]) -> Iterator[Mention]:
    """Candidates that touch no known name: 有赞昨 is 有赞 and a piece of 昨晚, whatever stands around it."""
    starts = [mention.start for mention in known]
    for candidate in candidates:
        nearest = bisect_left(starts, candidate.end)
        if nearest == 0 or known[nearest - 1].end <= candidate.start:
            yield candidate


def _drop_unsure(text: str, found: list[Mention]) -> list[Mention]:
    unsure = {m.text for m in found if m.score < SURE}
    count = Counter(form for _, form in NameIndex(unsure).find(text))
    return [m for m in found if m.score >= SURE or count[m.text] >= REPEATED]


def resolve_overlaps(candidates: Iterable[Mention]) -> list[Mention]:
    """The best of the candidates that do not overlap, in order: longer before shorter, then surer, then earlier."""
    taken: list[Mention] = []
    occupied: set[int] = set()
    for mention in sorted(candidates, key=lambda m: (-(m.end - m.start), -m.score, m.start, m.type)):
        if occupied.isdisjoint(range(mention.start, mention.end)):
            occupied.update(range(mention.start, mention.end))
            taken.append(mention)
    return sorted(taken, key=lambda m: m.start)


def _starts(text: str, mentions: list[Mention]) -> list[int]:
    starts = [-1] * len(text)
    for mention in mentions:
        for position in range(mention.start, mention.end):
            starts[position] = mention.start
    return starts
