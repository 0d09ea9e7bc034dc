"""Bytes -> text, by decoding with the encodings that Chinese news comes in and looking at what comes out.

Detectors that count bytes misjudge short Chinese texts; a reader would not, because only one of the candidates yields
common characters. So does this module: every candidate is decoded, and the one that reads like Chinese news wins. A
declaration (a page's meta tag) only tips the scale: pages that say gb2312 and are GB18030, or say utf-8 and are GBK,
are common. A general detector is asked only where no candidate yields anything sensible.
"""

import codecs
import re
import unicodedata
from collections import Counter
from typing import Final

from kg.errors import InputError

# How often a text must yield what it should: mean weight (see _weight) of its characters that are not plain ASCII.
_SENSIBLE: Final = 0.5
_DECLARED_BONUS: Final = 0.4  # less than the distance between a right and a wrong reading of more than a few characters
_UTF8_BONUS: Final = 0.8  # bytes of another encoding are hardly ever well-formed UTF-8
# From this many bytes of well-formed multi-byte UTF-8 on, chance is out of the question and no other candidate is tried.
_CERTAIN_UTF8_CHARACTERS: Final = 40
_CUT_WEIGHT: Final = -4.0  # less than a damaged character's -8: texts are cut, but seldom just inside a character
_SCORED_CHARACTERS: Final = 20_000  # enough to tell encodings apart; a bound on the time spent on a large file
_DETECTOR_BYTES: Final = 65_536  # the general detector's time grows with its input
_MAX_DAMAGED: Final = (
    0.1  # of all characters: text with bad bytes has a few, a picture or a program read as text a third
)

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES: Final = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
# What pages declare -> the superset that holds what they really contain.
_SUPERSETS: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
}
# Codecs that turn text into other text: a page that declares one is mistaken.
_NO_ENCODINGS: Final = (
    "idna",
    "punycode",
    "unicode-escape",
    "unicode_escape",
    "raw-unicode-escape",
    "undefined",
    "utf-7",
)
_MAGIC: Final = (
    (b"%PDF-", "a PDF: give it the ending .pdf"),
    (b"PK\x03\x04", "a zip archive or an Office document: give it the ending .docx if it is one, or unpack it"),
    (b"\x1f\x8b", "gzip-compressed: give it the ending .gz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document: save it as .docx"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"SQLite format 3\0", "a database"),
    (b"\x7fELF", "a program"),
)

# The 500 most frequent characters of 4.8 million characters of Chinese business news and company descriptions (four
# fifths of all Han characters there), and the traditional forms of those that have one of their own.
_FREQUENT_SIMPLIFIED: Final = (
    "的公司有一业股中国是年在为人发技产大限务和资上行家科了于品成生月不能新日元以用市电工合理等个方服商网经份主与会化机"
    "出全开提动力高信及作金同体时下平通集术投东计海持本多学地事过到设供万长要亿对来前实团现分部联美子企场进建内后营自台系"
    "目车利研这将创数天制管展专增智者可得收重北总关三交京户立物其心入定安据报面度任应我民并比外广基销最加项息购区已华小期"
    "式件从统控获程保证超也权们之文线运领售州深员达位南解间告代源牌价器型他银游第名表融向法布次正手易造所注客拟就教至互相"
    "量性特示案两西而此模标都先决流起明还包点由说队医备里传致政道际推更江今育接级好划社无组质视城水光转预记打门近减称山原"
    "当药导构球络云战共讯意整支种优域去被未各具影环情款费活问二约首认单让完汽装乐斯因议强财知院消协着士规调师券世算格房如"
    "路轮董软续题尔求星果监结圳类直局核该处回店德书界半使口微料亚风看省但赛康精净验空配四济十指没快委受助宝片维英需旗然航"
    "港百值身办材农准速副票改究军周复马步站众季别测戏升博变终给属取连旅施健放卡括率气境做石头露五险选采列景签责始效形媒只"
    "显拥涨端存张常容老占板态略功把额厂爱参苏拉疗润少号每龙历米节或克非停色双低"
)
_FREQUENT_TRADITIONAL: Final = (
    "業國為發產務資電個網經與會機開動體時術東計設萬長億對來實團現聯場進後營臺灣車這將創數專總關戶據報應無並廣銷項區華統獲"
    "證權們線運領員達間價遊銀擬於過學樣說還點隊醫備裡裏傳際級劃組質視轉預記門減稱藥導構絡雲戰訊種優環費問約認單讓裝樂議強"
    "財協著規調師輪軟續題爾監結類該處書風賽淨驗濟沒寶維辦農準軍複復馬眾測戲變終給屬連氣險選採簽責媒顯擁漲張佔態額廠愛參蘇"
    "療潤號龍歷節雙當從兩東樓黨麼嗎誰讀寫買賣頭銷滿滙億錄評論據紅"
)
_FREQUENT: Final = frozenset(_FREQUENT_SIMPLIFIED + _FREQUENT_TRADITIONAL)
_PUNCTUATION: Final = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』—…·％　～－")
_PLAIN: Final = re.compile(r"[\t\n\r\x20-\x7e]+")
_META_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,30})""", re.IGNORECASE)
_XML_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,30})""")


