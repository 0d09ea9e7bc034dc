"""A trained model's reading of one text: names, entities and statements, decoded from the scores of its heads.

The arithmetic of the model is behind `Scorer` (ONNX Runtime at work, PyTorch while training); what is here is what turns
scores into an article's entities and statements, the same for both.
"""

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kg.extract.forms import find_forms, fold
from kg.extract.linking import COARSE, RELATIONS, SYMMETRIC, alias_pairs, allowed_relations, are_apart, pair_up
from kg.extract.names import find_aliases
from kg.extract.pieces import READ_PIECES, Tokenizer, Window, make_windows
from kg.extract.tagging import TYPES, Floats, decode_names
from kg.model import STATUSES, Span

Numbers = NDArray[np.int64]
Tagged = tuple[Any, Floats]
"""What `Scorer.tag` gives."""

TOLD = 0.5
"""A status that is not likelier than all others together is not told, and the statement is taken as actual: a false end or denial
does more harm than a missed one. On the development split as many get right by it as wrong (0.45 to 0.6: within 1 of 865)."""
NAMED = 0.5
"""A mention whose type is not likelier than all else is none. Mean triple F1 on the development split 0.622 to 0.629 together with bounds that
all types tell together (0.625 from 0.45 on); 90 % of resamplings between +0.3 and +1.2 points. Each alone brings 0.1 to 0.4."""
_STRAY = re.compile("[㐀-鿿]")
"""A name of one Chinese character is a piece of a longer one: 雷 of 雷神. Of 28,677 annotated names 15 have one. On the development split
mean triple F1 0.619 to 0.622, entities 0.3 to 0.8 points more of every kind of text."""
_ACTUAL = STATUSES.index("actual")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Mentions in one window: pieces (half-open) [M, 2] and what each is a mention of [M]."""

    spans: Numbers
    owner: Numbers


class Scorer(Protocol):
    """A model's heads. `hidden` is whatever `tag` returned for the window, handed on to the others."""

    def tag(self, window: Window) -> Tagged:
        """(hidden, log-probabilities of tags [characters, tags])"""

    def same(self, hidden: Any, names: Mentions, count: int, pairs: Numbers, features: NDArray[np.float32]) -> Floats:
        """Logits [A] of pairs of names being of one entity."""

    def relate(
        self,
        hidden: Any,
        sentences: Numbers,
        entities: Mentions,
        types: Numbers,
        heads: Numbers,
        tails: Numbers,
        distances: Numbers,
    ) -> tuple[Floats, Floats]:
        """(logits [P, relations], what is known of the pairs [P, hidden])"""

    def report(
        self,
        hidden: Any,
        sentences: Numbers,
        sentence_count: int,
        entities: Mentions,
        count: int,
        known: Floats,
        statements: Numbers,
        times: Numbers,
    ) -> tuple[Floats, Floats, Floats]:
        """Logits of status [S, 5], evidence [S, sentences] and time [S, 1 + T] of statements [S, 3] (head, tail, relation)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on something is said; tuned on the development split."""

    alias: float = 0.5
    relations: Mapping[str, float] | None = None
    relation: float = 0.5
    time: float = 0.5
    second_sentence: float = 0.35  # of a sentence beside the best one, to be evidence too

    def of(self, relation: str) -> float:
        return (self.relations or {}).get(relation, self.relation)


@dataclass(frozen=True, slots=True)
class ReadEntity:
    """`mentions` are (start, end) of the text; `names` the forms, the most frequent first; `score` that of its surest mention."""

    type: str
    names: tuple[str, ...]
    mentions: tuple[tuple[int, int], ...]
    score: float


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """`sentences` and `times` are numbers of those given; `status` the likeliest; the scores are probabilities."""

    head: int
    relation: str
    tail: int
    score: float
    status: str
    status_score: float
    sentences: tuple[int, ...]
    times: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    entities: tuple[ReadEntity, ...]
    statements: tuple[ReadStatement, ...]


