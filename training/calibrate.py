"""From which probability on a model says something, and how much its probabilities are to be believed.

Fitted on the development split, by reading it with the model as it ships.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.extract.pieces import Tokenizer, Window
from kg.extract.trained import Scorer, Thresholds

from .annotated import Document
from .matching import Judged, Row, judge, mean_score, time_score
from .reading import read_document, rows_of

BINS = 10
LEAST = 0.15
"""No threshold of relations is looked for below."""
ALIAS_CHOICES = (0.3, 0.4, 0.5, 0.6, 0.7)
TIME_CHOICES = (0.3, 0.4, 0.5, 0.6, 0.7)
BELIEF = 40
"""So many right triples of a relation move its threshold half the way from that of all to the one that was best for it."""
STEPS = np.round(np.arange(LEAST, 0.9, 0.01), 2)
Floats = NDArray[np.float64]


def soften(scores: Floats, temperature: float, shift: float = 0.0) -> Floats:
    """Probabilities believed less (temperature above 1) or more, and all of them less by `shift` below 0."""
    bounded = np.clip(scores, 1e-6, 1 - 1e-6)
    softened: Floats = 1 / (1 + np.exp(-np.log(bounded / (1 - bounded)) / temperature - shift))
    return softened


def fit_sureness(scores: Floats, right: Floats) -> tuple[float, float]:
    """The temperature and shift at which `right` (0 or 1) is likeliest (Platt, 1999); (1, 0) where nothing can be told.

    A temperature alone does not do: of what is said with a probability just over the threshold, fewer than half are right,
    as many a triple of the annotation goes by another name.
    """
    if not len(scores) or right.min() == right.max():
        return 1.0, 0.0
    bounded = np.clip(scores, 1e-6, 1 - 1e-6)
    inputs = np.stack([np.log(bounded / (1 - bounded)), np.ones_like(bounded)], axis=1)
    start = np.array([1.0, 0.0])

    def surprise(weights: Floats) -> float:
        logits = inputs @ weights
        # the last term keeps both finite where they split right from wrong
        return float((np.logaddexp(0, logits) - right * logits).sum() + ((weights - start) ** 2).sum() / 200)

    weights = start
    for _ in range(100):
        chances = np.exp(-np.logaddexp(0, -(inputs @ weights)))
        slope = inputs.T @ (right - chances) - (weights - start) / 100
        bend = (inputs * (chances * (1 - chances))[:, None]).T @ inputs + np.eye(2) / 100
        step = np.linalg.solve(bend, slope)
        while surprise(weights + step) > surprise(weights) and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return 1 / max(float(weights[0]), 0.05), float(weights[1])


def calibration_error(scores: Floats, right: Floats, *, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of probability and share of right ones, over bins of equal width."""
    if not len(scores):
        return 0.0
    which = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(float(scores[which == b].mean() - right[which == b].mean())) * float((which == b).mean())
        for b in set(which)
    ]
    return sum(gaps)


