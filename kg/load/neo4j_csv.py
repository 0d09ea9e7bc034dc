"""Files for `neo4j-admin database import full`, which fills an empty server at the speed of its disk.

They hold what a load through the driver would write, record and digests included, so that later loads go on from there. Three
things are particular to the format. A list is one field, its items parted by a character that stands nowhere in the data. An
empty list cannot be written, nor one of a single empty text: the one is left out, the other has a mark of its own, and the
first `kg` that opens the server puts both right. And a missing value is an empty field, an empty text one of two quotes.
"""

import contextlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from kg.errors import UsageError
from kg.load.derivation import Derivation
from kg.load.neo4j_lock import FORMAT, IMPORTED
from kg.load.neo4j_plan import ARTICLE, ENTITY, FACT, write_entity, write_fact
from kg.load.neo4j_staging import Staging
from kg.model import Extraction
from kg.ontology import Ontology
from kg.output import replacing
from kg.resolve import DERIVATION, Registry

_PRIVATE = range(
    0xE000, 0xF900
)  # characters of Unicode that mean nothing to anybody: the first that is free parts lists
_IN_USE = re.compile("[\ue000-\uf8ff]")

_TYPES = {
    "aliases": "string[]",
    "ids": "string[]",
    "articles": "string[]",
    "evidence": "string[]",
    "history": "string[]",
    "valid_from": "string[]",
    "valid_to": "string[]",
    "confidence": "double",
    "sources": "long",
    "_digest": "long",
    "_mentions": "long",
    "_record": "byte[]",
}


def write_import_files(
    extractions: Iterable[Extraction], folder: Path, ontology: Ontology, *, registry: Registry | None = None
) -> str:
    """Write the files into `folder`, which is made, and return the command that imports them, to be run as it stands.

    Raises OSError where they cannot be written; older files then stay, all of them.
    """
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.ExitStack() as files:
            return _write_files(extractions, folder, ontology, registry, files)
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _write_files(
    extractions: Iterable[Extraction],
    folder: Path,
    ontology: Ontology,
    registry: Registry | None,
    files: contextlib.ExitStack,
) -> str:
    with Staging(ontology, registry) as staging:
        used: set[str] = set()
        for extraction in extractions:
            used.update(_IN_USE.findall(staging.put(extraction).decode("utf-8")))
        for entry in registry.entries if registry else ():
            used.update(_IN_USE.findall("".join((*entry.names, *entry.ids, *entry.ids.values()))))
        staging.set_present([])
        derivation = staging.take_derivation(source=str(folder))
        derivation.merge()
        form = _Form(used, files)
        nodes = [
            ("KGStore", _write_store(folder, form, derivation, registry)),
            ("Article", _write_articles(folder, form, staging, derivation)),
        ]
        nodes += [(f"Entity:{label}", name) for label, name in _write_entities(folder, form, derivation)]
        relationships = [("MENTIONS", _write_mentions(folder, form, derivation))]
        for relation in derivation.relations():
            name = f"facts-{ontology.relation(relation).name}.csv"
            header = [":START_ID(Entity)", ":END_ID(Entity)", *_columns(FACT)]
            rows = ([fact.head, fact.tail, *write_fact(fact)] for fact in derivation.facts(relation))
            form.write_table(folder / name, header, rows)
            relationships.append((relation, name))
    # From within the folder, for a path may hold what the command takes for a list or a pattern of files.
    # The dot is for servers of 2026, which refuse a path without a parent.
    command = [
        *("neo4j-admin", "database", "import", "full", "neo4j", "--multiline-fields=true"),
        f"--array-delimiter=U+{ord(form.delimiter):04X}",
        *(f"--nodes={labels}=./{name}" for labels, name in nodes),
        *(f"--relationships={relation}=./{name}" for relation, name in relationships),
    ]
    return f"cd {shlex.quote(str(folder.resolve()))} && {shlex.join(command)}"


class _Form:
    """How values are written: with a delimiter of lists, and a mark for the list of one empty text, not among those `used`."""

    def __init__(self, used: set[str], files: contextlib.ExitStack) -> None:
        free = (character for character in map(chr, _PRIVATE) if character not in used)
        self.delimiter, self.mark = next(free, ""), next(free, "")
        self._files = files
        if not self.mark:
            raise UsageError("the names use every character that could part lists; load through the driver instead")

    def write_table(self, path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
        """Write a file, which takes its place when all of them are written; its name is returned."""
        new = self._files.enter_context(replacing(path))
        with new.open("w", encoding="utf-8", newline="") as file:
            self._write_row(file, header)
            for row in rows:
                self._write_row(file, row)
        return path.name

    def _write_row(self, file: TextIO, values: Iterable[object]) -> None:
        file.write(",".join(map(self._write_value, values)) + "\n")

    def _write_value(self, value: object) -> str:
        if value is None or value == []:
            return ""
        if value == [""]:
            value = self.mark
        if isinstance(value, bytes):
            value = [byte - 256 if byte > 127 else byte for byte in value]  # Java's bytes have a sign
        text = self.delimiter.join(map(str, value)) if isinstance(value, list) else str(value)
        return text if isinstance(value, int | float) else '"' + text.replace('"', '""') + '"'


def _columns(names: Iterable[str]) -> Iterator[str]:
    return (f"{name}:{_TYPES.get(name, 'string')}" for name in names)


def _write_store(folder: Path, form: _Form, derivation: Derivation, registry: Registry | None) -> str:
    header = ["id:ID(KGStore)", "format:long", "derivation:long", "token:string", "mark:string"]
    header += ["rejected:string", "registry:string"]
    rejected = json.dumps(derivation.rejected, ensure_ascii=False, sort_keys=True)
    row = ["kg", FORMAT, DERIVATION, IMPORTED, form.mark, rejected, registry.digest if registry else None]
    return form.write_table(folder / "store.csv", header, [row])


def _write_articles(folder: Path, form: _Form, staging: Staging, derivation: Derivation) -> str:
    header = ["id:ID(Article)", *_columns((*ARTICLE[1:], "reprint_of", "_mentions"))]
    # Both come in the order of their ids, and of the same articles.
    both = zip(staging.list_articles(), derivation.mentions(), strict=True)
    rows = ([a.id, *map(a.properties.get, ARTICLE[1:]), m.reprint_of, m.digest] for (a, _), m in both)
    return form.write_table(folder / "articles.csv", header, rows)


def _write_mentions(folder: Path, form: _Form, derivation: Derivation) -> str:
    header = [":START_ID(Article)", ":END_ID(Entity)", "count:long", "names:string[]"]
    rows = ([row.doc, *mention] for row in derivation.mentions() for mention in row.mentions)
    return form.write_table(folder / "mentions.csv", header, rows)


def _write_entities(folder: Path, form: _Form, derivation: Derivation) -> Iterator[tuple[str, str]]:
    header = ["id:ID(Entity)", *_columns(ENTITY[1:])]
    for label in derivation.types():
        rows = map(write_entity, derivation.entities(label))
        yield label, form.write_table(folder / f"entities-{label}.csv", header, rows)
