"""A web page -> its main text, and what it says of title, day, source and address.

The main text is trafilatura's with `favor_precision`: by default it keeps navigation, footer and lists of related stories
of a short page, and statements of other stories would enter the graph. Blocks under a heading such as 相关阅读 are taken
out beforehand, because some sites set them as plain paragraphs of the article. Everything about publication is read here:
Chinese dates and time zones need more than general tools know of them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from kg.errors import InputError
from kg.extract.days import find_day, parse_day
from kg.extract.decoding import declared_encoding, decode
from kg.extract.publication import Publication, find_source, web_address

# Characters of a page without inlined pictures. Finding the main text took 3 to 5 s per million characters on one core
# (prose and lists of links); news pages have tens to hundreds of thousands.
MAX_PAGE_CHARACTERS: Final = 4_000_000
_LONGEST_TITLE: Final = 120
_LONGEST_SUFFIX: Final = 12  # characters of one part of a site suffix: _零售频道_江海新闻网
_SHORTEST_TITLE: Final = 6  # what is left of a title without its suffix must be a headline, not a column's name
_HEADER_CHARACTERS: Final = 400  # between the headline and the article stand day, source, author and buttons
_LONGEST_HEADER_PIECE: Final = 60  # a longer piece of text behind the headline is the article
_LONGEST_CELL: Final = 200  # characters; and paragraphs of a cell: with more, a table is there for the layout
_MOST_CELL_PARAGRAPHS: Final = 3
_HEAD_LINES: Final = 6  # of what was found as main text: menu, headline and date line come within them
_SHORTEST_SENTENCE: Final = 12  # characters; buttons and links are shorter or do not end like a sentence

_DATE_METAS: Final = (
    *("article:published_time", "og:published_time", "bytedance:published_time", "datepublished", "publishdate"),
    *("publish_date", "publish-date", "pubdate", "publish_time", "publishtime", "publish-time", "published_time"),
    *("apub:time", "weibo:article:create_at", "og:release_date", "release_date", "dc.date.issued", "dc.date", "date"),
)
_SOURCE_METAS: Final = ("source", "contentsource", "article:source", "og:source", "mediaid", "copyright:source")
_SITE_METAS: Final = ("og:article:author", "publisher", "og:site_name", "application-name", "sitename")
_TITLE_METAS: Final = ("og:title", "articletitle", "twitter:title", "dc.title")
_ARTICLE_TYPES: Final = ("article", "newsarticle", "reportagenewsarticle", "blogposting", "socialmediaposting")
# A name behind a title: after _ or |, after a dash between blanks, after a bare hyphen between Chinese characters.
_SITE_SUFFIX: Final = re.compile(
    r"(?P<title>.+?)(?:\s*[_|｜]\s*|\s+[-–—]+\s+|(?<=[\u4e00-\u9fff”》！？])-(?=[\u4e00-\u9fff]))"
    r"(?P<name>(?:(?!\s+[-–—]+\s+|(?<=[\u4e00-\u9fff])-(?=[\u4e00-\u9fff]))[^_|｜])+)"
)
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATA_URI: Final = re.compile(r"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=\s]+")
_RELATED: Final = re.compile(
    r"[\W_]*(?:相关(?:阅读|新闻|文章|推荐|报道|资讯|链接|内容|专题)|(?:推荐|延伸|扩展|拓展|更多)阅读|往期(?:推荐|精选|回顾|文章|内容)|"
    r"(?:热门|精彩|精选|编辑|今日|为您|为你|更多|猜你)(?:推荐|文章|排行|喜欢|新闻|精彩|内容)|你可能(?:还|也)?(?:喜欢|感兴趣)|"
    r"大家(?:都)?(?:在看|还看了)|热门排行|热榜|最新文章|最新资讯|近期文章|文章推荐|上一篇|下一篇)[\W_]*"
)
_BLOCKS: Final = frozenset(
    ("p", "div", "section", "ul", "ol", "dl", "table", "h2", "h3", "h4", "h5", "a", "br", "span", "font")
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's main text, paragraphs as lines, and its publication; the title is apart from the text."""

    text: str
    publication: Publication


