from pathlib import Path

import pytest

from kg.errors import InputError
from kg.extract.page import MAX_PAGE_CHARACTERS, read_page, strip_site
from kg.extract.publication import Publication

PAGES = Path(__file__).parent / "data" / "pages"

# What must be in the main text of each layout, and what must not.
LAYOUTS = {
    "portal-long": (
        [
            "青禾超市与云仓科技在杭州签署",
            "一箱牛奶从进后仓",
            "云仓科技向青禾超市开放补货算法接口",
            "双方在嘉兴共建区域中心仓",
            "嘉兴中心仓\t云仓科技\t8600",
            "与连锁便利店“转角”的合作因费用分歧终止",
            "机器看不见露水",
        ],
        [
            "月光百货",
            "早市",
            "海岳汽车",
            "北桥银行",
            "西风影业",
            "首页",
            "客户端下载",
            "版权所有",
            "分享到",
            "评论(12)",
            "统计",
        ],
    ),
    "wechat": (
        ["月光百货宣布以七点二亿元收购", "招商经理换过十一任", "书店“纸鸢”", "我们买的是这条街的习惯", "南塘冷运"],
        ["海岳汽车", "早市", "往期推荐", "阅读 1.2万", "原创"],
    ),
    "flash-short": (
        ["海岳汽车公告称，与星槎电池共同出资设立海槎新能源"],
        ["北桥银行", "远舟汽车", "青禾超市", "西风影业", "基金", "ICP", "收藏", "首页"],
    ),
    "app-json-ld": (
        [
            "早市”今日宣布完成B轮融资",
            "在合肥建立中央厨房",
            "收购社区团购小程序“楼下”",
            "与青禾超市合作开设店中店",
            "我卖的是一毛钱",
            "钱花在哪里",
            "约为行业平均的一半",
        ],
        ["月光百货", "南塘集团", "远舟汽车", "西风影业", "路人甲", "梁小筑", "招聘", "最新"],
    ),
    "notice-table": (
        ["虚构原价、诱导交易", "虚构原价\t粽子礼盒等十七种\t八十万元", "青禾超市已暂停相关活动", "罚款一百二十万元"],
        ["政务公开", "打印本页", "网站标识码", "您的位置"],
    ),
    "blog-short": (
        [
            "西风影业退出了它三年前参与发起的院线联盟",
            "2021年5月：西风影业、东篱院线、长亭影投发起联盟",
            "长亭影投出售其中三家影城",
        ],
        ["星槎电池", "南塘冷运", "早市", "海岳汽车", "WordPress", "老观众", "上一篇"],
    ),
    "old-br": (
        ["江望北昨天否认了与远舟汽车谈判供货的传闻", "电动自行车厂“飞絮”", "囧途系列", "谁都在跟谁谈"],
        ["召回", "早市", "论坛", "版权所有", "字号", "相关新闻"],
    ),
    "plain-related": (
        ["南塘冷运正式入驻半点到平台", "台风天不计入考核", "冰淇淋到手是汤"],
        ["月光百货", "虚构原价", "签约改造", "相关阅读", "干线", "版权"],
    ),
}
PUBLICATIONS = {
    "portal-long": Publication("青禾超市与云仓科技签约：三年内改造二百家门店", "2023-10-18", "江海商报"),
    "wechat": Publication(
        "月光百货买下南塘商场，老板娘说先修电梯",
        "2023-10-18",
        "东街商业观察",
        "http://mp.weixin.example/s?__biz=MzA5&mid=2651&idx=1",
    ),
    "flash-short": Publication(
        "海岳汽车与星槎电池成立合资公司",
        "2024-03-05",
        "岭上财经",
        "https://www.lingshang.example/kx/20240305/88231.html",
    ),
    "app-json-ld": Publication(
        "早市完成B轮融资，北桥资本领投", "2024-05-21", "食货志", "https://shihuo.example/p/77120"
    ),  # 23:30Z on the 20th
    "notice-table": Publication("关于对半点到平台作出行政处罚的公告", "2024-02-29", "江海市市场监督管理局"),
    "blog-short": Publication("西风影业退出院线联盟", "2024-08-02", "幕间", "https://mujian.example/2024/08/xifeng/"),
    "old-br": Publication("星槎电池否认与远舟汽车谈判", "2008-11-03", "江海热线"),
    "plain-related": Publication("南塘冷运入驻半点到，冷链企业找到新出口", "2024-04-11", "物流参考"),
}


