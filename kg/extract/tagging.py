"""Scores of tags a character -> mentions: the best sequence in which every name has a beginning and one type."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kg.ontology import load_ontology

Floats = NDArray[np.float32]

OUTSIDE = 0
TYPES: tuple[str, ...] = tuple(load_ontology().entities)


def count_tags(types: int) -> int:
    """Tags of so many types: outside, and beginning and inside of each."""
    return 1 + 2 * types


def begin_tag(number: int) -> int:
    return 1 + 2 * number


def inside_tag(number: int) -> int:
    return 2 + 2 * number


def tag_spans(length: int, spans: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    """The tags of `length` characters with the given (start, end, type number)."""
    tags = np.zeros(length, dtype=np.int64)
    for start, end, number in spans:
        tags[start] = begin_tag(number)
        tags[start + 1 : end] = inside_tag(number)
    return tags


def decode_tags(scores: Floats, breaks: NDArray[np.bool_] | None = None) -> list[tuple[int, int, int, float]]:
    """(start, end, type number, probability) of the names in the likeliest sequence (Viterbi) of `scores` [characters, tags].

    `scores` are log-probabilities. Where names begin and end is told by what their types say together, and then what each is: a
    name of which the model knows well that it is one, but not whether a platform or a product, would else lose the characters where
    its type changes. `breaks[i]`: character i does not follow on character i - 1, so no name goes across. The probability is
    the mean of its characters' in its type.
    """
    chances = np.exp(scores.astype(np.float64))
    begins, insides = chances[:, 1::2], chances[:, 2::2]
    outside = scores[:, OUTSIDE].tolist()
    begin, inside = (np.log(part.sum(axis=1) + _LEAST_CHANCE).tolist() for part in (begins, insides))
    path = _best_path(outside, begin, inside, breaks.tolist() if breaks is not None else [False] * len(outside))
    spans = []
    at = 0
    while at < len(path):
        end = at + 1
        if path[at] == _BEGIN:
            while end < len(path) and path[end] == _INSIDE:
                end += 1
            by_type = (begins[at] + insides[at + 1 : end].sum(axis=0)) / (end - at)
            kind = int(by_type.argmax())
            spans.append((at, end, kind, float(by_type[kind])))
        at = end
    return spans


_BEGIN, _INSIDE = 1, 2  # beside OUTSIDE
_LEAST_CHANCE = 1e-12  # so that what cannot be has a logarithm


def _best_path(outside: list[float], begin: list[float], inside: list[float], breaks: list[bool]) -> list[int]:
    """OUTSIDE, _BEGIN or _INSIDE of each character, each inside behind a beginning or inside."""
    came: list[tuple[int, int]] = []  # from where outside or a beginning came, and inside
    best = [0.0, -math.inf, -math.inf]
    for out, first, further, broken in zip(outside, begin, inside, breaks, strict=True):
        top = best.index(max(best))
        name = _BEGIN if best[_BEGIN] >= best[_INSIDE] else _INSIDE
        came.append((top, name))
        best = [best[top] + out, best[top] + first, -math.inf if broken else best[name] + further]
    path = []
    state = best.index(max(best))
    for top, name in reversed(came):
        path.append(state)
        state = name if state == _INSIDE else top
    return path[::-1]


def decode_names(scores: Floats, offsets: NDArray[np.int64]) -> Iterator[tuple[int, int, int, float]]:
    """`decode_tags` of a window whose characters stand at `offsets` of a text: start and end are half-open offsets of it.

    A name does not go across what lies between two characters that do not follow on each other.
    """
    breaks = np.diff(offsets, prepend=offsets[:1]) > 1
    for start, end, kind, score in decode_tags(scores[: len(offsets)], breaks):
        yield int(offsets[start]), int(offsets[end - 1]) + 1, kind, score