def read_page(data: bytes, *, source: str) -> Page:
    """Main text and publication of an HTML page; InputError (of `source`) where there is no article on it."""
    markup = _DATA_URI.sub("", decode(data, source=source, declared=declared_encoding(data))).replace("\0", "")
    if len(markup) > MAX_PAGE_CHARACTERS:
        raise InputError(
            source,
            f"an HTML page of more than {MAX_PAGE_CHARACTERS:,} characters, which no article has; save its text as .txt",
        )
    tree = _parse(markup, source)
    publication, header = _find_publication(tree)
    text = _main_text(tree, publication.title, header)
    if not text:
        raise InputError(source, "no article found on the page; save its text as .txt, or the page after it has loaded")
    return Page(text, publication)


def _parse(markup: str, source: str) -> Any:
    from lxml import etree, html

    # As bytes of a known encoding: a declaration in the page would make lxml refuse a string, or decode it again.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError, AssertionError) as exc:
        raise InputError(source, f"not a readable HTML page ({exc})") from exc
    for element in tree.iter():  # the parser lets characters in that the tree then refuses to take again
        if element.text and _NO_XML.search(element.text):
            element.text = _NO_XML.sub("", element.text)
        if element.tail and _NO_XML.search(element.tail):
            element.tail = _NO_XML.sub("", element.tail)
    return tree


def _main_text(tree: Any, title: str, header: list[str]) -> str:
    from trafilatura import extract

    _remove_related(tree)
    _dissolve_layout_tables(tree)
    _break_into_paragraphs(tree)
    options: dict[str, Any] = {"include_comments": False, "include_tables": True, "output_format": "txt"}
    text = _tidy(extract(tree, favor_precision=True, **options) or "", title, header)
    if not _has_sentence(text):  # too strict for a few layouts; what it finds by default must read like an article
        wider = _tidy(extract(tree, **options) or "", title, header)
        text = wider if _has_sentence(wider) else text if re.search("[，。；]", text) else ""  # links have no commas
    return text


def _tidy(text: str, title: str, header: list[str]) -> str:
    """Lines without mark-up: cells of a table apart by tabs, and nothing of the page's head before the article."""
    lines: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("|") and line.endswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            line = "" if all(re.fullmatch(r"-*", cell) for cell in cells) else "\t".join(cells)
        if line:
            lines.append(line)
    head = [_squeeze(line) for line in lines[:_HEAD_LINES]]
    if title and _squeeze(title) in head:
        lines = lines[head.index(_squeeze(title)) + 1 :]
    between = _squeeze("".join(header))
    while lines and between and len(lines[0]) <= _HEADER_CHARACTERS and _squeeze(lines[0]) in between:
        lines = lines[1:]
    return "\n".join(lines)


def _has_sentence(text: str) -> bool:
    return any(
        len(line) >= _SHORTEST_SENTENCE and re.search(r"[。！？；.!?][”’」』）)\"']*$", line)
        for line in text.splitlines()
    )


def _remove_related(tree: Any) -> None:
    """Take out headings such as 相关阅读 with the headlines behind them, up to the next sentence."""
    for element in list(tree.iter()):
        if element.getparent() is None or element.tag not in _BLOCKS or len(element) > 3:
            continue
        text = _squeeze("".join(element.itertext()))
        if not 2 < len(text) <= 14 or not _RELATED.fullmatch(text):
            continue
        if (element.tail or "").strip():
            continue  # a word within a sentence
        parent = element.getparent()
        behind = list(element.itersiblings())
        for sibling in behind:
            if _is_prose(sibling) or len(_squeeze(sibling.tail or "")) > _LONGEST_HEADER_PIECE:
                break
            parent.remove(sibling)
        parent.remove(element)


def _dissolve_layout_tables(tree: Any) -> None:
    """Make plain blocks of tables that lay out a page; as a table, a cell with a whole article would be one line."""
    for table in list(tree.iter("table")):
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
        cells = [cell for row in rows for cell in row if cell.tag in ("td", "th")]
        if any(
            len(_text_of(cell)) > _LONGEST_CELL
            or len(cell.findall(".//p")) > _MOST_CELL_PARAGRAPHS
            or next(cell.iter("table", "h1"), None) is not None
            for cell in cells
        ):
            for element in (*table.iterchildren("tbody", "thead", "tfoot"), *rows, *cells, table):
                element.tag = "div"


