"""What only a server's store has: batches, locks, marks, its own bookkeeping beside other people's, and names without end."""

import itertools
import logging
import subprocess
import sys
import threading
from dataclasses import replace

import networkx as nx
import pytest

from kg.errors import StoreError, StoreFormatError, StoreLocked, UsageError
from kg.graph import build_graph, select_around
from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.load.library import load_query
from kg.load.neo4j_address import read_address
from kg.load.neo4j_connection import Connection, run
from kg.load.neo4j_lock import LoadLock, list_writers
from kg.load.neo4j_plan import plan_load
from kg.load.neo4j_schema import NAME_INDEX, read_schema
from kg.load.neo4j_staging import Staging
from kg.load.triples import read_triples, write_triples
from kg.model import ArticleInfo, Extraction, NamedEntity, sketch
from kg.ontology import load_ontology

pytestmark = pytest.mark.xdist_group("neo4j")


@pytest.fixture
def connection(neo4j_url):
    opened = Connection(read_address(neo4j_url))
    yield opened
    opened.close()


@pytest.fixture
def in_batches(monkeypatch):
    """Loads as large ones go: many transactions, several at once, under the mark."""
    monkeypatch.setattr(neo4j_writer, "ATOMIC_ROWS", 0)
    monkeypatch.setattr(neo4j_writer, "BATCH_ROWS", 2)


def count_commits(server):
    [(last,)] = server.run("SHOW DATABASES YIELD name, lastCommittedTxn WHERE name = 'neo4j' RETURN lastCommittedTxn")
    return last


