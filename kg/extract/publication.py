"""Title, day and source of an article as its own first lines, its front matter or its file name give them.

Plain files carry them the way pages are copied: a headline, then a line like `2013-12-20 来源：浦江创业周刊 作者：程一苇`,
perhaps a site's name before and a breadcrumb line between. Nothing is cut out here; the text stays as it stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from kg.extract.days import find_day, locate_day, parse_day

_HEADER_LINES: Final = (
    12  # lines with something on them that are looked at; the headers of pages that we saw end by the sixth
)
_HEADER_CHARACTERS: Final = 20_000  # no header is further in; bounds the work on a file that is one long line
_LONGEST_TITLE: Final = 80  # characters; Chinese headlines have 10 to 40, mixed ones with English names up to about 70
_LONGEST_HEADER: Final = 120
_LONGEST_DATELINE: Final = 40  # 中新社旧金山2025年5月7日电 with an outlet of two names before it
_LONGEST_SITE_NAME: Final = 10  # a shorter first line followed by a longer headline is a site's or a column's name
_LONGEST_SOURCE: Final = 30
_LONGEST_NAME: Final = 4  # a reporter's or an outlet's name that stands without a label beside the date
_LONGEST_URL: Final = 2_000  # what browsers take

_SOURCE_LABEL: Final = r"(?:文章来源|信息来源|新闻来源|消息来源|稿件来源|来源|稿源|來源|出处|转自|转载自)"
_FIELD_LABEL: Final = (
    r"(?:文/|文章来源|信息来源|新闻来源|消息来源|稿件来源|来源|稿源|來源|出处|转自|转载自|作者|记者|記者|编辑|編輯|责任编辑|责编|整理|采访|"
    r"采写|撰文|撰稿|翻译|编译|校对|供稿|摄影|发布时间|发布日期|发表时间|更新时间|时间|日期|發布時間|日期时间|浏览次数|浏览|阅读|点击|评论)"
)
_SOURCE: Final = re.compile(rf"{_SOURCE_LABEL}\s*[:：]\s*([^\s|｜丨，,；;。]{{1,{_LONGEST_SOURCE}}})")
_FIELD: Final = re.compile(rf"{_FIELD_LABEL}\s*[:：]?\s*(?:[^\s|｜丨，。]{{1,{_LONGEST_SOURCE}}})?")
_LABELLED: Final = re.compile(rf"{_FIELD_LABEL}\s*[:：]|(?:记者|記者|编辑|编译)\s")
_LABELLED_DAY: Final = re.compile(r"(?:发布|发表|更新)?(?:时间|日期)\s*[:：]\s*(\S+)")
# Endings of outlets' names: a bare name beside the date is taken for the source only with one of them.
_OUTLET: Final = re.compile(
    r"(?<!\S)(\S{2,14}(?:网|报|社|刊|周刊|杂志|财经|在线|电视台|新闻|传媒|客户端|频道|时报|资讯|通讯|氪|证券|早报|晚报|日报))(?!\S)"
)
_LINE: Final = re.compile(r"[^\r\n\u2028\u2029]+")
_HEADING: Final = re.compile(r"^#{1,6}\s+|^\*\*|\*\*$|\s+#+$")  # Markdown's marks around a line
_RULE: Final = re.compile(r"[-=*_~#\s]+")
_FURNITURE: Final = re.compile(
    r"^(?:当前位置|您的位置|您现在的位置|你的位置|所在位置|首页\s*[>＞»/|]|返回首页|设为首页|加入收藏|登录|注册|分享到|打印本页|关闭窗口|"
    r"字号|【字号|字体|【字体|大中小|扫码|扫一扫|点击上方|关注我们|版权所有|免责声明|上一篇|下一篇)|打印本页|关闭窗口|【字号|\S\s*[>＞»]\s*(?:\S+\s*[>＞»]\s*)?正文"
)
_SENTENCE_END: Final = ("。", "；", ";", "，", ",", "：")
_SUBTITLE: Final = ("——", "--", "—", "－－")
_FRONT_MATTER: Final = re.compile(r"---[ \t]*\r?\n(.{0,8000}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL)
_FILE_DAY: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:([-_.])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d)|年(\d{1,2})月(\d{1,2})日)(?!\d)"
)

# Names under which rows, front matter and columns of tables give each field, in order of preference.
FIELD_NAMES: Final = {
    "id": ("id", "doc", "doc_id", "docid", "article_id", "news_id", "编号", "序号"),
    "title": ("title", "headline", "标题", "題目", "题目", "標題"),
    "date": (
        *("date", "day", "published", "publish_date", "publish_time", "published_at", "published_time", "pub_date"),
        *(
            "pubdate",
            "publishdate",
            "publishtime",
            "pub_time",
            "datetime",
            "time",
            "日期",
            "发布日期",
            "发布时间",
            "时间",
        ),
    ),
    "text": ("text", "content", "body", "article", "正文", "内容", "文本", "全文", "內容"),
    "source": ("source", "media", "publisher", "site", "来源", "媒体", "來源"),
    "url": ("url", "link", "链接", "网址", "地址", "連結"),
}


@dataclass(frozen=True, slots=True)
class Publication:
    """What is known of an article beside its text: title ("" if none), day as YYYY-MM-DD, source and web address."""

    title: str = ""
    date: str | None = None
    source: str | None = None
    url: str | None = None

    def or_else(self, other: "Publication") -> "Publication":
        """This one, with what it lacks taken from the other."""
        return Publication(
            self.title or other.title, self.date or other.date, self.source or other.source, self.url or other.url
        )


def find_publication(text: str) -> Publication:
    """What the front matter and the first lines of a plain or Markdown text give. The title is a part of the text."""
    text = text[:_HEADER_CHARACTERS]
    front = Publication()
    if found := _FRONT_MATTER.match(text):
        front = read_fields(dict(_front_matter_fields(found.group(1))))
        text = text[found.end() :]
    return front.or_else(read_header(_first_lines(text)))


def read_header(lines: Sequence[str]) -> Publication:
    """Title, day and source from the first lines of an article, in their order; blank ones left out."""
    title, publication = "", Publication()
    for line in lines:
        if _FURNITURE.search(line):
            continue
        if _is_header(line):
            publication = publication.or_else(Publication("", _header_day(line), find_source(line)))
            continue
        if publication.date and title:
            break  # headline and date line are behind us: this is the article
        if not _is_headline(line):
            break
        if not title or _is_site_name(title, line):
            title = line
    located = locate_day(title)
    if located and located[1] == 0:  # `2023-10-18 A与B合作`: flashes put the day before the headline
        publication = publication.or_else(Publication(date=located[0]))
    return replace(publication.or_else(Publication(date=_dateline_day(lines))), title=title)


def read_fields(fields: dict[str, object]) -> Publication:
    """A publication from named fields (see FIELD_NAMES); values that are not text, a day or a web address are left out."""

    def text_of(name: str) -> str:
        value = field(fields, name)
        return value.strip() if isinstance(value, str) else ""

    day = field(fields, "date")
    return Publication(
        text_of("title"),
        parse_day(str(day)) if day is not None else None,
        text_of("source") or None,
        web_address(text_of("url")),
    )


def field(fields: dict[str, object], name: str) -> object:
    """The value of the first of the field's names that is there and not blank; None if none is."""
    for key in FIELD_NAMES[name]:
        value = fields.get(key)
        if value is not None and value != "":
            return value
    return None


