import gzip
import itertools
import os
import re
from pathlib import Path

import pytest

from kg.errors import InputError
from kg.extract import files
from kg.extract.files import find_files, open_file, printable, read_bytes


def collect(*paths):
    errors = []
    found = list(find_files(map(str, paths), on_error=errors.append))
    return found, errors


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b/2.txt",
        "a.html",
        "b/1.jsonl.gz",
        "c.TXT",
        ".hidden.txt",
        ".git/x.txt",
        "story.json",
        "picture.png",
        "b/x.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("正文")
    return tmp_path


def names(found, folder):
    return [str(Path(file.path).relative_to(folder)) for file in found]


def test_a_folder_gives_its_files_of_known_kinds_sorted_and_passes_over_the_rest(folder):
    found, errors = collect(folder)
    assert names(found, folder) == ["a.html", "b/1.jsonl.gz", "b/2.txt", "b/x.csv", "c.TXT"]
    assert errors == []


def test_kind_and_names_leave_the_endings_out(folder):
    found, _ = collect(folder)
    above = folder.resolve().parts[1:]
    assert [(file.kind, file.stem, file.folders, file.compressed) for file in found] == [
        (".html", "a", above, False),
        (".jsonl", "1", (*above, "b"), True),
        (".txt", "2", (*above, "b"), False),
        (".csv", "x", (*above, "b"), False),
        (".txt", "c", above, False),
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.html", ["a.html"]),
        ("b/*", ["b/1.jsonl.gz", "b/2.txt", "b/x.csv"]),
        ("**/*.txt", ["b/2.txt"]),
        ("*", ["a.html", "b/1.jsonl.gz", "b/2.txt", "b/x.csv", "c.TXT"]),
        ("?.[hH]*", ["a.html"]),
    ],
)
def test_globs_give_what_they_match(folder, pattern, expected):
    found, errors = collect(folder / pattern)
    assert names(found, folder) == expected
    assert errors == []


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    (tmp_path / "news[1].txt").write_text("正文")
    (tmp_path / "news1.txt").write_text("正文")
    found, _ = collect(tmp_path / "news[1].txt")
    assert names(found, tmp_path) == ["news[1].txt"]


def test_a_file_named_twice_is_read_once(folder):
    found, _ = collect(folder / "a.html", folder, folder / "*.html")
    assert names(found, folder).count("a.html") == 1
    assert names(found, folder)[0] == "a.html"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("story.json", r"ending \.json is not read, only \.txt, \.md"),
        ("picture.png", r"ending \.png is not read"),
        ("nothing.txt", "no such file or folder"),
        ("*.pdf", "matches no file"),
        ("b\0c", "no such file"),
        ("x" * 5000, "cannot be looked at|no such file"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_rest_goes_on(folder, name, reason):
    found, errors = collect(f"{folder}/{name}", folder / "a.html")
    assert names(found, folder) == ["a.html"]
    assert len(errors) == 1
    assert re.search(reason, errors[0].reason)


def test_an_empty_name_is_no_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    found, errors = collect("", "a.html")
    assert [file.path for file in found] == ["a.html"]
    assert "an empty name" in errors[0].reason


def test_an_empty_folder_is_said(tmp_path):
    (tmp_path / "x.png").write_text("")
    _, errors = collect(tmp_path)
    assert "holds no file" in errors[0].reason


def test_links_in_a_circle_are_no_trap(folder):
    (folder / "b" / "up").symlink_to(folder)
    (folder / "dangling.txt").symlink_to(folder / "gone.txt")
    found, errors = collect(folder)
    assert len(found) == 5
    assert errors == []


def test_a_link_that_leads_out_of_the_folder_is_refused_and_one_within_is_read(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    elsewhere.write_text("正文")
    (folder / "b" / "out.txt").symlink_to(elsewhere)
    (folder / "b" / "in.txt").symlink_to(folder / ".hidden.txt")
    found, errors = collect(folder)
    assert "b/in.txt" in names(found, folder)
    assert "b/out.txt" not in names(found, folder)
    assert [(error.source, "leads out of the folder" in error.reason) for error in errors] == [
        (str(folder / "b" / "out.txt"), True)
    ]


def test_a_link_that_is_named_is_followed(folder, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "link.html"
    link.symlink_to(folder / "a.html")
    found, errors = collect(link)
    assert [file.real for file in found] == [str(folder / "a.html")]
    assert errors == []
    whole = link.parent / "whole"
    whole.symlink_to(folder)
    assert len(collect(whole)[0]) == 5


def test_pipes_and_folders_with_an_endings_name_are_not_opened(folder):
    os.mkfifo(folder / "pipe.txt")
    (folder / "folder.txt").mkdir()
    assert len(collect(folder)[0]) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said(folder):
    (folder / "a.html").chmod(0)
    with pytest.raises(InputError, match="cannot be opened"):
        read_bytes(collect(folder / "a.html")[0][0])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("小红书.txt".encode(), "小红书.txt"),
        ("小红书.txt".encode("gb18030"), "小红书.txt"),
        (b"a\x1b[31m\nb.txt", "a\ufffd[31m\ufffdb.txt"),
        (b"\xff\xfe.txt", "\ufffd\ufffd.txt"),
        ("a\u202eb.txt".encode(), "a\ufffdb.txt"),
    ],
)
def test_names_are_shown_without_harm(raw, shown):
    assert printable(os.fsdecode(raw)) == shown


def test_a_gzip_file_is_unpacked(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress("正文".encode()))
    assert read_bytes(collect(path)[0][0]) == "正文".encode()


def test_gzip_parts_one_after_another_are_one_file(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"one ") + gzip.compress(b"two"))
    assert read_bytes(collect(path)[0][0]) == b"one two"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not gzip", "damaged or not gzip"),
        (gzip.compress(os.urandom(5000))[:2000], "ends too early"),
        (gzip.compress(os.urandom(5000))[:-8] + bytes(8), "damaged or not gzip"),
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
    ],
    ids=["text", "cut off", "wrong checksum", "empty", "empty inside"],
)
def test_damaged_gzip_is_said(tmp_path, data, reason):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason):
        read_bytes(collect(path)[0][0])


def test_a_gzip_bomb_is_stopped_early(tmp_path):
    path = tmp_path / "a.txt.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(60):
            file.write(b" " * 2**20)
    with open_file(collect(path)[0][0]) as stream, pytest.raises(InputError, match="inflates to more than 200 times"):
        for count in itertools.count(1):
            stream.read(2**16)
            assert count < 20 * 16


def test_a_small_file_of_blanks_is_no_bomb(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b" " * 2**20))
    assert len(read_bytes(collect(path)[0][0])) == 2**20


def test_a_file_larger_than_the_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1000)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 1001)
    with pytest.raises(InputError, match="split it"):
        read_bytes(collect(path)[0][0])
    path.write_bytes(b"a" * 1000)
    assert len(read_bytes(collect(path)[0][0])) == 1000
