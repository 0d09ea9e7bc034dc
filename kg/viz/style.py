"""How types, relations and statuses look, read from style.toml, and what they are called in both languages."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kg.ontology import load_ontology

STYLE_FILE = Path(__file__).with_name("style.toml")
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Colors:
    """One colour as #rrggbb for a light ground and one for a dark ground."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class TypeStyle:
    name: str
    zh: str
    en: str
    shape: str
    color: Colors
    hollow: bool
    weight: float


@dataclass(frozen=True, slots=True)
class FamilyStyle:
    """A family of relations that share a colour."""

    name: str
    zh: str
    en: str
    color: Colors


@dataclass(frozen=True, slots=True)
class StatusStyle:
    name: str
    zh: str
    en: str
    dashes: tuple[int, ...]
    opacity: float


@dataclass(frozen=True, slots=True)
class RelationStyle:
    name: str
    zh: str
    en: str
    family: str
    symmetric: bool


@dataclass(frozen=True, slots=True)
class Style:
    """Look-ups never fail: what neither style.toml nor the ontology knows looks like `other` and keeps its own name."""

    types: Mapping[str, TypeStyle]
    families: Mapping[str, FamilyStyle]
    statuses: Mapping[str, StatusStyle]
    relations: Mapping[str, RelationStyle]
    other: TypeStyle

    def type(self, name: str) -> TypeStyle:
        return self.types.get(name) or TypeStyle(
            name, name, name, self.other.shape, self.other.color, self.other.hollow, self.other.weight
        )

    def status(self, name: str) -> StatusStyle:
        return self.statuses.get(name) or StatusStyle(name, name, name, (), 0.75)

    def relation(self, name: str) -> RelationStyle:
        return self.relations.get(name) or RelationStyle(name, name, _words(name), OTHER, False)


def _words(name: str) -> str:
    """PARTNERS_WITH -> partners with."""
    return name.replace("_", " ").lower()


@functools.cache
def load_style() -> Style:
    """The shipped style, joined with the shipped ontology's Chinese names."""
    data = tomllib.loads(STYLE_FILE.read_text(encoding="utf-8"))
    ontology = load_ontology()
    types = {
        name: TypeStyle(
            name,
            ontology.entities[name].zh,
            name,
            spec["shape"],
            Colors(*spec["color"]),
            spec.get("hollow", False),
            spec.get("weight", 1.0),
        )
        for name, spec in data["type"].items()
    }
    other = data[OTHER]
    families = {
        name: FamilyStyle(name, spec["zh"], spec["en"], Colors(*spec["color"]))
        for name, spec in (*data["family"].items(), (OTHER, other))
    }
    family_of = {relation: name for name, spec in data["family"].items() for relation in spec["relations"]}
    relations = {
        name: RelationStyle(name, spec.zh, _words(name), family_of.get(name, OTHER), spec.symmetric)
        for name, spec in ontology.relations.items()
    }
    statuses = {
        name: StatusStyle(name, spec["zh"], spec["en"], tuple(spec["dashes"]), spec["opacity"])
        for name, spec in data["status"].items()
    }
    fallback = TypeStyle(OTHER, other["zh"], other["en"], other["shape"], Colors(*other["color"]), False, 1.0)
    return Style(
        MappingProxyType(types),
        MappingProxyType(families),
        MappingProxyType(statuses),
        MappingProxyType(relations),
        fallback,
    )
