import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from kg.errors import InputError
from kg.extract.pdf import read_pdf
from kg.extract.publication import Publication
from kg.extract.word import read_docx
from tests.extract.made_pdf import layout, make_pdf

DATA = Path(__file__).parent / "data"
MOST = 1_000_000
TITLE = "青禾超市与云仓科技签约"


LONG = "十月十七日青禾超市与云仓科技在杭州签署战略合作协议按照协议云仓科技将在三年内为青禾超市改造二百家门店的仓储与补货系统首批三十家店年底前完成。"
OTHER = "青禾超市去年关掉了四十一家亏损门店董事长丁若谷在签约仪式上说问题不在客流而在后仓一箱牛奶从进后仓到上货架要走两天半的时间。"


def pdf_text(*pages, title=None):
    return read_pdf(make_pdf(pages, title=title), source="a.pdf", most_characters=MOST)


def test_visual_lines_become_paragraphs():
    text, _ = pdf_text(layout(LONG, OTHER, "三家供应商随后表态。", LONG))
    assert text.split("\n") == [LONG, OTHER, "三家供应商随后表态。", LONG]


def test_a_paragraph_goes_on_over_the_page():
    first, rest = LONG[:58], LONG[58:]  # 28 characters after the indent, then 30: two full lines
    text, _ = pdf_text(layout(OTHER, first), layout(rest, OTHER, indent=0))
    assert LONG in text.split("\n")


def test_two_columns_are_read_one_after_the_other():
    across = layout(LONG, y=780, width=48)
    left, right = layout(OTHER, LONG, y=640, width=22), layout(LONG, OTHER, y=640, x=310, width=22)
    text, _ = pdf_text([*across, *left, *right])
    assert text.split("\n") == [LONG, OTHER, LONG, LONG, OTHER]


def test_headings_do_not_run_into_the_text():
    lines = [
        (50, 760, 18, TITLE + "：三年内改造二百家门店的仓储"),
        (50, 730, 10, "2023年10月18日 来源：江海商报"),
        *layout(LONG),
    ]
    text, found = pdf_text(lines)
    assert text.split("\n")[0] == TITLE + "：三年内改造二百家门店的仓储"
    assert found == Publication(TITLE + "：三年内改造二百家门店的仓储", "2023-10-18", "江海商报")


def test_latin_lines_join_with_a_blank_and_without_the_hyphen():
    lines = ["The cooperation covers forecasting, replenish-", "ment and a jointly operated warehouse in Jiaxing"]
    text, _ = pdf_text(
        [(50, 700 - 14 * i, 10, line) for i, line in enumerate([*lines, "and Hangzhou, according to 青禾超市"])]
    )
    assert "replenishment and a jointly operated warehouse in Jiaxing and Hangzhou" in text


def test_running_heads_feet_and_page_numbers_stay_out():
    pages = [
        [
            (50, 810, 8, "江海商报 2023年第42期"),
            *layout(name + LONG, OTHER),
            (290, 30, 8, f"- {n} -"),
            (50, 18, 8, "版权归江海商报所有"),
        ]
        for n, name in enumerate("甲乙丙")
    ]
    text, _ = pdf_text(*pages)
    assert text.split("\n") == ["甲" + LONG, OTHER, "乙" + LONG, OTHER, "丙" + LONG, OTHER]


def test_what_a_browser_prints_in_the_margins_stays_out_but_the_address_is_kept():
    page = [(30, 815, 8, f"2024/11/27 03:34 {TITLE}"), (50, 770, 18, TITLE), *layout(LONG)]
    page += [(30, 20, 8, "https://www.jianghai.example/a/1.html 1/1")]
    text, found = pdf_text(page, title=TITLE)
    assert text == f"{TITLE}\n{LONG}"
    assert found == Publication(TITLE, None, None, "https://www.jianghai.example/a/1.html")


def test_a_page_printed_by_chromium_in_noto_sans_has_characters_not_radicals():
    text, _ = read_pdf((DATA / "chromium-noto.pdf").read_bytes(), source="a.pdf", most_characters=MOST)
    assert text == "马上，长江用户、飞书用户一见门上风雨，长江用户、飞书用户一见门上风雨。"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((DATA / "encrypted.pdf").read_bytes(), "password"),
        (make_pdf([[]]), "OCR"),
        (make_pdf([[], [], []]), "OCR"),
        (b"%PDF-1.7 and then nothing", "damaged"),
        (b"", "damaged"),
        (make_pdf([layout(LONG)])[:300], "damaged|OCR|cannot be read"),
        (b"<html>", "not a readable PDF"),
    ],
    ids=["locked", "scan", "scan of three pages", "header alone", "empty", "cut off", "HTML"],
)
def test_a_pdf_that_cannot_be_read_says_why(data, reason):
    with pytest.raises(InputError, match=reason):
        read_pdf(data, source="a.pdf", most_characters=MOST)