@dataclass(slots=True)
class _Name:
    form: str
    types: Counter[int]
    places: list[tuple[int, int]]
    score: float
    type: int = 0
    entity: int = -1


def read_text(
    scorer: Scorer,
    tokenizer: Tokenizer,
    text: str,
    sentences: Sequence[Span],
    times: Sequence[Span],
    *,
    titled: bool,
    thresholds: Thresholds,
) -> Reading:
    """What the model reads in a text. `times` are its time expressions, in order; `titled`: the first sentence is a title."""
    windows = make_windows(tokenizer, text, sentences, titled=titled, max_pieces=READ_PIECES)
    return read_windows(scorer, text, windows, [scorer.tag(window) for window in windows], times, thresholds=thresholds)


def read_windows(
    scorer: Scorer,
    text: str,
    windows: Sequence[Window],
    tagged: Sequence[Tagged],
    times: Sequence[Span],
    *,
    thresholds: Thresholds,
) -> Reading:
    """The same from a text's windows and what `scorer.tag` says of each."""
    names = _find_names(text, windows, [scores for _, scores in tagged])
    hidden = [state for state, _ in tagged]
    placed = [_place(window, names) for window in windows]
    count = _tie_aliases(scorer, text, windows, hidden, placed, names, thresholds.alias)
    entities = _entities(names, count)
    statements = _relate(scorer, windows, hidden, placed, names, entities, times, thresholds)
    return Reading(tuple(entities), tuple(statements))


def _find_names(text: str, windows: Sequence[Window], scores: Sequence[Floats]) -> list[_Name]:
    found: dict[str, _Name] = {}
    for window, row in zip(windows, scores, strict=True):
        for left, right, kind, score in decode_names(row, window.offsets):
            form = text[left:right].strip()
            if score < NAMED or not form or _STRAY.fullmatch(form):
                continue
            name = found.setdefault(fold(form), _Name(form, Counter(), [], 0.0))
            name.types[kind] += 1
            name.score = max(name.score, score)
    names = list(found.values())
    for name in names:
        coarse = Counter[str]()
        for kind, times in name.types.items():
            coarse[COARSE[kind]] += times
        best = coarse.most_common(1)[0][0]
        name.type = max((k for k in name.types if COARSE[k] == best), key=lambda k: (name.types[k], -k))
    # A name is one wherever it stands, also where the tagger passed over it.
    for start, end, number, _ in find_forms(text, [(name.form, number) for number, name in enumerate(names)]):
        names[number].places.append((start, end))
    return [name for name in names if name.places]


def _place(window: Window, names: Sequence[_Name]) -> tuple[Numbers, Numbers]:
    """Of the names' places those in the window: pieces [M, 2] and (name, start, end) [M, 3], in order."""
    rows = [
        (*pieces, number, start, end)
        for number, name in enumerate(names)
        for start, end in name.places
        if (pieces := window.piece_span(start, end))
    ]
    table = np.array(sorted(rows, key=lambda row: row[3]), dtype=np.int64).reshape(-1, 5)
    return table[:, :2], table[:, 2:]


def _tie_aliases(
    scorer: Scorer,
    text: str,
    windows: Sequence[Window],
    hidden: Sequence[Any],
    placed: Sequence[tuple[Numbers, Numbers]],
    names: Sequence[_Name],
    least: float,
) -> int:
    """Give every name its entity's number, by what the model says of pairs of names; returns how many entities there are."""
    ties: dict[tuple[int, int], float] = {}
    for _window, state, (spans, rows) in zip(windows, hidden, placed, strict=True):
        numbers, local = np.unique(rows[:, 0], return_inverse=True)
        pairs, features = alias_pairs(
            text,
            [names[n].form for n in numbers],
            [names[n].type for n in numbers],
            [(int(s), int(e), int(k)) for (_, s, e), k in zip(rows, local, strict=True)],
        )
        if not len(pairs):
            continue
        logits = scorer.same(state, Mentions(spans, local), len(numbers), pairs, features)
        for (first, second), logit in zip(pairs, logits, strict=True):
            key = (int(numbers[first]), int(numbers[second]))
            ties[key] = max(ties.get(key, -np.inf), float(logit))
    chances = {key: float(_chance(logit)) for key, logit in ties.items()}
    return _group(names, _list_brackets(text, names), chances, least)


