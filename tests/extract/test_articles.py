import csv
import gzip
import io
import json
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

import kg
from kg.errors import InputError, UsageError
from kg.extract import articles
from kg.extract.articles import MAX_ARTICLE_CHARACTERS, parse_day, read_articles
from kg.load.triples import write_triples
from kg.model import Article

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DATA = Path(__file__).parent / "data"
TITLE = "青禾超市与云仓科技签约：三年内改造二百家门店"
TEXT = f"{TITLE}\r\n2023-10-18 来源：江海商报\r\n\r\n　　10月17日，青禾超市与云仓科技签署战略合作协议。\n首批三十家店年底前完成。\r"


def read(*paths, **options):
    errors = []
    found = list(read_articles([str(path) for path in paths], on_error=errors.append, **options))
    return found, errors


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(*items):
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


@pytest.mark.parametrize("ending", [".txt", ".md", ".txt.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_a_plain_file_is_its_text_character_for_character(tmp_path, encoding, ending):
    data = TEXT.encode(encoding)
    path = write(tmp_path / f"a{ending}", gzip.compress(data) if ending.endswith(".gz") else data)
    (found,), errors = read(path)
    known = Article("a", TEXT, TITLE, "2023-10-18", "江海商报", title_in_text=True, origin=str(path.resolve()))
    assert found == known
    assert errors == []


def test_big5_is_read(tmp_path):
    text = "華為否認與比亞迪合併的傳聞\n2023-10-18\n\n華為昨日否認與比亞迪合併的傳聞。\n"
    (found,), _ = read(write(tmp_path / "a.txt", text.encode("big5")))
    assert (found.text, found.title, found.date) == (text, "華為否認與比亞迪合併的傳聞", "2023-10-18")


def test_the_day_comes_from_the_article_then_from_the_name_then_from_the_caller(tmp_path):
    write(tmp_path / "2020-01-01-a.txt", TEXT)
    write(tmp_path / "2020-01-02-b.txt", "青禾签约云仓\n\n正文在这里。")
    write(tmp_path / "c.txt", "青禾签约云仓\n\n正文在这里。")
    found, _ = read(tmp_path, date="2020年1月3日")
    assert [article.date for article in found] == ["2023-10-18", "2020-01-02", "2020-01-03"]


def test_json_lines_keep_the_title_apart_unless_the_text_begins_with_it(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        rows(
            {
                "id": "x",
                "title": "甲与乙合作",
                "date": "2025-05-07",
                "text": "正文。",
                "source": "商报",
                "url": "https://a.example/1",
            },
            {"id": 7, "title": "甲与乙合作", "text": "甲与乙合作\n正文。", "url": "javascript:alert(1)"},
            {
                "headline": "丙",
                "content": "正文是丙的。",
                "publish_time": "2025/05/07 23:10:00",
                "entities": [],
                "relations": [],
            },
        ),
    )
    found, errors = read(path)
    assert found == [
        Article("x", "正文。", "甲与乙合作", "2025-05-07", "商报", "https://a.example/1", title_in_text=False),
        Article("7", "甲与乙合作\n正文。", "甲与乙合作", None, None, None, title_in_text=True),
        Article("a-3", "正文是丙的。", "丙", "2025-05-07", None, None, title_in_text=False),
    ]
    assert errors == []


def test_bad_rows_name_file_and_line_and_the_rest_goes_on(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        rows(
            {"text": "一。"},
            {"title": "没有正文"},
            {"text": 5},
            {"text": "  "},
            {"text": "二。", "date": "昨天"},
            {"text": "三。", "id": {"a": 1}},
            {"text": "四。", "date": ""},
        ),
    )
    found, errors = read(path)
    assert [article.id for article in found] == ["a-1", "a-7"]
    assert [error.source for error in errors] == [f"{path}:{line}" for line in (2, 3, 4, 5, 6)]
    assert "'昨天' is no day" in errors[3].reason


def test_without_a_handler_the_first_error_is_raised(tmp_path):
    path = write(tmp_path / "a.jsonl", rows({"text": "一。"}, {"x": 1}, {"text": "二。"}))
    reading = read_articles(path)
    assert next(reading).id == "a-1"
    with pytest.raises(InputError, match=r'a\.jsonl:2: no "text"'):
        next(reading)


def test_tables_are_read_with_chinese_headers_as_excel_writes_them(tmp_path):
    out = io.StringIO()
    writer = csv.writer(out, dialect="excel")
    writer.writerows(
        [
            ["标题", "日期", "正文", "来源", "链接"],
            ["甲与乙, 合作", "2025年5月7日", '他说："好"\n第二行。', "商报", "https://a.example/1"],
        ]
    )
    for name, encoding in (("bom.csv", "utf-8-sig"), ("gb.csv", "gb18030"), ("plain.csv", "utf-8")):
        (found,), errors = read(write(tmp_path / name, out.getvalue().encode(encoding)))
        assert (found.title, found.date, found.text) == ("甲与乙, 合作", "2025-05-07", '他说："好"\n第二行。')
        assert (found.id, found.source, found.url) == (f"{name[:-4]}-2", "商报", "https://a.example/1")
        assert errors == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mon/小红书接入京东.txt", "小红书接入京东"),
        ("mon/newspaper.txt", "newspaper"),
        ("mon/news.txt", "mon/news"),
        ("mon/Index.HTML", "mon/Index"),
        ("mon/2025-05-07.txt.gz", "mon/2025-05-07"),
        ("mon/新建 文本文档 (2).txt", "mon/新建 文本文档 (2)"),
        ("site/2025/05/news_1.txt", "site/2025/05/news_1"),
    ],
)
def test_a_file_s_name_is_its_id_with_folders_where_it_says_nothing_by_itself(tmp_path, monkeypatch, name, expected):
    path = write(tmp_path / name, gzip.compress(TEXT.encode()) if name.endswith(".gz") else TEXT)
    (tmp_path / "link").symlink_to(path.parent, target_is_directory=True)
    monkeypatch.chdir(path.parent)
    for given in (path, path.parent, tmp_path / "mon" / ".." / path.relative_to(tmp_path), tmp_path / "link", "."):
        if "mon" in name or ".." not in str(given):
            assert [article.id for article in read(given)[0]] == [expected], given
    assert read(path.name)[0][0].id == expected


