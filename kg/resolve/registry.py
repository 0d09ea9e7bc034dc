"""Names that people have settled: what is one, what never is, and the ids that entities have elsewhere.

    [[entity]]
    name = "小红书"                     # how it is called in the graph
    aliases = ["行吟信息", "RED"]        # all that is the same
    type = "Platform"                   # optional: only things of this coarse type are meant
    ids = { wikidata = "Q30744540" }    # optional, your own keys: what it is elsewhere; entities carry them in the graph
    always = true                       # optional: it can be asked for by all these names, also those that no article uses

    [[never]]
    names = ["淘宝", "天猫", "淘宝天猫"]  # no two of them are one; of people 王伟@京东 is the one who works there

    [families]
    names = ["京东"]                     # groups whose units bear their name: 京东物流 is another firm than 京东方

    [[verdict]]
    head = "小红书"                      # a fact that is wrong, whatever articles say of it
    relation = "CONNECTS_TO"
    tail = "京东"
    because = "误读"                     # your reason
    article = "n17"                      # optional: only what this article says of it
    becomes = { status = "planned" }     # optional: what it should be; relation, head, tail, status, time ("": none)

A CSV file (.csv) has the columns name, alias, type, never and ids: a row of `name` and `alias` says that they are one, with
`never` not empty that they are not. `ids` are key:value with semicolons between (wikidata:Q30744540; stock:600519); a row that has
some needs no alias.
"""

import csv
import hashlib
import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields, replace
from functools import cache, partial
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kg.errors import ConfigError
from kg.history import is_time
from kg.ontology import Ontology, load_ontology
from kg.resolve.folding import fold

_SHIPPED = Path(__file__).with_name("registry.toml")


@dataclass(frozen=True, slots=True)
class Entry:
    """Names of one thing, the first the one it goes by; `coarse` is None where every type is meant."""

    names: tuple[str, ...]
    coarse: str | None = None
    type: str | None = None
    ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    always: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """What a fact should be; None leaves what it is, and a `time` of "" takes it away."""

    relation: str | None = None
    head: str | None = None
    tail: str | None = None
    status: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fact that a person rejects, or corrects to what it `becomes`, and why; of one `article` where that is not ""."""

    head: str
    relation: str
    tail: str
    because: str = ""
    article: str = ""
    becomes: Correction | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """Entries, pairs of names that are never one, words of families and rejected facts. Later entries are the user's."""

    entries: tuple[Entry, ...] = ()
    never: tuple[tuple[str, str], ...] = ()
    families: frozenset[str] = frozenset()
    verdicts: tuple[Verdict, ...] = ()

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that tell whether it says what it did."""
        content = [
            [[e.names, e.coarse, e.type, sorted(e.ids.items()), e.always] for e in self.entries],
            sorted(self.never),
            sorted(self.families),
            [
                [v.head, v.relation, v.tail, v.because, v.article, v.becomes and astuple(v.becomes)]
                for v in self.verdicts
            ],
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def merged(self, other: "Registry") -> "Registry":
        """This registry and what `other` says; where the two differ the other one, which is the user's, is right."""
        apart = {frozenset(map(fold, pair)) for pair in other.never}
        kept = []
        for entry in self.entries:
            first, *rest = entry.names
            names = (first, *(n for n in rest if frozenset((fold(first), fold(n))) not in apart))
            kept.append(replace(entry, names=names))
        one = {frozenset((fold(e.names[0]), fold(n))) for e in other.entries for n in e.names[1:]}
        never = tuple(pair for pair in self.never if frozenset(map(fold, pair)) not in one)
        families = self.families | other.families
        return Registry((*kept, *other.entries), (*never, *other.never), families, (*self.verdicts, *other.verdicts))


@cache
def load_registry() -> Registry:
    """The registry that ships: what is common knowledge and no article need say."""
    return read_registry(_SHIPPED)


def read_registry(path: Path, ontology: Ontology | None = None) -> Registry:
    """Read a registry from TOML or CSV; ConfigError names the file, the line and what is wrong there."""
    ontology = ontology or load_ontology()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: the registry cannot be read ({exc}); it is a UTF-8 file, TOML or CSV") from exc
    return parse_registry(path, text, ontology)


