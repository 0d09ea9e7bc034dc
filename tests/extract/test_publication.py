import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.publication import Publication, day_of_name, find_publication, find_source, read_fields, web_address

BODY = "　　10月17日，青禾超市与云仓科技在杭州签署战略合作协议，首批三十家店年底前完成改造。\n"
TITLE = "青禾超市与云仓科技签约：三年内改造二百家门店"

HEADS = {
    "title, day and source": (
        f"{TITLE}\n2013-12-20 来源：江海商报 作者：叶知秋\n\n{BODY}",
        Publication(TITLE, "2013-12-20", "江海商报"),
    ),
    "Windows line ends": (
        f"{TITLE}\r\n2013-12-20 来源：江海商报\r\n\r\n{BODY}",
        Publication(TITLE, "2013-12-20", "江海商报"),
    ),
    "old Mac line ends": (f"{TITLE}\r2013-12-20 来源：江海商报\r{BODY}", Publication(TITLE, "2013-12-20", "江海商报")),
    "site's name before the title": (
        f"聚源·财经\n\n{TITLE}\n\n日期:2025-06-01\n\n{BODY}",
        Publication(TITLE, "2025-06-01"),
    ),
    "breadcrumbs before the title": (
        f"当前位置：首页 > 零售 > 正文\n{TITLE}\n2023年10月18日 09:15\n{BODY}",
        Publication(TITLE, "2023-10-18"),
    ),
    "furniture between day and article": (
        f"{TITLE}\n2023-10-18 来源:江海商报\n当前位置:首页 > 零售 > 正文 【字号:大 中 小】 打印本页 关闭窗口\n{BODY}",
        Publication(TITLE, "2023-10-18", "江海商报"),
    ),
    "subtitle": (
        f"青禾签约云仓\n——三年内改造二百家门店\n2023-10-18\n{BODY}",
        Publication("青禾签约云仓", "2023-10-18"),
    ),
    "day before title": (f"2023年10月18日\n{TITLE}\n{BODY}", Publication(TITLE, "2023-10-18")),
    "outlet without a label": (
        f"{TITLE}\n2023-10-18 09:15 江海新闻网\n{BODY}",
        Publication(TITLE, "2023-10-18", "江海新闻网"),
    ),
    "one field a line": (
        f"{TITLE}\n来源：江海商报\n作者：叶知秋\n发布时间：二〇二三年十月十八日\n{BODY}",
        Publication(TITLE, "2023-10-18", "江海商报"),
    ),
    "day in brackets": (f"{TITLE}\n（2023-10-18）\n{BODY}", Publication(TITLE, "2023-10-18")),
    "day with blanks as wide as characters": (
        f"{TITLE}\n2023-10-18　10:00　来源：　江海商报\n{BODY}",
        Publication(TITLE, "2023-10-18", "江海商报"),
    ),
    "flash with the day before the headline": (
        f"2023-10-18 {TITLE}\n{BODY}",
        Publication(f"2023-10-18 {TITLE}", "2023-10-18"),
    ),
    "title alone": (f"{TITLE}\n\n{BODY}", Publication(TITLE)),
    "short title alone": (f"淘宝接入微信\n\n{BODY}", Publication("淘宝接入微信")),
    "no title": (BODY, Publication()),
    "article that begins with a day": ("2013年6月1日，小红书创立。\n后来搬到上海。\n", Publication()),
    "headline with a day in it": (f"青禾2023年10月18日公告摘要\n{BODY}", Publication("青禾2023年10月18日公告摘要")),
    "Markdown": (
        f"# {TITLE}\n\n*****\n2023-10-18 来源：江海商报\n\n{BODY}",
        Publication(TITLE, "2023-10-18", "江海商报"),
    ),
    "empty": ("", Publication()),
    "blanks": (" \n\u3000\n", Publication()),
    "one long line": ("长" * 1_000_000, Publication()),
}