def test_what_else_is_read_changes_no_id(tmp_path):
    for name in ("mon/news.txt", "tue/news.txt", "tue/a.txt"):
        write(tmp_path / name, TEXT)
    apart = [article.id for folder in ("mon", "tue") for article in read(tmp_path / folder)[0]]
    assert apart == ["mon/news", "a", "tue/news"]
    assert [article.id for article in read(tmp_path)[0]] == apart
    assert [article.id for article in read(tmp_path / "tue", tmp_path / "mon")[0]] == ["a", "tue/news", "mon/news"]


def test_two_files_of_one_name_need_their_folders_in_their_ids(tmp_path):
    for name in ("x/a.txt", "y/a.txt", "y/b.txt"):
        write(tmp_path / name, TEXT)
    found, errors = read(tmp_path)
    assert [article.id for article in found] == ["a", "b"]
    assert [error.source for error in errors] == [str(tmp_path / "y" / "a.txt")]
    assert "--folder-ids" in errors[0].reason
    assert [article.id for article in read(tmp_path, folder_ids=True)[0]] == ["x/a", "y/a", "y/b"]


def test_rows_without_an_id_are_told_apart_by_file_and_line(tmp_path):
    for name in ("x/a.jsonl", "y/news.jsonl"):
        write(tmp_path / name, rows({"text": "一。"}, {"text": "二。"}))
    assert [article.id for article in read(tmp_path)[0]] == ["a-1", "a-2", "y/news-1", "y/news-2"]


