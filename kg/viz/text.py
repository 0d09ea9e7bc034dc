"""Strings of the data as the page can show them: names on one line, passages with their parties marked, safe addresses."""

import re
import unicodedata
from collections.abc import Sequence

# Half-widths of a label: fourteen Chinese characters, a full registered company name, fit; more is cut with an ellipsis.
MAX_LABEL_WIDTH = 28
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"'`\\]+", re.IGNORECASE)


def mark(text: str, words: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Cut a passage into (text, role) segments, where the given (form, role) words stand and "" between.

    The longest form wins where forms overlap, so that 淘宝天猫 is not marked as 淘宝. The segments join to the text.
    """
    roles: dict[str, str] = {}
    for form, role in words:
        if form:
            roles.setdefault(form.casefold(), role)
    if not roles or not text:
        return ((text, ""),) if text else ()
    pattern = re.compile("|".join(re.escape(f) for f in sorted(roles, key=lambda f: (-len(f), f))), re.IGNORECASE)
    segments = []
    end = 0
    for match in pattern.finditer(text):
        if match.start() > end:
            segments.append((text[end : match.start()], ""))
        segments.append((match[0], roles.get(match[0].casefold(), "")))
        end = match.end()
    if end < len(text):
        segments.append((text[end:], ""))
    return tuple(segments)


def short_label(name: str, *, width: int = MAX_LABEL_WIDTH) -> str:
    """A name on one line of at most `width` half-widths, cut with an ellipsis. Line breaks and controls become blanks;
    invisible format characters go, since a bidirectional override would turn the text on a canvas around."""
    # Only so much is looked at as can be shown, so that a name of a million characters costs nothing.
    head = name[: 8 * width]
    kinds = [(char, unicodedata.category(char)) for char in head]
    clean = "".join(" " if kind in ("Cc", "Zl", "Zp") else char for char, kind in kinds if kind not in ("Cf", "Cs"))
    label = " ".join(clean.split())
    if len(name) == len(head) and text_width(label) <= width:
        return label or "…"
    used = 1
    for i, char in enumerate(label):
        used += text_width(char)
        if used > width:
            return label[:i].rstrip() + "…"
    return label + "…"


def text_width(text: str) -> int:
    """Half-widths: a Chinese character counts two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def web_address(url: object) -> str | None:
    """The address where it is http or https and nothing in it could end an attribute or start a script, else None."""
    return url if isinstance(url, str) and _WEB_ADDRESS.fullmatch(url) else None
