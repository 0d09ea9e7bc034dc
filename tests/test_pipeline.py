"""The steps composed: what is skipped, what fails alone, what a run leaves behind, and bad input as new users have it."""

import gzip
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from kg import pipeline
from kg.errors import InputError, OutputError, UsageError
from kg.load.base import open_store
from kg.output import open_output

SENTENCE = "5月7日,小红书与淘宝天猫达成战略合作,共同推出“红猫计划”。"


def write_article(folder: Path, name: str, text: str = SENTENCE) -> Path:
    path = folder / name
    path.write_text(f"小红书与淘宝天猫合作\n2025-05-08\n\n{text}\n", encoding="utf-8")
    return path


class TestBuild:
    def test_extracts_no_article_again_that_the_store_holds(self, tmp_path):
        write_article(tmp_path, "a.txt")
        write_article(tmp_path, "b.txt")
        stages: list[str] = []
        with open_store("memory:") as store:
            first = pipeline.build([tmp_path], store)
            second = pipeline.build([tmp_path], store, on_progress=lambda stage, *_: stages.append(stage))
            write_article(tmp_path, "b.txt", SENTENCE + SENTENCE)
            third = pipeline.build([tmp_path], store)
        assert (first.added, first.changed, first.unchanged) == (2, 0, 0)
        assert (second.added, second.changed, second.unchanged) == (0, 0, 2)
        assert "Resolving and storing" not in stages
        assert (third.added, third.changed, third.unchanged) == (0, 1, 1)
        assert first.facts == second.facts == third.facts > 0

    def test_another_gazetteer_counts_as_a_change(self, tmp_path):
        path = write_article(tmp_path, "a.txt")
        from kg.extract.options import ExtractorOptions

        with open_store("memory:") as store:
            pipeline.build([path], store)
            report = pipeline.build([path], store, options=ExtractorOptions(min_confidence=0.99))
        assert report.changed == 1

    def test_without_a_handler_the_first_failure_ends_it_and_the_store_stays(self, tmp_path):
        write_article(tmp_path, "a.txt")
        (tmp_path / "b.pdf").write_bytes(b"no pdf")
        with open_store("memory:") as store:
            with pytest.raises(InputError, match=r"b\.pdf"):
                pipeline.build([tmp_path], store)
            assert dict(store.hashes()) == {}

    def test_what_fails_is_handed_over_and_reported(self, tmp_path):
        path = tmp_path / "a.jsonl"
        lines = [{"id": "x", "title": "t", "text": SENTENCE}, {"id": "x", "title": "t", "text": SENTENCE * 2}]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        failures = []
        with open_store("memory:") as store:
            report = pipeline.build([path], store, on_error=failures.append)
        assert report.articles == 1
        assert "'x'" in str(failures[0])
        assert report.failures == tuple(failures)
        assert len(failures) == 1

    def test_an_empty_folder_is_wrong_usage(self, tmp_path):
        with (
            open_store("memory:") as store,
            pytest.raises(UsageError, match=r"no article was found|nothing could be read"),
        ):
            pipeline.build([tmp_path], store, on_error=lambda error: None)

    def test_statements_from_elsewhere_leave_an_extractors_options_no_part(self, tmp_path):
        from kg.extract.options import ExtractorOptions

        path, triples = write_article(tmp_path, "a.txt"), tmp_path / "t.jsonl"
        triples.write_text("", encoding="utf-8")
        for options in (ExtractorOptions(min_confidence=0.5), ExtractorOptions(gazetteer=path)):
            with open_store("memory:") as store, pytest.raises(UsageError, match="taken as they are"):
                pipeline.build([path], store, triples=triples, options=options)
        with open_store("memory:") as store:
            assert pipeline.build([path], store, triples=triples, options=ExtractorOptions()).articles == 1


STATEMENT = {
    "doc": "b",
    "head": {"name": "小红书", "type": "Platform"},
    "relation": "PARTNERS_WITH",
    "tail": {"name": "京东", "type": "Platform"},
    "status": "actual",
    "time": None,
    "evidence": {"start": 0, "end": 4, "text": "达成合作"},
    "confidence": 0.9,
}


