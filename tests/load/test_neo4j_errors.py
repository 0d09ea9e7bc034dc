"""Servers that cannot be had: one clear sentence each, and never a user's password in it."""

import logging
import socket
import threading

import neo4j.exceptions
import pytest

from kg.errors import StoreError, UsageError
from kg.load.base import open_store
from kg.load.neo4j_address import Address, hide_login, is_server, read_address
from kg.load.neo4j_connection import make_driver
from kg.load.neo4j_errors import check_version, reason

SECRET = "geheim-p@ss/w:rd"
QUOTED = "geheim-p%40ss%2Fw%3Ard"

on_server = pytest.mark.xdist_group("neo4j")


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("neo4j://h", {}, Address("neo4j://h")),
        ("BOLT://h:17687/", {}, Address("bolt://h:17687")),
        ("neo4j+s://x.databases.neo4j.io", {}, Address("neo4j+s://x.databases.neo4j.io")),
        ("bolt+ssc://[::1]:7687", {}, Address("bolt+ssc://[::1]:7687")),
        ("neo4j://h/news", {}, Address("neo4j://h", "news")),
        (f"neo4j://u:{QUOTED}@h", {}, Address("neo4j://h", None, "u", SECRET)),
        ("neo4j://u:p:q@h", {}, Address("neo4j://h", None, "u", "p:q")),
        ("neo4j://:p@h", {}, Address("neo4j://h", None, "neo4j", "p")),
        ("neo4j://u@h", {"NEO4J_PASSWORD": SECRET}, Address("neo4j://h", None, "u", SECRET)),
        (
            "neo4j://h",
            {"NEO4J_USERNAME": "u", "NEO4J_PASSWORD": SECRET, "NEO4J_DATABASE": "d", "NEO4J_URI": "bolt://other"},
            Address("neo4j://h", "d", "u", SECRET),
        ),
        ("neo4j://h", {"NEO4J_PASSWORD": "p"}, Address("neo4j://h", None, "neo4j", "p")),
        ("neo4j://a:b@h", {"NEO4J_USERNAME": "u", "NEO4J_PASSWORD": "p"}, Address("neo4j://h", None, "a", "b")),
        ("neo4j://", {"NEO4J_URI": "bolt+s://a:b@h:1"}, Address("bolt+s://h:1", None, "a", "b")),
    ],
)
def test_an_address_comes_from_url_and_environment(url, environment, expected):
    assert is_server(url)
    assert read_address(url, environment=environment) == expected


@pytest.mark.parametrize(
    ("uri", "encrypted"),
    [
        ("neo4j+s://0a1b2c3d.databases.neo4j.io", True),
        ("neo4j+s://0a1b2c3d.databases.neo4j.io:7687", True),
        ("bolt+s://0a1b2c3d.databases.neo4j.io", True),
        ("bolt+ssc://localhost:7687", True),
        ("neo4j://localhost", False),
    ],
)
def test_what_aura_hands_out_is_all_it_takes_and_is_encrypted(uri, encrypted):
    handed_out = {"NEO4J_URI": uri, "NEO4J_USERNAME": "neo4j", "NEO4J_PASSWORD": SECRET, "NEO4J_DATABASE": "neo4j"}
    address = read_address("neo4j://", environment=handed_out)
    assert address == Address(uri, "neo4j", "neo4j", SECRET)
    assert SECRET not in repr(address) + address.shown
    with make_driver(address) as driver:
        assert driver.encrypted is encrypted


def test_options_take_precedence():
    found = read_address("neo4j://a:b@h", user="u", password=SECRET, environment={"NEO4J_PASSWORD": "p"})
    assert (found.user, found.password) == ("u", SECRET)


@pytest.mark.parametrize(
    ("url", "environment", "match"),
    [
        ("neo4j://", {}, "NEO4J_URI is not set"),
        ("neo4j:///", {"NEO4J_URI": f"https://u:{SECRET}@h"}, "NEO4J_URI is 'https://h'"),
        (f"neo4j://u:{SECRET}@h:7687", {}, "%2F"),
        (f"neo4j://u:{QUOTED}@h:port", {}, "not an address"),
        (f"neo4j://u:{QUOTED}@h:99999", {}, "not an address"),
        (f"neo4j://u:{QUOTED}@", {}, "names no host"),
        (f"neo4j://u:{QUOTED}@h/a/b", {}, "no further /"),
        (f"neo4j://u:{QUOTED}@h?x=1", {}, "neither"),
    ],
)
def test_an_address_that_is_none_says_what_is_wrong_and_no_password(url, environment, match):
    with pytest.raises(UsageError, match=match) as caught:
        read_address(url, environment=environment)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_shown_of_an_address_is_no_login():
    address = read_address(f"neo4j://u:{QUOTED}@h:1/db", environment={})
    assert address.shown == "neo4j://h:1/db"
    assert "geheim" not in repr(address) + str(address)
    assert hide_login(f"neo4j://u:{SECRET}@h") == "neo4j://h"
    assert hide_login("neo4j://u:p@q@h/x") == "neo4j://h/x"
    assert hide_login("g.kgl") == "g.kgl"


def test_an_address_of_no_kind_hides_what_may_be_a_login():
    with pytest.raises(UsageError) as caught:
        open_store(f"mysql://u:{SECRET}@h")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "agent", ["Neo4j/5.13.0", "Neo4j/5.26.12", "Neo4j/5.27-aura", "Neo4j/2025.10.1", "Neo4j/2026.01"]
)
def test_servers_of_today_fit(agent):
    check_version(Address("neo4j://h"), agent)


