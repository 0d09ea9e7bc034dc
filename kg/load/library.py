"""The library of questions: Cypher files with a header that says what they ask, with which parameters, and what comes out.

    // zh: …                          the question in Chinese
    // en: …                          and in English
    // param name = "小红书"           a parameter with its default, as JSON
    // column partner                 a column of the answer, with a few words on it

They use nothing that Neo4j and KGLite do not share, and never a value in the text of the query. Where a kind of store has
a better way of its own, a second file holds its text: find.neo4j.cypher beside find.cypher.

Neo4j Browser keeps questions as favourites and knows no defaults, so `write_favourites` puts them into the text, on top.
"""

import difflib
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kg.errors import ConfigError, OutputError, UsageError
from kg.graph import suggest_names
from kg.load.base import Row, Store
from kg.load.library_parameters import check_values
from kg.ontology import load_ontology
from kg.output import explain as why
from kg.output import replacing

_HEADER = re.compile(r"//\s*(?:(zh|en):\s*(.+)|param\s+(\w+)\s*=\s*(.+)|column\s+(\w+)\s*(.*))")
_PARAMETER = re.compile(r"\$(\w+)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file knows: the same questions make the same file

_NAME_PARAMETERS = ("name", "other")  # those that hold an entity's name, in every question that has them

_SERVER = "neo4j"  # the dialect of every store that has an address


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A question of the library. `parameters` holds the defaults, `columns` what each column of the answer means.

    `cypher` is the text for all stores, `variants` those of dialects that answer better in their own words.
    """

    name: str
    zh: str
    en: str
    parameters: Mapping[str, Any]
    columns: Mapping[str, str]
    cypher: str
    variants: Mapping[str, str]

    def text(self, url: str) -> str:
        """The Cypher text for the store at `url`."""
        return self.variants.get(_SERVER, self.cypher) if "://" in url else self.cypher

    def fill(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults with the parameters given in their place; UsageError for one that the question does not have, or does
        not take: a word for a number or day, a status that there is not.
        """
        unknown = sorted(set(given) - set(self.parameters))
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise UsageError(f"query {self.name!r} has no parameter {unknown[0]!r}; it has {known}")
        values = {**self.parameters, **given}
        check_values(self.name, values, self.parameters)
        return values


def list_queries() -> list[NamedQuery]:
    """All questions of the library, by name."""
    return [_parse(path) for path in _list_files().values()]


def load_query(name: str) -> NamedQuery:
    """The question of this name; UsageError with the nearest names where there is none."""
    files = _list_files()
    if name not in files:
        near = difflib.get_close_matches(name.replace("_", "-"), files, n=3)
        hint = f"did you mean {', '.join(near)}? `kg queries`" if near else "`kg queries`"
        raise UsageError(f"unknown query {name!r}; {hint} lists them all")
    return _parse(files[name])


def explain(store: Store, cypher: str, parameters: Mapping[str, Any]) -> list[Row]:
    """How the store would answer, without doing it: one row a step, in the store's own columns; [] where it does not tell.

    QueryError where it refuses the query.
    """
    return store.query(f"EXPLAIN {cypher}", **parameters)


def find_strangers(store: Store, parameters: Mapping[str, Any]) -> list[str]:
    """Why a question of the library may have found nothing: a sentence for each name in `parameters` that no entity has, and
    for each article, relation and type that there is not.
    """
    sentences = _find_unknown_words(parameters)
    doc = parameters.get("article")
    if doc is not None and not store.query("MATCH (a:Article {id: $doc}) RETURN a.id LIMIT 1", doc=doc):
        ids = [row["id"] for row in store.query("MATCH (a:Article) RETURN a.id AS id")]
        sentences.append(f"no article has the id {doc!r} (-p article=…){suggest_names(ids, doc)}")
    for key in _NAME_PARAMETERS:
        name = parameters.get(key)
        if not isinstance(name, str) or not name:
            continue
        if store.query("MATCH (e:Entity) WHERE e.name = $name OR $name IN e.aliases RETURN e.id LIMIT 1", name=name):
            continue
        rows = store.query("MATCH (e:Entity) RETURN e.name AS name, e.aliases AS aliases")
        names = (form for row in rows for form in (row["name"], *(row["aliases"] or ())))
        sentences.append(f"no entity is named {name!r} (-p {key}=…){suggest_names(names, name)}")
    return sentences


def _find_unknown_words(parameters: Mapping[str, Any]) -> list[str]:
    """A sentence for each relation and type that the ontology does not have."""
    ontology = load_ontology()
    sentences = []
    for key, what, known in (
        ("relation", "relation", ontology.relations),
        ("relations", "relation", ontology.relations),
        ("types", "type", ontology.entities),
    ):
        value = parameters.get(key, [])
        words = [value] if isinstance(value, str) else value
        sentences += [
            f"no {what} is called {word!r} (-p {key}=…); there are {', '.join(known)}"
            for word in words
            if word not in known
        ]
    return sentences


def write_favourites(path: str | PathLike[str]) -> int:
    """Write a .zip of favourites that Neo4j Browser takes when it is dropped on its window; returns how many they are.

    In the folder `kg` are those of cypher/favourites.cypher, which show graphs; in `kg questions` those of the library,
    which give tables. OutputError where the file cannot be written.
    """
    texts = {f"kg/{i:02d}.cypher": text for i, text in enumerate(_list_graph_favourites(), 1)}
    texts |= {f"kg questions/{query.name}.cypher": write_favourite(query) for query in list_queries()}
    try:
        with replacing(Path(path)) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    except OSError as exc:
        raise OutputError(f"{path}: the favourites cannot be written, because {why(exc)}") from exc
    return len(texts)


def write_favourite(query: NamedQuery) -> str:
    """A question as one statement for Neo4j Browser (Neo4j 5.23 and later), its first line the name of the favourite.

    The values to change stand together on top. The Browser's own `:params` would be a statement of its own, and of
    several statements it shows no result.
    """
    head = f"// {query.zh} ({query.name})\n"
    body = query.variants.get(_SERVER, query.cypher)
    if not query.parameters:
        return head + body
    # LIMIT takes no variable, so its value goes where it is used.
    body = re.sub(r"(?<=LIMIT )\$(\w+)", lambda m: _write_literal(query.parameters[m[1]]), body)
    used = dict.fromkeys(_PARAMETER.findall(body))
    values = ", ".join(f"{name}: {_write_literal(query.parameters[name])}" for name in used)
    body = _PARAMETER.sub(r"ask.\1", body)
    indented = "".join(f"  {line}\n" for line in body.splitlines())
    columns = ", ".join(f"`{column}`" for column in query.columns)
    return f"{head}WITH {{{values}}} AS ask\nCALL (ask) {{\n{indented}}}\nRETURN {columns}\n"


def _write_literal(value: Any) -> str:
    """A value of JSON as Cypher: they write strings, numbers and lists alike, and nothing else is a default."""
    return json.dumps(value, ensure_ascii=False)


def _list_graph_favourites() -> list[str]:
    """The statements of cypher/favourites.cypher, each with the comment above it, whose first line is its name."""
    text = (_find_folder().parent / "favourites.cypher").read_text(encoding="utf-8")
    return [f"{part.strip()}\n" for part in re.split(r"\n{2,}(?=//)", text.strip())]


def _list_files() -> dict[str, Path]:
    """The file of every question, by name."""
    files = {path.stem: path for path in _find_folder().glob("*.cypher") if "." not in path.stem}
    return dict(sorted(files.items()))


def _find_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "cypher" / "queries", package.parent / "cypher" / "queries"):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the library of queries is missing from {package}; install kg again")


def _parse(path: Path) -> NamedQuery:
    questions: dict[str, str] = {}
    parameters: dict[str, Any] = {}
    columns: dict[str, str] = {}
    body: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _HEADER.match(line)
        if match is None or body:
            body.append(line)
            continue
        language, question, parameter, default, column, meaning = match.groups()
        if language:
            questions[language] = question.strip()
        elif parameter:
            try:
                parameters[parameter] = json.loads(default)
            except ValueError as exc:
                raise ConfigError(f"{path}:{number}: the default of {parameter} is not JSON ({exc})") from exc
        else:
            columns[column] = meaning.strip()
    if not questions.keys() >= {"zh", "en"} or not columns:
        raise ConfigError(f"{path}: the header needs zh, en and at least one column")
    variant = path.with_suffix(f".{_SERVER}.cypher")
    return NamedQuery(
        path.stem,
        questions["zh"],
        questions["en"],
        MappingProxyType(parameters),
        MappingProxyType(columns),
        "\n".join(body).strip() + "\n",
        MappingProxyType({_SERVER: variant.read_text(encoding="utf-8")} if variant.is_file() else {}),
    )
