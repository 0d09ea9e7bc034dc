"""A fact in time: order of events, status as of the last claim, and the intervals in which it held."""

import itertools
import random

import pytest

from kg.history import Claim, first_day, is_time, last_day, tell
from kg.model import Citation

DATES = {"a13": "2013-12-20", "a20": "2020-11-26", "a21": "2021-08-03", "a25": "2025-06-06", "undated": None}


def claim(status, time, article, *, confidence=1.0, start=0):
    return Claim(status, time, Citation(article, start, start + 5, "passage", confidence))


def valid(*claims):
    return tell(claims, DATES).valid


@pytest.mark.parametrize(
    "text", ["2025", "2025-02", "2024-02-29", "2020/2021", "2020-05/2021-01-03", "2019/", "0001-01-01", "9999-12-31"]
)
def test_iso_periods_and_intervals_are_times(text):
    assert is_time(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "/", "/2020", "25", "2025-13", "2025-00", "2023-02-29", "2025-2", "昨天", "2025-05-07T10:00"),
        *("2025/2024", "2020/2021/2022", "0000", "２０２５", "2025\n", " 2025"),
    ],
)
def test_anything_else_is_no_time(text):
    assert not is_time(text)


def test_a_period_counts_from_its_first_day_to_its_last():
    assert [first_day(t) for t in ("2024", "2024-02", "2024-02-03", "2024-02/2025")] == [
        "2024-01-01",
        "2024-02-01",
        "2024-02-03",
        "2024-02-01",
    ]
    assert [last_day(t) for t in ("2024", "2024-02", "2024-02-03")] == ["2024-12-31", "2024-02-29", "2024-02-03"]


def test_a_fact_opens_at_its_time_and_goes_on():
    assert valid(claim("actual", "2020-11", "a20")) == (("2020-11", None),)


def test_an_untimed_fact_has_held_since_nobody_says_when():
    assert valid(claim("actual", None, "a20")) == ((None, None),)


def test_an_end_closes_at_its_time_or_else_at_its_articles_date():
    assert valid(claim("actual", "2020-11", "a20"), claim("ended", "2021-08-02", "a21")) == (("2020-11", "2021-08-02"),)
    assert valid(claim("actual", "2020-11", "a20"), claim("ended", None, "a25")) == (("2020-11", "2025-06-06"),)


def test_what_ended_had_held_before():
    assert valid(claim("ended", "2020", "a20")) == ((None, "2020"),)


def test_a_fact_that_ended_comes_back():
    back = claim("actual", "2025-05-07", "a25")
    assert valid(claim("actual", "2020-11", "a20"), claim("ended", "2021-08-02", "a21"), back) == (
        ("2020-11", "2021-08-02"),
        ("2025-05-07", None),
    )


def test_an_untimed_claim_after_an_end_says_that_it_holds_again_by_then():
    history = tell([claim("ended", "2021-08-02", "a21"), claim("actual", None, "a25")], DATES)
    assert history.valid == ((None, "2021-08-02"), ("2025-06-06", None))
    assert history.status == "actual"


@pytest.mark.parametrize("status", ["planned", "rumored", "denied"])
def test_plans_rumours_and_denials_hold_nothing(status):
    assert valid(claim(status, "2020", "a20")) == ()


def test_a_denial_does_not_end_what_holds():
    assert valid(claim("actual", "2020", "a20"), claim("denied", None, "a21")) == (("2020", None),)


@pytest.mark.parametrize(("later", "status"), [("rumored", "actual"), ("planned", "actual"), ("denied", "denied")])
def test_a_rumour_or_plan_of_what_holds_does_not_unsay_it(later, status):
    history = tell([claim("actual", "2020", "a20"), claim(later, None, "a21")], DATES)
    assert (history.status, history.valid) == (status, (("2020", None),))
    over = tell([claim("actual", "2013", "a13"), claim("ended", "2020", "a20"), claim(later, None, "a21")], DATES)
    assert over.status == later


