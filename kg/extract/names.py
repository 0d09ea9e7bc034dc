"""Names that no gazetteer knows, found by their shape and by what stands around them. Pure functions over clean text.

Each finder yields mentions with a score: how far its cue can be trusted when mentions overlap or lead to a statement.
"""

import re
from collections.abc import Iterator

from kg.extract.lexicon import NAME_CHARACTER, Lexicon, Suffixes
from kg.model import Mention

# Longest names taken: legal names of firms with place, trade and form reach some 25 characters, press names seldom 10.
MAX_LEGAL_NAME = 28
MAX_SHORT_NAME = 10
MAX_QUOTED = 14
MAX_TITLE = 30

_LEGAL = re.compile(r"(?:公司|合伙企业|合伙企业（有限合伙）|事务所)\Z")
_QUOTED = re.compile(rf"“([^“”\n，。；！？：、]{{2,{MAX_QUOTED}}})”")
_BOOK = re.compile(rf"《([^《》\n]{{1,{MAX_TITLE}}})》")
_FOREIGN_PERSON = re.compile(r"(?<![㐀-鿿·])[㐀-鿿]{1,5}(?:[·・][㐀-鿿]{1,6}){1,3}")
_STOCK_CODE = re.compile(
    r"（(?:(?:SH|SZ|HK|NASDAQ|NYSE|股票代码|证券代码)?[：:. ]?\d{4,6}(?:[.．](?:SH|SZ|HK|BJ|OC))?|[A-Z]{2,6}[.．:：](?:US|HK|[A-Z]{1,5}))[^（）]{0,12}）"
)
_BRACKET = re.compile(r"（(?P<inner>[^（）\n]{2,120})）")
_PART = re.compile(r"[^，,；;、或]+")
_ALIAS = re.compile(
    r"\s*(?P<cue>(?:以下|下文|下|文中|证券|股票|[AH]股)?"
    r"(?:简称|统称|称|即|又称|又名|原名|本名|花名|艺名|曾用名|英文名|全称)(?:为|：|:)?)?\s*"
    r"(?P<open>[“\"])?(?P<name>[^“”\"的等]{2,20}?)[”\"]?\s*"
)
# What a text calls a party for short, and every other text another one.
_GENERIC_ALIAS = re.compile(
    r"[本该我贵]?(?:上市|标的|目标|母|子)?(?:公司|集团|平台|机构|基金|银行|企业)|[大小控]?股东|[双各]方|[甲乙丙]方"
)
_CAMEL = re.compile(
    r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*(?:[A-Z][a-z0-9]+|[a-z0-9]{2,})(?:[ -][A-Z][A-Za-z0-9]+){0,2}(?![A-Za-z0-9])"
)
# Who comes first in a sentence and then announces is a party, also where nothing else tells: X晚间公告, X宣布, X完成A轮融资.
_ANNOUNCEMENT_BEGIN = r"(?:(?<=[。！？\n；【•●])|(?<=(?:获悉|据悉|消息|报道)，)|(?<=[讯日月年称]，)|\A)\s*"
_ANNOUNCEMENT_TIME = (
    r"(?:今日|昨日|日前|近日|今天|昨天|当日|\d{1,2}月\d{1,2}日|\d{1,2}日)?(?:[早晚午]间|盘[前后]|[早晚]|深夜)?"
)
_ANNOUNCEMENT = (
    r"(?:发布公告|公告|正式宣布|宣布|发布声明|回应称|完成了?[^，。]{0,12}融资|披露|签约|推出了?|上线了?|发布了?"
    r"|获[^，。]{0,10}融资|成立于|创立于|联合)"
)
_ANNOUNCER = re.compile(
    rf"{_ANNOUNCEMENT_BEGIN}(?P<name>{NAME_CHARACTER}{{2,{MAX_SHORT_NAME}}}?)(?={_ANNOUNCEMENT_TIME}{_ANNOUNCEMENT})"
)