def read(name):
    return read_page((PAGES / f"{name}.html").read_bytes(), source=name)


def page(body, head=""):
    text = "青禾超市与云仓科技在杭州签署战略合作协议，首批三十家店年底前完成改造。"
    return f"<html><head>{head}</head><body>{body}<p>{text}</p><p>{text[::-1]}。</p></body></html>".encode()


@pytest.mark.parametrize("name", LAYOUTS)
def test_lists_quotes_and_tables_survive_and_other_stories_stay_out(name):
    text = read(name).text
    kept, out = LAYOUTS[name]
    assert [piece for piece in kept if piece not in text] == []
    assert [piece for piece in out if piece in text] == []


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_text_begins_with_the_article_not_with_title_or_date(name):
    found = read(name)
    assert not found.text.startswith(found.publication.title)
    assert "来源" not in found.text.split("\n")[0]


@pytest.mark.parametrize("name", PUBLICATIONS)
def test_title_day_source_and_address_are_read(name):
    assert read(name).publication == PUBLICATIONS[name]


@pytest.mark.parametrize("declared", ["gb2312", "utf-8", "big5", "iso-8859-1", "nonsense"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_a_wrong_declaration_does_not_matter(declared, encoding):
    markup = page("<h1>朱镕基与囧途</h1>", f'<meta charset="{declared}">').decode()
    assert "签署战略合作协议" in read_page(markup.encode(encoding), source="x").text


def test_paragraphs_between_breaks_stay_apart():
    lines = read("old-br").text.split("\n")
    assert [line[:4].replace("\u3000", " ") for line in lines[:3]] == ["本报讯 ", "上周，有", "星槎电池"]


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        ('<meta property="article:published_time" content="2023-10-18T23:00:00Z">', "", "2023-10-19"),
        ('<meta property="article:published_time" content="2023-10-18T23:00:00+08:00">', "", "2023-10-18"),
        ('<meta name="PubDate" content="2023年10月18日 09:15">', "", "2023-10-18"),
        ('<meta name="publishdate" content="20231018">', "", "2023-10-18"),
        ('<meta itemprop="datePublished" content="2023-10-18 09:15:00">', "", "2023-10-18"),
        ('<meta name="publishdate" content="今天"><meta name="pubdate" content="2023-10-18">', "", "2023-10-18"),
        ("", "<h1>标题在这里</h1><div>2023年10月18日 09:15</div>", "2023-10-18"),
        ("", "<h1>标题在这里</h1><div><span>2023年</span><span>10月18日</span></div>", "2023-10-18"),
        ("", "<h1>标题在这里</h1><div>时间：<em>2023-10-18</em></div>", "2023-10-18"),
        ("", '<div>标题</div><time datetime="2023-10-18T23:00:00Z">昨天</time>', "2023-10-19"),
        ("", '<div class="post-date">2023-10-18</div>', "2023-10-18"),
        ("", "<h1>标题在这里</h1><p>2021年6月1日，小红书曾经发出公告，宣布切断外链。</p>", None),
        ('<meta property="article:modified_time" content="2023-10-18T23:00:00Z">', "", None),
        ('<meta name="pubdate" content="2023-99-99">', "", None),
    ],
)
def test_the_day_is_the_day_in_china(head, body, day):
    assert read_page(page(body, head), source="x").publication.date == day


@pytest.mark.parametrize(
    ("title", "site", "stripped"),
    [
        ("淘宝联盟与小红书推出“小红星”：种草有了账本_新货架", "", "淘宝联盟与小红书推出“小红星”：种草有了账本"),
        ("青禾超市与云仓科技签约_零售频道_江海新闻网", "", "青禾超市与云仓科技签约"),
        ("海岳汽车与星槎电池成立合资公司 - 快讯 - 岭上财经", "", "海岳汽车与星槎电池成立合资公司"),
        ("早市完成B轮融资|食货志", "", "早市完成B轮融资"),
        ("人事丨王雅娟加入小红书", "", "人事丨王雅娟加入小红书"),
        ("8点1氪|早市完成B轮融资", "", "8点1氪|早市完成B轮融资"),
        ("iPhone-16在中国上市", "", "iPhone-16在中国上市"),
        ("A股三大指数收涨 - Reuters China Business News", "Reuters China Business News", "A股三大指数收涨"),
        ("标题", "", "标题"),
        ("", "", ""),
    ],
)
def test_the_sites_name_is_taken_off_a_title(title, site, stripped):
    assert strip_site(title, site) == stripped


