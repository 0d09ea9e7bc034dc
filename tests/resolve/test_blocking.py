"""Pairs worth a comparison, and the choice among the compared, against the plain way to find them."""

import gc
import random

import pytest

from kg.resolve import blocking
from kg.resolve.blocking import choose_pairs, pair_cores
from kg.resolve.garbage import seldom_collected, uncollected


def shares(a: str, b: str, cores: list[str], legal: list[bool]) -> bool:
    """What `pair_cores` promises at least: a rare run in common, and more than one of two characters where neither is part of the other."""

    def count(run: str, kind: bool) -> int:
        return sum(run in core and is_legal == kind for core, is_legal in zip(cores, legal, strict=True))

    if len(a) == 1 or len(b) == 1:
        return a == b
    runs = {a[i : i + 2] for i in range(len(a) - 1)} & {b[i : i + 2] for i in range(len(b) - 1)}
    rare = any(count(run, False) <= blocking.COMMON and count(run, True) <= blocking.COMMON for run in runs)
    long = any(a[i : i + 3] in b for i in range(len(a) - 2))
    return rare and (a in b or b in a or long)


def test_more_names_than_fit_beside_a_run_have_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(4)
    cores = ["".join(draw.choices("特神云海哈\ud800𠮷", k=draw.randint(0, 5))) for _ in range(300)]
    legal = [draw.random() < 0.5 for _ in cores]
    found = pair_cores(cores, legal)
    assert len(found) > 100
    monkeypatch.setattr(blocking, "_WHOLE_BITS", 42)
    assert pair_cores(cores, legal) == found


def test_every_pair_that_may_be_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "COMMON", 5)
    draw = random.Random(3)
    for _ in range(30):
        cores = ["".join(draw.choices("特神云海哈\ud800𠮷", k=draw.randint(0, 5))) for _ in range(60)]
        legal = [draw.random() < 0.5 for _ in cores]
        found = pair_cores(cores, legal)
        assert found == sorted(set(found))
        assert all(not legal[a] and legal[b] for a, b in found)
        wanted = {
            (i, j)
            for i, a in enumerate(cores)
            for j, b in enumerate(cores)
            if a and b and not legal[i] and legal[j] and shares(a, b, cores, legal)
        }
        assert wanted <= set(found)


def test_names_without_a_word_of_their_own_have_no_pair() -> None:
    assert pair_cores([], []) == []
    assert pair_cores(["", ""], [True, False]) == []
    assert pair_cores(["", "特神", "特神"], [True, False, True]) == [(1, 2)]


def test_a_run_that_too_many_have_makes_no_pair() -> None:
    cores, legal = ["特神"] * 402, [i % 2 == 0 for i in range(402)]
    assert pair_cores(cores, legal) == []


def test_one_are_those_that_are_best_for_each_other_by_a_margin() -> None:
    # 0 has a clear best; 1 has two alike; 2's best prefers 0; 3 scores too low.
    press, legal = [0, 1, 1, 2, 3], [10, 11, 12, 10, 13]
    assert choose_pairs(press, legal, [0.99, 0.9, 0.85, 0.8, 0.6], 0.75, 0.08) == ([0], [1, 2, 3, 4])
    assert choose_pairs([], [], [], 0.75, 0.08) == ([], [])


def test_at_most_three_are_left_to_a_person_and_the_best_of_them() -> None:
    one, maybe = choose_pairs([0] * 5, [4, 3, 2, 1, 9], [0.5, 0.5, 0.5, 0.5, 0.7], 0.75, 0.08)
    assert one == []
    assert maybe == [4, 3, 2]  # the best first, then by the places of their names


def test_the_search_for_garbage_goes_on_after_work_without_it() -> None:
    @uncollected
    def fail() -> None:
        assert not gc.isenabled()
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()
    gc.disable()
    try:
        with pytest.raises(KeyError):
            fail()
        assert not gc.isenabled()  # it was off before
    finally:
        gc.enable()


def test_the_search_is_as_frequent_afterwards_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyError), seldom_collected():
        assert gc.get_threshold() > before
        raise KeyError
    assert gc.get_threshold() == before
    gc.set_threshold(0)
    try:
        with seldom_collected():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
