"""`kg watch`: a real process over a real folder; what it has stored is read with `kg query` as a user would."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import kg
from kg import watch as watch_module
from kg.errors import UsageError
from kg.extract.options import ExtractorOptions
from kg.load.base import open_store
from kg.load.files import locked
from kg.watch import watch
from tests.extract.llm_server import ScriptedServer, answer, statement

JOINED = "小红书与淘宝天猫签署战略合作协议。"
OTHER = "京东与美团达成战略合作。"
PATIENCE = 120  # seconds until a test gives up on a busy machine


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "news"
    path.mkdir()
    return path


@pytest.fixture
def store(tmp_path):
    return tmp_path / "g.kgl"


class Watch:
    """A watch in a thread, with the rounds that it has told of."""

    def __init__(self, folder, store, **more):
        self.stop = threading.Event()
        self.reports, self.errors = [], []
        self.store = open_store(store)
        more = {"options": ExtractorOptions(), **more}
        self.stored = []
        self.thread = threading.Thread(
            target=lambda *args, **kwargs: self.stored.append(watch(*args, **kwargs)),
            args=(str(folder), self.store),
            kwargs={
                "stop": self.stop,
                "on_report": self.reports.append,
                "on_error": self.errors.append,
                **more,
            },
            daemon=True,
        )

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.store.close()


def until(holds):
    """Wait until something holds, and say what it was."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to hold")


def held(store):
    """Ids of the articles that the store holds; none where there is no store yet."""
    if not store.exists():
        return []
    with open_store(store) as opened:
        return sorted(opened.hashes())


def partners(store):
    with open_store(store) as opened:
        rows = opened.query("MATCH (a)-[r:PARTNERS_WITH]-(b) RETURN DISTINCT a.name AS name ORDER BY name")
    return [row["name"] for row in rows]


