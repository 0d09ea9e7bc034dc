"""Sureness that is fitted is nearer to the truth than what it was fitted on, and thresholds are where F1 is best."""

import numpy as np
import pytest

from kg.extract.trained import Thresholds
from training.calibrate import (
    Remembering,
    calibrate,
    calibration_error,
    choose_relation_thresholds,
    choose_threshold,
    cross_check,
    fit_sureness,
    soften,
)
from training.matching import Judged, mean_score


def overconfident(count=4000):
    generator = np.random.default_rng(0)
    logits = generator.normal(1, 2, count)
    right = (generator.random(count) < 1 / (1 + np.exp(-(0.5 * logits - 0.8)))).astype(np.float64)
    return 1 / (1 + np.exp(-logits)), right


def test_the_sureness_that_made_the_data_is_found():
    temperature, shift = fit_sureness(*overconfident())
    assert temperature == pytest.approx(2.0, rel=0.1)
    assert shift == pytest.approx(-0.8, abs=0.1)


def test_softened_probabilities_are_nearer_to_the_truth():
    scores, right = overconfident()
    softened = soften(scores, *fit_sureness(scores, right))
    assert calibration_error(softened, right) < 0.03 < 0.15 < calibration_error(scores, right)
    assert (np.argsort(softened) == np.argsort(scores)).all()


@pytest.mark.parametrize("right", [[], [1, 1, 1], [0, 0, 0]])
def test_where_nothing_can_be_told_nothing_is_changed(right):
    assert fit_sureness(np.array([0.2, 0.5, 0.9][: len(right)]), np.array(right, dtype=float)) == (1.0, 0.0)


def test_what_splits_right_from_wrong_gives_numbers_that_are_finite():
    temperature, shift = fit_sureness(np.array([0.0, 0.1, 0.9, 1.0] * 50), np.array([0.0, 0, 1, 1] * 50))
    assert 0 < temperature < 10
    assert abs(shift) < 10


def test_the_calibration_error_of_the_right_share_is_none():
    assert calibration_error(np.full(10, 0.7), np.array([1.0] * 7 + [0] * 3)) == pytest.approx(0)
    assert calibration_error(np.full(10, 0.7), np.zeros(10)) == pytest.approx(0.7)
    assert calibration_error(np.zeros(0), np.zeros(0)) == 0


def test_a_threshold_keeps_the_right_and_leaves_the_wrong():
    judged = [Judged("written", "OWNS", 0.62 + n / 100, True) for n in range(20)]
    judged += [Judged("written", "OWNS", 0.2 + n / 100, False) for n in range(30)]
    threshold, value = choose_threshold(judged, {"written": 20})
    assert 0.49 < threshold < 0.66
    assert value > 0.95


def test_a_whole_model_is_calibrated_and_reads_each_window_once(articles, documents, tokenizer):
    from tests.extract.oracle import Oracle

    seen = []

    class Counting(Oracle):
        def tag(self, window):
            seen.append(window)
            return super().tag(window)

    found = calibrate(Counting(documents, tokenizer), tokenizer, documents, articles)
    assert len(seen) == len(documents)
    assert set(found) == {"temperature", "shift", "thresholds", "calibration"}
    assert found["thresholds"]["second_sentence"] == Thresholds().second_sentence
    assert found["calibration"]["statements"] > 10


def test_what_was_read_once_is_remembered(documents, tokenizer):
    from kg.extract.pieces import make_windows
    from kg.model import Span
    from tests.extract.oracle import Oracle

    scorer = Remembering(Oracle(documents, tokenizer, titled=False))
    sentences = [Span(*sentence) for sentence in documents[0].sentences]
    (window,) = make_windows(tokenizer, documents[0].text, sentences, titled=False)
    assert scorer.tag(window) is scorer.tag(window)


def two_relations(count=200):
    """Of OWNS everything from 0.3 on is right, of SUPPLIES everything from 0.7 on."""
    generator = np.random.default_rng(1)
    scores = generator.uniform(0.15, 0.9, (2, count))
    return [
        Judged("written", relation, float(score), bool(score >= least))
        for (relation, least), row in zip((("OWNS", 0.3), ("SUPPLIES", 0.7)), scores, strict=True)
        for score in row
    ]


def test_each_relation_has_the_threshold_that_serves_it():
    judged = two_relations()
    wanted = {"written": sum(item.right for item in judged)}
    chosen = choose_relation_thresholds(judged, wanted, 0.5)
    assert chosen["OWNS"] < 0.4 < 0.6 < chosen["SUPPLIES"]
    assert mean_score(judged, wanted, 0.5, chosen) > mean_score(judged, wanted, 0.5) + 0.05


def test_a_relation_that_is_rarely_right_keeps_about_the_threshold_of_all():
    judged = [*two_relations(), Judged("written", "JOINS", 0.2, True)]
    chosen = choose_relation_thresholds(judged, {"written": sum(item.right for item in judged)}, 0.5)
    assert abs(chosen["JOINS"] - 0.5) < 0.02


def test_thresholds_by_relation_gain_where_both_halves_are_alike_and_lose_where_they_contradict():
    first, second = two_relations()[::2], two_relations()[1::2]
    wanted = [{"written": sum(item.right for item in half)} for half in (first, second)]
    assert cross_check([(first, wanted[0]), (second, wanted[1])], 0.5) > 0.05
    turned = [Judged(j.kind, {"OWNS": "SUPPLIES", "SUPPLIES": "OWNS"}[j.relation], j.score, j.right) for j in second]
    assert cross_check([(first, wanted[0]), (turned, wanted[1])], 0.5) < 0