def _break_into_paragraphs(tree: Any) -> None:
    """Make a paragraph of each stretch between <br>s, as pages without <p> mean them; joined, they would be one line."""
    from lxml import etree

    for element in reversed(list(tree.iter("td", "div", "font", "span", "section", "article", "p"))):
        if sum(1 for child in element if child.tag == "br") < 2:
            continue
        paragraph = etree.Element("p")
        paragraph.text, element.text = element.text, None
        paragraphs = [paragraph]
        for child in list(element):
            if child.tag == "br":
                paragraph = etree.Element("p")
                paragraph.text = child.tail
                paragraphs.append(paragraph)
                element.remove(child)
            else:
                paragraph.append(child)
        if element.tag in ("p", "font", "span"):
            element.tag = "div"
        for piece in paragraphs:
            if piece.find(".//p") is not None:
                piece.tag = "div"  # a paragraph holds no other
            if len(piece) or (piece.text or "").strip():
                element.append(piece)


def _is_prose(element: Any) -> bool:
    """Whether an element's own text, outside links, reads like a sentence rather than a headline."""
    text = "".join(piece for piece in element.xpath(".//text()[not(ancestor::a)]"))
    return len(_squeeze(text)) > _SHORTEST_SENTENCE and "。" in text


def _find_publication(tree: Any) -> tuple[Publication, list[str]]:
    """The publication, and the pieces of text between headline and article that it was read from."""
    metas = _metas(tree)
    records = list(_json_ld(tree))
    site = _first(metas, _SITE_METAS[1:]) or next((name for name in map(_publisher, records) if name), "")
    title, heading = _title(tree, metas, records, site)
    header = _header_pieces(tree, heading, title)
    publication = Publication(
        title=title,
        date=_date(tree, metas, records, header),
        source=_first(metas, _SOURCE_METAS)
        or next((name for piece in (*header, " ".join(header)) if (name := find_source(piece))), None)
        or _first(metas, _SITE_METAS[:1])
        or site
        or None,
        url=_address(tree, metas, records),
    )
    return publication, header


def _metas(tree: Any) -> dict[str, str]:
    """Content of meta tags by their name, property or itemprop in lower case; the first of each counts."""
    metas: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = _squeeze_blanks(element.get("content") or "")
        for attribute in ("property", "name", "itemprop"):
            if content and (name := element.get(attribute)):
                metas.setdefault(name.strip().lower(), content)
    return metas


def _first(values: dict[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if name in values), "")


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """Records of an article in the page's JSON-LD; scripts that are no JSON are passed over."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            waiting = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, dict):
                waiting += [item["@graph"]] if "@graph" in item else []
                kinds = item.get("@type")
                if any(str(kind).lower() in _ARTICLE_TYPES for kind in (kinds if isinstance(kinds, list) else [kinds])):
                    yield item


def _publisher(record: dict[str, Any]) -> str:
    publisher = record.get("publisher")
    name = publisher.get("name") if isinstance(publisher, dict) else publisher
    return _squeeze_blanks(name) if isinstance(name, str) else ""


def _title(tree: Any, metas: dict[str, str], records: list[dict[str, Any]], site: str) -> tuple[str, Any]:
    """The headline, and the element that shows it (None if none does)."""
    headings = [(_text_of(element), element) for element in tree.iter("h1")]
    headings = [(text, element) for text, element in headings if 0 < len(text) <= _LONGEST_TITLE and text != site]
    named = _first(metas, _TITLE_METAS)
    if not named:
        named = next((_squeeze_blanks(r["headline"]) for r in records if isinstance(r.get("headline"), str)), "")
    whole = next((_text_of(element) for element in tree.iter("title")), "")
    for reference in (named, whole):
        for text, element in headings:
            if reference.startswith(text):  # what follows the headline there is the site's suffix
                return text, element
    if named or whole:
        title = strip_site(named or whole, site)
        return title, _element_showing(tree, title)
    return headings[0] if len(headings) == 1 else ("", None)


def strip_site(title: str, site: str = "") -> str:
    """A page's title without the names of channel and site behind it (`…_零售频道_江海新闻网`, `… - 快讯 - 岭上财经`)."""
    title = title.strip()
    while (found := _SITE_SUFFIX.fullmatch(title)) and len(found["title"]) >= _SHORTEST_TITLE:
        if len(found["name"]) > _LONGEST_SUFFIX and found["name"] != site:
            break
        title = found["title"]
    return title[:_LONGEST_TITLE]


