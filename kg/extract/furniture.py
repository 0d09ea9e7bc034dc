"""Which lines, and which ends of lines, belong to the page and not to the article: by-lines, buttons, notices, lists of links.

The vocabulary is in noise.toml. A line is furniture if it consists of furniture pieces alone, if it is a notice as a
whole, if it stands under a heading such as 相关阅读, or if it is a foreign site's name above the title.
"""

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

NOISE_FILE = Path(__file__).with_name("noise.toml")

# A site's name: chosen on scraped pages, whose titles are longer; a title that short would have to be a riddle as well,
# since the rule also asks that nothing of it occurs in the article.
_SITE_NAME_LENGTH = 16
_HEADER_LINES = 6  # title, subtitle, site, date, by-line and one to spare
_SENTENCE_MARK = re.compile("[。！？；]")
_WORDS = re.compile(r"[A-Za-z0-9]{2,}|[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class _Rules:
    longest_line: int
    separator: re.Pattern[str]
    items: tuple[re.Pattern[str], ...]
    date: re.Pattern[str]
    line: re.Pattern[str]
    related: re.Pattern[str]
    related_title_length: int
    credit_tail: re.Pattern[str]
    credit_head: re.Pattern[str]


@functools.cache
def _rules() -> _Rules:
    data = tomllib.loads(NOISE_FILE.read_text(encoding="utf-8"))

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern.replace("{name}", data["name"]).replace("{date}", data["date"]))

    return _Rules(
        longest_line=data["longest_line"],
        separator=compiled(data["sep"]),
        items=tuple(compiled(item) for item in data["items"]),
        date=compiled(data["date"]),
        line=compiled("|".join(f"(?:{line})" for line in data["lines"])),
        related=compiled(data["related"]),
        related_title_length=data["related_title_length"],
        credit_tail=compiled(rf"(?:\s*{data['credit_tail']})+$"),
        credit_head=compiled(data["credit_head"]),
    )


def is_furniture(line: str, *, in_header: bool = False) -> bool:
    """Whether the line holds nothing of the article. A bare date counts only `in_header`: elsewhere it may date an event."""
    rules = _rules()
    if len(line) > rules.longest_line:
        return False
    if not any(char.isalnum() for char in line):  # a rule of dashes, stars or dots
        return True
    return rules.line.fullmatch(line) is not None or _consists_of_items(line, rules, date_suffices=in_header)


def _consists_of_items(line: str, rules: _Rules, *, date_suffices: bool) -> bool:
    """Whether the line is pieces of furniture and separators to its end; taken piece by piece, never tried again."""
    position = skip(rules.separator, line, 0)
    named = False
    while position < len(line):
        for item in rules.items:
            if (match := item.match(line, position)) and match.end() > position:
                named = True
                break
        else:
            match = rules.date.match(line, position)
            if not match:
                return False
            named = named or date_suffices
        position = skip(rules.separator, line, match.end())
    return named


def skip(pattern: re.Pattern[str], line: str, position: int) -> int:
    """Where the pattern's match at `position` ends; `position` where there is none."""
    match = pattern.match(line, position)
    return match.end() if match else position


def furniture_lines(lines: Sequence[str]) -> list[bool]:
    """For each line (none empty, blanks trimmed) whether it is furniture, lists of other articles and site names included."""
    rules = _rules()
    marks: list[bool] = []
    in_related = False
    kept = 0
    for line in lines:
        short = len(line) <= rules.longest_line
        if short and rules.related.fullmatch(line):
            in_related = True
            marks.append(True)
            continue
        in_related = in_related and len(line) <= rules.related_title_length and "。" not in line
        marks.append(in_related or is_furniture(line, in_header=kept < _HEADER_LINES))
        if not marks[-1]:
            kept += _HEADER_LINES if "。" in line else 1  # with the first prose the header ends
    _mark_site_names(lines, marks)
    return marks


def _mark_site_names(lines: Sequence[str], marks: list[bool]) -> None:
    """Mark a short first line above the title that shares no word with anything below it: the name of a foreign site."""
    kept = [number for number, mark in enumerate(marks) if not mark]
    header: list[int] = []
    for number in kept[: _HEADER_LINES + 1]:
        if len(lines[number]) > 60 or "。" in lines[number]:
            break
        header.append(number)
    # The title must be left, and so must something below it that the words can be looked for in.
    if not 2 <= len(header) <= _HEADER_LINES or len(kept) <= 2:
        return
    for number, below in pairwise(header):
        line = lines[number]
        if len(line) > _SITE_NAME_LENGTH or len(line) >= len(lines[below]) or _SENTENCE_MARK.search(line):
            return
        rest = "\n".join(lines[n] for n in kept if n > number)
        words = _bigrams(line)
        if not words or any(word in rest for word in words):
            return
        marks[number] = True


def _bigrams(line: str) -> set[str]:
    """Pairs of Han characters and whole Latin words: what two texts on one subject share."""
    found: set[str] = set()
    for word in _WORDS.findall(line):
        if word[0] < "\u4e00":
            found.add(word)
        else:
            found.update(word[i : i + 2] for i in range(len(word) - 1))
    return found


def furniture_ends(line: str) -> list[tuple[int, int]]:
    """Stretches at the line's ends that are credits: 文｜… before the text, （责任编辑：…） behind it."""
    rules = _rules()
    head, tail = 0, len(line)
    while (match := rules.credit_head.match(line, head, head + rules.longest_line)) and match.end() < len(line):
        head = match.end()
    while match := rules.credit_tail.search(line, max(head, tail - rules.longest_line), tail):
        tail = match.start()
    return [(start, end) for start, end in ((0, head), (tail, len(line))) if start < end]
