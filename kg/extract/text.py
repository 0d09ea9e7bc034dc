"""Raw text -> clean text, with a way back: every clean character knows where it stood.

`clean` removes what scraped pages carry beside their words, and folds what is left into one form, so that patterns meet
each thing in one spelling. It only ever deletes characters or replaces one by one. The normal form:

- Lines end in \\n (from \\r\\n, \\r, \\v, \\f, NEL, U+2028, U+2029, and two ideographic spaces inside a line, which are a lost
  line break). A paragraph is a line; no line is empty, none begins or ends with a blank.
- No control, zero-width, formatting, variation-selector, private-use or lone surrogate characters.
- No decoration: symbols of Unicode's geometric, box, block, dingbat and miscellaneous blocks (★■◆●▲※☎❤ …), and no bullet at
  a line's start. What carries meaning stays: ℃ % + → ① №, emoji of the supplementary planes, ▲ before a
  percentage, and ○ between Chinese digits, which becomes 〇.
- No furniture lines (kg.extract.furniture). A line without any letter or digit is one.
- Blanks are U+0020 and single. In a line of prose none stands beside a Han character; in others (titles, lists) a blank
  may separate items, so it stays, except in letter-spaced words (公 告).
- Letters, digits and % & + - / ~ @ # = [ ] and their like are ASCII. Name dots are ·, bars |, dashes of box drawing —, corner quotes “ ” ‘ ’.
- Beside Han characters or full-width punctuation, , ; : ? ! ( ) are ，；：？！（）, paired straight quotes “ ”, and a full stop that ends
  a line or a quotation 。; : between digits and the , that groups thousands are ASCII. Elsewhere they stay as they were.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kg.errors import UsageError
from kg.extract.furniture import furniture_ends, furniture_lines
from kg.model import Span

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WIDE = HAN + "，。、：；？！（）《》〈〉【】“”‘’…—"  # beside these, punctuation is Chinese
_NUMERALS = "〇一二三四五六七八九十"

# A line is prose if it has a full stop for every so many characters. News sentences average 45 characters and rarely
# pass 150; feeds that set one headline beside another with blanks have hardly a full stop at all.
_PROSE_LINE = 200


def _fold_table() -> dict[str, str]:
    table = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "！（），：；？"}
    pairs = (
        ("﹐﹑﹒﹔﹕﹖﹗﹙﹚﹛﹜﹝﹞﹟﹠﹡﹢﹣﹤﹥﹦﹩﹪﹫", "，、.；：？！（）{}[]#&*+-<>=$%@"),
        ("｡｢｣､「」『』﹁﹂﹃﹄〝〞〟", "。“”、“”‘’“”‘’“””"),
        ("•・‧∙⋅･‐‑‒–−―─━│┃丨∶", "······-----———||" + "|:"),
        ("\r\v\f\x85\u2028\u2029", "\n" * 6),
        (
            "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
            " " * 17,
        ),
    )
    for raw, folded in pairs:
        table |= dict(zip(raw, folded, strict=True))
    return table


_FOLD = _fold_table()
_FOLDABLE = re.compile("[" + re.escape("".join(_FOLD)) + "]")
# The folds that depend on the neighbours, on top of the table.
_IN_CONTEXT = {
    ",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）", ".": "。", '"': "“”", "，": ",", "：": ":",
    "○": "〇", "◯": "〇", "\u3000": "\n",
}  # fmt: skip


def normal_forms(char: str) -> str:
    """All characters that `clean` may put in the place of one raw character, itself among them."""
    folded = _FOLD.get(char, char)
    return folded + _IN_CONTEXT.get(folded, "") + _IN_CONTEXT.get(char, "")


def raw_forms(char: str) -> str:
    """All raw characters that `clean` may make this one of, itself first."""
    return char + _RAW_FORMS.get(char, "")


def _invert() -> dict[str, str]:
    forms: dict[str, str] = {}
    for raw in (*_FOLD, *_IN_CONTEXT):
        for char in normal_forms(raw)[raw not in _FOLD :]:
            if char != raw and raw not in forms.get(char, ""):
                forms[char] = forms.get(char, "") + raw
    return forms


_RAW_FORMS = _invert()


def _symbols(start: int, stop: int) -> str:
    """The symbols of a Unicode range: neither its digits and letters nor its arrows, but arrowheads, which serve as bullets."""
    return "".join(
        char
        for char in map(chr, range(start, stop))
        if unicodedata.category(char) in ("So", "Sm", "Sk", "Po")
        and "ARROW" not in unicodedata.name(char, "").replace("ARROWHEAD", "")
    )


_DECORATION = (
    _symbols(0x2500, 0x27C0)  # box drawing, blocks, geometric shapes, miscellaneous symbols, dingbats
    + _symbols(0x2B00, 0x2C00)  # miscellaneous symbols and arrows
    + "※〓⊙"
)
_INVISIBLE = re.compile(
    r"\r(?=\n)|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ue000-\ue78c\ue865-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\ud800-\udfff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)  # GB18030 keeps eighty rare Han in U+E78D..E864, so that stretch of the private-use area stays
_LOST_BREAK = re.compile("(?<=[^\\s\u3000])\u3000{2,}(?=[^\\s\u3000])")
_CIRCLE_ZERO = re.compile(f"(?<=[{_NUMERALS}○◯])[○◯]+(?=[{_NUMERALS}])")
_TRIANGLES = "▲△▼▽"
_GLYPHS = re.compile(
    f"[{re.escape(''.join(c for c in _DECORATION if c not in _TRIANGLES))}]+"
    rf"|[{_TRIANGLES}](?! ?[+-]?[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?%)"
    r"|(?:(?<=\n)|\A)[·*]+(?=\s*[^\s*·A-Za-z])"
)
_BLANKS = re.compile(r"(?<= ) +|\A[ \n]+|[ \n]+\Z| +(?=\n)|(?<=\n)[ \n]+")
_BESIDE_HAN = re.compile(f"(?<=[{_WIDE}]) | (?=[{_WIDE}])")
_LETTER_SPACED = re.compile(f"(?:(?<=\n)|(?<= )|\\A)[{HAN}](?: [{HAN}](?![^ \n]))+")
_PUNCTUATION = re.compile(r"[,;:?!]+")
_FULL_STOP = re.compile(f"(?<=[{HAN}”）》])\\.(?=[\n ”’]|\\Z)")
_GROUPED = re.compile(r"(?<![0-9,，])[0-9]{1,3}(?:[,，][0-9]{3})+(?![0-9])")
_COLON_IN_NUMBER = re.compile(r"(?<=[0-9])：(?=[0-9])")
_BRACKET = re.compile(r"[()（）\n]")
_HAS_HAN = re.compile(f"[{HAN}]")
_IS_WIDE = re.compile(f"[{_WIDE}]")
_FULL_WIDTH = dict(zip(",;:?!()", "，；：？！（）", strict=True))


@dataclass(frozen=True, slots=True)
class CleanText:
    """A raw text and its clean form. `text` is what extraction reads, all evidence is given in `raw`."""

    raw: str
    text: str
    # Segments: from clean offset _clean_at[i] on, characters stand at _raw_at[i], _raw_at[i] + 1 and so on.
    _clean_at: "array[int]" = field(repr=False, compare=False)
    _raw_at: "array[int]" = field(repr=False, compare=False)

    def raw_span(self, start: int, end: int) -> Span:
        """The smallest stretch of `raw` that holds the clean characters `start` to `end` - 1; empty where `start == end`.

        ValueError where the offsets do not lie in order within `text`.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"[{start}, {end}) is not a span of the clean text, which has {len(self.text)} characters")
        if start == end:
            at = self._raw(start) if start < len(self.text) else self._end()
            return Span(at, at)
        return Span(self._raw(start), self._raw(end - 1) + 1)

    def clean_span(self, start: int, end: int) -> Span:
        """The clean characters that stand in `raw[start:end]`; empty where all of that was removed."""
        if not 0 <= start <= end <= len(self.raw):
            raise ValueError(f"[{start}, {end}) is not a span of the raw text, which has {len(self.raw)} characters")
        return Span(self._clean(start), self._clean(end))

    def _raw(self, offset: int) -> int:
        segment = bisect_right(self._clean_at, offset) - 1
        return self._raw_at[segment] + offset - self._clean_at[segment]

    def _end(self) -> int:
        return self._raw(len(self.text) - 1) + 1 if self.text else 0

    def _clean(self, offset: int) -> int:
        """The first clean character that stands at `offset` of the raw text or behind it."""
        segment = bisect_right(self._raw_at, offset) - 1
        if segment < 0:
            return 0
        stop = self._clean_at[segment + 1] if segment + 1 < len(self._clean_at) else len(self.text)
        return min(self._clean_at[segment] + offset - self._raw_at[segment], stop)


