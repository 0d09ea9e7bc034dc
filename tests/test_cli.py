"""The program as its users meet it: commands, results on stdout, talk on stderr, exit statuses."""

import csv
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARTNERS = "MATCH (a)-[r:PARTNERS_WITH]->(b) RETURN a.name AS a, r.status AS status, b.name AS b ORDER BY a, b"
SENTENCE = "5月7日,小红书与淘宝天猫达成战略合作,共同推出“红猫计划”。"


def article(folder: Path, name: str = "a.txt", text: str = SENTENCE) -> Path:
    path = folder / name
    path.write_text(f"电商一周要闻\n2025-05-08\n\n{text}\n", encoding="utf-8")
    return path


class TestHelp:
    def test_names_every_command(self, run_kg):
        done = run_kg("--help")
        assert done.returncode == 0
        for command in ("build", "extract", "train", "load", "query", "queries", "view", "export"):
            assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE)

    @pytest.mark.parametrize("command", ["build", "extract", "train", "load", "query", "queries", "view", "export"])
    def test_of_a_command_needs_nothing_slow(self, command):
        """What makes `kg --help` answer at once: none of the heavy libraries is imported for it."""
        code = (
            "import sys; from kg.cli import app\n"
            f"try: app([{command!r}, '--help'])\n"
            "except SystemExit: pass\n"
            "heavy = {'onnxruntime', 'numpy', 'networkx', 'trafilatura', 'lxml', 'pyvis', 'kglite', 'docx', 'rich'}\n"
            "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
        assert done.stderr.strip() == "[]"

    def test_version_is_the_package_s(self, run_kg):
        from kg import __version__

        assert run_kg("--version").stdout == f"kg {__version__}\n"

    @pytest.mark.parametrize(
        "arguments",
        [
            ("build",),
            ("bild", "x"),
            ("query", "--store", "x.kgl"),
            ("build", "x", "--jobs", "0"),
            ("load", "--store", "x"),
        ],
    )
    def test_wrong_usage_is_status_2_and_a_sentence(self, run_kg, arguments, tmp_path):
        done = run_kg(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr
        assert list(tmp_path.iterdir()) == []


class TestBuild:
    def test_makes_store_and_page_and_sums_up(self, run_kg, example_articles, tmp_path):
        store, page = tmp_path / "g.kgl", tmp_path / "g.html"
        done = run_kg("build", *example_articles, "--store", store, "--view", page)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert "14 articles: 14 added" in done.stderr
        assert re.search(r"^ +\d+  PARTNERS_WITH$", done.stderr, re.MULTILINE)
        assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")

    def test_run_again_says_that_nothing_changed(self, run_kg, example_articles, example_store, tmp_path):
        store = tmp_path / "g.kgl"
        shutil.copy(example_store, store)
        before = store.read_bytes()
        done = run_kg("build", *example_articles, "--store", store)
        assert done.returncode == 0
        assert done.stderr.startswith("Nothing changed: 14 articles")
        assert store.read_bytes() == before

    def test_an_edited_article_replaces_what_it_said(self, run_kg, tmp_path):
        store = tmp_path / "g.kgl"
        run_kg("build", article(tmp_path), "--store", store)
        assert "小红书" in run_kg("query", PARTNERS, "--store", store).stdout
        article(tmp_path, text="5月7日,京东与腾讯达成战略合作。")
        done = run_kg("build", tmp_path / "a.txt", "--store", store)
        assert "1 article: 1 changed" in done.stderr
        names = {row[end] for row in query_json(run_kg, store) for end in ("a", "b")}
        assert names == {"京东", "腾讯"}

    def test_jobs_change_nothing_in_the_graph(self, run_kg, example_articles, example_store, tmp_path):
        store = tmp_path / "g.kgl"
        done = run_kg("build", *example_articles, "--store", store, "--jobs", "2")
        assert done.returncode == 0, done.stderr
        for name, path in (("one", example_store), ("two", store)):
            assert run_kg("export", "--store", path, "--format", "jsonl", "-o", tmp_path / name).returncode == 0
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_reads_standard_input(self, run_kg, tmp_path):
        store = tmp_path / "g.kgl"
        line = json.dumps({"id": "x", "date": "2025-05-08", "title": "", "text": SENTENCE}, ensure_ascii=False)
        done = run_kg("build", "-", "--store", store, stdin=line)
        assert done.returncode == 0, done.stderr
        assert query_json(run_kg, store)

    def test_quiet_says_nothing(self, run_kg, tmp_path):
        for arguments in (("build", article(tmp_path), "-q"), ("-q", "build", article(tmp_path))):
            done = run_kg(*arguments)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_without_store_and_page_says_that_nothing_was_kept(self, run_kg, tmp_path):
        assert "Nothing was kept" in run_kg("build", article(tmp_path)).stderr

    def test_counts_files_of_another_kind_in_a_folder(self, run_kg, tmp_path):
        for name in ("b.xlsx", "c.jpg", ".hidden"):
            (tmp_path / name).write_bytes(b"x")
        path = article(tmp_path)
        assert "\n2 files of another kind passed over\n" in run_kg("build", tmp_path).stderr
        assert "passed over" not in run_kg("build", path).stderr
        assert run_kg("build", tmp_path, "-q").stderr == ""

    def test_tells_what_the_store_has_before_a_page_that_fails(self, tmp_path):
        """A file-size limit, between the sizes of store and page, is a disk that fills up meanwhile."""
        article(tmp_path)
        command = f"ulimit -f 60; exec {sys.executable} -m kg build a.txt --store g.kgl --view g.html"
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
        *summary, error = done.stderr.splitlines()
        assert done.returncode == 1
        assert "1 article: 1 added" in summary[0]
        assert error.startswith("kg: g.html: cannot be written")
        assert not (tmp_path / "g.html").exists()

    def test_a_page_has_the_name_of_one(self, run_kg, example_store, tmp_path):
        for arguments in (("build", article(tmp_path), "--view"), ("view", "--store", example_store, "-o")):
            done = run_kg(*arguments, tmp_path / "g.pdf")
            assert (done.returncode, "name it FILE.html" in done.stderr) == (2, True)
        assert not (tmp_path / "g.pdf").exists()

    def test_folders_stand_in_ids_where_asked(self, run_kg, tmp_path):
        (tmp_path / "mon").mkdir()
        article(tmp_path / "mon")
        run_kg("build", tmp_path, "--folder-ids", "--store", tmp_path / "g.kgl")
        done = run_kg("query", "--store", tmp_path / "g.kgl", "MATCH (a:Article) RETURN a.id AS id", "--format", "json")
        assert json.loads(done.stdout) == [{"id": "mon/a"}]
        done = run_kg("extract", tmp_path / "mon", "--folder-ids")
        assert {json.loads(line)["doc"] for line in done.stdout.splitlines()} == {"mon/a"}

    def test_min_confidence_leaves_statements_out(self, run_kg, tmp_path):
        assert run_kg("extract", article(tmp_path)).stdout
        assert run_kg("extract", article(tmp_path), "--min-confidence", "1").stdout == ""

    def test_shows_progress_on_a_terminal_only(self, tmp_path):
        path = article(tmp_path)
        leader, follower = pty.openpty()
        with subprocess.Popen([sys.executable, "-m", "kg", "build", str(path)], stderr=follower) as process:
            os.close(follower)
            shown = read_terminal(leader)
            process.wait(timeout=120)
        assert process.returncode == 0
        assert "articles" in shown
        assert "\x1b[" in shown


class TestTriples:
    def test_stand_in_for_the_extractor(self, run_kg, tmp_path):
        path = article(tmp_path, text="甲网与乙公司联手。")
        statement = run_kg("extract", article(tmp_path, "b.txt"), "--doc", "a").stdout.splitlines()[0]
        row = json.loads(statement)
        text = path.read_text(encoding="utf-8")
        start = text.index("甲网与")
        row["head"] = {"name": "甲网", "type": "Platform", "aliases": []}
        row["relation"] = "PARTNERS_WITH"
        row["tail"] = {"name": "乙公司", "type": "Company", "aliases": []}
        row["evidence"] = {"start": start, "end": start + 8, "text": text[start : start + 8]}
        triples = tmp_path / "t.jsonl"
        wrong = row | {"evidence": {"start": 0, "end": 3, "text": "别处有"}, "relation": "COMPETES_WITH"}
        triples.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in (row, wrong)), encoding="utf-8")
        store = tmp_path / "g.kgl"
        done = run_kg("build", path, "--triples", triples, "--store", store)
        assert done.returncode == 0, done.stderr
        assert [{row["a"], row["b"]} for row in query_json(run_kg, store)] == [{"甲网", "乙公司"}]
        assert "1  evidence is not where the statement says" in done.stderr
        again = run_kg("build", path, "--triples", triples, "--store", store)
        assert "Nothing changed" in again.stderr

    def test_of_an_article_that_is_not_there_are_named(self, run_kg, tmp_path):
        triples = tmp_path / "t.jsonl"
        run_kg("extract", article(tmp_path), "--doc", "elsewhere", "-o", triples)
        done = run_kg("build", article(tmp_path), "--triples", triples)
        assert done.returncode == 3
        assert "'elsewhere'" in done.stderr

    def test_loaded_give_the_graph_that_building_gives(self, run_kg, example_articles, example_store, tmp_path):
        triples, store = tmp_path / "t.jsonl", tmp_path / "g.kgl"
        assert run_kg("extract", *example_articles, "--entities", "-o", triples).returncode == 0
        assert run_kg("load", triples, "--store", store).returncode == 0
        for name, path in (("one", example_store), ("two", store)):
            assert run_kg("export", "--store", path, "--format", "jsonl", "-o", tmp_path / name).returncode == 0
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_removed_articles_take_their_facts_along(self, run_kg, tmp_path):
        store = tmp_path / "g.kgl"
        run_kg("build", article(tmp_path), "--store", store)
        done = run_kg("load", "--store", store, "--remove", "a")
        assert done.returncode == 0, done.stderr
        assert query_json(run_kg, store) == []
        assert run_kg("load", "--store", store, "--remove", "a").returncode == 2

    def test_of_files_of_which_one_is_missing_are_loaded_and_the_missing_one_named(self, run_kg, tmp_path):
        store, triples = tmp_path / "g.kgl", tmp_path / "t.jsonl"
        run_kg("build", article(tmp_path), "--store", store)
        run_kg("extract", article(tmp_path, "b.txt"), "--entities", "-o", triples)
        done = run_kg("load", tmp_path / "none.jsonl", triples, "--store", store, "--remove", "a")
        assert done.returncode == 3
        assert "none.jsonl" in done.stderr
        assert "1 added, 1 removed" in done.stderr
        assert query_articles(run_kg, store) == ["b"]