# 股 ends a name as a measure word, but begins these words of legal names.
_NAME_WORDS = ("股权", "股份")


def find_suffixed(text: str, suffixes: Suffixes, kind: str, lexicon: Lexicon, known: list[int]) -> Iterator[Mention]:
    """Names with an ending of their type: 栖光科技有限公司, 韩国公平交易委员会.

    `known` has, for each character, the start of the party's name that covers it or -1: a name reaches back to there.
    """
    for pattern, score in ((suffixes.strong, 0.8), (suffixes.weak, 0.6)):
        if pattern is None:
            continue
        for match in pattern.finditer(text):
            start = _name_start(text, match.start(), match.group(), lexicon, known)
            if start is None:
                continue
            stem, end = text[start : match.start()], match.end()
            if nation := suffixes.nationality.match(stem):
                start, stem = start + nation.end(), stem[nation.end() :]
            if len(stem) < 2 or suffixes.generic.fullmatch(stem) or suffixes.hollow.search(stem):
                continue
            if pattern is suffixes.weak and not (
                len(stem) <= 5 and _is_boundary_before(text, start, lexicon) and _is_boundary_after(text, end, lexicon)
            ):
                continue
            yield Mention(start, end, text[start:end], kind, score, "suffix")


def _name_start(text: str, position: int, suffix: str, lexicon: Lexicon, known: list[int]) -> int | None:
    """How far left of its ending a name reaches: to punctuation, a function word, a verb, or a known party's first character."""
    longest = MAX_LEGAL_NAME if _LEGAL.search(suffix) else MAX_SHORT_NAME
    begin = max(0, position - longest)
    start = position
    while start > begin:
        previous = text[start - 1]
        if previous == "）" and suffix.endswith("公司"):  # 行吟信息科技（上海）有限公司
            opening = text.rfind("（", begin, start - 1)
            if opening < 0 or start - 1 - opening > 5:
                break
            start = opening
            continue
        if known[start - 1] >= 0:
            if not lexicon.boundary_words.search(text, start, position):
                start = known[start - 1]
                return start if position - start <= longest else None
            break
        if previous in lexicon.boundary_characters and text[start - 1 : start + 1] not in _NAME_WORDS:
            break
        start -= 1
    # A verb inside the stretch ends it: what follows the last such word is the name. Some are part of it right before the
    # ending: 公平交易委员会. A word may begin left of the stretch: 大股东|大钲资本.
    ends = [
        word.end()
        for word in lexicon.boundary_words.finditer(text, max(0, start - 1), position)
        if word.end() > start and (word.end() < position or word.group() not in lexicon.inner_words)
    ]
    return ends[-1] if ends else start


def find_announcers(text: str, lexicon: Lexicon) -> Iterator[Mention]:
    """Subjects of announcements at the beginning of a sentence."""
    for match in _ANNOUNCER.finditer(text):
        name = match["name"]
        if len(name) >= 2 and is_clean_name(name, lexicon):
            yield Mention(match.start("name"), match.end("name"), name, "Company", 0.5, "announcer")


def find_listed(text: str, lexicon: Lexicon) -> Iterator[Mention]:
    """Names before a stock code: 沃尔核材（002130.SZ）."""
    for match in _STOCK_CODE.finditer(text):
        start = match.start()
        while start > 0 and match.start() - start < MAX_SHORT_NAME:
            if text[start - 1] in lexicon.boundary_characters:
                break
            start -= 1
        name = text[start : match.start()]
        for word in lexicon.boundary_words.finditer(name):
            start = match.start() - len(name) + word.end()
        name = text[start : match.start()]
        if len(name) >= 2:
            yield Mention(start, match.start(), name, "Company", 0.75, "stock code")