def test_the_same_load_twice_writes_nothing(neo4j_server, neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        before, dump = count_commits(neo4j_server), neo4j_server.dump()
        counts = store.write(corpus)
        assert (counts.added, counts.changed, counts.unchanged, counts.facts) == (0, 0, 3, 7)
    assert count_commits(neo4j_server) == before
    assert neo4j_server.dump() == dump


def test_articles_that_the_server_has_are_kept_while_others_change(neo4j_server, neo4j_url, corpus, news, in_batches):
    """Of the unchanged ones the loader keeps a digest alone; what they say is then read back from the server."""
    new = [corpus[0], news.make_article("review", news.state(news.RED, "OWNS", news.OASIS), content="2"), corpus[2]]
    with open_store(neo4j_url) as store:
        store.write(corpus)
        counts = store.write(new)
        assert (counts.added, counts.changed, counts.unchanged) == (0, 1, 2)
        changed = neo4j_server.dump()
        neo4j_server.empty()
        store.write(new)
    assert neo4j_server.dump() == changed


def test_what_another_writer_did_since_an_article_was_seen_unchanged_is_kept(neo4j_server, neo4j_url, corpus, news):
    other = news.make_article("plan", content="of another")

    def extractions():
        yield from corpus
        with open_store(neo4j_url) as second:
            second.write([other])
            second.remove(["jd"])
        yield news.make_article("more", news.state(news.JD, "OWNS", news.OASIS))

    with open_store(neo4j_url) as store:
        store.write(corpus)
        counts = store.write(extractions())
        assert (counts.added, counts.changed, counts.unchanged) == (1, 0, 3)
        both = neo4j_server.dump()
        assert store.hashes().keys() == {"plan", "review", "more"}
        said = [*store.extractions()]
        assert other in said
        neo4j_server.empty()
        store.write(said)
    assert neo4j_server.dump() == both


def test_many_transactions_make_the_graph_that_one_makes(neo4j_server, neo4j_url, corpus, in_batches, monkeypatch):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        dump = neo4j_server.dump()
        assert len(dump[0]) == 11 and "token" not in str(dump)
        neo4j_server.empty()
        monkeypatch.undo()
        store.write(corpus)
    assert neo4j_server.dump() == dump


def test_a_change_leaves_what_a_clean_load_of_the_new_state_makes(neo4j_server, neo4j_url, corpus, news, in_batches):
    brand = replace(news.TMALL, type="Company", aliases=("天猫",))
    new = [
        news.make_article(
            "plan",
            news.state(news.RED, "PARTNERS_WITH", brand, status="ended"),
            entities=(news.RED, brand),
            content="2",
        ),
        corpus[2],
        news.make_article("more", news.state(brand, "OWNS", news.OASIS), date=None),
    ]
    with open_store(neo4j_url) as store:
        store.write(corpus)
        store.write(new)
        counts = store.remove(["review"])
        assert counts.removed == 1
        changed = neo4j_server.dump()
        neo4j_server.empty()
        store.write(new)
    assert neo4j_server.dump() == changed
    assert neo4j_server.run("MATCH (e:Platform {name: '淘宝天猫'}) RETURN e.id") == []
    assert neo4j_server.run("MATCH (e:Company {name: '淘宝天猫'}) RETURN e.aliases") == [(["天猫"],)]


def test_operations_done_twice_are_done_once(neo4j_server, connection, corpus):
    """An attempt whose answer was lost is made again: the second form of a statement finds what the first has made."""
    with Staging(load_ontology()) as staging:
        for extraction in corpus:
            staging.put(extraction)
        staging.set_present([])
        planned = list(plan_load(staging, connection, prepare=lambda *_: None))
    assert len(planned) == 3 + 7 + 7 + 3

    def carry_out(attempt):
        for (_, statement), operations in itertools.groupby(planned, key=lambda o: (o.stage, o.statement)):
            rows = [operation.row for operation in operations]
            connection.write(lambda tx, _, s=statement, r=rows: run(tx, s.text(attempt), rows=r))

    carry_out(1)
    once = neo4j_server.dump()
    assert [len(part) for part in once] == [10, 18]
    carry_out(2)
    assert neo4j_server.dump() == once


def test_a_reprint_names_its_origin_while_there_is_one(neo4j_server, neo4j_url, corpus, in_batches):
    text = "".join(chr(0x4E00 + 7 * n) for n in range(400))
    copies = [replace(x, article=replace(x.article, sketch=sketch(text))) for x in corpus[:2]]
    ask = "MATCH (a:Article) WHERE a.reprint_of IS NOT NULL RETURN a.id, a.reprint_of"
    with open_store(neo4j_url) as store:
        store.write([*copies, corpus[2]])
        assert neo4j_server.run(ask) == list(store.resolution().reprints) == [("review", "plan")]
        store.remove(["plan"])
        assert neo4j_server.run(ask) == []


def test_what_others_keep_in_the_database_stays(neo4j_server, neo4j_url, corpus):
    neo4j_server.run("CREATE (:Entity {id: 'x', name: '别人'})-[:OWNS {id: 'y'}]->(:Article {id: 'z'})")
    with open_store(neo4j_url) as store:
        store.write(corpus)
        neo4j_server.run("MATCH (e:Entity {name: '京东'}) SET e.colour = 'red'")
        neo4j_server.run("MATCH ()-[r:CONNECTS_TO]->() SET r.note = '看'")
        update = replace(corpus[2], statements=(replace(corpus[2].statements[0], time="2027"),))
        store.write(
            [update, replace(corpus[0], entities=(*corpus[0].entities, NamedEntity("京东", "Platform", ("狗东",))))]
        )
        assert neo4j_server.run("MATCH (e:Entity {name: '京东'}) RETURN e.colour, e.aliases") == [
            ("red", ["JD", "狗东"])
        ]
        assert neo4j_server.run("MATCH ()-[r:CONNECTS_TO]->() RETURN r.note, r.status") == [("看", "planned")]
        assert store.hashes().keys() == {"plan", "review", "jd"}
        store.remove(["plan", "review", "jd"])
        assert store.resolution().facts == ()
    assert neo4j_server.run("MATCH (e:Entity)-[r:OWNS]->(a:Article) RETURN e.name, r.id, a.id") == [("别人", "y", "z")]
    assert neo4j_server.run("MATCH (n) WHERE NOT n:KGStore RETURN count(n)") == [(2,)]


def test_an_article_of_another_program_under_the_same_id_is_no_reason_to_overwrite_it(neo4j_server, neo4j_url, corpus):
    neo4j_server.run("CREATE (:Article {id: 'plan', text: '别人的'})")
    with open_store(neo4j_url) as store, pytest.raises(StoreError, match="already exists"):
        store.write(corpus)
    assert neo4j_server.run("MATCH (a:Article {id: 'plan'}) RETURN a.text, a.title") == [("别人的", None)]


def test_values_that_a_fact_no_longer_has_go(neo4j_server, neo4j_url, news):
    def load(store, **known):
        store.write([news.make_article("a", news.state(news.RED, "OWNS", news.OASIS, **known), content=str(known))])
        return neo4j_server.run("MATCH ()-[r:OWNS]->() RETURN r.status, r.since, r.until")

    with open_store(neo4j_url) as store:
        assert load(store, time="2020/2021") == [("actual", "2020", "2022-01-01")]
        assert load(store, status="rumored") == [("rumored", None, None)]


@pytest.mark.parametrize("name", ["长" * 10_000, "🐱" * 10_000, "x" * 200_000])
def test_names_of_any_length_are_stored_and_found(neo4j_server, neo4j_url, corpus, news, name):
    long = news.make_article("long", news.state(NamedEntity(name, "Company", (name + "!",)), "OWNS", news.OASIS))
    with open_store(neo4j_url) as store:
        store.write(corpus)
        store.write([long])
        assert store.query("MATCH (e:Company {name: $n}) RETURN size(e.aliases) AS n", n=name) == [{"n": 1}]
        indexed = {
            row[0] for row in neo4j_server.run("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")
        }
        assert (NAME_INDEX in indexed) == (len(name.encode()) <= 32_766)
        store.remove(["long"])
        # Comes back once there is room for it.
        store.write([news.make_article("short", news.state(news.RED, "OWNS", news.OASIS))])
        indexed = {
            row[0] for row in neo4j_server.run("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")
        }
        assert indexed >= set(read_schema())


def test_an_id_too_long_for_an_index_is_named_before_anything_is_written(neo4j_server, neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        for info in (ArticleInfo("长" * 5_000), ArticleInfo("a", date="2" * 10_000)):
            with pytest.raises(UsageError, match=r"article .* has \d+000 characters.* shorter"):
                store.write([*corpus, Extraction(info)])
        store.write([Extraction(ArticleInfo("x" * 8_000))])
    assert neo4j_server.run("MATCH (a:Article) RETURN size(a.id)") == [(8_000,)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("红", ["小红书", "书红"]),
        ("红书", ["小红书"]),
        ("书红", ["书红"]),
        ("red", ["小红书"]),
        ("b站", ["B站"]),
        ("IPHONE 16", ["iPhone 16"]),
        ("the", ["The North Face"]),
        ("淘宝", ["淘宝天猫"]),
        ('a+b (c):d/e"f\\g', ['a+b (c):d/e"f\\g']),
        ("薯 red", []),
        ("没有", []),
    ],
)
def test_the_full_text_index_finds_one_character_two_latin_and_mixed(neo4j_url, news, asked, found):
    names = ["书红", "B站", "iPhone 16", "The North Face", 'a+b (c):d/e"f\\g']
    others = (*(NamedEntity(name, "Company") for name in names), news.TMALL, news.RED)
    query = (
        "CALL db.index.fulltext.queryNodes('entity_names', "
        "'\"' + replace(replace($text, '\\\\', '\\\\\\\\'), '\"', '\\\\\"') + '\"') YIELD node "
        "WITH node WHERE any(n IN [node.name] + node.aliases WHERE toLower(n) CONTAINS toLower($text)) RETURN node.name AS name"
    )
    with open_store(neo4j_url) as store:
        store.write([news.make_article("names", entities=others)])
        assert sorted(row["name"] for row in store.query(query, text=asked)) == sorted(found)


def find_on_both(server, file, article, text):
    """What `find` finds of an article on a server, which is what it finds in a file."""
    found = []
    for url in (server, file):
        with open_store(url) as store:
            store.write([article])
            query = load_query("find")
            found.append(store.query(query.text(store.url), **query.fill({"text": text})))
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize(
    "text",
    [
        "红",
        "红书",
        "书红",
        "RED",
        "e",
        "小红书R",
        "D小红",
        "iPhone 1",
        "ne 1",
        "メル",
        "Ян",
        "ян",
        "af",
        "é",
        "!",
        "👍",
        "`",
        "a+b (",
        '"f\\',
        "站 ",
        "长" * 1100 + "R",
        "",
    ],
)
def test_part_of_a_name_is_found_as_the_embedded_store_finds_it(neo4j_url, news, text, tmp_path):
    names = [
        "长" * 1200 + "R1",
        "书红",
        "红书",
        "B站 x",
        "iPhone 16",
        "RED小红书RED",
        "メルカリ",
        "Яндекс",
        "Café!",
        "赞👍",
        "数`据",
        'a+b (c):d/e"f\\g',
    ]
    article = news.make_article("names", entities=(*(NamedEntity(name, "Company") for name in names), news.RED))
    found = find_on_both(neo4j_url, tmp_path / "g.kgl", article, text)
    assert bool(found) == (text != "")


@pytest.mark.parametrize("text", ["wikidata:q618", "统一社会信用代码:91A", "618", "wikidata:Q6", ":"])
def test_find_finds_the_same_ids_on_a_server_and_in_a_file(neo4j_url, news, tmp_path, monkeypatch, text):
    registry = tmp_path / "r.csv"
    registry.write_text("name,alias,ids\n甲,,wikidata:Q618;统一社会信用代码:91A\n", encoding="utf-8")
    monkeypatch.setenv("KG_REGISTRY", str(registry))
    article = news.make_article("ids", entities=(NamedEntity("甲", "Company"), news.RED))
    found = find_on_both(neo4j_url, tmp_path / "g.kgl", article, text)
    assert [row["name"] for row in found] == (["甲"] if text[-1] in "8A" and ":" in text else [])


@pytest.mark.parametrize("name", ["小红书", "ＲＥＤ", "只提到", "COO", "柯南"])
@pytest.mark.parametrize("hops", [0, 1, 2])
def test_a_part_is_read_as_it_is_cut_from_the_whole(neo4j_url, corpus, name, hops):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        expected = select_around(build_graph(store.resolution()), name, hops)
        part = store.read(name, hops)
        assert nx.utils.graphs_equal(part, expected)
        assert part.graph == expected.graph


def test_a_name_that_nothing_has_suggests_others(neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        with pytest.raises(UsageError, match=r"did you mean .*小红书"):
            store.read("小红")
        with pytest.raises(UsageError, match="hops is -1"):
            store.read("小红书", -1)
        with pytest.raises(UsageError, match="no entity is named ''"):
            store.read("")


def test_values_come_back_as_plain_data(neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        [row] = store.query(
            "MATCH p = (a:Platform {name: '小红书'})-[r:SHUTS_DOWN]->(b) RETURN a, r, p, date('2020-01-02') AS d, "
            "datetime('2020-01-02T03:04:05Z') AS t, duration('P1M2D') AS u, point({x: 1, y: 2}) AS q, {k: [1, null]} AS m"
        )
    assert row["a"]["labels"] == ["Entity", "Platform"]
    assert row["a"]["properties"].keys() == {"id", "name", "aliases", "type"}
    assert row["r"]["type"] == "SHUTS_DOWN"
    assert (row["r"]["start"], row["r"]["end"]) == (row["a"]["id"], row["p"]["nodes"][1]["id"])
    assert [r["properties"]["status"] for r in row["p"]["relationships"]] == ["actual"]
    assert (row["d"], row["t"], row["u"]) == ("2020-01-02", "2020-01-02T03:04:05.000000000+00:00", "P1M2D")
    assert row["q"] == {"x": 1.0, "y": 2.0, "srid": 7203}
    assert row["m"] == {"k": [1, None]}


def test_explain_gives_the_plan_in_the_order_in_which_rows_flow(neo4j_server, neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        plan = store.query(
            "EXPLAIN MATCH (a:Entity {id: $a}) MATCH (b:Entity {id: $b}) RETURN a.name AS a, b.name AS b", a="1", b="2"
        )
        assert [row.keys() for row in plan] == [{"step", "operation", "details", "estimated_rows", "into"}] * len(plan)
        assert [row["step"] for row in plan] == list(range(1, len(plan) + 1))
        assert (plan[-1]["operation"], plan[-1]["into"]) == ("ProduceResults", None)
        seeks = [row for row in plan if "Seek" in row["operation"]]
        assert all(":Entity(id)" in row["details"] and row["estimated_rows"] >= 0 for row in seeks)
        assert len(seeks) == 2 and all(row["step"] < row["into"] for row in plan[:-1])
        # Nothing is run: neither what would answer nor what would fail.
        assert store.query("EXPLAIN RETURN 1 / 0 AS x")[-1]["operation"] == "ProduceResults"
        assert store.query("PROFILE RETURN 1 AS x") == [{"x": 1}]


def test_explain_on_the_command_line_shows_a_plan_of_the_server(neo4j_url, corpus, run_kg):
    with open_store(neo4j_url) as store:
        store.write(corpus)
    done = run_kg("query", "--name", "partners-of", "--explain", "--store", neo4j_url)
    assert done.returncode == 0, done.stderr
    assert "ProduceResults" in done.stdout and "estimated_rows" in done.stdout


def test_a_broken_off_load_is_completed_by_whoever_opens_next(neo4j_server, neo4j_url, corpus, caplog):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        whole = neo4j_server.dump()
    # As if a loader had died when it had written the articles and a part of the rest.
    neo4j_server.run("MATCH (s:KGStore) SET s.token = 'dead'")
    neo4j_server.run("MATCH ()-[r:SHUTS_DOWN|MENTIONS]->() DELETE r")
    neo4j_server.run("MATCH (a:Article) REMOVE a._mentions")
    neo4j_server.run("MATCH (e:Entity {name: '只提到'}) DETACH DELETE e")
    neo4j_server.run(
        "MATCH (e:Entity {name: '京东'}) SET e.name = '旧', e._digest = 0 CREATE (:Entity {id: '0', _digest: 1})"
    )
    with open_store(neo4j_url) as store:
        assert "a load broke off; completing it" in caplog.text
        assert neo4j_server.dump() == whole
        assert store.write(corpus).unchanged == 3


def test_a_reader_is_told_while_a_load_is_under_way_and_does_not_meddle(
    neo4j_server, neo4j_url, connection, corpus, caplog
):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        with LoadLock(connection, timeout=1) as lock:
            lock.mark()
            with open_store(neo4j_url) as reader:
                assert reader.query("MATCH (p:Platform) RETURN count(p) AS n") == [{"n": 3}]
            assert "a load is under way" in caplog.text
            assert neo4j_server.run("MATCH (s:KGStore) RETURN s.token") == [(lock.token,)]
        caplog.clear()
        with open_store(neo4j_url) as reader:
            reader.query("RETURN 1")
        assert "under way" not in caplog.text


def test_a_graph_derived_by_an_older_version_is_derived_anew_at_the_next_load(neo4j_server, neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        whole = neo4j_server.dump()
        neo4j_server.run("MATCH (s:KGStore) SET s.derivation = 0")
        neo4j_server.run("MATCH (e:Entity {name: '京东'}) SET e.name = 'x', e._digest = 0")
        assert store.write(corpus).unchanged == 3
    assert neo4j_server.dump() == whole


def test_a_graph_of_a_newer_version_is_left_alone(neo4j_server, neo4j_url):
    neo4j_server.run("CREATE (:KGStore {id: 'kg', format: 99})")
    with pytest.raises(StoreFormatError, match=r"newer version of kg .*upgrade"):
        open_store(neo4j_url)


def test_whoever_waits_too_long_hears_who_holds_the_lock(neo4j_url, connection, corpus):
    held = pytest.raises(StoreLocked, match=r"process \d+ on .* is writing to it; tried for 0\.5 s")
    with open_store(neo4j_url, timeout=0.5) as store, LoadLock(connection, timeout=1), held:
        store.write(corpus)
    assert list_writers(connection) == []
    with open_store(neo4j_url) as store:
        assert store.hashes() == {}
        assert store.write(corpus).added == 3


def test_a_load_of_what_is_there_waits_for_nobody(neo4j_url, connection, corpus):
    with open_store(neo4j_url, timeout=0.5) as store:
        store.write(corpus)
        with LoadLock(connection, timeout=1):
            counts = store.write(corpus[:2])
        assert (counts.added, counts.changed, counts.unchanged, counts.entities) == (0, 0, 2, 7)


def test_a_load_of_what_is_there_ends_what_another_has_begun(neo4j_server, neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
        whole = neo4j_server.dump()
        neo4j_server.run("MATCH (s:KGStore) SET s.token = 'dead'")
        neo4j_server.run("MATCH ()-[r:MENTIONS]->() DELETE r")
        neo4j_server.run("MATCH (a:Article) REMOVE a._mentions")
        assert store.write(corpus).unchanged == 3
    assert neo4j_server.dump() == whole


def test_a_writer_waits_for_its_turn(neo4j_url, connection, corpus):
    with open_store(neo4j_url, timeout=30) as store:
        with LoadLock(connection, timeout=1):
            waiting = threading.Thread(target=store.write, args=(corpus,))
            waiting.start()
            waiting.join(1.0)
            assert waiting.is_alive()
        waiting.join(30)
        assert len(store.hashes()) == 3


def test_a_writer_whose_lock_was_lost_writes_nothing_more(neo4j_url, connection, corpus):
    """Its transactions see that another's token is on the graph."""
    from kg.load.neo4j_lock import LockLost

    with LoadLock(connection, timeout=1) as first:
        first.mark()
        connection.write(lambda tx, _: first.guard(tx))
        run_token = "MATCH (s:KGStore) SET s.token = 'second'"
        connection.write(lambda tx, _: run(tx, run_token))
        with pytest.raises(LockLost):
            connection.write(lambda tx, _: first.guard(tx))


def test_a_new_writer_waits_for_transactions_of_the_last(neo4j_url, connection):
    with LoadLock(connection, timeout=0.3) as lock, connection.session() as session:
        late = session.begin_transaction(metadata={"kg": "write", "token": "another"})
        late.run("RETURN 1").consume()
        with pytest.raises(StoreLocked):
            lock.mark()
        late.close()
        lock.mark()


LOADER = """
import sys
from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.load.triples import read_triples
neo4j_writer.ATOMIC_ROWS, neo4j_writer.BATCH_ROWS = 0, 7
with open_store(sys.argv[1], timeout=120) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    counts = store.write(read_triples(sys.argv[2]))
    print(counts.added, counts.changed, counts.unchanged)
"""


def test_loaders_at_once_end_as_one_after_the_other(neo4j_server, neo4j_url, news, tmp_path):
    def article(n):
        firms = [NamedEntity(f"公司{(n * k) % 11}", "Company", (f"C{(n * k) % 11}",)) for k in (1, 2, 3)]
        said = [news.state(a, "PARTNERS_WITH", b) for a, b in itertools.combinations(dict.fromkeys(firms), 2)]
        return news.make_article(
            f"a{n}", *said, news.state(news.RED, "OWNS", news.OASIS), entities=tuple(dict.fromkeys(firms))
        )

    shares = [[article(n) for n in range(start, 60, 3)] for start in range(3)]
    paths = [tmp_path / f"{number}.jsonl" for number in range(3)]
    loaders = []
    for path, share in zip(paths, shares, strict=True):
        with path.open("w", encoding="utf-8") as file:
            write_triples(share, file, entities=True)
        command = [sys.executable, "-W", "error", "-c", LOADER, neo4j_url, str(path)]
        loaders.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"))
    for loader in loaders:
        assert loader.stdout.readline() == "ready\n"
    for loader in loaders:
        loader.stdin.write("go\n")
        loader.stdin.flush()
    for loader in loaders:
        out, _ = loader.communicate(timeout=120)
        assert (loader.returncode, out) == (0, "20 0 0\n")
    together = neo4j_server.dump()
    neo4j_server.empty()
    with open_store(neo4j_url) as store:
        assert store.write(itertools.chain.from_iterable(map(read_triples, paths))).added == 60
        assert len(store.resolution().facts) > 30
    assert neo4j_server.dump() == together


def test_threads_share_a_store(neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        writers = [threading.Thread(target=store.write, args=([extraction],)) for extraction in corpus]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert store.hashes().keys() == {"plan", "review", "jd"}
        assert len(store.resolution().facts) == 7


def test_the_schema_is_put_on_where_it_is_absent(neo4j_server, neo4j_url, corpus):
    neo4j_server.empty(schema=True)
    with open_store(neo4j_url) as store:
        assert neo4j_server.run("SHOW CONSTRAINTS YIELD name") == []
        store.write(corpus)
    found = dict(neo4j_server.run("SHOW INDEXES YIELD name, state RETURN name, state"))
    assert {found.get(name) for name in read_schema()} == {"ONLINE"}


def test_a_store_that_must_exist_has_to_have_a_graph(neo4j_url, corpus):
    with pytest.raises(StoreError, match="no graph of kg's yet"):
        open_store(neo4j_url, must_exist=True)
    with open_store(neo4j_url) as store:
        store.write(corpus)
    with open_store(neo4j_url, must_exist=True) as store:
        assert len(store.hashes()) == 3


def test_every_message_of_the_driver_stays_out_of_the_log(neo4j_url, corpus, caplog):
    with caplog.at_level(logging.INFO), open_store(neo4j_url) as store:
        store.write(corpus)
        store.query("MATCH (a), (b) RETURN count(*)")
    assert caplog.records == []
