"""The ontology as data: which entity types and relations there are, and which ends a relation may have."""

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kg.errors import OntologyError
from kg.parameters import list_asked

ONTOLOGY_FILE = Path(__file__).with_name("ontology.toml")
_IDENTIFIER = re.compile(
    r"[A-Za-z][A-Za-z0-9_]*"
)  # labels and types go into Cypher as names, so nothing else is let in


@dataclass(frozen=True, slots=True)
class EntityType:
    name: str
    zh: str
    coarse: str


@dataclass(frozen=True, slots=True)
class RelationType:
    name: str
    zh: str
    head: frozenset[str]
    tail: frozenset[str]
    symmetric: bool


@dataclass(frozen=True, slots=True)
class Ontology:
    """Types by name. Look-ups of a name that is not there raise OntologyError and list what is."""

    entities: Mapping[str, EntityType]
    relations: Mapping[str, RelationType]
    statuses: tuple[str, ...]

    def entity(self, name: str) -> EntityType:
        try:
            return self.entities[name]
        except KeyError:
            raise OntologyError(f"unknown entity type {name!r}; the ontology has {', '.join(self.entities)}") from None

    def relation(self, name: str) -> RelationType:
        try:
            return self.relations[name]
        except KeyError:
            raise OntologyError(f"unknown relation {name!r}; the ontology has {', '.join(self.relations)}") from None

    def name_relation(self, called: str) -> str:
        """The name of the relation that somebody calls so: by it in any case (partners_with), or in Chinese (合作). OntologyError for none."""
        for name, spec in self.relations.items():
            if called.casefold() == name.casefold() or called == spec.zh:
                return name
        return self.relation(called).name

    def name_relations(self, called: str | Iterable[str] | None) -> frozenset[str] | None:
        """The names of relations that are asked for, be it several or one, each as `name_relation` has it; None, which asks for all, stays."""
        asked = list_asked(called)
        return None if asked is None else frozenset(map(self.name_relation, asked))

    def coarse(self, entity_type: str) -> str:
        """The coarse type (Org for platforms, companies, brands and institutions), under which names are compared."""
        return self.entity(entity_type).coarse

    def fault(self, head_type: str, relation: str, tail_type: str, status: str = "actual") -> str | None:
        """Why a statement of these types may not stand, as a short phrase; None where it may."""
        if relation not in self.relations:
            return f"unknown relation {relation}"
        spec = self.relations[relation]
        if head_type not in spec.head:
            return f"{relation} may not start at {head_type}"
        if tail_type not in spec.tail:
            return f"{relation} may not end at {tail_type}"
        if status not in self.statuses:
            return f"unknown status {status}"
        return None


def read_ontology(path: Path) -> Ontology:
    """Read an ontology from TOML; OntologyError names the file and what is wrong in it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise OntologyError(f"{path}: not a readable TOML file ({exc})") from exc
    try:
        entities = {
            name: EntityType(name, spec["zh"], spec.get("coarse", name)) for name, spec in data["entity"].items()
        }
        relations = {
            name: RelationType(
                name, spec["zh"], frozenset(spec["head"]), frozenset(spec["tail"]), bool(spec.get("symmetric", False))
            )
            for name, spec in data["relation"].items()
        }
        statuses = tuple(data["status"]["values"])
    except (KeyError, TypeError, AttributeError) as exc:
        raise OntologyError(f"{path}: an entity needs zh, a relation zh, head and tail ({exc})") from exc
    for name in (*entities, *relations):
        if not _IDENTIFIER.fullmatch(name):
            raise OntologyError(f"{path}: {name!r} may hold only Latin letters, digits and _, and starts with a letter")
    for spec in relations.values():
        for end in sorted(spec.head | spec.tail):
            if end not in entities:
                raise OntologyError(f"{path}: relation {spec.name} names {end!r}, which is no entity type of the file")
    return Ontology(MappingProxyType(entities), MappingProxyType(relations), statuses)


@functools.cache
def load_ontology() -> Ontology:
    """The ontology that the package ships."""
    return read_ontology(ONTOLOGY_FILE)