@pytest.mark.parametrize(
    ("agent", "match"),
    [
        ("Neo4j/4.4.40", r"the server is Neo4j 4\.4\.40, and kg needs 5\.13 or newer"),
        ("Neo4j/5.9.0", "kg needs"),
        ("Memgraph/2.1", "not a Neo4j server"),
        ("", "not a Neo4j server"),
        ("Neo4j/dev", "not a Neo4j server"),
    ],
)
def test_a_server_that_is_too_old_or_another_is_named(agent, match):
    with pytest.raises(StoreError, match=match):
        check_version(Address("neo4j://h"), agent)


def test_every_reason_is_a_clause_that_tells_the_way_out():
    for code in (
        "Neo.ClientError.Security.Unauthorized",
        "Neo.ClientError.Database.DatabaseNotFound",
        "Neo.X.Y.Strange",
    ):
        error = neo4j.exceptions.Neo4jError._hydrate_neo4j(code=code, message="eins\nzwei")
        assert "\n" not in reason(error)
    assert "disk is full" in reason(
        neo4j.exceptions.Neo4jError._hydrate_neo4j(
            code="Neo.DatabaseError.General.UnknownError",
            message="java.io.IOException: No space left on device",
        )
    )


def refuse(url, match, caplog, **options):
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreError, match=match) as caught:
        open_store(url, **options).close()
    message = str(caught.value)
    assert "geheim" not in message + repr(caught.value)
    kept = [record for record in caplog.records if not record.name.startswith("neo4j")]
    assert all("geheim" not in record.getMessage() for record in kept)
    assert "\n" not in message and message.count(". ") == 0
    return message


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_where_nothing_listens(scheme, caplog):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        refuse(f"{scheme}://u:{QUOTED}@127.0.0.1:{port}", "nothing listens there; start the server", caplog)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_machine_that_nobody_knows(scheme, caplog):
    refuse(f"{scheme}://u:{QUOTED}@nirgends.invalid", "no machine of this name", caplog)


def test_something_that_closes_at_once(caplog):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def hang_up():
            for _ in range(2):
                client, _ = listening.accept()
                client.close()

        threading.Thread(target=hang_up, daemon=True).start()
        refuse(f"bolt://u:{QUOTED}@127.0.0.1:{listening.getsockname()[1]}", "does not speak Bolt", caplog)


@on_server
@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_the_port_of_the_browser(neo4j_server, caplog, scheme):
    refuse(f"{scheme}://u:{QUOTED}@127.0.0.1:{neo4j_server.http_port}", "not that of the Browser", caplog)


@on_server
@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_wrong_password(neo4j_server, caplog, scheme):
    url = f"{scheme}://neo4j:{QUOTED}@127.0.0.1:{neo4j_server.bolt_port}"
    refuse(url, "user name or password are wrong; set NEO4J_USERNAME and NEO4J_PASSWORD", caplog)


@on_server
def test_no_password_at_all(neo4j_server, caplog, monkeypatch):
    for name in ("NEO4J_USERNAME", "NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    refuse(neo4j_server.address, "NEO4J_PASSWORD", caplog)


@on_server
def test_a_database_that_is_not_there(neo4j_server, caplog):
    refuse(neo4j_server.url + "/nirgends", "no database of this name", caplog)


@on_server
def test_an_encrypted_address_of_a_server_that_is_not(neo4j_server, caplog):
    url = neo4j_server.url.replace("bolt://", "bolt+s://")
    refuse(url, r"encrypted connection failed; use a \+s address", caplog)


@on_server
def test_login_from_options_and_environment(neo4j_server, monkeypatch, corpus):
    neo4j_server.empty()
    with open_store(neo4j_server.address, user=neo4j_server.user, password=neo4j_server.password) as store:
        assert store.hashes() == {}
    monkeypatch.setenv("NEO4J_URI", neo4j_server.address.replace("bolt://", "neo4j://"))
    monkeypatch.setenv("NEO4J_USERNAME", neo4j_server.user)
    monkeypatch.setenv("NEO4J_PASSWORD", neo4j_server.password)
    with open_store("neo4j://") as store:
        assert store.write(corpus).added == 3
        assert store.url == f"neo4j://127.0.0.1:{neo4j_server.bolt_port}"
        assert neo4j_server.password not in repr(store) + str(vars(store)) + store.url


@on_server
@pytest.mark.slow
def test_a_database_that_may_only_be_read_is_said_before_the_work_and_still_read(neo4j_server, neo4j_url, corpus):
    with open_store(neo4j_url) as store:
        store.write(corpus)
    conf = neo4j_server.home / "conf" / "neo4j.conf"
    before = conf.read_text(encoding="utf-8")

    def extract():
        raise AssertionError("the stream was touched")
        yield

    try:
        neo4j_server.stop()  # in order, for one that needs recovery does not start to be read only
        conf.write_text(before + "server.databases.read_only=neo4j\n", encoding="utf-8")
        neo4j_server.start()
        with open_store(neo4j_url) as store:
            assert len(store.query("MATCH (e:Entity) RETURN e.id")) == 7
            assert len(store.read("小红书")) == 5
            for act in (lambda: store.write(extract()), lambda: store.remove(["plan"])):
                with pytest.raises(StoreError, match="cannot be written to, because the database may only be read"):
                    act()
    finally:
        neo4j_server.kill()
        conf.write_text(before, encoding="utf-8")
        neo4j_server.start()


@on_server
def test_a_server_that_stops_for_good_is_said_when_asked(neo4j_server, neo4j_url, corpus):
    store = open_store(neo4j_url)
    try:
        store.write(corpus)
        neo4j_server.kill()
        with pytest.raises(StoreError, match=r"could not be (asked|read), because nothing listens there"):
            store.query("RETURN 1")
    finally:
        store.close()
        neo4j_server.start()