@pytest.mark.parametrize(("text", "found"), HEADS.values(), ids=HEADS.keys())
def test_first_lines_tell_title_day_and_source(text, found):
    assert find_publication(text) == found


def test_front_matter_comes_first():
    text = f"---\ntitle: '{TITLE}'\ndate: 2023-10-18T23:30:00Z\nsource: 江海商报\nurl: https://a.example/1\ntags:\n  - x\n---\n# 别的标题\n正文。"
    assert find_publication(text) == Publication(TITLE, "2023-10-19", "江海商报", "https://a.example/1")


def test_unfinished_front_matter_is_text():
    assert find_publication("---\ntitle: x\n没有结束").url is None


@given(st.text(max_size=300))
def test_the_title_is_always_a_part_of_the_text(text):
    assert find_publication(text).title in text


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2013-12-20-shopping", "2013-12-20"),
        ("20131220_x", "2013-12-20"),
        ("t20231018_5512", "2023-10-18"),
        ("news_2013_1_2", "2013-01-02"),
        ("2013.12.20", "2013-12-20"),
        ("2013年12月20日 早报", "2013-12-20"),
        ("20139999-2013-12-20", "2013-12-20"),
        ("1234567890", None),
        ("20131399", None),
        ("2013-12", None),
        ("x", None),
        ("", None),
    ],
)
def test_the_day_in_a_file_name_is_read(name, day):
    assert day_of_name(name) == day


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://a.example/1?x=1&y=中文", "https://a.example/1?x=1&y=中文"),
        (" http://a.example/ ", "http://a.example/"),
        ("HTTPS://A.EXAMPLE/1", "HTTPS://A.EXAMPLE/1"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://a.example/1", None),
        ("//a.example/1", None),
        ("/1.html", None),
        ("http://", None),
        ("http://[", None),
        ("https://a.example/\njavascript:x", None),
        ('https://a.example/"onclick="x', None),
        ("https://a.example/<script>", None),
        ("https://a.example/" + "x" * 3000, None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_that_can_stand_in_a_link_are_kept(text, address):
    assert web_address(text) == address


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("来源：江海商报", "江海商报"),
        ("文章来源: 江海商报|编辑: 木桐", "江海商报"),
        ("2013-12-20 稿源：《江海商报》", "江海商报"),
        ("來源：江海商報", "江海商報"),
        ("作者：叶知秋", None),
        ("来源：", None),
        ("2013-12-20 叶知秋", None),
    ],
)
def test_the_source_of_a_line_is_found(line, source):
    assert find_source(line) == source


def test_fields_of_rows_are_read_under_their_usual_names():
    fields = {"标题": " 甲与乙合作 ", "发布时间": "2025/6/1 10:00", "媒体": "商报", "链接": "https://a.example/1"}
    assert read_fields(fields) == Publication("甲与乙合作", "2025-06-01", "商报", "https://a.example/1")
    assert read_fields({"title": 5, "date": 1697640000, "source": None, "url": "javascript:x"}) == Publication(
        "", "2023-10-18"
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("电商要闻\n2025-05-07 京东与小红书达成合作。\n双方昨日签约。", "2025-05-07"),
        ("京东与小红书宣布达成战略合作\n\n（2025年5月7日）京东与小红书签约。", "2025-05-07"),
        ("电商要闻\n新华社北京2025年5月7日电 京东与小红书达成合作。", "2025-05-07"),
        ("2025-05-07 10:30 京东与小红书达成合作。", "2025-05-07"),
        ("电商要闻\n2013年6月6日，小红书成立。", None),  # a day of what is told
        ("电商要闻\n2013年6月6日小红书成立。", None),
        ("电商要闻\n小红书成立于2013年6月6日 地点在上海。", None),
        ("小红书大事记\n2013-06-06 小红书成立。\n2014-12-01 福利社上线。", None),  # a chronicle
    ],
)
def test_a_text_may_begin_with_its_day_below_a_title_too(text, day):
    assert find_publication(text).date == day
