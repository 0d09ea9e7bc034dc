"""Loaders that are killed and servers that go away: run again, and the graph is the one that a clean run makes."""

import itertools
import random
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.load.triples import read_triples, write_triples
from kg.model import NamedEntity

pytestmark = [pytest.mark.xdist_group("neo4j"), pytest.mark.slow]

KILLS = 22
SEED = 6
ARTICLES = 24

# Small batches make many moments at which a load can break off; some are small enough for one transaction. The process kills
# itself a given number of milliseconds after a given statement: in it, in its commit, or in what follows.
LOADER = """
import os, signal, sys, threading
import neo4j
from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.load.triples import read_triples
url, path, atomic, statement, delay = sys.argv[1:]
if atomic != "atomic":
    neo4j_writer.ATOMIC_ROWS, neo4j_writer.BATCH_ROWS = 0, 15
sent = 0
def count(run):
    def counted(*args, **kwargs):
        global sent
        sent += 1
        if sent == int(statement):
            timer = threading.Timer(int(delay) / 1000, os.kill, (os.getpid(), signal.SIGKILL))
            timer.daemon = True
            timer.start()
        return run(*args, **kwargs)
    return counted
for kind in (neo4j.ManagedTransaction, neo4j.Transaction):
    kind.run = count(kind.run)
extractions = list(read_triples(path))
print("ready", flush=True)
sys.stdin.readline()
with open_store(url) as store:
    store.write(extractions)
print(sent, flush=True)
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Files of statements: four states of some articles, in which names, types, aliases and facts come and go."""
    from tests.load.conftest import RED, make_article, state

    folder = tmp_path_factory.mktemp("versions")
    paths = []
    for version in range(4):
        rng = random.Random(version)
        articles = []
        for n in range(ARTICLES):
            numbers = rng.sample(range(25), 3)
            firms = [
                NamedEntity(
                    f"公司{k}",
                    rng.choice(["Company", "Brand"]),
                    (f"C{k}",) if rng.random() < 0.5 else (),
                    rng.randrange(3),
                )
                for k in numbers
            ]
            said = [
                state(a, rng.choice(["PARTNERS_WITH", "OWNS", "SUPPLIES"]), b, time=f"20{rng.randrange(10, 25)}")
                for a, b in itertools.combinations([*firms, RED], 2)
            ]
            articles.append(make_article(f"a{n}", *said, entities=(*firms, RED), content=str(version)))
        path = folder / f"{version}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            write_triples(articles, file, entities=True)
        paths.append(path)
    return paths


def load(url, path):
    with open_store(url) as store:
        return store.write(read_triples(path))


@pytest.fixture(scope="module")
def clean(versions, neo4j_server):
    """The graph that a clean load of each version makes, as large as the one that is made in memory."""
    dumps, sizes = [], []
    for path in versions:
        neo4j_server.empty()
        load(neo4j_server.url, path)
        dumps.append(neo4j_server.dump())
        with open_store("memory:") as store:
            store.write(read_triples(path))
            said = store.resolution()
            mentions = sum(len(entity.mentions) for entity in said.entities)
            sizes.append((1 + ARTICLES + len(said.entities), len(said.facts) + mentions))
    assert [(len(nodes), len(relationships)) for nodes, relationships in dumps] == sizes
    return dumps


class Loader:
    """A process that loads a file when it is told to; its imports it has behind it by then."""

    def __init__(self, url, path, *, atomic=False, statement=0, delay=0):
        self.statement = statement
        kind = "atomic" if atomic else "batches"
        command = [sys.executable, "-W", "error", "-c", LOADER, url, str(path), kind, str(statement), str(delay)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def run(self):
        """Let it load until its end, by itself or by the kill. The number of statements sent, None where it was killed."""
        assert self._process.stdout.readline() == "ready\n"
        out, _ = self._process.communicate("go\n", timeout=60)
        if self._process.returncode == -signal.SIGKILL:
            return None
        assert self._process.returncode == 0
        return int(out)


def test_killed_anywhere_and_run_again_the_graph_is_that_of_a_clean_run(neo4j_server, versions, clean, capsys):
    url = neo4j_server.url
    neo4j_server.empty()
    load(url, versions[0])
    usual = {atomic: Loader(url, versions[1 + atomic], atomic=atomic).run() for atomic in (False, True)}
    assert usual[False] > usual[True] > 10

    rng = random.Random(SEED)

    def prepare(number):
        atomic = number % 4 == 3
        path = versions[number % len(versions)]
        return Loader(url, path, atomic=atomic, statement=rng.randrange(1, usual[atomic] + 1), delay=rng.randrange(15))

    kills = resumed = half_written = differences = 0
    following = prepare(0)
    for number in range(KILLS):
        loader, following = following, prepare(number + 1)
        kills += loader.run() is None
        half_written += bool(neo4j_server.run("MATCH (s:KGStore) WHERE s.token IS NOT NULL RETURN 1"))
        chance = rng.random()
        if chance < 0.2:
            continue  # the next version is loaded over what this one left, and killed in its turn
        if chance < 0.4:
            # Opened by a reader: what is on the server by now is made whole before anything is answered.
            with open_store(url) as store:
                said = store.resolution()
                ids = {row["id"] for row in store.query("MATCH (:Entity)-[r]->(:Entity) RETURN r.id AS id")}
            differences += ids != {fact.id for fact in said.facts}
        counts = load(url, versions[number % len(versions)])
        resumed += counts.changed > 0
        differences += neo4j_server.dump() != clean[number % len(versions)]
    following.run()
    load(url, versions[0])
    differences += neo4j_server.dump() != clean[0]
    with capsys.disabled():
        sys.stdout.write(
            f"\nkills: {kills}, graphs left half written: {half_written}, runs that had articles left to load: {resumed}, "
            f"differences to a clean run: {differences}\n"
        )
    assert differences == 0
    assert kills >= 20
    assert half_written >= 10, "the kills came where nothing was under way"
    assert neo4j_server.run("MATCH (l:KGLock) RETURN count(l)") == [(0,)]


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_server_that_is_restarted_during_a_load_is_waited_for(
    neo4j_server, versions, clean, monkeypatch, how, capsys
):
    monkeypatch.setattr(neo4j_writer, "ATOMIC_ROWS", 0)
    monkeypatch.setattr(neo4j_writer, "BATCH_ROWS", 10)
    url = neo4j_server.url
    neo4j_server.empty()
    load(url, versions[0])
    result = []
    loading = threading.Thread(target=lambda: result.append(load(url, versions[1])))
    loading.start()
    while not neo4j_server.run("MATCH (a:Article {hash: 'hash-a5-1'}) RETURN 1"):
        assert loading.is_alive()
    getattr(neo4j_server, how)()
    assert not result, "the load was over before the server went away"
    neo4j_server.start()
    loading.join(120)
    assert [(c.added, c.changed, c.unchanged) for c in result] == [(0, ARTICLES, 0)]
    assert neo4j_server.dump() == clean[1]


def test_a_load_of_changed_articles_alone_writes_those_alone(neo4j_server, versions, clean):
    """After all that, the store still knows what it has."""
    url = neo4j_server.url
    neo4j_server.empty()
    load(url, versions[0])
    with open_store(url) as store:
        [one, *_] = store.extractions()
        assert store.write([replace(one, statements=one.statements[1:])]).changed == 1
        assert neo4j_server.dump() != clean[0]
        assert store.write([one]).changed == 1
    assert neo4j_server.dump() == clean[0]