def decode(data: bytes, *, source: str, declared: str | None = None) -> str:
    """The text of `data`, without its byte order mark and otherwise character for character.

    A character that is cut off at the end is left out, a damaged byte inside becomes U+FFFD. `declared` is what the
    document says of its own encoding, a hint only. InputError (of `source`) where the data is no text.
    """
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise InputError(source, f"binary, not text; it looks like {name}")
    encoding = detect(data, source=source, declared=declared)
    text = decode_as(data, encoding)
    if _damage(text) > _MAX_DAMAGED:
        raise InputError(source, "binary, not text; save it as UTF-8 text if it is an article")
    return text


def detect(data: bytes, *, source: str, declared: str | None = None) -> str:
    """Name of the codec that reads `data` best; it may be the beginning of more. InputError where none does."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding
    if _is_certainly_utf8(data):
        return "utf-8"
    hint = normalize_encoding(declared)
    best, best_score = "", float("-inf")
    for encoding in dict.fromkeys((*_CANDIDATES, *([hint] if hint else []))):
        value = score(*_decode(data, encoding))
        value += _UTF8_BONUS if encoding == "utf-8" else 0.0
        value += _DECLARED_BONUS if encoding == hint else 0.0
        if value > best_score:
            best, best_score = encoding, value
    if best_score >= _SENSIBLE or best == hint != "utf-8":
        return best
    if (text := _utf8(data)) is not None and text.encode() == data:
        return "utf-8"
    return _detect_other(data) or _refuse(source)


def decode_as(data: bytes, encoding: str) -> str:
    """`data` in the given encoding, without a byte order mark; what is cut off at the end is left out."""
    return _decode(data, encoding)[0]


def _decode(data: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether a character was cut off at the end."""
    for bom, marked in _BOMS:
        if marked == encoding and data.startswith(bom):
            data = data[len(bom) :]
            break
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(data, final=False), bool(decoder.getstate()[0])


def score(text: str, cut: bool = False) -> float:
    """How much `text` reads like Chinese news: mean weight of its characters beside plain ASCII, about -8 to 3.

    Plain ASCII alone scores 1. `cut` tells that a character is missing at the end, which speaks against a short text.
    """
    counts: Counter[str] = Counter()
    seen = 0
    last = 0
    for plain in _PLAIN.finditer(text):
        counts.update(text[last : min(plain.start(), last + _SCORED_CHARACTERS)])
        seen += plain.start() - last
        last = plain.end()
        if seen >= _SCORED_CHARACTERS:
            break
    else:
        counts.update(text[last : last + _SCORED_CHARACTERS])
    total = counts.total() + cut
    weight = sum(_weight(char) * count for char, count in counts.items()) + cut * _CUT_WEIGHT
    return weight / total if total else 1.0