class TestLoad:
    @pytest.fixture
    def store(self, tmp_path):
        """A store of one article, a."""
        triples = tmp_path / "before.jsonl"
        triples.write_text(json.dumps(STATEMENT | {"doc": "a"}), encoding="utf-8")
        with open_store(tmp_path / "g.json") as store:
            pipeline.load([triples], store)
            yield store

    @pytest.mark.parametrize(
        "content",
        [None, b"", b"no statement\n", b"\x1f\x8b no gzip"],
        ids=["missing", "empty", "no statement", "damaged"],
    )
    def test_inputs_of_which_none_can_be_read_retract_nothing(self, store, tmp_path, content):
        triples, before = tmp_path / "t.jsonl.gz", (tmp_path / "g.json").read_bytes()
        if content is not None:
            triples.write_bytes(content if content.startswith(b"\x1f") else gzip.compress(content))
        failures: list[Exception] = []
        with pytest.raises(UsageError, match="no statement was found" if content == b"" else "every input failed"):
            pipeline.load([triples], store, remove=["a"], on_error=failures.append)
        assert len(failures) == (content != b"")
        assert (tmp_path / "g.json").read_bytes() == before

    def test_an_id_that_is_not_there_loads_nothing(self, store, tmp_path):
        (tmp_path / "t.jsonl").write_text(json.dumps(STATEMENT), encoding="utf-8")
        with pytest.raises(UsageError, match="no article has the id 'x'"):
            pipeline.load([tmp_path / "t.jsonl"], store, remove=["a", "x"])
        assert list(store.hashes()) == ["a"]

    def test_without_a_handler_a_file_that_fails_changes_nothing(self, store, tmp_path):
        (tmp_path / "t.jsonl").write_text(json.dumps(STATEMENT), encoding="utf-8")
        with pytest.raises(InputError, match="none there"):
            pipeline.load([tmp_path / "t.jsonl", tmp_path / "none there"], store, remove=["a"])
        assert list(store.hashes()) == ["a"]

    def test_what_is_retracted_may_come_again(self, store, tmp_path):
        (tmp_path / "t.jsonl").write_text(json.dumps(STATEMENT | {"doc": "a"}), encoding="utf-8")
        report = pipeline.load([tmp_path / "t.jsonl"], store, remove=["a"])
        assert (report.removed, report.added, list(store.hashes())) == (1, 1, ["a"])


