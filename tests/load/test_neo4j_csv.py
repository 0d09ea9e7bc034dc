"""The bulk path: files for neo4j-admin, imported by it into a new server, are the graph that the loader writes."""

import re
import resource
import subprocess
from dataclasses import replace

import pytest

from kg.errors import OutputError, UsageError
from kg.load.base import open_store
from kg.load.export import export_store
from kg.load.neo4j_schema import read_schema
from kg.model import Evidence, NamedEntity, sketch
from tests.load.neo4j_server import Neo4jServer


@pytest.fixture
def hostile(corpus, news):
    names = [
        'q"uo,te',
        "new\nline\r\n",
        "cr\ronly",
        "nul\x00\x1b",
        "\ue000",
        "semi;colon",
        "back\\slash",
        "<b>&amp;",
        "长" * 10_000,
        "🐱‍👤" * 9,
        "'}) DETACH DELETE n //",
        " padded ",
        "123",
        "true",
    ]
    firms = [NamedEntity(name, "Company", (name + "!", "B" + name)) for name in names]
    said = [news.state(firm, "PARTNERS_WITH", news.RED, text=firm.name, status="rumored") for firm in firms]
    silent = news.state(news.JD, "OWNS", news.OASIS)
    untold = replace(silent, evidence=Evidence(-1, -1, ""), time="2020/2021")
    undated = news.make_article("ohne", silent, untold, date=None)
    bare = replace(undated.article, id="纸\ue001,\"'\n", title="", source="", url=None, hash="")
    text = "".join(chr(0x4E00 + 7 * n) for n in range(400))
    reprints = [
        replace(extraction, article=replace(extraction.article, id=doc, sketch=sketch(text)))
        for doc, extraction in (
            ("told", news.make_article("")),
            ("told again", news.make_article("", date="2025-05-10")),
        )
    ]
    return [
        *corpus,
        *reprints,
        news.make_article("names", *said, entities=tuple(firms)),
        undated,
        replace(undated, article=bare, statements=()),
    ]


@pytest.fixture
def little_room():
    """Lets no file grow beyond some kilobytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 500, 5_000, 20_000])
def test_where_a_disk_is_full_the_older_files_stay_all_of_them(corpus, hostile, tmp_path, little_room, size):
    folder = tmp_path / "g"
    with open_store("memory:") as store:
        store.write(corpus)
        export_store(store, "neo4j-csv", folder)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        store.write(hostile)
        little_room(size)
        for target in (folder, tmp_path / "new"):
            with pytest.raises(OutputError, match="the export could not be written, because"):
                export_store(store, "neo4j-csv", target)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("neo4j")
def test_the_imported_graph_is_the_loaded_one_and_goes_on(
    neo4j_server, neo4j_url, hostile, corpus, news, run_kg, tmp_path, tmp_path_factory
):
    source, folder = tmp_path / "g.kgl", tmp_path / "a, folder's [name]"
    with open_store(source) as store:
        store.write(hostile)
    done = run_kg("export", "--store", source, "--format", "neo4j-csv", "-o", folder)
    assert done.returncode == 0, done.stderr
    [command] = re.findall(r"^cd .*neo4j-admin database import full neo4j .*$", done.stdout + done.stderr, re.MULTILINE)

    with open_store(neo4j_url) as store:
        store.write(hostile)
        expected = neo4j_server.dump()

    # The command as it stands, with neo4j-admin on the path as an installed server has it.
    server = Neo4jServer(tmp_path_factory.mktemp("imported"))
    tools = tmp_path / "bin"
    tools.mkdir()
    script = f'#!/bin/sh\nexec bash "{server.tool}" admin "{server.home}" "$@"\n'
    (tools / "neo4j-admin").write_text(script, encoding="utf-8")
    (tools / "neo4j-admin").chmod(0o755)
    environment = {**server.environment, "PATH": f"{tools}:{server.environment['PATH']}"}
    imported = subprocess.run(command, shell=True, env=environment, capture_output=True, encoding="utf-8", timeout=240)
    assert imported.returncode == 0, imported.stdout + imported.stderr
    server.start()
    try:
        with open_store(server.url) as store:
            assert server.dump() == expected
            names = {
                name for (name,) in server.run("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")
            }
            assert names >= set(read_schema())
            assert store.write(hostile).unchanged == len(hostile)
            store.write([news.make_article("names")])
            changed = server.dump()
    finally:
        server.kill()
    with open_store(neo4j_url) as store:
        store.write([news.make_article("names")])
    assert changed == neo4j_server.dump()


def test_the_files_are_the_same_whatever_came_first(hostile, tmp_path):
    written = []
    for name, articles in (("1", hostile), ("2", hostile[::-1])):
        with open_store("memory:") as store:
            store.write(articles)
            export_store(store, "neo4j-csv", tmp_path / name)
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    assert {"store.csv", "articles.csv", "mentions.csv", "entities-Company.csv", "facts-OWNS.csv"} <= set(written[0])


def test_lists_are_parted_by_a_character_that_stands_nowhere(hostile, tmp_path):
    with open_store("memory:") as store:
        store.write(hostile)
        command = export_store(store, "neo4j-csv", tmp_path / "out")
    assert "--array-delimiter=U+E002" in command


def test_an_empty_store_has_files_too(tmp_path):
    with open_store("memory:") as store:
        command = export_store(store, "neo4j-csv", tmp_path / "out")
    assert "--nodes=Article=./articles.csv" in command
    assert len((tmp_path / "out" / "articles.csv").read_text(encoding="utf-8").splitlines()) == 1


def test_where_nothing_can_be_written_the_reason_is_given(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with open_store("memory:") as store:
        with pytest.raises(OutputError, match="could not be written, because"):
            export_store(store, "neo4j-csv", tmp_path / "file" / "g")
        with pytest.raises(UsageError, match="for csv, not for neo4j-csv"):
            export_store(store, "neo4j-csv", tmp_path / "g", bom=True)
