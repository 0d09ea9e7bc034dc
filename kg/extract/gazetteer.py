"""Known names: which form names what kind of thing, and under which usual name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kg.errors import OntologyError
from kg.extract.toml import TomlFile
from kg.ontology import Ontology

GAZETTEER_FILE = Path(__file__).with_name("gazetteer.toml")


@dataclass(frozen=True, slots=True)
class KnownName:
    """What a form means: the usual name of the thing, and its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Known names by each of their forms."""

    forms: Mapping[str, KnownName]

    def merged_with(self, other: "Gazetteer") -> "Gazetteer":
        """Both together; `other` wins where both know a form."""
        return Gazetteer(MappingProxyType({**self.forms, **other.forms}))


def read_gazetteer(path: Path, ontology: Ontology) -> Gazetteer:
    """Read `[entities]`: by type, a list of names or of lists of one thing's names.

    ConfigError names file and line of what is wrong: an unknown table or type, an item that is no name, an empty name.
    """
    file = TomlFile(path)
    if "entities" not in file.data:
        file.fail(
            1, 'expected a table [entities] with lists by type, such as Platform = ["小红书", ["哔哩哔哩", "B站"]]'
        )
    unknown = sorted(set(file.data) - {"entities"})
    if unknown:
        file.fail(
            file.line_of_header(unknown[0]), f"unknown key {unknown[0]!r}; names stand in [entities], by their types"
        )
    forms: dict[str, KnownName] = {}
    table = file.table("entities")
    for kind, items in table.data.items():
        line = file.line_of(kind, table)
        try:
            ontology.entity(kind)
        except OntologyError as exc:
            file.fail(line, str(exc))
        if not isinstance(items, list):
            file.fail(line, f"{kind} must be a list of names")
        for item in items:
            names = [item] if isinstance(item, str) else item
            if not isinstance(names, list) or not names or not all(isinstance(n, str) and n.strip() for n in names):
                file.fail(line, f"{item!r} under {kind} is neither a name nor a list of one thing's names")
            for form in names:
                forms[form] = KnownName(names[0], kind)
    return Gazetteer(MappingProxyType(forms))