class TestExtract:
    def test_writes_statements_whose_evidence_stands_in_the_raw_text(self, run_kg, examples):
        path = examples / "2023-10-18-own-shops-close.txt"
        raw = path.read_bytes().decode("utf-8")
        done = run_kg("extract", path)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert rows
        for row in rows:
            assert list(row) == ["doc", "head", "relation", "tail", "status", "time", "evidence", "confidence"]
            evidence = row["evidence"]
            assert raw[evidence["start"] : evidence["end"]] == evidence["text"]

    def test_doc_names_the_one_article(self, run_kg, tmp_path):
        done = run_kg("extract", article(tmp_path), "--doc", "seed")
        assert {json.loads(line)["doc"] for line in done.stdout.splitlines()} == {"seed"}

    def test_replaces_an_older_file_whole(self, run_kg, tmp_path):
        out = tmp_path / "t.jsonl"
        out.write_text("old\n" * 100_000, encoding="utf-8")
        assert run_kg("extract", article(tmp_path), "-o", out).returncode == 0
        assert "old" not in out.read_text(encoding="utf-8")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "t.jsonl"]

    def test_keeps_the_older_file_where_nothing_can_be_read(self, run_kg, tmp_path):
        out = tmp_path / "t.jsonl"
        out.write_text("old", encoding="utf-8")
        assert run_kg("extract", tmp_path / "none.txt", "-o", out).returncode == 2
        assert out.read_text(encoding="utf-8") == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["t.jsonl"]