def test_files_of_another_kind_in_a_folder_are_told_of(tmp_path):
    for name in ("a.txt", "b.xlsx", "x/c.jpg", "x/d", ".hidden", "README.rst"):
        write(tmp_path / name, TEXT)
    passed: list[str] = []
    read(tmp_path, on_passed=passed.append)
    assert sorted(passed) == sorted(str(tmp_path / name) for name in ("b.xlsx", "x/c.jpg", "x/d"))


def test_a_second_article_of_an_id_is_refused_and_names_the_first(tmp_path):
    write(tmp_path / "a.jsonl", rows({"id": "x", "text": "一。"}, {"id": "x", "text": "二。"}))
    write(tmp_path / "x.txt", TEXT)
    found, errors = read(tmp_path)
    assert [(article.id, article.text) for article in found] == [("x", "一。")]
    assert [error.source.split("/")[-1] for error in errors] == ["a.jsonl", "x.txt"]
    assert "a.jsonl" in errors[1].reason


def test_an_id_for_one_article(tmp_path):
    write(tmp_path / "a.txt", TEXT)
    assert [article.id for article in read(tmp_path, doc="seed")[0]] == ["seed"]
    write(tmp_path / "b.txt", TEXT)
    with pytest.raises(UsageError, match="for one article"):
        read(tmp_path, doc="seed")


@pytest.mark.parametrize(
    ("paths", "options"),
    [([], {}), (["a"], {"date": "yesterday"}), (["a"], {"date": "2025-13-01"}), (["a"], {"doc": " "})],
)
def test_a_wrong_call_is_refused_at_once(paths, options):
    with pytest.raises(UsageError):
        read_articles(paths, **options)


@pytest.mark.parametrize("as_given", [str, Path, lambda path: [path], lambda path: (str(path),)])
def test_one_path_or_several_of_either_kind_are_taken(tmp_path, as_given):
    assert [article.id for article in read_articles(as_given(write(tmp_path / "a.txt", TEXT)))] == ["a"]


def test_every_kind_in_a_folder_is_read_and_the_unreadable_are_named(tmp_path):
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "b.html.gz", gzip.compress((DATA / "pages" / "portal-long.html").read_bytes()))
    write(tmp_path / "c.htm", (DATA / "pages" / "old-br.html").read_bytes())
    write(tmp_path / "d.jsonl.gz", gzip.compress(rows({"text": "一。"}).encode()))
    write(tmp_path / "e.csv", "title,text\n甲,乙。\n")
    write(tmp_path / "f.pdf", (DATA / "chromium-noto.pdf").read_bytes())
    write(tmp_path / "g.md", f"# {TITLE}\n\n正文。\n")
    from docx import Document

    document = Document()
    document.add_paragraph("青禾超市与云仓科技签约。")
    document.save(tmp_path / "h.docx")
    bad = {
        "i.txt": b"",
        "j.txt": b" \r\n\t",
        "k.txt": b"\x89PNG\r\n" + bytes(200),
        "l.html": b"<html></html>",
        "m.jsonl": b"{broken",
        "n.csv": b"a,b\n1,2\n",
        "o.pdf": (DATA / "encrypted.pdf").read_bytes(),
        "p.docx": b"PK\x03\x04",
        "q.txt.gz": b"\x1f\x8bxx",
        "r.jsonl": b"\n\n",
        "s.csv": b"title,text\n",
        "t.pdf": b"plain text",
    }
    for name, data in bad.items():
        write(tmp_path / name, data)
    found, errors = read(tmp_path)
    assert [article.id for article in found] == ["a", "b", "c", "d-1", "e-2", "f", "g", "h"]
    assert {Path(error.source.split(":")[0]).name for error in errors} == set(bad)
    for error in errors:
        assert len(error.reason) > 10
        assert "\n" not in str(error)