class _Draft:
    """A text on its way to being clean, with the offsets of what is left."""

    def __init__(self, raw: str) -> None:
        self.text = raw
        self.clean_at = array("I", [0])
        self.raw_at = array("I", [0])

    def rewrite(self, text: str) -> None:
        """Take a text of the same length in which characters were replaced one by one."""
        assert len(text) == len(self.text)
        self.text = text

    def cut(self, spans: Iterable[tuple[int, int]]) -> None:
        """Delete stretches, given in order and apart from each other."""
        kept: list[str] = []
        clean_at, raw_at = array("I"), array("I")
        segment, position, length = 0, 0, 0
        segments = len(self.clean_at)
        for start, end in (*spans, (len(self.text), len(self.text))):
            if start > position:
                while segment + 1 < segments and self.clean_at[segment + 1] <= position:
                    segment += 1
                clean_at.append(length)
                raw_at.append(self.raw_at[segment] + position - self.clean_at[segment])
                while segment + 1 < segments and self.clean_at[segment + 1] < start:
                    segment += 1
                    clean_at.append(length + self.clean_at[segment] - position)
                    raw_at.append(self.raw_at[segment])
                kept.append(self.text[position:start])
                length += start - position
            position = end
        self.text = "".join(kept)
        self.clean_at, self.raw_at = clean_at or array("I", [0]), raw_at or array("I", [0])

    def cut_all(self, pattern: re.Pattern[str]) -> None:
        spans = [match.span() for match in pattern.finditer(self.text)]
        if spans:
            self.cut(spans)


