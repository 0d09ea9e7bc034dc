"""A real Neo4j server for tests: one a session, started from Maven's jars by tools/neo4j.sh, stopped at the end.

`neo4j_server` is the running server; `neo4j_url` its address with credentials, with the database emptied before each test.
Tests that use either belong to the xdist group "neo4j", for they share one database. Without Java 17 and Maven they are
skipped with the line that says how to get both.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "neo4j.sh"
HOW = "needs Java 17 and Maven: apt-get install openjdk-17-jre-headless maven"
START_SECONDS = 240  # of a cold start on a machine that ten others want; six are usual
JAVA = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # starts fast and stays small


class Neo4jServer:
    """A Neo4j Community server in a home of its own, on ports that stay the same when it is stopped and started."""

    user = "neo4j"
    tool = TOOL

    @property
    def environment(self) -> dict[str, str]:
        """For processes of the server's own programs."""
        version = {"KG_NEO4J_VERSION": self._version} if self._version else {}
        return {**os.environ, "JAVA_OPTS": self.java, "PYTHON": sys.executable, **version}

    def __init__(
        self,
        home: Path,
        *,
        password: str | None = None,
        settings: str = "",
        java: str = JAVA,
        cache: str = "64m",
        version: str = "",
    ) -> None:
        self.home = home
        self._version = version  # "": that of the tool
        self.java = java
        self.password = password
        self.bolt_port, self.http_port = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        conf = home / "conf"
        conf.mkdir(parents=True, exist_ok=True)
        (conf / "neo4j.conf").write_text(
            f"server.bolt.listen_address=127.0.0.1:{self.bolt_port}\n"
            f"server.http.listen_address=127.0.0.1:{self.http_port}\n"
            f"dbms.security.auth_enabled={'true' if password else 'false'}\n"
            "dbms.security.auth_lock_time=0s\n"  # a test of wrong passwords must not lock the others out
            "dbms.usage_report.enabled=false\n"
            "server.config.strict_validation.enabled=false\n"  # older versions do not know every setting
            "db.shutdown_transaction_end_timeout=2s\n"  # and eight seconds of something else, in an orderly stop
            f"server.memory.pagecache.size={cache}\n"
            "db.tx_log.rotation.retention_policy=keep_none\n" + settings,
            encoding="utf-8",
        )

    @property
    def address(self) -> str:
        """bolt://host:port, without credentials."""
        return f"bolt://127.0.0.1:{self.bolt_port}"

    @property
    def url(self) -> str:
        """The address with credentials, as a store URL."""
        login = f"{self.user}:{self.password}@" if self.password else ""
        return f"bolt://{login}127.0.0.1:{self.bolt_port}"

    @property
    def browser(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/browser/"

    @property
    def version(self) -> str:
        [(version,)] = self.run(
            "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0]"
        )
        return str(version)

    def admin(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """Run neo4j-admin on the home of this server, which must not be running."""
        command = ["bash", str(TOOL), "admin", str(self.home), *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", check=False, timeout=240, env=self.environment
        )

    def set_password(self) -> None:
        done = self.admin("dbms", "set-initial-password", self.password)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        log = self.home / "console.log"
        with log.open("ab") as out:
            # A test run that is killed takes its server along.
            leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
            self._process = subprocess.Popen(
                [*leash, "bash", str(TOOL), "run", str(self.home)],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                self.kill()
                pytest.fail(f"Neo4j did not start within {START_SECONDS} s:\n{text}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether a query is answered: the port is open some seconds before the database is."""
        import neo4j

        auth = (self.user, self.password) if self.password else None
        try:
            # No managed transaction: that would try again for half a minute.
            with (
                neo4j.GraphDatabase.driver(self.address, auth=auth, connection_timeout=2) as driver,
                driver.session() as session,
            ):
                session.run("RETURN 1").consume()
        except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, OSError):
            return False
        return True

    def measure_cpu(self) -> float:
        """Seconds of processor time that the running server has taken so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """An orderly end; the database is as the last transaction left it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """The end that a power cut makes."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(timeout=60)
        self._process = None

    def run(self, cypher: str, /, **parameters: object) -> list[tuple[object, ...]]:
        """Rows of a query of the test's own, past the store."""
        import neo4j

        auth = (self.user, self.password) if self.password else None
        with neo4j.GraphDatabase.driver(self.address, auth=auth, warn_notification_severity="OFF") as driver:
            return [tuple(r.values()) for r in driver.execute_query(cypher, parameters).records]

    def dump(self) -> tuple[list[object], list[object]]:
        """All nodes and all relationships with all they hold, in an order of their own: equal for equal graphs."""
        nodes = self.run("MATCH (n) RETURN labels(n), properties(n)")
        relationships = self.run(
            "MATCH (a)-[r]->(b) RETURN type(r), coalesce(a.id, ''), coalesce(b.id, ''), properties(r)"
        )
        return (
            sorted((sorted(labels), sorted(held.items())) for labels, held in nodes),  # type: ignore[attr-defined]
            sorted((*ends, sorted(held.items())) for *ends, held in relationships),  # type: ignore[attr-defined]
        )

    def empty(self, *, schema: bool = False) -> None:
        """Remove all nodes and relationships; with `schema` the constraints and indexes, which take a second to make, too."""
        import neo4j

        auth = (self.user, self.password) if self.password else None
        with (
            neo4j.GraphDatabase.driver(self.address, auth=auth, warn_notification_severity="OFF") as driver,
            driver.session() as session,
        ):
            while session.run("MATCH (n) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*)").single(strict=True)[0]:
                pass
            if not schema:
                return
            for name in [r["name"] for r in session.run("SHOW CONSTRAINTS YIELD name")]:
                session.run(f"DROP CONSTRAINT `{name}`").consume()
            for name in [r["name"] for r in session.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'")]:
                session.run(f"DROP INDEX `{name}`").consume()


def require_neo4j(version: str = "") -> None:
    """Skip the test unless a server can be had here, of the tool's version or another."""
    environment = {**os.environ, "PYTHON": sys.executable, **({"KG_NEO4J_VERSION": version} if version else {})}
    if not shutil.which("java") or not shutil.which("bash"):
        pytest.skip(f"a real Neo4j server {HOW}")
    done = subprocess.run(
        ["bash", str(TOOL), "jars"], capture_output=True, encoding="utf-8", check=False, timeout=280, env=environment
    )
    if done.returncode:
        pytest.skip(f"a real Neo4j server {HOW} ({done.stderr.strip().splitlines()[-1:]})")


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """The session's server, with a password."""
    require_neo4j()
    server = Neo4jServer(tmp_path_factory.mktemp("neo4j"), password=secrets.token_hex(8))
    server.set_password()
    server.start()
    yield server
    server.kill()  # an orderly stop takes ten seconds, and the home is thrown away


@pytest.fixture
def neo4j_url(neo4j_server: Neo4jServer) -> str:
    """The address of the session's server as a store URL, with its database emptied."""
    neo4j_server.empty()
    return neo4j_server.url


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