def find_quoted(text: str, lexicon: Lexicon) -> Iterator[Mention]:
    """Short names in quotes whose type shows: by ending (“红猫计划”) or by the word before (上线“友好市集”, 品牌“X”)."""
    for match in _QUOTED.finditer(text):
        kind = _quoted_type(text, match, lexicon)
        if kind:
            yield Mention(match.start(1), match.end(1), match[1], kind, 0.7, "quoted")
    for match in _BOOK.finditer(text):
        if lexicon.papers.search(match[1]):
            continue
        yield Mention(match.start(1), match.end(1), match[1], "Product", 0.5, "title mark")


def _quoted_type(text: str, match: re.Match[str], lexicon: Lexicon) -> str | None:
    name, before = match[1], text[max(0, match.start() - 8) : match.start()].rstrip("了过")
    for kind, ending in lexicon.quoted_ending.items():
        if ending.search(name):
            return kind
    # “A”和“B”: the second is what the first is.
    if before.endswith(("”和", "”、", "”与", "”及")):
        opening = text.rfind("“", 0, match.start())
        previous = _QUOTED.match(text, opening) if opening >= 0 else None
        return _quoted_type(text, previous, lexicon) if previous else None
    for kind, cue in lexicon.quoted_before.items():
        if cue.search(before):
            return kind
    return None


def find_apposed(text: str, lexicon: Lexicon) -> Iterator[Mention]:
    """Names right behind a word of kind, up to the next boundary: 新品牌霸王茶姬宣布, 服务商微盟则."""
    for kind, cue in lexicon.apposition.items():
        for match in cue.finditer(text):
            end = match.end()
            while end < len(text) and end - match.end() < 8:
                if text[end] in lexicon.boundary_characters or lexicon.boundary_words.match(text, end):
                    break
                end += 1
            name = text[match.end() : end]
            if 2 <= len(name) <= 7 and is_clean_name(name, lexicon):
                yield Mention(match.end(), end, name, kind, 0.4, "apposition")


def find_aliases(text: str) -> Iterator[tuple[int, int, int]]:
    """Other names given in brackets: (position of the bracket, start and end of the name): 行吟信息（即小红书）.

    A bracket may give several, each with its cue or, behind one that has it, in quotes: 小红书（即小红书科技，下称“小红书”）.
    """
    for bracket in _BRACKET.finditer(text):
        cued = False
        for part in _PART.finditer(text, *bracket.span("inner")):
            match = _ALIAS.fullmatch(text, *part.span())
            if match is None or not (match["cue"] or (cued and match["open"])):
                continue
            cued = True
            if not _GENERIC_ALIAS.fullmatch(match["name"]):
                yield bracket.start(), match.start("name"), match.end("name")


def find_latin(text: str) -> Iterator[Mention]:
    """Capitalised Latin names of two and more letters: Quintauris, Babycare, BotBuilder."""
    for match in _CAMEL.finditer(text):
        yield Mention(match.start(), match.end(), match.group(), "Company", 0.3, "latin")


def find_roles(text: str, lexicon: Lexicon, is_party_end: list[bool]) -> Iterator[Mention]:
    """Titles; one headed by 负责人, 总监 and the like takes the department before it, if a party's name stands before that."""
    for match in lexicon.role.finditer(text):
        start = match.start()
        if lexicon.departmental.fullmatch(match.group()):
            left = start
            while (
                left > 0
                and start - left < 12
                and not is_party_end[left]
                and text[left - 1] not in "，。；：！？、（）“”\n的"
            ):
                left -= 1
            if left < start and left > 0 and is_party_end[left]:
                tenure = lexicon.tenure.match(text, left, start)
                start = tenure.end() if tenure else left
        yield Mention(start, match.end(), text[start : match.end()], "Role", 0.8, "title")