def clean(raw: str) -> CleanText:
    """The text without noise, in the normal form described above. Any string is accepted; time is linear in its length.

    Cleaning clean text changes nothing. That is why the steps are repeated until they find no more to do: seldom
    more than twice, since no step makes much work for an earlier one. UsageError for what is no string.
    """
    if not isinstance(raw, str):
        raise UsageError(f"clean takes the text of an article, such as article.text, not {type(raw).__name__}")
    draft = _Draft(raw)
    while True:
        before = draft.text
        draft.cut_all(_INVISIBLE)
        draft.rewrite(_LOST_BREAK.sub(lambda match: "\n" + " " * (len(match[0]) - 1), draft.text))
        draft.rewrite(_FOLDABLE.sub(lambda match: _FOLD[match[0]], draft.text))
        draft.rewrite(_CIRCLE_ZERO.sub(lambda match: "〇" * len(match[0]), draft.text))
        draft.cut_all(_GLYPHS)
        draft.cut_all(_BLANKS)
        draft.cut(_find_furniture(draft.text))
        draft.cut(_find_odd_blanks(draft.text))
        draft.rewrite(_fold_quotes(draft.text))
        draft.rewrite(_fold_brackets(draft.text))
        draft.rewrite(_fold_punctuation(draft.text))
        if draft.text == before:
            return CleanText(raw, draft.text, draft.clean_at, draft.raw_at)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends, line break not included."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)


def _find_furniture(text: str) -> list[tuple[int, int]]:
    spans = list(_lines(text))
    lines = [text[start:end] for start, end in spans]
    found: list[tuple[int, int]] = []
    if lines == [""]:
        return found
    for line, (start, end), furniture in zip(lines, spans, furniture_lines(lines), strict=True):
        if furniture:
            found.append((start, min(end + 1, len(text))))
        else:
            found.extend((start + a, start + b) for a, b in furniture_ends(line))
    return found


def _find_odd_blanks(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in _lines(text):
        if " " not in text[start:end]:
            continue
        if text.count("。", start, end) * _PROSE_LINE >= end - start:
            found.extend(match.span() for match in _BESIDE_HAN.finditer(text, start, end))
        else:
            for match in _LETTER_SPACED.finditer(text, start, end):
                found.extend((at, at + 1) for at in range(match.start() + 1, match.end(), 2))
    return found


def _fold_quotes(text: str) -> str:
    """Straight quotes that clearly open and close around Han, as curly ones; a line with doubtful ones stays as it is."""
    if '"' not in text:
        return text
    chars = list(text)
    for start, end in _lines(text):
        at = [match.start() for match in re.compile('"').finditer(text, start, end)]
        pairs = list(zip(at[::2], at[1::2], strict=False))
        if len(at) % 2 or not all(_is_quotation(text, start, left, right) for left, right in pairs):
            continue
        for left, right in pairs:
            if _HAS_HAN.search(text, max(start, left - 1), min(right + 2, end)):
                chars[left], chars[right] = "“", "”"
    return "".join(chars)


def _is_quotation(text: str, start: int, left: int, right: int) -> bool:
    """Whether these quotes may be a pair: nothing empty, no blank inside its ends, and no inches (27")."""
    inner = text[left + 1 : right]
    return bool(inner.strip()) and inner == inner.strip() and not (left > start and text[left - 1] in "0123456789")


def _fold_brackets(text: str) -> str:
    """Pairs of parentheses that touch Han inside or outside, full-width; one half of a pair is never folded alone."""
    if "(" not in text and ")" not in text:
        return text
    chars: list[str] | None = None
    opened: list[int] = []
    for match in _BRACKET.finditer(text):
        bracket, at = match[0], match.start()
        if bracket == "\n":
            opened.clear()
        elif bracket in "(（":
            opened.append(at)
        elif opened:
            left = opened.pop()
            around = text[max(left - 1, 0) : left] + text[left + 1] + text[at - 1] + text[at + 1 : at + 2]
            if text[left] == "（" or bracket == "）" or _HAS_HAN.search(around):
                chars = chars if chars is not None else list(text)
                chars[left], chars[at] = "（", "）"
    return "".join(chars) if chars is not None else text


def _fold_punctuation(text: str) -> str:
    def fold(match: re.Match[str]) -> str:
        left, right = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if not (_IS_WIDE.match(left) or _IS_WIDE.match(right)):
            return match[0]
        return "".join(_FULL_WIDTH[char] for char in match[0])

    text = _GROUPED.sub(lambda match: match[0].replace("，", ","), text)
    text = _COLON_IN_NUMBER.sub(":", text)
    text = _PUNCTUATION.sub(fold, text)
    return _FULL_STOP.sub("。", text)