def _element_showing(tree: Any, title: str) -> Any:
    body = tree.find("body")
    if not title or body is None:
        return None
    found = (e for e in body.iter() if isinstance(e.tag, str) and title in (e.text or "") and _text_of(e) == title)
    return next(found, None)


def _header_pieces(tree: Any, heading: Any, title: str) -> list[str]:
    """The pieces of text between the headline and the article: day, source, author, buttons."""
    if heading is None:
        return []
    pieces: list[str] = []
    total, behind = 0, False
    for text, element, is_tail in _texts(tree):
        if not behind:
            behind = not is_tail and heading in (element, *element.iterancestors())
            continue
        piece = _squeeze_blanks(text)
        if not piece or piece in title:
            continue
        total += len(piece)
        if len(piece) > _LONGEST_HEADER_PIECE or "。" in piece or total > _HEADER_CHARACTERS:
            break
        pieces.append(piece)
    return pieces


def _date(tree: Any, metas: dict[str, str], records: list[dict[str, Any]], header: list[str]) -> str | None:
    stated = [metas.get(name) for name in _DATE_METAS[:3]]
    stated += [str(record.get("datePublished") or "") for record in records]
    stated += [metas.get(name) for name in _DATE_METAS[3:]]
    for text in stated:
        if text and (day := parse_day(text) or find_day(text)):
            return day
    for piece in (*header, " ".join(header)):  # a date may be cut into several elements
        if day := find_day(piece):
            return day
    for element in tree.iter("time"):
        if day := parse_day(element.get("datetime") or "") or find_day(_text_of(element)):
            return day
    for element in (e for body in _bodies(tree) for e in body.iterdescendants() if e.get("id") or e.get("class")):
        names = f"{element.get('id') or ''} {element.get('class') or ''}".lower()
        text = _text_of(element) if re.search("time|date|pub|info|source", names) and len(element) <= 8 else ""
        if 0 < len(text) <= _LONGEST_HEADER_PIECE and (day := find_day(text)):
            return day
    return None


# XPath sorts what it finds, which takes time by the square where texts stand beside each other by the ten thousand.
def _bodies(tree: Any) -> Iterator[Any]:
    return (body for body in tree.iter("body") if next(body.iterancestors("body"), None) is None)


def _texts(tree: Any) -> Iterator[tuple[str, Any, bool]]:
    """The texts within the page's body in their order, none of a script or style: each with the element that it is in, or behind."""
    from lxml import etree

    for body in _bodies(tree):
        walk = etree.iterwalk(body, events=("start", "end"))
        for event, element in walk:
            hidden = element.tag in ("script", "style")
            if event == "start" and hidden:
                walk.skip_subtree()
            elif event == "start" and element.text:
                yield element.text, element, False
            elif event == "end" and element.tail and element is not body:
                yield element.tail, element, True


def _address(tree: Any, metas: dict[str, str], records: list[dict[str, Any]]) -> str | None:
    """The page's own address. One without a path is the site's: a mistake that whole sites make in their canonical tag."""
    stated: list[Any] = [
        e.get("href") for e in tree.iter("link") if "canonical" in (e.get("rel") or "").lower().split()
    ]
    stated.append(metas.get("og:url"))
    for record in records:
        page = record.get("mainEntityOfPage")
        stated += [page.get("@id") if isinstance(page, dict) else page, record.get("url")]
    for text in stated:
        address = web_address(text) if isinstance(text, str) else None
        if address and (urlsplit(address).path.strip("/") or urlsplit(address).query):
            return address
    return None


def _text_of(element: Any) -> str:
    return _squeeze_blanks("".join(element.itertext()))


def _squeeze_blanks(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)