def test_what_is_there_arrives_changes_goes_and_returns(folder, store):
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store) as running:
        until(lambda: held(store) == ["a"])
        (folder / "b.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: held(store) == ["a", "b"])
        assert set(partners(store)) == {"小红书", "淘宝天猫", "京东", "美团"}
        (folder / "a.txt").write_text("今天没有什么可说。", encoding="utf-8")
        until(lambda: set(partners(store)) == {"京东", "美团"})
        (folder / "a.txt").write_text(JOINED, encoding="utf-8")
        until(lambda: "小红书" in partners(store))
        (folder / "b.txt").unlink()
        until(lambda: held(store) == ["a"])
        (folder / "b.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: "京东" in partners(store))
        assert sum(report.removed for report in running.reports) == 1
        assert not running.errors


def test_a_moved_file_stays_and_so_does_a_folder_moved_in(folder, store, tmp_path):
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    ready = tmp_path / "ready"
    (ready / "deep").mkdir(parents=True)
    (ready / "deep" / "b.txt").write_text(OTHER, encoding="utf-8")
    with Watch(folder, store):
        until(lambda: held(store) == ["a"])
        before = kg_hash(store, "a")
        ready.rename(folder / "ready")
        until(lambda: held(store) == ["a", "b"])
        (folder / "a.txt").rename(folder / "ready" / "a.txt")
        until(lambda: kg_hash(store, "a") not in (None, before))
        assert held(store) == ["a", "b"]


def kg_hash(store, doc):
    with open_store(store) as opened:
        return opened.hashes().get(doc)


def test_rows_that_their_file_has_no_longer_are_retracted(folder, store):
    def write(*rows):
        lines = [json.dumps({"id": doc, "text": text}, ensure_ascii=False) for doc, text in rows]
        (folder / "news.jsonl").write_text("\n".join(lines), encoding="utf-8")

    write(("x", JOINED), ("y", OTHER))
    with Watch(folder, store):
        until(lambda: held(store) == ["x", "y"])
        write(("y", OTHER))
        until(lambda: held(store) == ["y"])


def test_with_keep_nothing_is_retracted(folder, store):
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store, keep=True):
        until(lambda: held(store) == ["a"])
        (folder / "a.txt").unlink()
        (folder / "b.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: held(store) == ["a", "b"])


def test_what_is_no_article_or_cannot_be_read_harms_nothing(folder, store):
    with Watch(folder, store) as running:
        (folder / "empty.txt").write_text("", encoding="utf-8")
        (folder / "picture.png").write_bytes(b"\x89PNG")
        (folder / ".hidden.txt").write_text(OTHER, encoding="utf-8")
        (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
        (folder / "a.txt").write_text(JOINED, encoding="utf-8")
        until(lambda: held(store) == ["a"])
        until(lambda: sum(len(report.failures) for report in running.reports) >= 1)
        assert running.thread.is_alive()


def test_a_store_in_the_folder_does_not_keep_the_watch_busy(folder):
    store = folder / "g.kgl"
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store) as running:
        until(lambda: held(store) == ["a"])
        (folder / "b.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: held(store) == ["a", "b"])
    assert len(running.reports) == 2


def test_a_second_watch_begins_with_what_is_not_stored(folder, store):
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store):
        until(lambda: held(store) == ["a"])
    (folder / "b.txt").write_text(OTHER, encoding="utf-8")
    with Watch(folder, store) as running:
        until(lambda: held(store) == ["a", "b"])
    assert [(report.added, report.unchanged) for report in running.reports] == [(1, 1)]


def test_a_language_model_that_is_away_is_asked_again(folder, store, tmp_path, monkeypatch):
    monkeypatch.setattr("kg.watch.LOOK_SECONDS", 0.5)
    said = statement("小红书/Platform", "PARTNERS_WITH", "淘宝天猫/Platform", JOINED.rstrip("。"))
    away = threading.Event()
    server = ScriptedServer(lambda *_: {"status": 503} if away.is_set() else answer(said))
    llm = kg_llm(server, tmp_path)
    try:
        (folder / "a.txt").write_text(JOINED, encoding="utf-8")
        with Watch(folder, store, options=ExtractorOptions(llm=llm)) as running:
            until(lambda: held(store) == ["a"])
            away.set()
            (folder / "b.txt").write_text(JOINED + OTHER, encoding="utf-8")
            until(lambda: running.errors or any(report.failures for report in running.reports))
            away.clear()
            until(lambda: held(store) == ["a", "b"])
    finally:
        server.close()


def kg_llm(server, tmp_path):
    from kg.extract.llm_options import LLMOptions

    return LLMOptions(server.url, "m", cache=tmp_path / "cache", retries=0, pause=0.01)


def test_while_the_folder_is_away_nothing_is_retracted_and_then_it_is_in_step_again(
    folder, store, tmp_path, monkeypatch
):
    monkeypatch.setattr(watch_module, "LOOK_SECONDS", 0.5)
    for name in "abc":
        (folder / f"{name}.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store) as running:
        until(lambda: held(store) == ["a", "b", "c"])
        folder.rename(tmp_path / "elsewhere")
        until(lambda: running.errors)
        time.sleep(2)
        assert held(store) == ["a", "b", "c"]
        (tmp_path / "elsewhere" / "b.txt").unlink()
        (tmp_path / "elsewhere").rename(folder)
        until(lambda: held(store) == ["a", "c"])
    [error] = running.errors
    assert "the folder is away; what its articles say is kept" in str(error)


def test_a_drive_that_is_not_mounted_is_away_and_no_empty_folder(folder, store, monkeypatch):
    device = watch_module._find_device
    monkeypatch.setattr(watch_module, "LOOK_SECONDS", 0.5)
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store) as running:
        until(lambda: held(store) == ["a"])
        monkeypatch.setattr(watch_module, "_find_device", lambda path: device(path) + 1)
        (folder / "a.txt").unlink()
        until(lambda: running.errors)
        assert held(store) == ["a"]
        (folder / "b.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: held(store) == ["b"])


def test_what_can_not_be_seen_for_the_moment_is_not_gone(folder, store, monkeypatch):
    monkeypatch.setattr(watch_module, "LOOK_SECONDS", 0.5)
    look = watch_module._look
    for name in "ab":
        (folder / f"{name}.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store) as running:
        until(lambda: held(store) == ["a", "b"])
        hidden = folder / "a.txt"
        monkeypatch.setattr(
            watch_module, "_look", lambda path: {p: seen for p, seen in look(path).items() if p != str(hidden)}
        )
        (folder / "c.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: "c" in held(store))
        assert held(store) == ["a", "b", "c"]
        assert not running.errors


def test_a_store_that_was_taken_away_is_filled_again(folder, store):
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    with Watch(folder, store):
        until(lambda: held(store) == ["a"])
        store.unlink()
        (folder / "b.txt").write_text(OTHER, encoding="utf-8")
        until(lambda: held(store) == ["a", "b"])


def test_a_store_that_another_process_holds_is_tried_again_from_the_first_round_on(folder, store, monkeypatch):
    monkeypatch.setattr(watch_module, "LOOK_SECONDS", 0.5)
    (folder / "a.txt").write_text(JOINED, encoding="utf-8")
    running = Watch(folder, store)
    running.store._timeout = 0.2
    with locked(store, timeout=1), running:
        until(lambda: running.errors)
        assert "is writing to it" in str(running.errors[0])
    assert running.stored == [False]
    running = Watch(folder, store)
    with running:
        until(lambda: held(store) == ["a"])
    assert running.stored == [True]


def test_a_folder_that_is_none_is_a_wrong_use(tmp_path, store):
    with open_store(store) as opened, pytest.raises(UsageError):
        watch(str(tmp_path / "none"), opened, options=ExtractorOptions(), stop=threading.Event())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_sigterm_finishes_the_article_in_hand_and_ends_well(folder, store):
    for number in range(40):
        (folder / f"n{number:02}.txt").write_text(f"{JOINED}第{number}条。" + OTHER * 40, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "kg", "watch", folder, "--store", store], stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stderr.readline().startswith("Watching")
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert "Ended" in said
    done = held(store)
    with kg.build([str(folder)], store=str(store)) as graph:
        assert graph.report.unchanged == len(done)
        assert graph.report.added == 40 - len(done)