def _group(
    names: Sequence[_Name], sure: Sequence[tuple[int, int]], chances: Mapping[tuple[int, int], float], least: float
) -> int:
    """Give every name its entity's number: the likeliest pairs first, and none that would bring two names together of which
    the model, or their letters, say that they are two entities' (complete linkage); returns how many entities there are."""
    of = list(range(len(names)))
    groups = [[number] for number in of]

    def may_join(one: int, other: int) -> bool:
        return all(
            chances.get((min(pair), max(pair)), 1.0) > least and not are_apart(names[pair[0]].form, names[pair[1]].form)
            for pair in itertools.product(groups[of[one]], groups[of[other]])
        )

    likely = sorted(
        ((key, chance) for key, chance in chances.items() if chance > least), key=lambda item: (-item[1], item[0])
    )
    for number, (first, second) in enumerate([*sure, *(key for key, _ in likely)]):
        kept, left = of[first], of[second]
        if kept == left or (number >= len(sure) and not may_join(first, second)):
            continue
        for member in groups[left]:
            of[member] = kept
        groups[kept] += groups[left]
    roots: dict[int, int] = {}
    for name, group in zip(names, of, strict=True):
        name.entity = roots.setdefault(group, len(roots))
    return len(roots)


def _list_brackets(text: str, names: Sequence[_Name]) -> list[tuple[int, int]]:
    """Pairs of names of which a bracket says that they are one: 行吟信息（即小红书）. The scorer passes over some of them."""
    starting = {start: number for number, name in enumerate(names) for start, _ in name.places}
    ending = {end: number for number, name in enumerate(names) for _, end in name.places}
    pairs = []
    for bracket, start, end in find_aliases(text):
        named, alias = ending.get(bracket), starting.get(start)
        if named is None or alias is None or ending.get(end) != alias:
            continue
        if named != alias and COARSE[names[named].type] == COARSE[names[alias].type]:
            pairs.append((named, alias))
    return pairs


def _entities(names: Sequence[_Name], count: int) -> list[ReadEntity]:
    entities = []
    for number in range(count):
        own = [name for name in names if name.entity == number]
        types = Counter[int]()
        for name in own:
            types[name.type] += len(name.places)
        own.sort(key=lambda name: (-len(name.places), name.places[0]))
        mentions = sorted(place for name in own for place in name.places)
        kind = max(types, key=lambda k: (types[k], -k))
        entities.append(ReadEntity(TYPES[kind], tuple(n.form for n in own), tuple(mentions), max(n.score for n in own)))
    return entities


def _chance(logit: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-logit))


@dataclass(slots=True)
class _Said:
    score: float
    window: int
    pair: int