def parse_registry(path: Path, text: str, ontology: Ontology | None = None) -> Registry:
    """The registry that a file's text is; errors as `read_registry`."""
    ontology = ontology or load_ontology()
    if path.suffix.lower() == ".csv":
        return _read_csv(path, text, ontology)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: the registry is no TOML: {exc}") from exc
    unknown = sorted(set(data) - {"entity", "never", "families", "verdict"})
    if unknown:
        raise ConfigError(
            f"{path}:{_line(text, unknown[0])}: a registry has [[entity]], [[never]], [families] and [[verdict]], and no {unknown[0]!r}"
        )
    entries = tuple(_entry(path, text, row, ontology) for row in _rows(path, data, "entity"))
    never: list[tuple[str, str]] = []
    for row in _rows(path, data, "never"):
        names = _names(path, text, row.get("names"), "never")
        if len(set(map(fold, names))) < max(2, len(names)):
            raise ConfigError(f"{path}:{_line(text, *names)}: [[never]] needs two names or more in `names`, each once")
        if unknown := sorted(set(row) - {"names"}):
            raise ConfigError(f"{path}:{_line(text, *names)}: a [[never]] has names, and no {unknown[0]!r}")
        never.extend((a, b) for i, a in enumerate(names) for b in names[i + 1 :])
    families = data.get("families", {})
    if not isinstance(families, dict) or set(families) - {"names"}:
        raise ConfigError(
            f"{path}:{_line(text, '[families]')}: families is a table: [families] with names = [...] and nothing else"
        )
    words = frozenset(map(fold, _names(path, text, families.get("names", []), "families")))
    verdicts = tuple(_verdict(path, text, row, ontology) for row in _rows(path, data, "verdict"))
    registry = Registry(entries, tuple(never), words, verdicts)
    _check(path, text, registry)
    return registry