def day_of_name(name: str) -> str | None:
    """The day in a file's name (2013-12-20-x, 20131220_x, 2013年12月20日x) as YYYY-MM-DD, or None."""
    for found in _FILE_DAY.finditer(name):
        year, _, *numbers = found.groups()
        month, day = (number for number in numbers if number)
        if known := parse_day(f"{year}-{month}-{day}"):
            return known
    return None


def web_address(text: str | None) -> str | None:
    """`text` if it is an http or https address that can stand in a link, else None."""
    if not text or len(text) > _LONGEST_URL:
        return None
    text = text.strip()
    if any(char.isspace() or not char.isprintable() or char in '<>"`' for char in text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme.lower() in ("http", "https") and host else None


def find_source(line: str) -> str | None:
    """The source that a header line names: behind 来源： or the like, or an outlet's name beside the date; None if none."""
    if found := _SOURCE.search(line):
        return found.group(1).strip("（()）[]【】《》") or None
    located = locate_day(line)
    if located is None or _LABELLED.search(line[: located[1]]):
        return None
    found = _OUTLET.search(_FIELD.sub(" ", line[: located[1]] + " " + line[located[2] :]))
    return found.group(1) if found else None


def _first_lines(text: str) -> list[str]:
    lines: list[str] = []
    for found in _LINE.finditer(text):
        line = found[0].strip()
        if "#" in line or "*" in line:
            line = _HEADING.sub("", line)
        if line and not _RULE.fullmatch(line):
            lines.append(line)
            if len(lines) == _HEADER_LINES:
                break
    return lines


def _is_header(line: str) -> bool:
    """A line that begins with a date or holds labelled fields, and besides those nothing but names."""
    if len(line) > _LONGEST_HEADER:
        return False
    rest = line.strip("（()）[]【】 \t\u3000")
    located = locate_day(rest)
    if located is None and not _LABELLED.search(rest):
        return parse_day(rest) is not None
    if located is not None:
        before = rest[: located[1]].strip()
        if before and not _LABELLED.search(rest) and not _OUTLET.fullmatch(before):
            return False
        rest = rest[: located[1]] + " " + rest[located[2] :]
    words = _OUTLET.sub(" ", _FIELD.sub(" ", rest)).split()
    return len(words) <= 4 and all(
        len(word) <= _LONGEST_NAME and not re.search(r"[，。！？；“”]", word) for word in words
    )


def _header_day(line: str) -> str | None:
    labelled = _LABELLED_DAY.search(line)
    return find_day(line) or (parse_day(labelled.group(1)) if labelled else None) or parse_day(line)


def _dateline_day(lines: Sequence[str]) -> str | None:
    """The day before which the text itself begins (`2025-05-07 京东…`, `新华社北京2025年5月7日电`); None where lines differ.

    A day that belongs to its sentence (2013年6月6日，小红书成立) is none of publication, nor are those of a chronicle.
    """
    days = [day for line in lines if (day := _dateline(line))]
    return days[0] if len(days) == 1 else None


def _dateline(line: str) -> str | None:
    located = locate_day(line[:_LONGEST_DATELINE])
    if located is None:
        return None
    day, start, end = located
    before, behind = line[:start].strip("（([【 "), line[end:].lstrip("）)]】")
    apart = behind != line[end:] or line[end - 1 : end + 1].strip() != line[end - 1 : end + 1]
    alone = not before and apart
    return day if alone or (behind[:1] in ("电", "讯") and not re.search(r"[，。；：]", before)) else None


def _is_headline(line: str) -> bool:
    return len(line) <= _LONGEST_TITLE and not line.endswith(_SENTENCE_END)


def _is_site_name(line: str, following: str) -> bool:
    """Whether `line` names the site or column, judged by the line that may be the headline."""
    return (
        len(line) <= _LONGEST_SITE_NAME
        and len(following) > len(line)
        and not following.startswith(_SUBTITLE)
        and not re.search(r"[，。！？：；,:“”]", line)
    )


def _front_matter_fields(block: str) -> Iterator[tuple[str, object]]:
    """`key: value` lines; nested values and lists are passed over."""
    for line in block.splitlines():
        if found := re.match(r"([\w\u4e00-\u9fff-]+)\s*[:：]\s*(\S.*)", line):
            value = found.group(2).strip()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            yield found.group(1).lower().replace("-", "_"), value