def test_a_line_of_50_mb_is_refused_in_each_kind(tmp_path):
    long = "小红书" * 6_000_000
    write(tmp_path / "a.txt", long)
    write(tmp_path / "b.jsonl", '{"text": "' + long + '"}\n' + rows({"id": "good", "text": "一。"}))
    write(tmp_path / "c.csv", f"title,text\n甲,{long}\n乙,丙。\n")
    write(tmp_path / "d.html", f"<p>{long}</p>")
    found, errors = read(tmp_path)
    assert [article.id for article in found] == ["good", "c-3"]
    assert [Path(error.source.split(":")[0]).name for error in errors] == ["a.txt", "b.jsonl", "c.csv", "d.html"]


def test_an_article_at_the_bound_is_read_and_one_beyond_it_is_not(tmp_path):
    path = write(tmp_path / "a.txt", "甲" * MAX_ARTICLE_CHARACTERS)
    assert len(read(path)[0][0].text) == MAX_ARTICLE_CHARACTERS
    path = write(tmp_path / "a.txt", "甲" * (MAX_ARTICLE_CHARACTERS + 1))
    assert "split it" in read(path)[1][0].reason


def test_a_file_without_one_good_row_is_given_up_after_a_hundred(tmp_path):
    write(tmp_path / "a.jsonl", '{"name": "甲"}\n' * 5000)
    found, errors = read(tmp_path)
    assert found == []
    assert len(errors) == articles._MOST_BAD_ROWS + 1
    assert "none of the first 100 rows" in errors[-1].reason


def test_halves_of_surrogate_pairs_do_not_get_in(tmp_path):
    path = write(tmp_path / "a.jsonl", r'{"id": "\udc80x", "title": "\ud83d", "text": "甲\ud800乙，\ud83d\udc4d好。"}')
    (found,), _ = read(path)
    assert found.text == "甲\ufffd乙，👍好。"
    (found.id + found.title + found.text).encode()


def test_hostile_file_names_give_ids_that_can_be_shown(tmp_path):
    write(tmp_path / "a\x1b[31mb\n.txt", TEXT)
    write(tmp_path / "<script>alert(1)<.txt", TEXT)
    found, errors = read(tmp_path)
    assert all(article.id.isprintable() for article in found)
    assert len(found) == 2
    assert errors == []


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "csv"])
def test_memory_does_not_grow_with_the_number_of_rows(tmp_path, kind):
    def peak(count):
        path = tmp_path / f"{count}.{kind}"
        rng = random.Random(count)
        opener = gzip.open if kind.endswith("gz") else open
        with opener(path, "wt", encoding="utf-8") as file:
            file.write("id,text\n" if kind == "csv" else "")
            for number in range(count):
                body = "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(1000))
                file.write(
                    f"{number},{number}{body}\n"
                    if kind == "csv"
                    else rows({"id": str(number), "text": f"{number}{body}"})
                )
        tracemalloc.start()
        assert sum(1 for _ in read_articles(path)) == count
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)  # imports and caches
    few, many = peak(1000), peak(3000)
    assert many - few < 3000 * 400  # an id and where it stood, not a text of 3 KB