def _rows(path: Path, data: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{path}: `{name}` is a list of tables, each begun by [[{name}]]")
    return rows


def _entry(path: Path, text: str, row: Mapping[str, Any], ontology: Ontology) -> Entry:
    name, given = row.get("name"), row.get("aliases")
    if not isinstance(name, str) or not fold(name):
        words = map(str, given) if isinstance(given, list) and given else ("[[entity]]",)
        raise ConfigError(f"{path}:{_line(text, *words)}: an [[entity]] needs a name that is a text")
    unknown = sorted(set(row) - {"name", "aliases", "type", "ids", "always"})
    if unknown:
        raise ConfigError(
            f"{path}:{_line(text, name)}: {name} has {unknown[0]!r}; an [[entity]] has name, aliases, type, ids and always"
        )
    aliases = _names(path, text, row.get("aliases", []), name)
    ids = row.get("ids", {})
    if not isinstance(ids, dict) or not all(isinstance(v, str) for v in ids.values()):
        raise ConfigError(f'{path}:{_line(text, name)}: ids of {name} are texts by key: {{ wikidata = "Q1" }}')
    if faulty := [key for key in ids if not key.strip() or ":" in key]:
        raise ConfigError(
            f"{path}:{_line(text, name)}: {faulty[0]!r} is no key of an id of {name}; it is a text without a colon"
        )
    ids = {key: value.strip() for key, value in ids.items() if value.strip()}
    coarse, type_ = _coarse(lambda: f"{path}:{_line(text, name)}", row.get("type"), ontology)
    always = row.get("always", False)
    if not isinstance(always, bool):
        raise ConfigError(f"{path}:{_line(text, name)}: `always` of {name} is true or false, and not {always!r}")
    names = (name, *(a for a in aliases if a != name))
    return Entry(names, coarse, type_, MappingProxyType(ids), always)


def _verdict(path: Path, text: str, row: Mapping[str, Any], ontology: Ontology) -> Verdict:
    head, relation, tail = (row.get(key) for key in ("head", "relation", "tail"))
    where = f"{path}:{_line(text, *(str(v) for v in (head, tail) if v))}"
    if not all(isinstance(v, str) and fold(v) for v in (head, relation, tail)):
        raise ConfigError(f"{where}: a [[verdict]] needs head, relation and tail of the fact that it is about")
    known = ("head", "relation", "tail", "because", "article", "becomes")
    if unknown := sorted(set(row) - set(known)):
        raise ConfigError(f"{where}: a [[verdict]] has {', '.join(known)}, and no {unknown[0]!r}")
    _check_relation(where, str(relation), ontology)
    article, because = row.get("article", ""), row.get("because", "")
    if not isinstance(article, str):
        raise ConfigError(f"{where}: the `article` of a [[verdict]] is the id of one, a text")
    if not isinstance(because, str):
        raise ConfigError(f"{where}: the reason of a [[verdict]], `because`, is a text")
    becomes = _correction(where, row["becomes"], ontology) if "becomes" in row else None
    return Verdict(str(head), str(relation), str(tail), because, article, becomes)


def _correction(where: str, row: object, ontology: Ontology) -> Correction:
    keys = [field.name for field in fields(Correction)]
    if (
        not isinstance(row, dict)
        or not row
        or set(row) - set(keys)
        or not all(isinstance(v, str) for v in row.values())
    ):
        raise ConfigError(f"{where}: `becomes` is a table of texts with one or more of {', '.join(keys)}")
    for key in ("head", "tail"):
        if key in row and not fold(row[key]):
            raise ConfigError(f"{where}: the {key} that a fact becomes has no name")
    if "relation" in row:
        _check_relation(where, row["relation"], ontology)
    if "status" in row and row["status"] not in ontology.statuses:
        raise ConfigError(f"{where}: {row['status']!r} is no status; there are {', '.join(ontology.statuses)}")
    if row.get("time") and not is_time(row["time"]):
        raise ConfigError(f"{where}: {row['time']!r} is no time; write YYYY, YYYY-MM, YYYY-MM-DD or START/END")
    return Correction(**row)


def _check_relation(where: str, relation: str, ontology: Ontology) -> None:
    if relation not in ontology.relations:
        raise ConfigError(f"{where}: {relation!r} is no relation; there are {', '.join(ontology.relations)}")


def _coarse(where: Callable[[], str], type_: object, ontology: Ontology) -> tuple[str | None, str | None]:
    """`where` is asked where there is a fault alone: finding a line takes longer than reading it."""
    if type_ is None or type_ == "":
        return None, None
    if not isinstance(type_, str) or type_ not in ontology.entities:
        raise ConfigError(f"{where()}: {type_!r} is no entity type; there are {', '.join(ontology.entities)}")
    return ontology.coarse(type_), type_


def _names(path: Path, text: str, names: object, owner: str) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(n, str) and fold(n) for n in names):
        raise ConfigError(f"{path}:{_line(text, owner)}: names of {owner} are a list of texts, none of them empty")
    return names


_LONGEST_CELL = 131_072
"""Characters, as csv has it where nobody raised its limit: more is an unclosed quote rather than a name."""


def _read_csv(path: Path, text: str, ontology: Ontology) -> Registry:
    rows = csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        return _read_rows(path, text, rows, ontology)
    except csv.Error as exc:
        raise ConfigError(f"{path}:{rows.line_num + 1}: the row cannot be read as CSV: {exc}") from exc