def find_persons(text: str, lexicon: Lexicon, role_ends: set[int]) -> Iterator[Mention]:
    """People: behind a title (COO柯南), before a verb of speech or office with a surname (瞿芳说), and foreign names with a dot."""
    for match in _FOREIGN_PERSON.finditer(text):
        end = match.end()
        dot = max(text.rfind(mark, match.start(), end) for mark in "·・")
        for position in range(dot + 2, end):  # a verb behind the name is not its last part
            if lexicon.after_person.match(text, position) or lexicon.boundary_words.match(text, position):
                end = position
                break
        yield Mention(match.start(), end, text[match.start() : end], "Person", 0.7, "foreign name")
    for end in sorted(role_ends):
        if name := _person_at(text, end, lexicon, titled=True):
            yield Mention(end, end + len(name), name, "Person", 0.8, "behind a title")
    for match in lexicon.common_surname.finditer(text):
        start = match.start()
        name = _person_at(text, start, lexicon, titled=False)
        if name and (_is_boundary_before(text, start, lexicon) or _SAYS.match(text, start + len(name))):
            yield Mention(start, start + len(name), name, "Person", 0.5, "surname")


def _person_at(text: str, start: int, lexicon: Lexicon, *, titled: bool) -> str | None:
    verb = lexicon.after_person.match(text, start)
    if verb and len(verb.group()) > 1:
        return None
    surname = lexicon.surname.match(text, start)
    lengths: tuple[int, ...] = (2, 3)
    if surname:
        lengths = (3, 2) if len(surname.group()) == 1 else (4, 3)
    elif not titled:
        return None
    for length in lengths:
        name = text[start : start + length]
        if len(name) < length or not re.fullmatch(r"[㐀-鿿]+", name) or name in lexicon.not_person:
            continue
        if any(word in name for word in lexicon.not_person) or (not titled and not is_clean_name(name, lexicon)):
            continue
        following = lexicon.after_person.match(text, start + length)
        if not following or (length == 2 and surname and following.group() in ("", " ")):
            continue
        if length > 2 and lexicon.after_person.match(text, start + length - 1) and name[:-1] not in lexicon.not_person:
            continue  # 柯南曾表示: the last character begins what is said of the person
        if (
            not titled
            and following.group() in "、，。；：（）”的是和与对在则也还等于"
            and not _speaks_nearby(text, start + length)
        ):
            continue
        return name
    # Behind a title, a common surname and two characters more are a name, whatever verb comes.
    name = text[start : start + lengths[0]]
    if (
        titled
        and lexicon.common_surname.match(text, start)
        and _HAN_ONLY.fullmatch(name)
        and is_clean_name(name, lexicon)
    ):
        return name
    return None


_HAN_ONLY = re.compile("[㐀-鿿]{3,4}")
_SPEAKS = re.compile(r"(?:表示|称|认为|指出|透露|担任|出任|任|创立|创办|加入|离任|离职|持有|持股)")


_SAYS = re.compile(
    r"(?:[上本]周|昨日|今日|日前|近日|此前|随后|正式|还|也|则|曾|将)?(?:表示|称，|说，|说：|认为|指出|透露|坦言|担任|出任|接任)"
)


def _speaks_nearby(text: str, end: int) -> bool:
    return bool(_SPEAKS.search(text, end, end + 6))


def is_clean_name(name: str, lexicon: Lexicon) -> bool:
    """Whether nothing in it is a function word, a verb or punctuation."""
    return not (set(name) & lexicon.boundary_characters or lexicon.boundary_words.search(name))


def _is_boundary_before(text: str, start: int, lexicon: Lexicon) -> bool:
    return start == 0 or text[start - 1] in lexicon.boundary_characters or _ends_with_word(text, start, lexicon)


def _ends_with_word(text: str, end: int, lexicon: Lexicon) -> bool:
    return any(lexicon.boundary_words.fullmatch(text, end - n, end) for n in (2, 3, 4) if end >= n)


def _is_boundary_after(text: str, end: int, lexicon: Lexicon) -> bool:
    return end >= len(text) or text[end] in lexicon.boundary_characters or bool(lexicon.boundary_words.match(text, end))