def test_a_pdf_with_too_much_text_is_refused():
    with pytest.raises(InputError, match="split it"):
        read_pdf(make_pdf([layout(LONG)] * 5), source="a.pdf", most_characters=100)


def docx(build):
    document = Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word(build):
    return read_docx(docx(build), source="a.docx", most_characters=MOST)


def test_paragraphs_and_tables_come_in_their_order():
    def build(document):
        document.add_heading(TITLE)
        document.add_paragraph("2023年10月18日 来源：江海商报")
        document.add_paragraph(LONG)
        table = document.add_table(2, 2)
        for cell, value in zip(table._cells, ["项目", "金额", "中心仓", "8600"], strict=True):
            cell.text = value
        document.add_paragraph(OTHER)

    text, found = word(build)
    assert text == f"{TITLE}\n2023年10月18日 来源：江海商报\n{LONG}\n项目\t金额\n中心仓\t8600\n{OTHER}"
    assert found == Publication(TITLE, "2023-10-18", "江海商报")


def test_the_day_of_the_template_is_not_the_day_of_the_article():
    _, found = word(lambda document: document.add_paragraph(LONG))
    assert found.date is None


def test_document_properties_give_title_and_day_in_china():
    def build(document):
        document.add_paragraph(LONG)
        document.core_properties.author = "叶知秋"
        document.core_properties.title = TITLE
        document.core_properties.created = datetime(2023, 10, 17, 23, tzinfo=UTC)

    _, found = word(build)
    assert found == Publication(TITLE, "2023-10-18")


def test_links_insertions_and_controls_are_read_deletions_are_not():
    def build(document):
        body = document.element.body
        xml = (
            "<w:p {ns}><w:r><w:t>青禾超市</w:t></w:r><w:ins w:id='1' w:author='a'><w:r><w:t>与云仓科技</w:t></w:r></w:ins>"
            "<w:del w:id='2' w:author='a'><w:r><w:delText>与早市</w:delText></w:r></w:del>"
            "<w:hyperlink><w:r><w:t>签约</w:t></w:r></w:hyperlink><w:r><w:br/><w:t>第二行</w:t></w:r></w:p>"
        )
        body.insert(0, parse_xml(xml.format(ns=nsdecls("w"))))
        control = "<w:sdt {ns}><w:sdtContent><w:p><w:r><w:t>控件里的一段。</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        body.insert(1, parse_xml(control.format(ns=nsdecls("w"))))

    assert word(build)[0] == "青禾超市与云仓科技签约\n第二行\n控件里的一段。"


def test_a_table_within_a_cell_is_read_once():
    def build(document):
        cell = document.add_table(1, 1).cell(0, 0)
        cell.text = "外"
        cell.add_table(1, 2).rows[0].cells[1].text = "内"

    assert word(build)[0].split() == ["外", "内"]


def zip_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def damage(name, edit):
    """A document with one of its parts edited."""
    with zipfile.ZipFile(io.BytesIO(docx(lambda d: d.add_paragraph(LONG)))) as archive:
        parts = {item.filename: archive.read(item) for item in archive.infolist()}
    parts[name] = edit(parts[name])
    return zip_of(parts)


BODY = re.compile(rb"<w:body>.*</w:body>", re.DOTALL)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (damage("word/document.xml", lambda part: BODY.sub(b"", part)), "without a body"),
        (damage("word/document.xml", lambda part: b"<a/>"), "without a body"),
        (b"", "not a Word document"),
        (b"PK\x03\x04 broken", "not a Word document"),
        (docx(lambda d: d.add_paragraph(LONG))[:2000], "not a Word document"),
        (zip_of({"a.txt": b"x"}), "not a readable Word document"),
        (zip_of({"word/document.xml": b"0" * (300 * 2**20)}), "unpacks to more"),
        (docx(lambda d: None), "without text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), r"save it as \.docx"),
    ],
    ids=["no body", "other xml", "empty", "broken", "cut off", "another archive", "bomb", "blank", "old or locked"],
)
def test_a_document_that_cannot_be_read_says_why(data, reason):
    with pytest.raises(InputError, match=reason):
        read_docx(data, source="a.docx", most_characters=MOST)


@pytest.mark.parametrize(
    "edit",
    [
        lambda part: b"<a/>",
        lambda part: part.replace(b"2013-12-23T23:15:00Z", b"yesterday"),
        lambda part: part.replace(b"2013-12-23T23:15:00Z", b"2013-99-99T00:00:00Z"),
    ],
    ids=["other xml", "no date", "no day"],
)
def test_damaged_properties_lose_no_text(edit):
    text, found = read_docx(damage("docProps/core.xml", edit), source="a.docx", most_characters=MOST)
    assert text == LONG
    assert found.date is None


def test_a_document_with_too_much_text_is_refused():
    with pytest.raises(InputError, match="split it"):
        read_docx(docx(lambda d: d.add_paragraph(LONG)), source="a.docx", most_characters=20)