def query_json(run_kg, store: Path, cypher: str = PARTNERS, *options: str) -> list[dict]:
    done = run_kg("query", cypher, "--store", store, "--format", "json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestQuery:
    def test_prints_a_table_and_counts_its_rows_on_stderr(self, run_kg, example_store):
        done = run_kg("query", PARTNERS, "--store", example_store)
        header, rule, *rows = done.stdout.rstrip("\n").split("\n")
        assert header.split() == ["a", "status", "b"]
        assert set(rule) <= set("─ ")
        assert done.stderr == f"{len(rows)} rows\n"

    def test_prints_json_and_csv_of_the_same_rows(self, run_kg, example_store):
        rows = query_json(run_kg, example_store)
        done = run_kg("query", PARTNERS, "--store", example_store, "--format", "csv")
        assert list(csv.DictReader(io.StringIO(done.stdout))) == rows
        assert rows

    def test_begins_csv_with_a_mark_for_excel_where_asked(self, run_kg, example_store):
        done = run_kg("query", PARTNERS, "--store", example_store, "--format", "csv", "--bom")
        assert done.stdout.startswith("\ufeffa,status,b\n")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ((), "give a question in Cypher, or --name of a shipped one (kg queries lists them)\n"),
            (("RETURN 1", "--name", "years"), "not both"),
            (("RETURN 1", "--bom"), "add --format csv"),
            (("RETURN 1", "--bom", "--format", "json"), "add --format csv"),
            (("RETURN $name AS x",), "the question needs $name; give it with -p name=…"),
            (("RETURN $name + $other AS x", "-p", "name=a"), "give it with -p other=…"),
        ],
    )
    def test_a_call_that_cannot_be_meant_says_what_to_give(self, run_kg, example_store, arguments, told):
        done = run_kg("query", "--store", example_store, *arguments)
        assert (done.returncode, done.stdout, told in done.stderr) == (2, "", True)
        assert len(done.stderr.splitlines()) == 1

    def test_a_dollar_in_a_text_or_comment_needs_no_parameter(self, run_kg, example_store):
        done = run_kg("query", "--store", example_store, "RETURN '$a' AS x // $b", "--format", "json")
        assert json.loads(done.stdout) == [{"x": "$a"}]

    def test_passes_parameters_as_parameters(self, run_kg, example_store):
        cypher = "MATCH (a {name: $name}) RETURN a.name AS name, $n + 1 AS n"
        done = run_kg("query", cypher, "--store", example_store, "--format", "json", "-p", "name=小红书", "-p", "n=4")
        assert json.loads(done.stdout) == [{"name": "小红书", "n": 5}]
        done = run_kg("query", cypher, "--store", example_store, "--format", "json", "-p", 'name=x"}) //', "-p", "n=4")
        assert json.loads(done.stdout) == []

    def test_runs_the_shipped_queries(self, run_kg, example_store):
        listed = run_kg("queries")
        assert listed.returncode == 0
        names = [line.split()[0] for line in listed.stdout.splitlines()[2:] if line[:1].strip()]
        assert names
        done = run_kg("query", "--name", f"{names[0]}x", "--store", example_store)
        assert done.returncode in (1, 2)
        assert f"did you mean {names[0]}" in done.stderr

    @pytest.mark.parametrize("cypher", ["MATCH (", "MATCH (a) DETACH DELETE a", "CREATE (a:X)"])
    def test_what_the_store_refuses_is_a_sentence_and_changes_nothing(self, run_kg, example_store, cypher):
        before = example_store.read_bytes()
        done = run_kg("query", cypher, "--store", example_store)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert example_store.read_bytes() == before

    def test_of_a_store_that_is_not_there_makes_none(self, run_kg, tmp_path):
        for command in (("query", PARTNERS), ("view", "-o", tmp_path / "v.html")):
            done = run_kg(*command, "--store", tmp_path / "none.kgl")
            assert done.returncode == 2
            assert "there is no such store" in done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_lets_no_control_character_of_an_article_at_the_terminal(self, run_kg, tmp_path):
        store = tmp_path / "g.kgl"
        run_kg("build", article(tmp_path), "--store", store)
        done = run_kg("query", "RETURN $x AS x", "--store", store, "-p", 'x="\\u001b[31mred\\u0007"')
        assert "?[31mred?" in done.stdout
        assert "\x1b" not in done.stdout

    def test_ends_quietly_when_the_reader_has_gone(self, example_store):
        cypher = "MATCH (a) UNWIND range(1, 20000) AS n RETURN a.name AS name, n"
        command = [sys.executable, "-m", "kg", "query", cypher, "--store", str(example_store), "--format", "csv"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            talk = process.stderr.read().decode()
            process.wait(timeout=60)
        assert (process.returncode, talk) == (141, "")


class TestView:
    def test_shows_what_lies_around_an_entity(self, run_kg, example_store, tmp_path):
        page = tmp_path / "v.html"
        done = run_kg("view", "--store", example_store, "-o", page, "--around", "小红书", "--title", "<b>甲</b>")
        assert done.returncode == 0, done.stderr
        html = page.read_text(encoding="utf-8")
        assert "小红书" in html
        assert "<b>甲</b>" not in html

    def test_of_an_unknown_name_is_a_sentence(self, run_kg, example_store, tmp_path):
        done = run_kg("view", "--store", example_store, "-o", tmp_path / "v.html", "--around", "无此名")
        assert done.returncode in (1, 2)
        assert "无此名" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert list(tmp_path.iterdir()) == []


class TestInterrupt:
    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_leaves_the_store_as_it_was_or_complete(self, run_kg, tmp_path, jobs):
        """A real Ctrl-C, at several moments of a run that adds many articles to a store of one."""
        store = tmp_path / "g.kgl"
        run_kg("build", article(tmp_path), "--store", store)
        before = set(query_articles(run_kg, store))
        many = tmp_path / "many.jsonl"
        lines = ({"id": f"n{n}", "date": "2025-05-08", "title": "", "text": SENTENCE * 5} for n in range(400))
        many.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
        complete = before | {f"n{n}" for n in range(400)}
        statuses = []
        begun = time.monotonic()
        run_kg("--version")
        start = time.monotonic() - begun  # before which Python itself answers
        for delay in (start + 0.5, start + 2, start + 3.5):
            command = [sys.executable, "-m", "kg", "build", str(many), "--store", str(store), "--jobs", jobs]
            with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
                assert process.stderr is not None
                time.sleep(delay)
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of the group gets it
                talk = process.stderr.read().decode()
                process.wait(timeout=60)
            # Interrupted within an `exec`, as dataclasses have, Python ends by the signal whatever its status; shells say 130.
            status = 130 if process.returncode == -signal.SIGINT else process.returncode
            statuses.append(status)
            assert status in (0, 130), talk
            assert "Traceback" not in talk
            if status == 130:
                assert len(talk.splitlines()) == 1
            assert set(query_articles(run_kg, store)) in (before, complete)
        assert 130 in statuses

    def test_after_the_save_says_that_the_store_is_new(self, run_kg, tmp_path):
        """The page goes to a pipe that nobody reads, so the run stands still behind the save."""
        store, page = tmp_path / "g.kgl", tmp_path / "g.html"
        os.mkfifo(page)
        command = [sys.executable, "-m", "kg", "build", article(tmp_path), "--store", store, "--view", page]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            deadline = time.monotonic() + 60
            while not store.exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(3)  # for the page to be made
            process.send_signal(signal.SIGINT)
            talk = process.stderr.read().decode()
            process.wait(timeout=60)
        assert process.returncode == 130, talk
        assert talk.splitlines()[-1:] == [
            f"kg: interrupted; {store} was saved before, whole, and nothing is left half-written"
        ]
        assert query_articles(run_kg, store) == ["a"]

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_sigterm_ends_in_good_order(self, tmp_path, jobs):
        many = tmp_path / "many.jsonl"
        lines = ({"id": f"n{n}", "text": SENTENCE * 50} for n in range(20_000))
        many.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
        store = tmp_path / "g.kgl"
        command = [sys.executable, "-m", "kg", "build", many, "--store", store, "--jobs", jobs]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            time.sleep(4)
            process.terminate()
            talk = process.stderr.read().decode()
            process.wait(timeout=60)
        assert process.returncode == 143, talk
        assert re.fullmatch(r"kg: terminated; every file is as it was before.*\n", talk)
        assert [path.name for path in tmp_path.iterdir()] == ["many.jsonl"]


class TestClosedStreams:
    """What a shell's >&- and <&- leave a program with: no stream at all."""

    @staticmethod
    def run(arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        command = f"exec {sys.executable} -W error -m kg {arguments}"
        return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, encoding="utf-8", timeout=120)

    @pytest.mark.parametrize(
        ("arguments", "status", "said"),
        [
            ("--help >&-", 0, ""),
            ("--version >&-", 0, ""),
            ("queries >&-", 1, "standard output is closed"),
            ("extract a.txt >&-", 1, "standard output is closed"),
            ("build - <&-", 2, "standard input: empty"),
            ("query --store g.kgl - <&-", 1, "kg: "),
            ("build nothing >&- 2>&-", 2, ""),
        ],
    )
    def test_end_in_no_traceback(self, tmp_path, arguments, status, said):
        article(tmp_path)
        assert self.run("build a.txt --store g.kgl -q", tmp_path).returncode == 0
        done = self.run(arguments, tmp_path)
        assert (done.returncode, done.stdout) == (status, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr

    def test_files_that_are_opened_get_no_output(self, tmp_path):
        article(tmp_path)
        assert self.run("extract a.txt -o out.jsonl >&- 2>&-", tmp_path).returncode == 0
        lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        assert lines
        assert all(json.loads(line)["doc"] == "a" for line in lines)


class TestParameters:
    def test_what_is_no_json_is_text(self, run_kg, example_store):
        rows = query_json(run_kg, example_store, "RETURN $x AS x, $y AS y", "-p", "x=NaN", "-p", "y=-Infinity")
        assert rows == [{"x": "NaN", "y": "-Infinity"}]

    def test_too_deep_lists_are_refused(self, run_kg, example_store):
        done = run_kg("query", "--store", example_store, "RETURN $x", "-p", "x=" + "[" * 50_000)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert "too deeply" in done.stderr

    def test_no_number_is_null_in_json(self, run_kg, example_store):
        done = run_kg("query", "--store", example_store, "RETURN [sqrt(-1.0), 1.5] AS x", "--format", "json")
        assert json.loads(done.stdout, parse_constant=pytest.fail) == [{"x": [None, 1.5]}]

    def test_a_name_that_nothing_has_is_told_with_near_ones(self, run_kg, example_store):
        done = run_kg("query", "--store", example_store, "--name", "partners-of", "-p", "name=小红薯书")
        assert (done.returncode, done.stdout) == (0, "")
        assert "0 rows" in done.stderr
        assert re.search("no entity is named '小红薯书' .*did you mean .*小红书", done.stderr)
        known = run_kg(
            "query", "--store", example_store, "--name", "partners-of", "-p", "name=小红书", "-p", "status=ended"
        )
        assert known.stderr == "0 rows\n"


def query_articles(run_kg, store: Path) -> list[str]:
    rows = query_json(run_kg, store, "MATCH (a:Article) RETURN a.id AS id")
    return [row["id"] for row in rows]


def read_terminal(descriptor: int) -> str:
    """All that was written to a pseudo-terminal, until its other end is closed (which Linux tells by an error)."""
    chunks = []
    try:
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
    except OSError:
        pass
    os.close(descriptor)
    return b"".join(chunks).decode("utf-8", "replace")
