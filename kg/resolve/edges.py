"""Word lists that are looked up at an edge of many texts at once.

A trie that all texts walk together, a character a step, as columns of numbers: most texts leave it after one or two.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]

_CODE_POINTS = 0x110000


class Alphabet:
    """Small numbers for the characters of a vocabulary; all others are 0."""

    def __init__(self, words: Iterable[str]) -> None:
        signs = sorted(set().union(*words))
        self.size = len(signs) + 1
        self.number = {sign: place for place, sign in enumerate(signs, 1)}
        self._numbers = np.zeros(_CODE_POINTS, dtype=np.uint16)
        self._numbers[list(map(ord, signs))] = np.arange(1, self.size)

    def encode(self, text: str) -> Numbers:
        """The number of each character."""
        numbers: Numbers = self._numbers[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")]
        return numbers


class Edge:
    """The words that a text may begin with, or end with where `backwards`. `words` gives them by number; 0 is none."""

    def __init__(self, words: Iterable[str], alphabet: Alphabet, *, backwards: bool = False) -> None:
        self.words: Sequence[str] = ("", *sorted(words))
        self.lengths = np.array([len(word) for word in self.words])
        self._step = -1 if backwards else 1
        states: list[dict[int, int]] = [{}]
        word_of = {}
        for number, word in enumerate(self.words[1:], 1):
            state = 0
            for sign in word[:: self._step]:
                following = states[state].setdefault(alphabet.number[sign], len(states))
                if following == len(states):
                    states.append({})
                state = following
            word_of[state] = number
        self._next = np.zeros((len(states), alphabet.size), dtype=np.uint16)  # 0: no word goes on so
        for state, ways in enumerate(states):
            self._next[state, list(ways)] = list(ways.values())
        self._word = np.zeros(len(states), dtype=np.uint16)
        self._word[list(word_of)] = list(word_of.values())

    def find(self, signs: Numbers, at: Numbers, most: Numbers) -> Numbers:
        """The number of the longest word at each of the places `at` in the encoded text, of at most so many characters."""
        found = np.zeros(len(at), dtype=np.uint16)
        walking = np.flatnonzero(most > 0)
        state = self._next[0, signs[at[walking]]]
        for depth in range(1, int(self.lengths.max()) + 1):
            alive = np.flatnonzero(state)
            if not len(alive):
                break
            walking, state = walking[alive], state[alive]
            word = self._word[state]
            ended = np.flatnonzero(word)
            found[walking[ended]] = word[ended]
            longer = np.flatnonzero(most[walking] > depth)
            walking = walking[longer]
            state = self._next[state[longer], signs[at[walking] + self._step * depth]]
        return found