def test_the_finer_of_two_times_for_one_turn_is_taken():
    claims = [claim("actual", "2020", "a25"), claim("actual", "2020-11", "a20")]
    assert valid(*claims) == valid(*reversed(claims))
    assert valid(claim("actual", "2025-05-07", "a25"), claim("actual", "2025", "a25")) == (("2025-05-07", None),)
    ends = [claim("ended", "2021-08", "a25"), claim("ended", "2021-08-02", "a21")]
    assert valid(claim("actual", "2020-11", "a20"), *ends) == (("2020-11", "2021-08-02"),)


def test_an_interval_brings_its_own_end():
    assert valid(claim("actual", "2020/2021", "a25")) == (("2020", "2022-01-01"),)
    assert valid(claim("actual", "2020-02/2020-02-29", "a25")) == (("2020-02", "2020-03-01"),)
    assert valid(claim("actual", "2020/", "a25")) == (("2020", None),)
    assert valid(claim("actual", "9999/9999-12-31", "a25")) == (("9999", "9999-12-31"),)


def test_the_end_of_an_interval_is_no_statement_that_it_ended():
    history = tell([claim("actual", "2020/2021", "a25")], DATES)
    assert history.status == "actual"
    assert [(e.status, e.time) for e in history.events] == [("actual", "2020/2021")]


def test_without_any_date_an_end_takes_the_interval_away():
    assert valid(claim("actual", None, "undated"), claim("ended", None, "undated")) == ()
    assert valid(claim("ended", None, "undated")) == ()


def test_a_plan_for_later_does_not_overrule_what_an_article_after_it_states():
    history = tell([claim("planned", "2026", "a21"), claim("actual", None, "a25")], DATES)
    assert history.status == "actual"


def test_a_look_back_does_not_reopen_what_ended_since():
    history = tell([claim("actual", "2013", "a25"), claim("ended", "2021-08-02", "a21")], DATES)
    assert history.status == "ended"
    assert history.valid == (("2013", "2021-08-02"),)


def test_one_event_for_each_status_and_time_with_its_passages_sorted_and_once():
    claims = [
        claim("actual", "2020-11", "a21", start=9),
        claim("actual", "2020-11", "a20", confidence=0.4),
        claim("actual", "2020-11", "a20", confidence=0.9),
        claim("planned", None, "a13"),
        claim("actual", None, "a21"),
    ]
    events = tell(claims, DATES).events
    assert [(e.status, e.time) for e in events] == [("planned", None), ("actual", "2020-11"), ("actual", None)]
    assert [(c.article, c.start, c.confidence) for c in events[1].citations] == [("a20", 0, 0.9), ("a21", 9, 1.0)]
    assert events[1].articles == ("a20", "a21")


def test_no_order_of_claims_changes_the_history():
    rng = random.Random(11)
    statuses = ["actual", "planned", "rumored", "denied", "ended"]
    times = [None, "2020", "2020-11", "2021-08", "2021-08-02", "2020/2021", "2025-05-07"]
    for _ in range(200):
        claims = [
            claim(rng.choice(statuses), rng.choice(times), rng.choice(list(DATES)), start=rng.randrange(3))
            for _ in range(rng.randrange(1, 8))
        ]
        told = tell(claims, DATES)
        rng.shuffle(claims)
        assert tell(claims, DATES) == told


def test_intervals_are_in_order_and_do_not_overlap():
    rng = random.Random(5)
    times = [None, "2019", "2020-11-03", "2021-08-02", "2023", "2025-05-07"]
    for _ in range(300):
        claims = [
            claim(rng.choice(["actual", "ended"]), rng.choice(times), rng.choice(["a13", "a20", "a21", "a25"]))
            for _ in range(6)
        ]
        intervals = valid(*claims)
        for (_, end), (start, _) in itertools.pairwise(intervals):
            assert end is not None and start is not None
            assert first_day(end) <= first_day(start)
