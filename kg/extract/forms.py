"""Where given names stand in a text."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache


def find_forms(text: str, forms: Iterable[tuple[str, int]]) -> list[tuple[int, int, int, str]]:
    """(start, end, number, form) of every place of the (form, number) given, in order: longer forms first, none inside
    another, letters without case and width, Latin words not cut."""
    folded = fold(text)
    taken = bytearray(len(text))
    found = []
    for form, number in sorted(forms, key=lambda item: (-len(item[0]), item[0])):
        wanted = fold(form)
        start = folded.find(wanted) if wanted else -1
        while start >= 0:
            end = start + len(wanted)
            if not any(taken[start:end]) and not _cuts_word(folded, start, end):
                taken[start:end] = b"\1" * (end - start)
                found.append((start, end, number, form))
                start = folded.find(wanted, end)
            else:
                start = folded.find(wanted, start + 1)
    return sorted(found)


@lru_cache(maxsize=4096)
def _fold_letter(letter: str) -> str:
    folded = unicodedata.normalize("NFKC", letter).casefold()
    return folded if len(folded) == 1 else letter


def fold(text: str) -> str:
    """Letters without case and width, each character still one."""
    return "".join(map(_fold_letter, text))


def _cuts_word(text: str, start: int, end: int) -> bool:
    return (start > 0 and _joined(text[start - 1], text[start])) or (
        end < len(text) and _joined(text[end - 1], text[end])
    )


def _joined(left: str, right: str) -> bool:
    return (
        left.isascii() and right.isascii() and left.isalnum() and right.isalnum() and left.isdigit() == right.isdigit()
    )