def _relate(
    scorer: Scorer,
    windows: Sequence[Window],
    hidden: Sequence[Any],
    placed: Sequence[tuple[Numbers, Numbers]],
    names: Sequence[_Name],
    entities: Sequence[ReadEntity],
    times: Sequence[Span],
    thresholds: Thresholds,
) -> list[ReadStatement]:
    allowed = allowed_relations()
    kinds = np.array([TYPES.index(entity.type) for entity in entities], dtype=np.int64)
    entity_of = np.array([name.entity for name in names], dtype=np.int64)
    least = np.array([thresholds.of(relation) for relation in RELATIONS])
    best: dict[tuple[int, int, int], _Said] = {}
    states: list[tuple[Mentions, Numbers, Floats, Numbers, Numbers] | None] = []
    for number, (window, state, (spans, rows)) in enumerate(zip(windows, hidden, placed, strict=True)):
        present, local = np.unique(entity_of[rows[:, 0]] if len(rows) else np.zeros(0, np.int64), return_inverse=True)
        mentions = Mentions(spans, local)
        types = kinds[present]
        heads, tails, distances = pair_up(types, spans, local) if len(present) > 1 else (np.zeros(0, np.int64),) * 3
        if not len(heads):
            states.append(None)
            continue
        logits, known = scorer.relate(state, window.sentences, mentions, types, heads, tails, distances)
        chances = _chance(logits.astype(np.float64))
        chances[~allowed[types[heads], types[tails]]] = 0.0
        place = np.full((len(present), len(present)), -1, dtype=np.int64)
        place[heads, tails] = np.arange(len(heads))
        mirror = place[tails, heads]
        for relation, symmetric in enumerate(SYMMETRIC):
            if symmetric:
                both = (chances[:, relation] + chances[mirror, relation]) / 2
                chances[:, relation] = np.where(
                    (mirror >= 0) & (heads < tails), both, np.where(mirror >= 0, 0.0, chances[:, relation])
                )
        states.append((mentions, present, known, heads, tails))
        for pair, relation in zip(*np.nonzero(chances >= least), strict=True):
            key = (int(present[heads[pair]]), int(relation), int(present[tails[pair]]))
            score = float(chances[pair, relation])
            if key not in best or best[key].score < score:
                best[key] = _Said(score, number, int(pair))
    statements = []
    for number, window in enumerate(windows):
        mine = [(key, said) for key, said in best.items() if said.window == number]
        kept = states[number]
        if mine and kept:
            statements += _report(scorer, window, hidden[number], kept, mine, times, thresholds)
    return statements


def _report(
    scorer: Scorer,
    window: Window,
    state: Any,
    kept: tuple[Mentions, Numbers, Floats, Numbers, Numbers],
    said: Sequence[tuple[tuple[int, int, int], _Said]],
    times: Sequence[Span],
    thresholds: Thresholds,
) -> list[ReadStatement]:
    mentions, present, known, heads, tails = kept
    within, sentences = np.unique(window.sentences, return_inverse=True)
    if within[0] == -1:
        within, sentences = within[1:], sentences - 1
    placed = [
        (number, pieces) for number, time in enumerate(times) if (pieces := window.piece_span(time.start, time.end))
    ]
    spans = np.array([pieces for _, pieces in placed], dtype=np.int64).reshape(-1, 2)
    pairs = np.array([item.pair for _, item in said], dtype=np.int64)
    rows = np.stack([heads[pairs], tails[pairs], np.array([key[1] for key, _ in said], dtype=np.int64)], axis=1)
    status, evidence, when = scorer.report(
        state, sentences, len(within), mentions, len(present), known[pairs], rows, spans
    )
    statuses, passages, moments = _softmax(status), _softmax(evidence), _softmax(when)
    statements = []
    for row, (key, item) in enumerate(said):
        first = int(passages[row].argmax())
        chosen = [first] + [
            s for s in (first - 1, first + 1) if 0 <= s < len(within) and passages[row, s] > thresholds.second_sentence
        ]
        moment = int(moments[row].argmax())
        surest = int(statuses[row].argmax())
        if statuses[row, surest] < TOLD:
            surest = _ACTUAL
        statements.append(
            ReadStatement(
                key[0], RELATIONS[key[1]], key[2], item.score, STATUSES[surest], float(statuses[row, surest]),
                tuple(sorted(int(within[s]) for s in chosen)),
                (placed[moment - 1][0],) if moment > 0 and moments[row, 0] < thresholds.time else (),
            )
        )  # fmt: skip
    return statements


def _softmax(logits: Floats) -> NDArray[np.float64]:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return result
