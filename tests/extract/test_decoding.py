import codecs
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import InputError
from kg.extract.decoding import declared_encoding, decode, normalize_encoding

SIMPLIFIED = [
    "小红书与淘宝天猫签署战略合作，推出红猫计划。",
    "北桥银行向海岳汽车授信五十亿元",
    "云仓科技起诉转角便利店，索赔一千万元",
    "早市完成B轮融资，北桥资本领投，禾苗基金跟投。",
    "知情人士称，月光百货拟收购南塘商场全部股权",
    "交易完成后，远舟汽车将持有星槎电池12.5%的股份",
]
TRADITIONAL = [
    "阿里巴巴集團與小紅書達成合作，推出「紅貓計畫」。",
    "台積電董事會核准在熊本設立子公司，與索尼半導體合資。",
    "騰訊控股減持京東股份，派發予股東。",
    "統一超商入股家樂福台灣，持股增至六成。",
    "聯發科攜手輝達打造車用晶片。",
    "華為否認與比亞迪合併的傳聞。",
]
ENCODINGS = [("utf-8", SIMPLIFIED + TRADITIONAL), ("gb18030", SIMPLIFIED), ("big5", TRADITIONAL)]
ENCODINGS += [("utf-16-le", SIMPLIFIED + TRADITIONAL), ("utf-16-be", SIMPLIFIED + TRADITIONAL)]


def pieces(texts, length):
    return sorted({text[i : i + length] for text in texts for i in range(max(1, len(text) - length + 1))})


@pytest.mark.parametrize("length", [13, 100])
@pytest.mark.parametrize(("encoding", "texts"), ENCODINGS, ids=lambda value: value if isinstance(value, str) else "")
def test_chinese_news_is_read_right_even_where_it_is_short(encoding, texts, length):
    for text in pieces(texts, length):
        assert decode(text.encode(encoding), source="x") == text


@pytest.mark.parametrize(("encoding", "texts"), ENCODINGS, ids=lambda value: value if isinstance(value, str) else "")
def test_six_characters_are_nearly_always_enough(encoding, texts):
    wrong = [text for text in pieces(texts, 6) if decode(text.encode(encoding), source="x") != text]
    assert len(wrong) <= 0.02 * len(pieces(texts, 6)), wrong


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_character_of_the_text(bom, encoding):
    text = "淘宝 and 天猫\r\n第二行\n"
    assert decode(bom + text.encode(encoding), source="x") == text


def test_big5_of_26_bytes_is_read_right():
    text = "華為否認與比亞迪合併的傳聞"
    assert len(text.encode("big5")) == 26
    assert decode(text.encode("big5"), source="x") == text


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("text", SIMPLIFIED + TRADITIONAL + ["小红书"])
def test_utf8_cut_inside_its_last_character_loses_only_that_character(text, cut):
    assert decode(text.encode()[:-cut], source="x") == text[:-1]


def test_gb18030_beyond_gb2312_is_read():
    text = "镕基、喆、囧途与㐂，以及四字节的𠮷野家都在这篇报道里"
    assert decode(text.encode("gb18030"), source="x") == text


def test_line_ends_blanks_and_offsets_stay_as_they_are():
    text = "标题\r\n\r\n　　正文一。\r正文二。\n\t末行  "
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        assert decode(text.encode(encoding), source="x") == text


def test_one_bad_byte_does_not_turn_a_utf8_text_into_another_encoding():
    text = "小红书与淘宝天猫签署战略合作，推出红猫计划。" * 20
    data = bytearray(text.encode())
    data[300] = 0xFF
    found = decode(bytes(data), source="x")
    assert found.count("\ufffd") <= 4
    assert found.endswith(text[-100:])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("The company’s café opens in “Paris”.", "utf-8"),
        ("삼성전자는 네이버와 협력한다고 밝혔다.", "utf-8"),
        ("Компания объявила о слиянии", "utf-8"),
        ("plain ASCII", "ascii"),
        ("これは日本語の文章です。東京で発表した。", "shift_jis"),
        ("联通", "gb18030"),
        ("联通", "utf-8"),
        ("👍", "utf-8"),
        ("", "utf-8"),
    ],
)
def test_what_is_not_plain_chinese_is_read_too(text, encoding):
    assert decode(text.encode(encoding), source="x") == text


def test_a_declaration_helps_only_where_it_can_be_true():
    text = "これはニュースです"
    assert decode(text.encode("shift_jis"), source="x", declared="shift_jis") == text
    text = "小红书与淘宝天猫签署战略合作"
    for declared in ("utf-8", "big5", "iso-8859-1", "no-such-encoding", "base64", ""):
        assert decode(text.encode("gb18030"), source="x", declared=declared) == text
        assert decode(text.encode("utf-8"), source="x", declared=declared) == text


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("GB2312", "gb18030"),
        ("gbk", "gb18030"),
        ("Big5", "big5hkscs"),
        ("UTF8", "utf-8"),
        ("rot13", None),
        ("zlib", None),
        ("idna", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_declared_names_are_widened_to_what_pages_really_use(name, found):
    assert normalize_encoding(name) == found


def test_the_declaration_of_a_page_is_found():
    assert declared_encoding(b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312">') == "gb2312"
    assert declared_encoding(b"<META charset='UTF-8'>") == "UTF-8"
    assert declared_encoding(b'<?xml version="1.0" encoding="big5"?><html>') == "big5"
    assert declared_encoding(b"<html>") is None


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "image"),
        (b"%PDF-1.7 ...", ".pdf"),
        (b"PK\x03\x04" + bytes(50), ".docx"),
        (b"\x1f\x8b\x08" + bytes(50), ".gz"),
        (random.Random(1).randbytes(5000), "binary"),
        (random.Random(2).randbytes(60), "binary"),
        (b"\0" * 100, "binary"),
        (bytes(range(256)), "binary"),
    ],
)
def test_binary_data_is_refused_with_what_it_looks_like(data, hint):
    with pytest.raises(InputError, match=r"news\.txt: binary, not text") as caught:
        decode(data, source="news.txt")
    assert hint in str(caught.value)


def test_a_program_is_no_text():
    data = Path(sys.executable).resolve().read_bytes()[:100_000]
    for start in (0, 64, 1001):
        with pytest.raises(InputError):
            decode(data[start:], source="x")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        text = decode(data, source="x")
    except InputError as exc:
        assert exc.reason.startswith("binary")
    else:
        text.encode()  # whole characters only


@given(
    st.text(
        alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("，。的了 a1\n"),
        min_size=1,
    )
)
def test_any_utf8_text_of_some_length_comes_back(text):
    text = "小红书与淘宝达成合作。" * 5 + text
    assert decode(text.encode(), source="x") == text