def declared_encoding(data: bytes) -> str | None:
    """What a page says of its encoding in its first 4 KB (meta charset or XML declaration), or None."""
    head = data[:4096]
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(head)
    return found.group(1).decode("ascii", "replace") if found else None


def normalize_encoding(name: str | None) -> str | None:
    """Python's name of an encoding of text, widened to the superset in use (gb2312 -> gb18030); None if unknown."""
    if not name:
        return None
    name = name.strip().lower().removeprefix("x-")
    try:
        b"a".decode(name)  # refuses rot13, zlib and the like, which are codecs, but not of text
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if codec.name in _NO_ENCODINGS or codec.incrementaldecoder is None:
        return None
    return _SUPERSETS.get(codec.name, codec.name)


def _weight(char: str) -> float:
    """What one character says for (or against) the reading that yielded it."""
    if char in _FREQUENT:
        return 3.0
    if char in _PUNCTUATION:
        return 2.0
    code = ord(char)
    if 0x4E00 <= code <= 0x9FFF:
        return _han_weight(char)
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xF900 or 0xFFF0 <= code <= 0xFFFF:
        return -8.0  # controls, halves of pairs, private use and the mark of what could not be decoded
    if 0xFF01 <= code <= 0xFF5E or 0x2460 <= code <= 0x25FF or 0x1F300 <= code <= 0x1FAFF:
        return 0.5  # full-width forms, numbers in circles, the glyphs of scrapers, emoji
    if 0x3041 <= code <= 0x30FF or unicodedata.category(char)[0] in "ZPSN":
        return 0.0
    if unicodedata.category(char) == "Cn":
        return -8.0
    return -1.0 if code < 0x3000 or 0xAC00 <= code <= 0xD7A3 else -2.0


def _han_weight(char: str) -> float:
    """By the level that the two national standards gave a character: they put those in common use first."""
    for codec, levels in (("gb2312", ((0xD7, 1.0), (0xF7, -0.5))), ("big5", ((0xC6, 1.0), (0xF9, -0.5)))):
        try:
            lead = char.encode(codec)[0]
        except UnicodeEncodeError:
            continue
        for last, weight in levels:
            if lead <= last:
                if weight > 0:
                    return weight
                break
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return -1.5
    return -0.5


def _utf8(data: bytes) -> str | None:
    """The text, if it is well-formed UTF-8 (perhaps cut at the end) without zero bytes."""
    if b"\0" in data:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(data, final=False)
    except UnicodeDecodeError:
        return None


def _is_certainly_utf8(data: bytes) -> bool:
    text = _utf8(data)
    # A Han character is three bytes, two beyond itself.
    return text is not None and len(data) - len(text) >= 2 * _CERTAIN_UTF8_CHARACTERS


def _detect_other(data: bytes) -> str | None:
    """The general detector's answer for what is not in an encoding of Chinese news (Japanese, Korean, Latin-1)."""
    if b"\0" in data[:_DETECTOR_BYTES]:
        return None  # no single- or double-byte encoding of text has zero bytes
    from charset_normalizer import from_bytes

    match = from_bytes(data[:_DETECTOR_BYTES]).best()
    encoding = normalize_encoding(match.encoding) if match else None
    if encoding is None or _damage(decode_as(data, encoding)) > _MAX_DAMAGED:
        return None
    return encoding


def _damage(text: str) -> float:
    """Share of characters that no text has: controls and the mark of what could not be decoded."""
    if not text:
        return 0.0
    bad = text.count("\ufffd") + len(re.findall(r"[\x00-\x08\x0e-\x1f\x7f]", text))
    return bad / len(text)


def _refuse(source: str) -> str:
    raise InputError(source, "binary, not text; save it as UTF-8 text if it is an article")
