"""Loading a Neo4j server, beside what others write and what the server can take at most: python bench/load.py

    python bench/load.py [--facts 300000] [--peers PYTHON] [--subjects plain,full,…] [--heap 2g]

The payload is one invented press: a third as many entities as facts, a sixth as many articles, some entities in thousands of
facts as in real news. Everybody loads it twice, each into a new server of the same settings and from a process of its own:

    plain      ours, of what the peers take alone: names, types, status, since and confidence, all in one article; from
               objects in memory, as the peers have them
    full       ours, of a stream that is read meanwhile, with articles, mentions, passages, aliases, and a second article for every sixth fact
    graphrag   neo4j-graphrag's Neo4jWriter, all in one graph
    langchain  langchain-neo4j's add_graph_documents, one document an article
    import     files for neo4j-admin and its import of them, of what `full` loads: what the disk allows
    kglite, memory   the embedded stores, of what `full` loads

    rows       the writer of ours alone, with rows of what the peers take and nothing derived: what Bolt allows

Printed are seconds, facts a second, seconds of processor time of client and server (which a busy machine lengthens least), the
client's peak memory, and the nodes and relationships after each load: a second load should add none. PYTHON is that of an environment with neo4j-graphrag and langchain-neo4j; without it the peers are left out.
They need APOC, which Maven fetches.
"""

import argparse
import contextlib
import json
import random
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from kg.model import Extraction
    from tests.load.neo4j_server import Neo4jServer

SEED = 6
RELATIONS = ("PARTNERS_WITH", "CONNECTS_TO", "SUPPLIES", "COMPETES_WITH", "INVESTS_IN", "OWNS")
SYMMETRIC = ("PARTNERS_WITH", "COMPETES_WITH")
TYPES = ("Platform", "Company", "Brand", "Company")
STATUSES = ("actual", "actual", "actual", "planned", "rumored")
FACTS_OF_AN_ARTICLE = 6
SUBJECTS = ("plain", "full", "rows", "graphrag", "langchain", "import", "kglite", "memory")
PAGE_CACHE = "512m"
WARM_UP_FACTS = 20_000
PEERS = ("graphrag", "langchain")
APOC = ("apoc-core", "apoc-common")  # the first needs the second without saying so


@dataclass(slots=True)
class Result:
    seconds: list[float] = field(default_factory=list)  # of the first load and the second
    client: list[float] = field(default_factory=list)  # processor time of each
    server: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    sizes: list[tuple[int, int]] = field(default_factory=list)  # nodes and relationships after each

    def take(self, lines: list[dict]) -> None:
        """What processes have printed."""
        for line in lines:
            self.seconds.append(line["seconds"])
            self.client.append(line["cpu"])
            self.peak_mb = max(self.peak_mb, line["peak_mb"])