def calibrate(
    scorer: Scorer, tokenizer: Tokenizer, documents: Sequence[Document], articles: Sequence[Row]
) -> dict[str, Any]:
    """What `model.toml` says of thresholds and sureness: `thresholds`, `temperature`, `shift` and `calibration`.

    `documents` and `articles` are the same texts, as `training.prepare` writes them. One threshold after the other is set to
    what gives the best F1: of triples, the mean over the kinds of text, and of times. Relations have thresholds of their own
    where those of one half of the texts serve the other half better than one for all.
    """
    remembering = Remembering(scorer)

    def read(thresholds: Thresholds) -> list[dict[str, Any]]:
        return [row for d in documents for row in rows_of(d, read_document(remembering, tokenizer, d, thresholds))]

    found: dict[float, tuple[float, float]] = {}
    read_rows: dict[float, list[dict[str, Any]]] = {}
    judged_by: dict[float, tuple[list[Judged], Mapping[str, int]]] = {}
    for alias in ALIAS_CHOICES:
        read_rows[alias] = read(Thresholds(relation=LEAST, alias=alias))
        judged_by[alias] = judge(articles, read_rows[alias])
        found[alias] = choose_threshold(*judged_by[alias])
    alias = max(found, key=lambda a: (found[a][1], -abs(a - 0.5)))
    relation = found[alias][0]
    halves = [judge(articles[half::2], read_rows[alias]) for half in (0, 1)]
    gain = cross_check(halves, relation)
    relations = choose_relation_thresholds(*judged_by[alias], relation) if gain > 0 else {}
    chosen = {"relation": relation, "relations": relations, "alias": alias}
    rows = {time: read(Thresholds(time=time, **chosen)) for time in TIME_CHOICES}
    gains = {time: time_score(articles, found_rows) for time, found_rows in rows.items()}
    time = max(gains, key=lambda t: (gains[t], -abs(t - 0.5)))

    judged, _ = judge(articles, rows[time])
    scores = np.array([j.score for j in judged], dtype=np.float64)
    right = np.array([j.right for j in judged], dtype=np.float64)
    temperature, shift = (round(value, 3) for value in fit_sureness(scores, right))
    return {
        "temperature": temperature,
        "shift": shift,
        "thresholds": {
            "alias": alias,
            "relation": relation,
            "time": time,
            "second_sentence": Thresholds().second_sentence,
            "relations": relations,
        },
        "calibration": {
            "gain_of_own_thresholds": round(gain, 4),
            "statements": len(judged),
            "error_before": round(calibration_error(scores, right), 4),
            "error_after": round(calibration_error(soften(scores, temperature, shift), right), 4),
        },
    }


def choose_threshold(judged: Sequence[Judged], wanted: Mapping[str, int]) -> tuple[float, float]:
    """(threshold, F1): where the mean F1 over the kinds of text is best, smoothed, as single triples make it jump."""
    smooth = _smooth([mean_score(judged, wanted, float(step)) for step in STEPS])
    best = int(smooth.argmax())
    return float(STEPS[best]), float(smooth[best])


def _smooth(values: Sequence[float]) -> Floats:
    smooth: Floats = np.convolve(np.pad(np.array(values), 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return smooth


def choose_relation_thresholds(judged: Sequence[Judged], wanted: Mapping[str, int], base: float) -> dict[str, float]:
    """A threshold for every relation: the one after the other moved to where the mean F1 is best, the fewer right triples
    there are of a relation the less (BELIEF)."""
    right = Counter(item.relation for item in judged if item.right)
    chosen: dict[str, float] = {}
    for _ in range(2):
        for relation, count in sorted(right.items(), key=lambda item: (-item[1], item[0])):
            values = [mean_score(judged, wanted, base, {**chosen, relation: float(step)}) for step in STEPS]
            best = float(STEPS[int(_smooth(values).argmax())])
            chosen[relation] = round(base + (best - base) * count / (count + BELIEF), 3)
    return dict(sorted(chosen.items()))


def cross_check(halves: Sequence[tuple[Sequence[Judged], Mapping[str, int]]], base: float) -> float:
    """How much better the mean F1 of each half is with the thresholds by relation of the other half, the mean of both."""
    gains = []
    for (judged, wanted), other in zip(halves, reversed(halves), strict=True):
        chosen = choose_relation_thresholds(*other, base)
        gains.append(mean_score(judged, wanted, base, chosen) - mean_score(judged, wanted, base))
    return sum(gains) / max(1, len(gains))


class Remembering:
    """A scorer that reads each window once: what its encoder costs is most of the time, and no threshold changes it."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer, self._seen = scorer, dict[bytes, Any]()
        self.same, self.relate, self.report = scorer.same, scorer.relate, scorer.report

    def tag(self, window: Window) -> Any:
        key = window.ids.tobytes()
        if key not in self._seen:
            self._seen[key] = self._scorer.tag(window)
        return self._seen[key]
