"""Where a Neo4j server is and who asks: from the store's URL, the environment and options, in this order of precedence:

options, then the URL (`neo4j://user:password@host:7687/database`, %-encoded where needed), then NEO4J_URI, NEO4J_USERNAME,
NEO4J_PASSWORD and NEO4J_DATABASE. A URL without a host (`neo4j://`) takes NEO4J_URI whole. Passwords are in no message, log or
repr: what is shown of an address is `Address.shown`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from kg.errors import UsageError

SCHEMES = frozenset({"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"})

_USER_PART = re.compile(
    r"(?<=://).*@", re.DOTALL
)  # up to the last @ of all, for whatever a password may hold unescaped


@dataclass(frozen=True, slots=True)
class Address:
    """`uri` is scheme, host and port; `database` None is the server's default one; without a `user` nobody logs in."""

    uri: str
    database: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The address for people: never with a user or password."""
        return self.uri if self.database is None else f"{self.uri}/{self.database}"


def is_server(url: str) -> bool:
    """Whether a store's URL names a Neo4j server."""
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme.lower() in SCHEMES


def hide_login(url: str) -> str:
    """The URL without user and password, for messages."""
    return _USER_PART.sub("", url)


def read_address(
    url: str, *, user: str | None = None, password: str | None = None, environment: Mapping[str, str] | None = None
) -> Address:
    """The address that a URL stands for together with options and environment; UsageError where it is none."""
    env = os.environ if environment is None else environment
    text = url
    if not url.partition("://")[2].strip("/"):
        text = env.get("NEO4J_URI", "")
        if not text:
            raise UsageError(f"{url} names no host, and NEO4J_URI is not set; give neo4j://HOST:7687")
        if not is_server(text):
            raise UsageError(f"NEO4J_URI is {hide_login(text)!r}; it has to begin with one of {', '.join(_prefixes())}")
    shown = hide_login(text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        given_user, given_password = parts.username, parts.password
        whole = "@" not in parts.path + parts.query + parts.fragment
    except ValueError:
        whole = False
    if not whole:
        # Not "from" the error of urlsplit, which quotes what may be a part of the password.
        raise UsageError(
            f"{shown}: not an address; it reads neo4j://USER:PASSWORD@HOST:PORT/DATABASE, with / ? # @ in a password "
            "written as %2F %3F %23 %40"
        )
    if not host:
        raise UsageError(f"{shown} names no host; give neo4j://HOST:7687")
    if parts.query or parts.fragment:
        raise UsageError(f"{shown}: an address has neither ? nor # (in a password write %3F and %23)")
    database = unquote(parts.path.strip("/")) or env.get("NEO4J_DATABASE") or None
    if database is not None and "/" in database:
        raise UsageError(f"{shown}: after the host comes the name of one database, and no further /")
    name = user or (unquote(given_user) if given_user else None) or env.get("NEO4J_USERNAME") or None
    if password is None:
        password = unquote(given_password) if given_password is not None else env.get("NEO4J_PASSWORD")
    if password is not None and name is None:
        name = "neo4j"  # the user that every server has
    host = f"[{host}]" if ":" in host else host
    uri = f"{parts.scheme.lower()}://{host}" + (f":{port}" if port is not None else "")
    return Address(uri, database, name, password or "" if name else None)


def _prefixes() -> list[str]:
    return [f"{scheme}://" for scheme in sorted(SCHEMES)]
