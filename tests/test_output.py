"""Files that appear whole or not at all: links and pipes stay what they are, inputs and stores are never written over."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kg.errors import OutputError, UsageError
from kg.output import check_output, keep_apart, open_output, replacing
from kg.pipeline import protect_inputs

ARTICLE = "京东与顺丰签署战略合作协议。"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old", "utf-8")
    link.symlink_to(target)
    with open_output(str(link)) as file:
        file.write("new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text("utf-8")))
    reader.start()
    with replacing(pipe) as new, new.open("w", encoding="utf-8") as file:
        file.write("rows")
    reader.join(10)
    assert received == ["rows"]
    assert pipe.is_fifo()


def test_an_output_that_is_an_input_under_another_name_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    with pytest.raises(UsageError, match="would be lost"):
        keep_apart(str(tmp_path / "b.txt"), str(tmp_path / "a.txt"))
    keep_apart(str(tmp_path / "c.txt"), str(tmp_path / "a.txt"), "memory:", "neo4j://host", "*.txt", "-")
    keep_apart("-", "-")


def test_an_output_that_is_standard_input_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text(ARTICLE, "utf-8")
    with path.open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(UsageError, match="would be lost"):
            keep_apart(str(path), "-")
        keep_apart(str(tmp_path / "b.txt"), "-")


def test_an_article_in_a_folder_or_glob_is_not_written_over(tmp_path):
    folder, link = tmp_path / "news", tmp_path / "link"
    (folder / "may").mkdir(parents=True)
    link.symlink_to(folder)
    article = folder / "may" / "a.html"
    article.write_text(f"<html><body><p>{ARTICLE * 5}</p></body></html>", "utf-8")
    for paths in ([folder], [link], [f"{folder}/*"], [f"{tmp_path}/**/*.html"], [folder / ".." / "news"]):
        for output in (article, link / "may" / "a.html", folder / "may" / ".." / "may" / "a.html"):
            with pytest.raises(UsageError, match="one of the articles"):
                protect_inputs(str(output), paths)
    for output in (folder / "b.html", folder / "may" / "graph.kgl", "-", ""):
        protect_inputs(str(output), [folder])
    protect_inputs(str(article), [tmp_path / "elsewhere", "-"])


def test_an_article_that_cannot_be_read_is_not_written_over_either(tmp_path):
    (tmp_path / "a.html").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(UsageError, match="one of the articles"):
        protect_inputs(str(tmp_path / "a.html"), [tmp_path])


def test_what_kg_wrote_among_the_articles_may_be_written_again(news, tmp_path):
    for _ in range(2):
        done = run("build", tmp_path, "--view", tmp_path / "page.html")
        assert (done.returncode, done.stderr.split(":")[0]) == (0, "1 article")
        assert run("extract", tmp_path, "--entities", "-o", tmp_path / "t.jsonl").returncode == 0
    assert news.read_text("utf-8") == ARTICLE


@pytest.fixture
def news(tmp_path):
    path = tmp_path / "news.txt"
    path.write_text(ARTICLE, "utf-8")
    return path


def test_no_command_writes_over_its_store_or_input(news, tmp_path):
    store = tmp_path / "g.kgl"
    assert run("build", news, "--store", store).returncode == 0
    before = store.read_bytes()
    names, link = tmp_path / "names.toml", tmp_path / "link.html"
    names.write_text('[entities]\nCompany = ["甲公司"]\n', "utf-8")
    link.symlink_to(names)
    for arguments in (
        ("build", news, "--gazetteer", names, "--view", link),
        ("extract", news, "--gazetteer", link, "-o", names),
        ("extract", tmp_path, "-o", tmp_path / "." / "news.txt"),
        ("build", news, "--store", store, "--view", store),
        ("build", news, "--store", store, "--view", news),
        ("view", "--store", store, "-o", store),
        ("export", "--store", store, "--format", "jsonl", "-o", store),
        ("export", "--store", store, "--format", "jsonl", "-o", "-"),
        ("extract", news, "-o", news),
    ):
        done = run(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), (arguments, done.stderr)
        assert store.read_bytes() == before
        assert news.read_text("utf-8") == ARTICLE
        assert "甲公司" in names.read_text("utf-8")


def test_links_in_a_circle_and_names_too_long_are_said_before_the_work(tmp_path):
    link = tmp_path / "link.html"
    link.symlink_to(link)
    for path in (link, tmp_path / ("长" * 82 + ".html")):
        with pytest.raises(OutputError, match=r"its links lead in a circle|its name is too long"):
            check_output(str(path))
