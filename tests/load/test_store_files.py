"""Store files among other processes and on bad disks: nothing is lost, nothing is half, and the reason is given."""

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.errors import KGError, QueryError, StoreError, StoreFormatError, StoreLocked
from kg.load.base import open_store
from kg.load.kglite import FACTS_VARIABLE
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement

WRITE = """
import sys
from pathlib import Path
from kg.load.base import open_store
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement

path, prefix, number, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def article(doc):
    ends = [NamedEntity(f"{doc}甲{i}", "Platform") for i in range(size)]
    statements = tuple(
        Statement(doc, a, "PARTNERS_WITH", b, "actual", None, Evidence(0, 2, "原文" * 20), 0.5) for a, b in zip(ends, ends[1:])
    )
    return Extraction(ArticleInfo(doc, hash=doc), tuple(ends), statements)

with open_store(path) as store:
    print("open", flush=True)
    for i in range(number):
        store.write([article(f"{prefix}{i}")])
"""


@pytest.fixture(params=["g.json", "g.kgl", "tables"])
def path(request, tmp_path, monkeypatch) -> Path:
    if request.param != "tables":
        return tmp_path / request.param
    monkeypatch.setenv(FACTS_VARIABLE, "0")
    return tmp_path / "g.kgl"


def start_writer(path, prefix, *, number, size=3):
    code = [sys.executable, "-W", "error", "-c", WRITE, path, prefix, number, size]
    return subprocess.Popen([str(part) for part in code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def article(doc="a", *, names=("甲", "乙")):
    head, tail = (NamedEntity(name, "Company") for name in names)
    statement = Statement(doc, head, "OWNS", tail, "actual", None, Evidence(0, 2, "原文"), 0.5)
    return Extraction(ArticleInfo(doc, hash=doc), (head, tail), (statement,))


def write(path, *docs):
    with open_store(path) as store:
        store.write([article(doc) for doc in docs])


def docs_in(path):
    with open_store(path, must_exist=True) as store:
        assert len(store.read()) == len(store.resolution().entities)
        assert store.query("MATCH (a:Article) RETURN count(a) AS n") == [{"n": len(store.hashes())}]
        return set(store.hashes())


def test_two_processes_that_write_one_file_both_keep_their_work(path):
    writers = [start_writer(path, prefix, number=8) for prefix in ("x", "y")]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    assert docs_in(path) == {f"{prefix}{i}" for prefix in ("x", "y") for i in range(8)}


@pytest.mark.slow
def test_a_process_killed_while_it_saves_leaves_the_old_or_new_state_and_no_lock(path):
    write(path, "before")
    rng = random.Random(7)
    caught = 0
    for attempt in range(4):
        writer = start_writer(path, f"k{attempt}-", number=1000, size=150)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and writer.poll() is None:
            if list(path.parent.glob(f".{path.name}.*.new*")):  # it is saving at this moment
                caught += 1
                break
        time.sleep(rng.random() * 0.002)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        assert writer.returncode == -signal.SIGKILL
        docs = docs_in(path)
        assert "before" in docs
        with open_store(path, timeout=5) as store:
            assert store.write([article(f"after{attempt}")]).added == 1
        assert docs_in(path) == docs | {f"after{attempt}"}
        assert not list(path.parent.glob(f".{path.name}.*.new*")), "what the dead one left is gone after the next save"
    assert caught >= 2


def test_what_dead_writers_left_is_gone_after_the_next_save_and_nothing_else(path):
    left = [f".{path.name}.77.new", f".{path.name}.77.new.tmp.77.0"]
    others = [
        f".{path.name}.b{path.suffix}.77.new",
        f".b{path.name}.77.new",
        f"{path.name}.77.new",
        f".{path.name}.new",
    ]
    for name in left + others:
        path.with_name(name).touch()
    write(path, "a")
    there = {found.name for found in path.parent.iterdir()}
    assert there.isdisjoint(left)
    assert there.issuperset(others)


def test_who_waits_too_long_learns_who_holds_the_store(path):
    write(path, "a")
    hold = f"""
import sys, time
from pathlib import Path
from kg.load.files import locked
with locked(Path({str(path)!r}), timeout=5):
    print("held", flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with open_store(path, timeout=0.2) as store:
            with pytest.raises(StoreLocked, match=f"process {holder.pid} on "):
                store.write([article("b")])
            assert set(store.hashes()) == {"a"}, "readers need no lock"
            with pytest.raises(StoreLocked, match=f"process {holder.pid} on "):
                store.remove(["a"])
    finally:
        holder.communicate("")
    write(path, "b")
    assert docs_in(path) == {"a", "b"}


def test_a_program_that_ignores_the_lock_does_not_lose_its_work(path, tmp_path, monkeypatch):
    write(path, "a")
    other = tmp_path / ("other" + path.suffix)
    write(other, "theirs")
    with open_store(path) as store:
        original = type(store)._write

        def meanwhile(self, new, *rest):
            original(self, new, *rest)
            other.replace(path)

        monkeypatch.setattr(type(store), "_write", meanwhile)
        with pytest.raises(StoreError, match="changed it meanwhile; nothing was written"):
            store.write([article("b")])
        monkeypatch.undo()
        store.write([article("b")])
    assert docs_in(path) == {"theirs", "b"}


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"{}", b"[]", b'{"nodes": [], "edges": []}', b"\xff\xfe\x00", b"[" * 100_000]
)
def test_a_file_of_another_program_is_refused_and_kept(path, content):
    path.write_bytes(content)
    with pytest.raises(StoreFormatError) as caught:
        open_store(path)
    assert str(path) in str(caught.value)
    assert "choose another name for the store" in str(caught.value) or path.suffix == ".json"
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_store_that_was_cut_off_is_called_damaged_in_words_of_ours(tmp_path):
    path = tmp_path / "g.kgl"
    with open_store(path) as store:
        store.write([article()])
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(
        StoreFormatError, match=r"g\.kgl: the store is damaged; restore a copy, or build it anew under another name$"
    ):
        open_store(path)


def test_a_kglite_graph_that_is_no_store_is_refused_and_kept(tmp_path):
    import kglite

    path = tmp_path / "g.kgl"
    graph = kglite.KnowledgeGraph()
    graph.cypher("CREATE (:Platform {id: '1', name: 'x'})")
    graph.save(str(path))
    content = path.read_bytes()
    with pytest.raises(StoreFormatError, match="no store of kg's"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_newer_format_says_so(path, monkeypatch):
    module = "kg.load.kglite" if path.suffix == ".kgl" else "kg.load.networkx"
    monkeypatch.setattr(f"{module}.FORMAT", 99)
    write_only = open_store(path)
    write_only.write([article()])
    monkeypatch.undo()
    with pytest.raises(StoreFormatError, match=r"newer version of kg wrote it \(format 99.*upgrade"):
        open_store(path)


def test_damage_anywhere_is_an_error_or_without_effect(path):
    write(path, "a", "b")
    content = path.read_bytes()
    with open_store(path) as store:
        whole = store.resolution()
    rng = random.Random(2)
    refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        if rng.random() < 0.3:
            del damaged[rng.randrange(len(damaged)) :]
        else:
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            with open_store(path) as store:
                resolution = store.resolution()
        except StoreFormatError:
            refused += 1
            continue
        if path.suffix == ".kgl":
            assert resolution == whole
    assert refused > 40


def test_a_folder_in_the_place_of_the_file(path):
    path.mkdir()
    with pytest.raises(StoreError, match="it is a folder"):
        open_store(path)


def test_a_pipe_in_the_place_of_the_file_is_refused_not_waited_for(path, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    path.symlink_to(tmp_path / "pipe")
    with pytest.raises(StoreError, match="it is a pipe or device"):
        open_store(path)


def test_links_in_a_circle_are_said(path):
    path.symlink_to(path)
    with pytest.raises(StoreError, match="links lead in a circle"):
        open_store(path)


def test_a_name_too_long_to_save_under_is_said_before_any_work(path):
    long = path.with_name(
        "长" * 82 + path.suffix
    )  # 251 or 250 bytes: a name for itself, not for what is saved beside it
    with open_store(long) as store, pytest.raises(StoreError, match="its name is too long"):
        store.write(pytest.fail("the articles were read") for _ in range(1))
    assert list(path.parent.iterdir()) == []


def test_a_name_that_is_no_utf8_is_said_before_any_work_or_taken(path):
    odd = path.with_name("s\udcff" + path.suffix)
    with open_store(odd) as store:
        if path.suffix == ".json":
            store.write([article()])
            assert docs_in(odd) == {"a"}
        else:
            with pytest.raises(StoreError, match=r"its name is no UTF-8.*choose another"):
                store.write(pytest.fail("the articles were read") for _ in range(1))


@pytest.mark.parametrize("number", [10**30, -(10**30), "1", 1.5])
@pytest.mark.parametrize("part", ["count", "start"])
def test_a_store_edited_to_hold_a_number_that_is_none_is_damaged(tmp_path, number, part):
    path = tmp_path / "g.json"
    write(path, "a")
    content = json.loads(path.read_text(encoding="utf-8"))
    record = content["graph"]["records"][0]
    if part == "count":
        record["entities"][0]["count"] = number
    else:
        record["statements"][0][5] = number
    path.write_text(json.dumps(content), encoding="utf-8")
    with open_store(path) as store, pytest.raises(StoreFormatError, match="the record of an article is damaged"):
        store.query("MATCH (n) RETURN count(n) AS n")


@pytest.mark.parametrize("wrong", [5, ["2024"], {"from": 1}])
def test_a_store_edited_to_hold_a_wrong_kind_of_time_is_damaged(tmp_path, wrong):
    path = tmp_path / "g.json"
    write(path, "a")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["graph"]["records"][0]["statements"][0][4] = wrong
    path.write_text(json.dumps(content), encoding="utf-8")
    with open_store(path) as store, pytest.raises(StoreFormatError, match="the record of an article is damaged"):
        store.resolution()


def test_queries_see_no_trace_of_the_records(path):
    write(path, "a")
    with open_store(path) as store:
        for call in ("db.labels", "db.propertyKeys", "db.schema", "db.schema.nodeTypeProperties"):
            assert not re.search("KG|record|format|derivation", json.dumps(store.query(f"CALL {call}()"))), call
        assert store.query(
            "MATCH (c:Company)-[r:OWNS]->(d:Company) RETURN labels(c) AS labels, r.status AS status"
        ) == [{"labels": ["Entity", "Company"], "status": "actual"}]
        store.remove(["a"])
    with open_store(path) as store:
        assert store.query("MATCH (n) RETURN count(n) AS n") == [{"n": 0}]


@pytest.mark.parametrize(
    "cypher",
    [
        "LOAD CSV FROM '{url}' AS x RETURN x",
        "load  csv WITH HEADERS FROM '{url}' AS x RETURN x",
        "LOAD// a comment\n CSV FROM '{url}' AS x RETURN x",
        "EXPLAIN LOAD CSV FROM '{url}' AS x RETURN x",
        "RETURN 'it\\'s' AS y UNION LOAD CSV FROM '{url}' AS y RETURN y",
    ],
)
def test_a_query_does_not_read_files(path, tmp_path, cypher):
    (tmp_path / "secret.csv").write_text("secret\n", encoding="utf-8")
    write(path, "a")
    with open_store(path) as store, pytest.raises(QueryError, match="LOAD CSV would read files"):
        store.query(cypher.format(url=(tmp_path / "secret.csv").as_uri()))


@pytest.mark.parametrize("cypher", ["RETURN 1;RETURN 2", "RETURN ';' AS x; // more\nRETURN 2;", "RETURN 1; MATCH ("])
def test_several_questions_at_once_are_refused(path, cypher):
    write(path, "a")
    with open_store(path) as store, pytest.raises(QueryError, match="ask one at a time"):
        store.query(cypher)


def test_text_and_comments_may_speak_of_load_csv(path):
    write(path, "a")
    with open_store(path) as store:
        assert store.query("RETURN 'a;b' AS x; // c;d") == [{"x": "a;b"}]
        assert store.query("RETURN 'LOAD CSV' AS `LOAD CSV` // LOAD CSV") == [{"LOAD CSV": "LOAD CSV"}]


def test_a_missing_folder_is_named_before_any_work(path):
    with pytest.raises(StoreError, match="does not exist"):
        open_store(path.parent / "missing" / path.name)


def test_a_link_stays_a_link(path, tmp_path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / path.name
    path.symlink_to(real)
    write(path, "a")
    assert path.is_symlink()
    assert docs_in(real) == {"a"}


def test_a_save_keeps_the_files_rights_and_a_new_file_has_the_usual_ones(path):
    mask = os.umask(0o022)
    try:
        write(path, "a")
        assert path.stat().st_mode & 0o777 == 0o644
        path.chmod(0o600)
        write(path, "b")
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(mask)


def test_names_with_blanks_signs_and_glob_characters_are_paths_like_others(path, tmp_path):
    odd = tmp_path / f"我的 [图]*?'\"{path.suffix}"
    write(odd, "a")
    write(odd, "b")
    assert docs_in(odd) == {"a", "b"}


def test_a_folder_that_may_not_be_written_is_named_before_any_work(path, mount_tmpfs):
    folder = mount_tmpfs("ro", "4m", lambda folder: write(folder / path.name, "a"))
    consumed = []
    with open_store(folder / path.name) as store:
        assert set(store.hashes()) == {"a"}, "reading needs no lock file"
        assert store.query("MATCH (n:Entity) RETURN count(n) AS n") == [{"n": 2}]
        with pytest.raises(StoreError, match="may not be written to"):
            store.write(consumed.append(e) or e for e in [article("b")])
    assert consumed == []


def test_a_full_disk_is_said_and_the_old_state_stays(path, mount_tmpfs):
    folder = mount_tmpfs("rw", "256k", lambda folder: write(folder / path.name, "a"))
    store_path = folder / path.name
    rng = random.Random(1)
    noise = "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(400_000))
    big = [article(f"big{i}", names=(noise[i * 20_000 : i * 20_000 + 20_000], "乙")) for i in range(15)]
    with open_store(store_path) as store:
        with pytest.raises(StoreError, match="the disk is full; it is as it was before"):
            store.write(big)
        assert set(store.hashes()) == {"a"}
        assert store.query("MATCH (n:Entity) RETURN count(n) AS n") == [{"n": 2}]
    assert docs_in(store_path) == {"a"}
    assert not list(folder.glob("*.new*")) and not list(folder.glob(".*.new*"))


@pytest.fixture
def mount_tmpfs(tmp_path):
    """Mounts a small file system, lets the test fill it, and mounts it again with the given option."""
    mounted = []

    def mount(option, size, fill):
        folder = tmp_path / "small"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount command")
        if done.returncode:
            pytest.skip("a file system can be mounted only by root, outside most containers")
        mounted.append(folder)
        fill(folder)
        subprocess.run(["mount", "-o", f"remount,{option},size={size}", str(folder)], check=True)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_threads_of_one_process_share_a_store(path):
    from concurrent.futures import ThreadPoolExecutor

    with open_store(path) as store, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: store.write([article(f"t{i}")]), range(12)))
        assert len(store.hashes()) == 12
    assert len(docs_in(path)) == 12


def test_every_error_of_a_store_is_one_line(path):
    path.write_bytes(b"\x00" * 100)
    for act in (
        lambda: open_store(path),
        lambda: open_store(path.parent / "no" / "g.kgl"),
        lambda: open_store("bolt://x"),
    ):
        with pytest.raises(KGError) as caught:
            act()
        assert len(str(caught.value).splitlines()) == 1


def test_the_file_grows_with_facts_not_with_writes(path):
    sizes = []
    for doc in itertools.islice(itertools.cycle(["a", "b"]), 6):
        write(path, doc)
        sizes.append(path.stat().st_size)
    assert len(set(sizes[1:])) == 1
    if path.suffix == ".json":
        assert len(json.loads(path.read_text(encoding="utf-8"))["nodes"]) == 2
