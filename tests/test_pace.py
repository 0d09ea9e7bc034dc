"""What a run says of its speed."""

import pytest

from kg import pipeline
from kg.load.base import open_store
from kg.pace import WINDOW, Pace, tell_time


def paced(*marks):
    """The pace after marks of (second, articles, share)."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    for second, done, share in marks:
        now[0] = second
        pace.mark(done, share)
    return pace.tell()


def test_rate_and_time_left_are_those_of_the_marks():
    assert paced((0, 0, 0.0), (10, 20, 0.25)) == "20 articles, 2/s, 30 s left"


def test_a_quick_beginning_promises_nothing():
    marks = [(0, 0, 0.0), (1, 90_000, 0.9), *((2 + n, 90_000 + n, 0.9 + n / 100_000) for n in range(3 * int(WINDOW)))]
    assert paced(*marks).split(", ")[1] == "1/s"


@pytest.mark.parametrize("marks", [(), ((0, 0, None),), ((0, 1, 0.0), (0.1, 2, 0.1)), ((0, 5, 0.5), (9, 5, 0.5))])
def test_nothing_is_promised_where_nothing_is_known(marks):
    assert "left" not in paced(*marks)
    assert "/s" not in paced(*marks)


def test_an_input_of_unknown_length_has_a_rate_alone():
    assert paced((0, 0, None), (10, 1, None)) == "1 article, 0.1/s"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (3599, "1 h"),
        (4800, "1 h 20 min"),
        (86_400, "1 d"),
        (190_000, "2 d 4 h"),
    ],
)
def test_times_are_told_as_a_person_would(seconds, said):
    assert tell_time(seconds) == said


def test_the_share_of_the_input_grows_to_the_whole_over_files_of_one_and_of_many(tmp_path):
    (tmp_path / "a.txt").write_text("小红书与京东合作。" * 10, encoding="utf-8")
    rows = "".join(f'{{"id": "r{n}", "text": "美团与顺丰达成合作第{n}次。"}}\n' for n in range(20))
    (tmp_path / "b.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "c.txt").write_text("抖音与京东合作。", encoding="utf-8")
    shares = []
    with open_store("memory:") as store:
        pipeline.build([tmp_path], store, on_progress=lambda stage, done, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
