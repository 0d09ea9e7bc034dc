"""Facts of one claim are written in a shorter way, which gives what the long one gives."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kg.load import properties
from kg.load.fact_rows import ClaimRow, make_row, merge_claims, write_row

# Whatever a passage, a title or an id may hold; halves of surrogate pairs are gone when a record is made.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', "\\", "\n", "\x00", '","', "\u2028"]
)
claims = st.builds(
    ClaimRow,
    head=st.just("00"),
    relation=st.sampled_from(["OWNS", "PARTNERS_WITH"]),
    tail=st.just("ff"),
    status=st.sampled_from(["actual", "planned", "ended", "denied", "rumored"]),
    time=st.sampled_from([None, "2020", "2020-05", "2020-05-07", "2020/2021", "2021/"]),
    doc=texts,
    start=st.integers(-1, 9),
    stop=st.integers(-1, 9),
    text=texts,
    confidence=st.sampled_from([0, 1, 1.0, 0.5, 1e-7, 0.1 + 0.2]),
    date=st.sampled_from([None, "2019", "2020-05-06", "2022-01"]),
)


@given(claims)
def test_a_fact_of_one_claim_is_what_merging_makes_of_it(claim):
    assert make_row([claim], {}) == write_row(properties.write_fact(merge_claims([claim], {})))


@given(claims)
def test_its_history_is_json(claim):
    [event] = make_row([claim], {}).properties["history"]
    passage = {"article": claim.doc, "start": claim.start, "end": claim.stop, "text": claim.text}
    assert json.loads(event) == {
        "status": claim.status,
        "time": claim.time,
        "articles": [claim.doc],
        "evidence": [{**passage, "confidence": claim.confidence}],
    }


@given(claims, claims)
def test_facts_that_differ_have_other_digests(one, other):
    first, second = make_row([one], {}), make_row([other._replace(relation=one.relation)], {})
    assert (first.digest == second.digest) == (json.dumps(first.properties) == json.dumps(second.properties))
