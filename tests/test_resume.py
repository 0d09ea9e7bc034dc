"""A build that is killed goes on from what it has saved: no article twice, none lost, the graph of a run without a break."""

import json
import random
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from kg import pipeline
from kg.load.base import open_store
from kg.load.kglite import FACTS_VARIABLE
from kg.load.networkx import MemoryStore

ARTICLES = 80


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    """Articles whose graph holds on to each of them: every second names the platform of another."""
    folder = tmp_path_factory.mktemp("news")
    for number in range(ARTICLES):
        text = f"2025年5月{number % 28 + 1}日，小红书与第{number}号工厂集团达成战略合作。京东与第{number // 2}号工厂集团签约。"
        (folder / f"n{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


def exported(run_kg, store, out):
    done = run_kg("export", "--store", store, "--format", "jsonl", "-o", out)
    assert done.returncode == 0, done.stderr
    return out.read_text(encoding="utf-8")


def test_saves_along_the_way_change_nothing_in_the_result(news):
    with open_store("memory:") as once, open_store("memory:") as often:
        first = pipeline.build([news], once)
        second = pipeline.build([news], often, save_every=0.0)
        assert (second.added, second.changed, second.unchanged) == (first.added, 0, 0) == (ARTICLES, 0, 0)
        assert often.resolution() == once.resolution()


class SlowStore(MemoryStore):
    """Each save takes an hour of a clock that does not go by itself."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock
        self.saved = []

    def write(self, extractions):
        counts = super().write(extractions)
        self.clock.now += 3600
        self.saved.append(counts.added)
        return counts


def test_the_longer_a_save_takes_the_more_is_read_before_the_next(news, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(pipeline.time, "monotonic", lambda: clock.now)

    def go_on(stage, done, share):
        clock.now += 600 * (stage == "Extracting")

    with SlowStore(clock) as store:
        pipeline.build([news], store, save_every=1800.0, on_progress=go_on)
    # Ten minutes an article: until half an hour is over, and then three hours each time.
    assert store.saved == [4, 19, 19, 19, 19]


def test_a_failure_loses_only_what_was_not_saved(news, tmp_path):
    store = tmp_path / "g.kgl"

    def fail(stage, done, share):
        if done > 10:
            raise KeyboardInterrupt

    with open_store(store) as opened, pytest.raises(KeyboardInterrupt):
        pipeline.build([news], opened, save_every=0.0, on_progress=fail)
    with open_store(store) as opened:
        assert len(opened.hashes()) == 10
        report = pipeline.build([news], opened)
    assert (report.added, report.unchanged) == (ARTICLES - 10, 10)


@pytest.mark.slow
@pytest.mark.parametrize(("source", "form"), [("extractor", "kglite"), ("triples", "kglite"), ("triples", "tables")])
def test_a_build_killed_again_and_again_ends_with_the_graph_of_one_run(
    run_kg, news, tmp_path, monkeypatch, source, form
):
    more = ()
    if source == "triples":
        more = ("--triples", tmp_path / "triples.jsonl")
        assert run_kg("extract", news, "--entities", "-o", more[1]).returncode == 0
    assert run_kg("build", news, *more, "--store", tmp_path / "clean.kgl").returncode == 0
    if form == "tables":
        monkeypatch.setenv(FACTS_VARIABLE, "0")
    store, random_ = tmp_path / "g.kgl", random.Random(9)
    command = [sys.executable, "-m", "kg", "build", news, *more, "--store", store, "--save-every", "0.0001"]
    killed, held = 0, set()
    while True:
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        if killed < 4:
            # Saves are told by the file's stamp: a look into the store takes longer than the whole of a quick build.
            end, wanted, stamps = time.monotonic() + 60, 1 + random_.randrange(3), {stamp(store)}
            while process.poll() is None and time.monotonic() < end and len(stamps) <= wanted:
                time.sleep(0.001)
                stamps.add(stamp(store))
            process.send_signal(signal.SIGKILL)
        process.wait()
        if process.returncode == 0:
            break
        killed += 1
        with open_store(store) as opened:
            now = set(opened.hashes())
        assert held <= now
        held = now
    assert killed >= 2
    one = exported(run_kg, tmp_path / "clean.kgl", tmp_path / "clean.jsonl")
    assert exported(run_kg, store, tmp_path / "g.jsonl") == one
    assert len([row for row in map(json.loads, one.splitlines()) if "article" in row]) == ARTICLES


def stamp(store):
    try:
        found = store.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
