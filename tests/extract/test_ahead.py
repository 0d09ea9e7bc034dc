"""Work begun ahead: in order, never more than enough, and nothing that came before an error is lost by it."""

import itertools

import pytest

from kg.extract.ahead import begin_ahead


class Worker:
    def __init__(self, *, ahead=2, most=10, fails=()):
        self.ahead, self.most, self.fails = ahead, most, fails
        self.begun, self.cancelled = [], []

    def begin(self, item):
        if item in self.fails:
            raise ValueError(item)
        self.begun.append(item)
        return f"work on {item}"

    def over(self, items):
        return begin_ahead(
            items,
            self.begin,
            most=self.most,
            is_enough=lambda works: len(works) >= self.ahead,
            cancel=self.cancelled.append,
        )


def test_items_come_in_order_with_their_work():
    found = [(each.item, each.result()) for each in Worker().over("abcde")]
    assert found == [(item, f"work on {item}") for item in "abcde"]


def test_no_more_is_begun_than_is_enough():
    worker = Worker(ahead=3)
    for given, each in enumerate(itertools.islice(worker.over(itertools.count()), 10)):
        assert each.item == given
        assert worker.begun == list(range(given + 4))


def test_no_more_items_are_taken_than_may_be_however_little_work_they_are():
    worker = Worker(ahead=1_000, most=3)
    assert next(worker.over(itertools.count())).item == 0
    assert worker.begun == [0, 1, 2, 3]


def test_without_anything_ahead_an_item_is_taken_when_it_is_asked_for():
    worker = Worker(ahead=1, most=0)
    for each in itertools.islice(worker.over(itertools.count()), 5):
        assert worker.begun == list(range(each.item + 1))


def test_an_item_that_cannot_be_begun_fails_in_its_turn_and_no_other():
    beginnings = list(Worker(fails="bd").over("abcde"))
    assert [each.item for each in beginnings] == list("abcde")
    for each in beginnings:
        if each.item in "bd":
            with pytest.raises(ValueError, match=each.item):
                each.result()
        else:
            assert each.result() == f"work on {each.item}"


def test_items_that_all_fail_are_not_gathered_without_end():
    taken = []

    def source():
        for number in itertools.count():
            taken.append(number)
            yield number

    worker = Worker(most=3, fails=range(1_000_000))
    ahead = worker.over(source())
    next(ahead)
    assert taken == [0, 1, 2, 3]


def test_what_came_before_the_source_broke_is_given_out_first():
    def source():
        yield from "abc"
        raise OSError("the disk is gone")

    found = []
    with pytest.raises(OSError, match="the disk is gone"):
        found.extend(each.item for each in Worker(ahead=10).over(source()))
    ahead = Worker(ahead=10).over(source())
    assert [next(ahead).item for _ in range(3)] == list("abc")
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)


def test_what_is_begun_is_cancelled_where_the_caller_stops():
    worker = Worker()
    ahead = worker.over("abcde")
    assert next(ahead).item == "a"
    ahead.close()
    assert worker.begun == ["a", "b", "c"]
    assert worker.cancelled == ["work on b", "work on c"]


def test_an_interrupt_of_the_source_stops_at_once():
    def source():
        yield "a"
        raise KeyboardInterrupt

    worker = Worker()
    with pytest.raises(KeyboardInterrupt):
        list(worker.over(source()))
    assert worker.cancelled == ["work on a"]


def test_nothing_comes_of_nothing():
    assert list(Worker().over([])) == []