def test_the_heading_that_the_title_begins_with_is_the_headline_not_the_logo():
    markup = page("<h1>江海新闻网</h1><h1>青禾超市签约云仓</h1>", "<title>青禾超市签约云仓-零售-江海新闻网</title>")
    assert read_page(markup, source="x").publication.title == "青禾超市签约云仓"


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ('<link rel="canonical" href="https://a.example/1">', "https://a.example/1"),
        (
            '<link rel="canonical" href="https://a.example/"><meta property="og:url" content="https://a.example/2">',
            "https://a.example/2",
        ),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ('<link rel="canonical" href="/1.html">', None),
        ('<meta property="og:url" content="https://a.example/?p=5">', "https://a.example/?p=5"),
    ],
)
def test_the_address_of_a_page_is_a_web_address_of_its_own(head, address):
    assert read_page(page("", head), source="x").publication.url == address


def test_broken_markup_is_read():
    markup = (
        "<html><head><title>早市融资</title><body><h1>早市完成B轮融资<div><p>早市今日宣布完成B轮融资，北桥资本领投。<p>老股东禾苗基金跟投，"
        "金额三亿元。<table><tr><td>项目<td>金额<tr><td>中央厨房<td>三亿元</b></i></div>&nbsp;&#xD800;&bogus;<p"
    )
    text = read_page(markup.encode(), source="x").text
    assert "北桥资本领投" in text
    assert "禾苗基金跟投" in text


def test_an_encoding_declared_in_xml_is_no_obstacle():
    markup = b'<?xml version="1.0" encoding="gb2312"?>' + page("")
    assert "青禾超市" in read_page(markup.decode().encode("gb18030"), source="x").text


@pytest.mark.parametrize(
    "data",
    [
        b"<html></html>",
        b"   ",
        b"<!-- nothing -->",
        "<html><head><title>早市</title></head><body><div id=root></div><noscript>请启用JavaScript</noscript></body></html>".encode(),
        "<ul><li><a href='/1'>月光百货买下南塘商场</a></li><li><a href='/2'>早市完成B轮融资</a></li></ul>".encode()
        * 20,
        b"<div>" * 50_000 + "<p>太深了，读不到这里。</p>".encode(),
    ],
    ids=["empty", "blank", "comment", "script only", "links only", "too deep"],
)
def test_a_page_without_an_article_is_refused_in_a_sentence(data):
    with pytest.raises(InputError, match=r"^x\.html: "):
        read_page(data, source="x.html")


def test_a_page_too_large_is_refused_before_it_is_parsed():
    with pytest.raises(InputError, match="no article has"):
        read_page(b"<p>" + b"a" * (MAX_PAGE_CHARACTERS + 10), source="x")


def test_inlined_pictures_do_not_count():
    picture = '<img src="data:image/png;base64,' + "A" * (MAX_PAGE_CHARACTERS + 10) + '">'
    assert "青禾超市" in read_page(page(picture), source="x").text


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "old-br"])
def test_a_long_article_in_the_same_layout_keeps_other_stories_out(name):
    from kg.extract.decoding import decode

    markup = decode((PAGES / f"{name}.html").read_bytes(), source=name)
    kept, out = LAYOUTS[name]
    end = markup.index("。", markup.index(kept[0])) + 1
    added = [
        f"第{i}家门店的改造从仓库开始，云仓科技派出的小组在店里住了{i + 2}天，把货架之间的距离重新量了一遍。"
        for i in range(60)
    ]
    filler = "</p><p>".join(added)
    text = read_page(f"{markup[:end]}</p><p>{filler}</p><p>{markup[end:]}".encode(), source=name).text
    out = [piece for piece in out if piece not in filler]
    assert [piece for piece in [*kept, *added] if piece not in text] == []
    assert [piece for piece in out if piece in text] == []


def test_control_characters_raw_or_as_references_are_left_out():
    markup = page(
        "<p>青禾\x01超市&#2;与&#x0b;云仓\x00科技&#65535;在一起的时间已经很久了，还会更久。</p><table><tr><td>\x02<p>a<p>b<p>c<p>d</table>"
    )
    assert "青禾超市与云仓科技在一起" in read_page(markup, source="x").text