def write_payload(path: Path, facts: int) -> None:
    """One article a line, as load_peers.py reads it, with what only `full` takes beside: "again", a fact of an earlier one."""
    random_ = random.Random(SEED)
    entities = facts // 3
    known: set[tuple[int, str, int]] = set()
    told: list[list] = []
    with path.open("w", encoding="utf-8") as file:
        for number in range(facts // FACTS_OF_AN_ARTICLE):
            stated = []
            while len(stated) < FACTS_OF_AN_ARTICLE:
                # Each is a tail three times; heads crowd, the first with two facts in a hundred.
                tail = (len(known) * 7919) % entities
                head, relation = int(entities * random_.random() ** 3), random_.choice(RELATIONS)
                ends = tuple(sorted((head, tail))) if relation in SYMMETRIC else (head, tail)
                if head == tail or (ends[0], relation, ends[1]) in known:
                    continue
                known.add((ends[0], relation, ends[1]))
                since = f"20{random_.randrange(10, 26)}-{random_.randrange(1, 13):02d}"
                confidence = random_.randrange(50, 100) / 100
                stated.append([name(head), relation, name(tail), random_.choice(STATUSES), since, confidence])
            names = dict.fromkeys(end for fact in stated for end in (fact[0], fact[2]))
            line = {"id": f"n{number}", "entities": [[each, type_of(each)] for each in names], "facts": stated}
            file.write(json.dumps({**line, "again": random_.choice(told) if told else None}, ensure_ascii=False) + "\n")
            told.append(stated[0])


def name(number: int) -> str:
    return f"云岚{number}号"


def type_of(entity: str) -> str:
    return TYPES[int(entity[2:-1]) % len(TYPES)]


def read_payload(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def read_full(path: Path) -> Iterator["Extraction"]:
    """Extractions as `kg build` makes them: an article with its mentions and the passage of each statement."""
    from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement

    for line in read_payload(path):
        doc = line["id"]
        facts = line["facts"] + ([line["again"]] if line["again"] else [])
        ends = dict.fromkeys(end for fact in facts for end in (fact[0], fact[2]))
        named = {
            each: NamedEntity(each, type_of(each), (f"YL{each[2:-1]}",) if each.endswith("7号") else (), 1)
            for each in ends
        }
        statements = []
        for place, (head, relation, tail, status, since, confidence) in enumerate(facts):
            text = f"{since}，记者从{head}获悉，该公司与{tail}的关系有了新的进展，双方已就此发表声明。"
            evidence = Evidence(60 * place, 60 * place + len(text), text)
            statements.append(Statement(doc, named[head], relation, named[tail], status, since, evidence, confidence))
        info = ArticleInfo(
            doc, f"{facts[0][0]}与{facts[0][2]}", "2026-01-05", "某报", f"https://news.example/{doc}", f"hash of {doc}"
        )
        yield Extraction(info, tuple(named.values()), tuple(statements))


def read_plain(path: Path) -> Iterator["Extraction"]:
    """One extraction of what the peers take alone: without articles, all is said by one."""
    from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement

    nothing = Evidence(-1, -1, "")
    doc = "all"
    named: dict[str, NamedEntity] = {}

    def get(name: str) -> NamedEntity:
        return named.setdefault(name, NamedEntity(name, type_of(name)))

    statements = [
        Statement(doc, get(head), relation, get(tail), status, since, nothing, confidence)
        for line in read_payload(path)
        for head, relation, tail, status, since, confidence in line["facts"]
    ]
    yield Extraction(ArticleInfo(doc, hash=doc), (), tuple(statements))


def load(url: str, path: Path, kind: str) -> None:
    """The process of one load: prints its seconds and its peak."""
    from kg.load.base import open_store

    if "://" in url:
        from kg.load.neo4j_driver import import_without_frames

        import_without_frames()  # as `kg load` does
        import kg.load.neo4j  # noqa: F401 - the peers have theirs before their clock starts

    extractions = list(read_plain(path)) if kind == "plain" else read_full(path)
    clock = Clock()
    with open_store(url) as store:
        if url == "memory:":
            store.write(read_full(path))
            clock.tell()
            clock = Clock()
        store.write(extractions)
    clock.tell()


def write_rows(url: str, path: Path) -> None:
    """The process of `rows`: entities, then relationships, through the loader's writer and under its lock."""
    from kg.load.neo4j_address import read_address
    from kg.load.neo4j_connection import Connection
    from kg.load.neo4j_lock import LoadLock
    from kg.load.neo4j_plan import Operation, Statement
    from kg.load.neo4j_schema import apply_constraints
    from kg.load.neo4j_writer import write_operations

    nodes = {
        label: Statement(f"CREATE (:Entity:{label} {{id: row[0], name: row[0]}})", parallel=True)
        for label in set(TYPES)
    }
    relationships = {
        relation: Statement(
            "MATCH (a:Entity {id: row[0]}) MATCH (b:Entity {id: row[1]}) "
            f"CREATE (a)-[:{relation} {{status: row[2], since: row[3], confidence: row[4]}}]->(b)",
            parallel=True,
        )
        for relation in RELATIONS
    }

    def operations() -> Iterator[Operation]:
        known: set[str] = set()
        for line in read_payload(path):
            for entity, label in line["entities"]:
                if entity not in known:
                    known.add(entity)
                    yield Operation(0, nodes[label], [entity], 50)
        for line in read_payload(path):
            for head, relation, tail, *properties in line["facts"]:
                yield Operation(1, relationships[relation], [head, tail, *properties], 100)

    clock = Clock()
    connection = Connection(read_address(url))
    apply_constraints(connection)
    with LoadLock(connection, timeout=1) as lock:
        lock.mark()
        write_operations(connection, lock, operations(), marks=dict)
    clock.tell()
    connection.close()


class Clock:
    """Runs from its making: the process has begun by then, and holds what it reads before."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def tell(self) -> None:
        seconds, cpu = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": measure_peak()}))


def measure_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(command: list[str]) -> list[dict]:
    """The lines of JSON that a process of ours prints."""
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=False, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@contextlib.contextmanager
def serve(home: Path, *, heap: str, plugins: Path | None = None) -> Iterator["Neo4jServer"]:
    """A running server in that home, new or imported."""
    from tests.load.neo4j_server import Neo4jServer

    settings = "dbms.security.procedures.unrestricted=apoc.*\n" if plugins else ""
    server = Neo4jServer(home, settings=settings, java=f"-Xms{heap} -Xmx{heap}", cache=PAGE_CACHE)
    if plugins is not None:
        shutil.copytree(plugins, home / "plugins")
    server.start()
    try:
        yield server
    finally:
        server.kill()


def fetch_apoc(folder: Path) -> Path:
    """The jars of APOC core of the server's version."""
    jars = subprocess.run(
        ["bash", "tools/neo4j.sh", "jars"], stdout=subprocess.PIPE, encoding="utf-8", check=True, cwd=ROOT
    )
    version = Path(jars.stdout.strip()).parent.name
    pom = folder / "apoc.xml"
    described = "".join(
        f"<dependency><groupId>org.neo4j.procedure</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
        for name in APOC
    )
    pom.write_text(
        "<project><modelVersion>4.0.0</modelVersion><groupId>kg</groupId><artifactId>bench</artifactId><version>1</version>"
        f"<dependencies>{described}</dependencies></project>",
        encoding="utf-8",
    )
    fetched = folder / "apoc"
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
    subprocess.run(["mvn", "-B", "-q", "-f", pom, "dependency:copy-dependencies", *options], check=True)
    return fetched


def count(address: str) -> tuple[int, int]:
    """Nodes and relationships, without the one node of ours that is no data."""
    import neo4j

    with neo4j.GraphDatabase.driver(
        address, notifications_min_severity="OFF", warn_notification_severity="OFF"
    ) as driver:
        [nodes] = driver.execute_query("MATCH (n) WHERE NOT n:KGStore RETURN count(n)").records[0]
        [relationships] = driver.execute_query("MATCH ()-[r]->() RETURN count(r)").records[0]
    return nodes, relationships


def measure(subject: str, folder: Path, payload: Path, arguments: argparse.Namespace) -> Result:
    if subject == "import":
        return measure_import(folder, payload, arguments.heap)
    result = Result()
    if subject in ("kglite", "memory"):
        url = "memory:" if subject == "memory" else str(folder / "g.kgl")
        command = [sys.executable, __file__, "--load", url, "full", str(payload)]
        lines = run(command) + ([] if subject == "memory" else run(command))
        result.take(lines)
        return result
    plugins = fetch_apoc(folder) if subject in PEERS else None
    with serve(folder / "home", heap=arguments.heap, plugins=plugins) as server:
        address = server.address
        if subject in PEERS:
            command = [arguments.peers, str(ROOT / "bench" / "load_peers.py"), subject, address]
        else:
            command = [sys.executable, __file__, "--load", address, subject]
        warm_up = folder / "warm-up.jsonl"
        write_payload(warm_up, min(WARM_UP_FACTS, arguments.facts))
        run([*command, str(warm_up)])
        server.empty(schema=True)  # or a first load would find the indexes of the one that warmed up
        for _ in range(1 if subject == "rows" else 2):
            before = server.measure_cpu()
            result.take(run([*command, str(payload)]))
            result.server.append(server.measure_cpu() - before)
            result.sizes.append(count(address))
    return result


def measure_import(folder: Path, payload: Path, heap: str) -> Result:
    """Files and import together, as one load; a second cannot be."""
    from kg.load.neo4j_csv import write_import_files
    from kg.ontology import load_ontology
    from tests.load.neo4j_server import Neo4jServer

    result = Result()
    started = time.perf_counter()
    command = write_import_files(read_full(payload), folder / "files", load_ontology())
    written = time.perf_counter() - started
    server = Neo4jServer(folder / "home", java=f"-Xmx{heap}", cache=PAGE_CACHE)
    tool = shlex.join(["bash", str(server.tool), "admin", str(server.home)])
    started = time.perf_counter()
    command = command.replace("&& neo4j-admin", f"&& {tool}", 1)
    subprocess.run(command, shell=True, env=server.environment, stdout=subprocess.DEVNULL, check=True)
    result.seconds.append(time.perf_counter() - started)
    print(f"           (files written in {written:.1f} s beforehand, by {measure_peak():.0f} MB)")
    with serve(folder / "home", heap=heap) as imported:
        result.sizes.append(count(imported.address))
    return result


def report(results: dict[str, Result], facts: int) -> None:
    print(
        f"{'':11}{'first':>9}{'facts/s':>9}{'client':>8}{'server':>8}{'second':>9}{'client':>8}{'server':>8}{'peak':>9}   sizes"
    )
    for subject, result in results.items():
        print(write_line(subject, result, facts))
    for peer in PEERS:
        for ours in ("rows", "plain", "full"):
            if peer in results and ours in results:
                for number, which in enumerate(("first", "second")[: len(results[ours].seconds)]):
                    ratio = results[peer].seconds[number] / results[ours].seconds[number]
                    cpu = [result.client[number] + result.server[number] for result in (results[peer], results[ours])]
                    print(
                        f"{ours} against {peer}, {which} load: {ratio:.1f} times as fast, 1/{cpu[0] / cpu[1]:.1f} of the processor time"
                    )


def write_line(subject: str, result: Result, facts: int) -> str:
    cells = [f"{subject:11}"]
    for number, seconds in enumerate(result.seconds):
        cells.append(f"{seconds:>7.1f} s")
        if number == 0:
            cells.append(f"{facts / seconds:>9,.0f}")
        cpu = [taken[number] if number < len(taken) else None for taken in (result.client, result.server)]
        cells += [f"{'':8}" if taken is None else f"{taken:>6.1f} s" for taken in cpu]
    sizes = ", then ".join(f"{nodes:,} and {relationships:,}" for nodes, relationships in result.sizes)
    peak = f"{result.peak_mb:>6.0f} MB" if result.peak_mb else ""
    return "".join(cells).ljust(70) + f"{peak}   {sizes}"


def main() -> None:
    if sys.argv[1:2] == ["--load"]:
        url, kind, path = sys.argv[2:]
        if kind == "rows":
            write_rows(url, Path(path))
        else:
            load(url, Path(path), kind)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=300_000)
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has neo4j-graphrag and langchain-neo4j")
    parser.add_argument("--subjects", default=",".join(SUBJECTS))
    parser.add_argument("--heap", default="2g", help="of the server")
    arguments = parser.parse_args()
    subjects = arguments.subjects.split(",")
    if unknown := set(subjects) - set(SUBJECTS):
        parser.error(f"no such subjects: {', '.join(sorted(unknown))}")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        payload = Path(folder) / "payload.jsonl"
        write_payload(payload, arguments.facts)
        for subject in subjects:
            if subject in PEERS and arguments.peers is None:
                continue
            (Path(folder) / subject).mkdir()
            results[subject] = measure(subject, Path(folder) / subject, payload, arguments)
            shutil.rmtree(Path(folder) / subject)
            print(write_line(subject, results[subject], arguments.facts), flush=True)
    report(results, arguments.facts)


if __name__ == "__main__":
    main()
