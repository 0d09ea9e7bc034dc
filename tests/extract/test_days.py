from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.days import day_of, find_day, locate_day, parse_day

FORMS = {
    "2025-06-01": "2025-06-01",
    "2025-6-1": "2025-06-01",
    "2025/06/01": "2025-06-01",
    "2025.6.1": "2025-06-01",
    "20250601": "2025-06-01",
    "2025年6月1日": "2025-06-01",
    "2025年06月01号": "2025-06-01",
    "2025 年 6 月 1 日": "2025-06-01",
    "２０２５年６月１日": "2025-06-01",
    "（2025年6月1日）": "2025-06-01",
    "二〇二五年六月一日": "2025-06-01",
    "二零二五年十二月三十一日": "2025-12-31",
    "二○二五年十月廿一日": "2025-10-21",
    "二〇二五年十月": "2025-10",
    "2025-06": "2025-06",
    "2025年6月": "2025-06",
    "2025": "2025",
    "2025年": "2025",
    "2023年10月18日 09:15": "2023-10-18",
    "2023年10月18日09时15分30秒": "2023-10-18",
    "2023年10月18日 星期三": "2023-10-18",
    "2023年10月18日（周三）下午3:20": "2023-10-18",
    "2023-10-18 23:59:59": "2023-10-18",
    "2023-10-18T23:00:00+08:00": "2023-10-18",
    "2023-10-18T23:00:00Z": "2023-10-19",
    "2023-10-18T15:59:59Z": "2023-10-18",
    "2023-10-18T16:00Z": "2023-10-19",
    "2023-10-18T23:00:00.123456+00:00": "2023-10-19",
    "2023-10-18 12:00:00 -0500": "2023-10-19",
    "2023-10-18T01:00:00+09:00": "2023-10-18",
    "2023-10-18T00:30:00+0900": "2023-10-17",
    "2023-10-18 10:00 CST": "2023-10-18",
    "2023-10-18 23:30 北京时间": "2023-10-18",
    "2023-10-18T10:00:00+08:00[Asia/Shanghai]": "2023-10-18",
    "Wed, 18 Oct 2023 23:00:00 GMT": "2023-10-19",
    "Wed, 18 Oct 2023 09:00:00 +0800": "2023-10-18",
    "1697640000": "2023-10-18",
    "1697644800000": "2023-10-19",
    "2024-02-29": "2024-02-29",
}
NO_DAYS = [
    *(
        "",
        " ",
        "昨天",
        "上周五",
        "6月1日",
        "2025-13-45",
        "2025-02-30",
        "2023-02-29",
        "20251301",
        "2025年13月",
        "12345",
        "1.5",
    ),
    *(
        "2025-06-01 is good",
        "版本2025-06-01",
        "0000-00-00",
        "1234567",
        "99999999999",
        "二〇二五年十三月一日",
        "9999999999999",
        "-1",
    ),
]


@pytest.mark.parametrize(("text", "day"), FORMS.items())
def test_each_form_of_a_day_is_read(text, day):
    assert parse_day(text) == day


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_none(text):
    assert parse_day(text) is None


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_comes_back_in_its_chinese_form(day):
    assert parse_day(f"{day.year}年{day.month}月{day.day}日") == day.isoformat()
    assert parse_day(day.isoformat()) == day.isoformat()
    assert find_day(f"来源：商报 {day.year}-{day.month}-{day.day} 作者") == day.isoformat()


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_none(text):
    day = parse_day(text)
    assert day is None or (len(day) in (4, 7, 10) and parse_day(day) == day)


def test_a_day_within_a_line_is_found_with_its_place():
    line = "来源：商报 2023年10月18日 09:15 作者：叶知秋"
    day, start, end = locate_day(line)
    assert (day, line[start:end].strip()) == ("2023-10-18", "2023年10月18日 09:15")
    assert find_day("发布于2023-10-18T23:00:00Z") == "2023-10-19"


@pytest.mark.parametrize(
    "line", ["", "电话2013-12-203", "版本1.2013.12.20", "编号120131220456", "2023年10月公布", "2023-99-99"]
)
def test_numbers_that_are_no_day_are_not_found(line):
    assert find_day(line) is None


def test_moments_of_documents_become_days_in_china():
    assert day_of(datetime(2023, 10, 18, 23, tzinfo=UTC)) == "2023-10-19"
    assert day_of(datetime(2023, 10, 18, 23)) == "2023-10-18"
    assert day_of(None) is None