def _read_rows(path: Path, text: str, rows: "csv.DictReader[str]", ontology: Ontology) -> Registry:
    missing = {"name", "alias"} - set(rows.fieldnames or ())
    if missing:
        raise ConfigError(
            f"{path}:1: a registry's columns are name, alias, type, never, ids; {', '.join(sorted(missing))} is missing"
        )
    entries: list[Entry] = []
    never: list[tuple[str, str]] = []
    for row in rows:
        number = rows.line_num
        if any(len(cell) > _LONGEST_CELL for cell in row.values() if isinstance(cell, str)):
            # csv's own limit is one for the whole process, and reading articles raises it
            raise ConfigError(
                f"{path}:{number}: the row cannot be read as CSV: field larger than field limit ({_LONGEST_CELL})"
            )
        if None in row:
            raise ConfigError(
                f"{path}:{number}: the row has more cells than the header; put what has a comma in quotes"
            )
        name, alias = (row.get("name") or "").strip(), (row.get("alias") or "").strip()
        ids = _read_ids(partial("{}:{}".format, path, number), name, row.get("ids") or "")
        if not fold(name) or not (fold(alias) or ids):
            raise ConfigError(f"{path}:{number}: the row needs a name and an alias, or a name and ids")
        coarse, type_ = _coarse(partial("{}:{}".format, path, number), (row.get("type") or "").strip(), ontology)
        if (row.get("never") or "").strip():
            if ids:
                raise ConfigError(
                    f"{path}:{number}: a row that says never has no ids; give them to {name} in a row of its own"
                )
            if fold(name) == fold(alias):
                raise ConfigError(f"{path}:{number}: {name} and {alias} are one name, so they cannot be two")
            never.append((name, alias))
        else:
            names = (name, alias) if fold(alias) else (name,)
            entries.append(Entry(names, coarse, type_, MappingProxyType(ids)))
    registry = Registry(tuple(entries), tuple(never))
    _check(path, text, registry)
    return registry


def _read_ids(where: Callable[[], str], name: str, cell: str) -> dict[str, str]:
    """The ids in a cell: wikidata:Q30744540; stock:600519."""
    ids: dict[str, str] = {}
    for part in filter(None, map(str.strip, re.split("[;；]", cell))):
        key, _, value = (piece.strip() for piece in part.replace("：", ":", 1).partition(":"))
        if not key or not value:
            raise ConfigError(
                f"{where()}: {part!r} is no id of {name}; write key:value, several with a semicolon between"
            )
        if ids.setdefault(key, value) != value:
            raise ConfigError(f"{where()}: {name} has two ids of {key}, {ids[key]} and {value}; keep one of the two")
    return ids


def _check(path: Path, text: str, registry: Registry) -> None:
    """A name may be one thing alone, and not two that are never one."""
    owners: dict[tuple[str, str | None], str] = {}
    for entry in registry.entries:
        for name in entry.names:
            owner = owners.setdefault((fold(name), entry.coarse), entry.names[0])
            if fold(owner) != fold(entry.names[0]):
                raise ConfigError(
                    f"{path}:{_line(text, name)}: {name} is an alias of {owner} and of {entry.names[0]}; keep one of the two"
                )
    # Several entries may say what one thing is called; a type keeps things of one name apart.
    things: dict[str, dict[tuple[str, str | None], str]] = defaultdict(
        dict
    )  # name -> first name and type -> as written
    for entry in registry.entries:
        for name in entry.names:
            things[fold(name)][fold(entry.names[0]), entry.coarse] = entry.names[0]
    for a, b in registry.never:
        for key in things[fold(a)].keys() & things[fold(b)].keys():
            raise ConfigError(
                f"{path}:{_line(text, a)}: {a} and {b} are both names of {things[fold(a)][key]} and never one; keep one of the two"
            )


def _line(text: str, *words: str) -> int:
    """The line where the first of these words stands; 1 where none does."""
    for number, line in enumerate(text.splitlines(), 1):
        if any(word and word in line for word in words):
            return number
    return 1


def find_registry(store: Path | None = None) -> Registry | None:
    """The user's registry: the file that KG_REGISTRY names, or else the one beside a store (news.kgl: news.registry.toml).

    None where there is none. ConfigError for one that is faulty, or named and missing.
    """
    named = os.environ.get("KG_REGISTRY")
    if named:
        return read_registry(Path(named))
    if store is None:
        return None
    beside = place_beside(store)
    try:
        there = beside.is_file()
    except OSError:  # a name so long that its neighbour's is too long
        there = False
    return read_registry(beside) if there else None


def place_beside(store: Path) -> Path:
    """Where the registry of a store in a file is."""
    return store.with_suffix(".registry.toml")