class TestBadInput:
    """Each gets a sentence, and what is good beside it is done all the same."""

    @pytest.fixture
    def good(self, tmp_path) -> Path:
        return write_article(tmp_path, "good.txt")

    def check(self, run_kg, good, bad, store, *, says: str) -> None:
        """Alone the bad input is status 2 and makes no store; beside a good one it is status 3 and named."""
        alone = run_kg("build", bad, "--store", store)
        assert alone.returncode == 2, alone.stderr
        assert not store.exists()
        beside = run_kg("build", bad, good, "--store", store)
        assert beside.returncode == 3, beside.stderr
        for done in (alone, beside):
            assert "Traceback" not in done.stderr
            assert says in done.stderr
        assert "1 article: 1 added" in beside.stderr

    def test_an_empty_file(self, run_kg, good, tmp_path):
        bad = tmp_path / "empty.txt"
        bad.touch()
        self.check(run_kg, good, bad, tmp_path / "g.kgl", says="empty.txt: ")

    def test_a_binary_file(self, run_kg, good, tmp_path):
        bad = tmp_path / "photo.txt"
        bad.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + os.urandom(5000))
        self.check(run_kg, good, bad, tmp_path / "g.kgl", says="photo.txt: ")

    def test_a_file_that_is_not_there(self, run_kg, good, tmp_path):
        self.check(run_kg, good, tmp_path / "none.txt", tmp_path / "g.kgl", says="none.txt: ")

    def test_a_gz_that_inflates_a_thousandfold(self, run_kg, good, tmp_path):
        bad = tmp_path / "bomb.txt.gz"
        with gzip.open(bad, "wb") as file:
            for _ in range(200):
                file.write(b"0" * 1_000_000)
        self.check(run_kg, good, bad, tmp_path / "g.kgl", says="bomb.txt.gz: ")

    @pytest.mark.slow
    def test_50_mb_of_one_line(self, run_kg, good, tmp_path):
        bad = tmp_path / "line.txt"
        bad.write_bytes(SENTENCE.encode("utf-8") * (50_000_000 // len(SENTENCE.encode("utf-8"))))
        self.check(run_kg, good, bad, tmp_path / "g.kgl", says="line.txt: ")

    def test_broken_html_is_read_as_far_as_it_goes(self, run_kg, tmp_path):
        bad = tmp_path / "broken.html"
        body = f"<p>{SENTENCE}</p><div><p>{SENTENCE}<table><td></div></span>"
        bad.write_text(f"<html><head><title>要闻</title><body><article>{body * 3}", encoding="utf-8")
        done = run_kg("extract", bad)
        assert done.returncode == 0, done.stderr
        assert "PARTNERS_WITH" in done.stdout

    def test_a_wrong_date(self, run_kg, good, tmp_path):
        done = run_kg("build", good, "--date", "2025-13-45", "--store", tmp_path / "g.kgl")
        assert done.returncode == 2
        assert "'2025-13-45'" in done.stderr
        assert not (tmp_path / "g.kgl").exists()

    def test_an_unknown_relation_in_a_patterns_file(self, run_kg, good, tmp_path):
        patterns = tmp_path / "mine.toml"
        lines = ("[[pattern]]", 'form = "{a}~联姻{b}"', 'gives = "{a} MARRIES {b}"', "confidence = 0.5")
        patterns.write_text("\n".join(lines), encoding="utf-8")
        done = run_kg("build", good, "--patterns", patterns, "--store", tmp_path / "g.kgl")
        assert done.returncode == 1
        assert is_one_line(done.stderr, "mine.toml:")
        assert "MARRIES" in done.stderr
        assert not (tmp_path / "g.kgl").exists()

    def test_a_gazetteer_that_is_not_toml(self, run_kg, good, tmp_path):
        gazetteer = tmp_path / "names.toml"
        gazetteer.write_text("小红书 = = 1", encoding="utf-8")
        done = run_kg("extract", good, "--gazetteer", gazetteer)
        assert done.returncode == 1
        assert is_one_line(done.stderr, "names.toml:")

    def test_one_unreadable_file_among_good_ones(self, run_kg, tmp_path):
        for n in range(5):
            write_article(tmp_path, f"a{n}.txt", SENTENCE + str(n))
        (tmp_path / "a9.docx").write_bytes(b"not a zip")
        done = run_kg("build", tmp_path, "--store", tmp_path / "g.kgl")
        assert done.returncode == 3
        assert "5 articles: 5 added" in done.stderr
        assert "1 input failed:\n  " in done.stderr
        assert "a9.docx: " in done.stderr


def is_one_line(talk: str, name: str) -> bool:
    return len(talk.splitlines()) == 1 and name in talk


class TestBadOutput:
    """A place that cannot be written is named, nothing that was there is lost, and nothing half is left."""

    @pytest.mark.parametrize("option", ["--store", "--view"])
    @pytest.mark.parametrize("place", ["file.txt/g", "/sys/g", "no/such/folder/g"])
    def test_that_is_no_folder_to_write_in(self, run_kg, tmp_path, option, place):
        good = write_article(tmp_path, "good.txt")
        (tmp_path / "file.txt").write_text("x", encoding="utf-8")
        name = place + {"--store": ".kgl", "--view": ".html"}[option]
        done = run_kg("build", good, option, name, cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        (error,) = (line for line in done.stderr.splitlines() if line.startswith("kg: "))
        assert name in error
        assert sorted(p.name for p in tmp_path.iterdir()) == ["file.txt", "good.txt"]

    @pytest.fixture
    def small_disk(self, tmp_path):
        """A disk of 64 KiB, which an extraction of many articles fills."""
        folder = tmp_path / "disk"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("cannot mount a small disk (needs root)")
        yield folder
        subprocess.run(["umount", str(folder)], check=True)

    def test_that_is_full(self, run_kg, small_disk, tmp_path):
        many = tmp_path / "many.jsonl"
        signs, dice = [chr(code) for code in range(0x4E00, 0x6E00)], random.Random(1)  # names that no packing shrinks
        names = ("".join(dice.choices(signs, k=3)) + "科技公司" for _ in range(2000))
        texts = (f"{a}与{b}达成战略合作。" for a, b in zip(names, names, strict=False))
        lines = ({"id": f"n{n}", "date": "2025-05-08", "title": "", "text": text} for n, text in enumerate(texts))
        many.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
        store = small_disk / "g.kgl"
        one = write_article(tmp_path, "one.txt")
        run_kg("build", one, "--store", store)  # may or may not fit: what counts is what comes next
        before = {path.name: path.read_bytes() for path in small_disk.glob("g.kgl")}
        for arguments in (("build", many, "--store", store), ("extract", many, "-o", small_disk / "t.jsonl")):
            done = run_kg(*arguments)
            assert done.returncode == 1, done.stderr
            assert len(done.stderr.splitlines()) == 1
            assert str(arguments[-1]) in done.stderr
            assert {path.name: path.read_bytes() for path in small_disk.glob("g.kgl")} == before
        assert not (small_disk / "t.jsonl").exists()


class TestOpenOutput:
    def test_appears_only_when_whole(self, tmp_path):
        path = tmp_path / "out.txt"
        with open_output(str(path)) as file:
            file.write("x")
            assert not path.exists()
        assert path.read_text() == "x"

    def test_leaves_the_older_file_after_an_error(self, tmp_path):
        path = tmp_path / "out.txt"
        path.write_text("old")
        with pytest.raises(ZeroDivisionError), open_output(str(path)) as file:
            file.write("x")
            raise ZeroDivisionError
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_keeps_permissions(self, tmp_path):
        path = tmp_path / "out.txt"
        path.write_text("old")
        path.chmod(0o640)
        with open_output(str(path)) as file:
            file.write("x")
        assert path.stat().st_mode & 0o777 == 0o640

    def test_a_folder_is_no_file(self, tmp_path):
        with pytest.raises(OutputError, match="is a folder"), open_output(str(tmp_path)):
            pass

    def test_a_device_is_written_to_and_not_replaced(self):
        with open_output("/dev/null") as file:
            file.write("x")
        assert Path("/dev/null").is_char_device()