def read_stdin(data):
    code = (
        "import json, sys\nfrom kg.extract.articles import read_articles\n"
        "for a in read_articles('-', on_error=lambda e: print(json.dumps(['error', str(e)]))):\n"
        "    print(json.dumps([a.id, a.title, a.date, a.text]))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input_is_told_by_its_beginning(pack):
    utf8, gb18030 = (read_stdin(pack(TEXT.encode(encoding))) for encoding in ("utf-8", "gb18030"))
    assert utf8 == gb18030
    assert [row[1:] for row in utf8] == [[TITLE, "2023-10-18", TEXT]]
    assert [row[3] for row in read_stdin(pack(rows({"text": "一。"}, {"id": "x", "text": "二。"}).encode()))] == [
        "一。",
        "二。",
    ]
    (page,) = read_stdin(pack((DATA / "pages" / "portal-long.html").read_bytes()))
    assert page[1:3] == [TITLE, "2023-10-18"]
    assert [row[3] for row in read_stdin(pack("标题,正文\n甲,乙。\n".encode()))] == ["乙。"]


def test_what_has_no_name_on_standard_input_is_named_by_its_text():
    """So that a second article from there is no new version of the first, and the first again is no second one."""
    first, again, second = (read_stdin(text.encode())[0][0] for text in (TEXT, TEXT, TEXT + "又一句。"))
    assert first == again != second
    assert first.startswith("stdin-")
    ids = [row[0] for row in read_stdin(rows({"text": "一。"}, {"id": "x", "text": "二。"}, {"text": "三。"}).encode())]
    other = [row[0] for row in read_stdin(rows({"text": "四。"}, {"text": "三。"}).encode())]
    assert ids[1] == "x"
    assert (ids[2] == other[1], len({*ids, *other})) == (True, 4)


def test_standard_input_of_documents_and_of_nothing():
    assert "长江用户" in read_stdin((DATA / "chromium-noto.pdf").read_bytes())[0][3]
    assert read_stdin(b"") == [["error", "standard input: empty; nothing to read"]]
    ((kind, message),) = read_stdin(bytes(1000))
    assert (kind, "binary" in message) == ("error", True)


def test_the_examples_are_read_as_they_are():
    found, errors = read(EXAMPLES / "20*")
    assert errors == []
    known = {row["id"]: row for row in map(json.loads, (EXAMPLES / "gold.jsonl").read_text("utf-8").splitlines())}
    assert {article.id for article in found} == set(known)
    for article in found:
        assert (article.title, article.date) == (known[article.id]["title"], known[article.id]["date"])
        assert article.source
        if not article.title_in_text:
            assert article.text == known[article.id]["text"]


def test_a_folder_gives_its_articles_once_beside_notes_and_annotations():
    found, errors = read(EXAMPLES)
    assert errors == []
    assert [article.id for article in found] == [article.id for article in read(EXAMPLES / "20*")[0]]


def test_papers_about_a_folder_are_read_where_named_outright(tmp_path):
    (tmp_path / "README.md").write_text("说明。", "utf-8")
    (tmp_path / "signing.txt").write_text("新闻。", "utf-8")
    assert [article.id for article in read(tmp_path)[0]] == ["signing"]
    assert [article.id for article in read(tmp_path / "README.md")[0]] == ["README"]


def test_what_kg_itself_left_in_a_folder_of_news_is_no_news(tmp_path):
    (tmp_path / "signing.txt").write_text("京东与顺丰签署战略合作协议。", "utf-8")
    kg.build(tmp_path).view(tmp_path / "graph.html")
    with (tmp_path / "triples.jsonl").open("w", encoding="utf-8") as file:
        write_triples(kg.extract(read_articles(tmp_path / "signing.txt")), file, entities=True)
    assert "head" in (tmp_path / "triples.jsonl").read_text("utf-8")
    found, errors = read(tmp_path)
    assert ([article.id for article in found], errors) == (["signing"], [])


def test_an_annotation_without_its_article_is_an_article(tmp_path):
    row = {"id": "a", "text": "新闻。", "entities": [], "relations": []}
    (tmp_path / "gold.jsonl").write_text(rows(row), "utf-8")
    assert [article.id for article in read(tmp_path)[0]] == ["a"]
    (tmp_path / "a.txt").write_text("新闻。", "utf-8")
    found, errors = read(tmp_path)
    assert ([article.id for article in found], errors) == (["a"], [])
    (tmp_path / "twice.jsonl").write_text(rows({"id": "a", "text": "别的。"}), "utf-8")
    assert len(read(tmp_path)[1]) == 1


def test_annotated_articles_are_readable_as_input():
    found, errors = read(EXAMPLES / "gold.jsonl")
    assert len(found) == 14
    assert errors == []


def test_parse_day_is_offered_here():
    assert parse_day("2025年6月1日") == "2025-06-01"
