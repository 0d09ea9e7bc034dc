"""A server whose disk fills up during a load: one sentence, and once there is room the same load ends what it began."""

import os
import secrets
import subprocess

import pytest

from kg.errors import StoreError
from kg.load import neo4j_writer
from kg.load.base import open_store
from kg.model import NamedEntity
from tests.load.neo4j_server import Neo4jServer, require_neo4j

pytestmark = [pytest.mark.xdist_group("neo4j"), pytest.mark.slow]

DISK = 96_000_000  # bytes; a new server takes some ten of them
ROOM = 1_500_000  # that are left when the load begins


@pytest.fixture
def small_disk(tmp_path):
    """A folder that holds DISK bytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_fills_up_is_said_and_the_load_ends_when_there_is_room(small_disk, neo4j_server, news, monkeypatch):
    require_neo4j()
    monkeypatch.setattr(neo4j_writer, "ATOMIC_ROWS", 0)
    settings = "db.tx_log.preallocate=false\nserver.metrics.enabled=false\n"
    server = Neo4jServer(small_disk / "home", password=secrets.token_hex(8), settings=settings)
    articles = [
        news.make_article(
            f"a{n}",
            *(news.state(news.RED, "OWNS", NamedEntity(f"产品{n} {k}", "Product"), text="文" * 300) for k in range(40)),
        )
        for n in range(60)
    ]
    server.set_password()
    server.start()
    try:
        with open_store(server.url) as store:
            store.write(articles[:1])
        ballast = small_disk / "ballast"
        free = os.statvfs(small_disk)
        ballast.write_bytes(b"x" * (free.f_bavail * free.f_frsize - ROOM))
        # Which transaction meets the full disk is the server's affair: ours, or one of its own, after which it has stopped.
        told = "its disk, which is full|such as a full disk"
        with open_store(server.url) as store, pytest.raises(StoreError, match=told) as said:
            store.write(articles)
        assert "\n" not in str(said.value)
        ballast.unlink()
        # It has stopped for good, which is said, too.
        with pytest.raises(StoreError, match="such as a full disk; see to that, restart the server and run again"):
            open_store(server.url)
        server.kill()
        server.start()
        with open_store(server.url) as store:
            store.write(articles)
        resumed = server.dump()
    finally:
        server.kill()
    neo4j_server.empty()
    with open_store(neo4j_server.url) as store:
        store.write(articles)
    assert resumed == neo4j_server.dump()
