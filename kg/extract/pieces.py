"""Text -> the pieces that an encoder reads: windows of whole sentences, each with the way back to characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kg.model import Span

Numbers = NDArray[np.int64]

# Whole articles are read at once where they fit: statements lean on names that stand paragraphs before. Nine in ten of the
# annotated articles do; longer windows cost more a character, for attention grows with the square.
MAX_PIECES = 640  # of a window that a model is trained on
READ_PIECES = 240
"""Of a window that a trained model reads. Mean triple F1 of the five kinds of the development split, each at its best threshold:
0.548 (128), 0.550 (160 to 240), 0.545 (340), 0.542 (640), of written articles 0.551 (240) against 0.525 (640): among the hundreds
of pairs of a whole article the scores are less sure than among those of a few paragraphs, which costs more than what far names tell."""
OVERLAP = (
    2  # sentences of the window before that the next one repeats, so that a pronoun at its start has what it stands for
)

_FIRST_PIECES = 4  # places in a piece that are told apart; pieces longer than that are Latin words


class Tokenizer(Protocol):
    """What is used of `tokenizers.Tokenizer`."""

    def encode(self, sequence: str, *, add_special_tokens: bool = True) -> "Encoding": ...

    def token_to_id(self, token: str) -> int | None: ...


class Encoding(Protocol):
    ids: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """Whole sentences of a text as an encoder reads them, `<bos>` and `<eos>` around them.

    `ids` and `sentences` have one number a piece (`sentences`: which of the text's sentences it is of, -1 for none);
    `offsets` (in the text), `pieces` (which piece it is in), `slots` (its place there) and `letters` (the piece that the
    character alone would be) have one a character. A piece that lies over two sentences is of the one that it starts in.
    """

    ids: Numbers
    sentences: Numbers
    offsets: Numbers
    pieces: Numbers
    slots: Numbers
    letters: Numbers

    def piece_span(self, start: int, end: int) -> tuple[int, int] | None:
        """The pieces (half-open) of the text's characters start..end; None where the window does not have them all."""
        first = int(np.searchsorted(self.offsets, start))
        last = first + end - start - 1
        if end <= start or last >= len(self.offsets) or self.offsets[first] != start or self.offsets[last] != end - 1:
            return None
        return int(self.pieces[first]), int(self.pieces[last]) + 1


def _letters(tokenizer: Tokenizer, text: str) -> Numbers:
    known = {char: tokenizer.token_to_id("▁" if char == " " else char) for char in set(text)}
    return np.array([UNKNOWN if (number := known[char]) is None else number for char in text], dtype=np.int64)


BEGIN, END, UNKNOWN = 2, 1, 3  # <bos>, <eos> and <unk> of Gemma's vocabulary


def make_windows(
    tokenizer: Tokenizer, text: str, sentences: Sequence[Span], *, titled: bool, max_pieces: int = MAX_PIECES
) -> list[Window]:
    """The windows of a text: one where it fits, else of about equal length, with OVERLAP sentences in common.

    `titled`: the first sentence is the title, which every window begins with. A sentence alone longer than a window is cut.
    """
    if not sentences:
        return []
    encoding = tokenizer.encode(text, add_special_tokens=False)
    ids = np.array(encoding.ids, dtype=np.int64)
    starts = np.array([start for start, _ in encoding.offsets], dtype=np.int64)
    ends = np.array([end for _, end in encoding.offsets], dtype=np.int64)
    # Bytes of one character each span all of it: only the first is taken for the character's own.
    owner = np.full(len(text), -1, dtype=np.int64)
    for number in range(len(ids) - 1, -1, -1):
        owner[starts[number] : ends[number]] = number
    slots = np.minimum(np.arange(len(text)) - starts[np.maximum(owner, 0)], _FIRST_PIECES - 1)
    letters = _letters(tokenizer, text)
    bounds = [(int(np.searchsorted(starts, s.start)), int(np.searchsorted(starts, s.end))) for s in sentences]
    # The piece that a sentence starts inside of belongs to the one before.
    parts: list[tuple[int, int, int]] = []  # (sentence, first piece, last piece)
    room = max_pieces - 2
    title = bounds[0] if titled and len(sentences) > 1 and bounds[0][1] - bounds[0][0] <= room // 4 else None
    if title:
        room -= title[1] - title[0]
    for number, (first, last) in enumerate(bounds):
        if number == 0 and title:
            continue
        parts += [(number, at, min(at + room, last)) for at in range(first, last, room)]
    if not parts:
        parts = [(0, *bounds[0])]
        title = None
    windows = []
    for group in _share_out(parts, room):
        chosen = [(0, *title), *group] if title else group
        windows.append(_window(chosen, ids, starts, ends, owner, slots, letters))
    return windows


def _share_out(parts: list[tuple[int, int, int]], room: int) -> list[list[tuple[int, int, int]]]:
    """Consecutive parts in groups of at most `room` pieces each, about equally long."""
    sizes = [last - first for _, first, last in parts]
    total = sum(sizes)
    if total <= room:
        return [parts]
    goal = total / -(-total // max(1, room - room // 8)) + 1
    groups: list[list[tuple[int, int, int]]] = []
    at = 0
    while at < len(parts):
        begin = at
        size = 0
        if groups:  # what the last window ended with, as far as it leaves most of the room
            while begin > 0 and at - begin < OVERLAP and size + sizes[begin - 1] <= room // 4:
                begin -= 1
                size += sizes[begin]
        new = 0
        while at < len(parts) and size + sizes[at] <= room and (new == 0 or new + sizes[at] / 2 <= goal):
            size += sizes[at]
            new += sizes[at]
            at += 1
        if new == 0:  # the overlap alone leaves no room for a long one
            begin = at
            at += 1
        groups.append(parts[begin:at])
    return groups


def _window(
    parts: Sequence[tuple[int, int, int]],
    ids: Numbers,
    starts: Numbers,
    ends: Numbers,
    owner: Numbers,
    slots: Numbers,
    letters: Numbers,
) -> Window:
    chosen = np.concatenate([np.arange(first, last) for _, first, last in parts])
    sentence = np.concatenate([np.full(last - first, number) for number, first, last in parts])
    place = np.full(len(ids) + 1, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen)) + 1
    stretches = [np.arange(starts[first], ends[last - 1]) for _, first, last in parts if last > first]
    offsets = np.unique(np.concatenate(stretches)) if stretches else np.zeros(0, dtype=np.int64)
    offsets = offsets[(owner[offsets] >= 0) & (place[owner[offsets]] >= 0)]
    return Window(
        np.concatenate([[BEGIN], ids[chosen], [END]]),
        np.concatenate([[-1], sentence, [-1]]),
        offsets,
        place[owner[offsets]],
        slots[offsets],
        letters[offsets],
    )
