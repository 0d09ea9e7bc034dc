"""What the rules know about the shape of Chinese names: lexicon.toml, compiled once."""

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

LEXICON_FILE = Path(__file__).with_name("lexicon.toml")

# Characters a name is made of. The middle dot joins parts of foreign names, & and - parts of brands.
NAME_CHARACTER = r"[㐀-䶿一-鿿A-Za-z0-9·・&\-]"


def alternatives(words: Iterable[str]) -> str:
    """A regular expression for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda w: (-len(w), w)))


@dataclass(frozen=True, slots=True)
class Suffixes:
    """Endings that make a name of some type."""

    strong: re.Pattern[str]
    weak: re.Pattern[str] | None
    generic: re.Pattern[str]  # a stem made of such words alone names nothing
    hollow: re.Pattern[str]  # a stem that ends so neither
    nationality: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class References:
    """Expressions that stand for something named before, one regular expression a kind."""

    one: re.Pattern[str]
    platform: re.Pattern[str]
    brand: re.Pattern[str]
    two: re.Pattern[str]
    three: re.Pattern[str]
    first: re.Pattern[str]
    second: re.Pattern[str]
    person: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    company: Suffixes
    institution: Suffixes
    boundary_characters: frozenset[str]
    boundary_words: re.Pattern[str]
    inner_words: frozenset[str]
    surname: re.Pattern[str]
    common_surname: re.Pattern[str]
    after_person: re.Pattern[str]
    not_person: frozenset[str]
    role: re.Pattern[str]
    departmental: re.Pattern[str]
    tenure: re.Pattern[str]
    quoted_ending: Mapping[str, re.Pattern[str]]
    quoted_before: Mapping[str, re.Pattern[str]]
    papers: re.Pattern[str]
    apposition: Mapping[str, re.Pattern[str]]
    references: References


@functools.cache
def load_lexicon() -> Lexicon:
    """The lexicon that the package ships."""
    data = tomllib.loads(LEXICON_FILE.read_text(encoding="utf-8"))
    person, role, quoted = data["person"], data["role"], data["quoted"]
    modifiers, heads = alternatives(role["modifiers"]), alternatives(role["heads"])
    compound = alternatives(person["compound_surnames"])
    return Lexicon(
        company=_suffixes(data["company"]),
        institution=_suffixes(data["institution"]),
        boundary_characters=frozenset(data["boundary"]["characters"]),
        boundary_words=re.compile(alternatives(data["boundary"]["words"])),
        inner_words=frozenset(data["boundary"]["inner"]),
        surname=re.compile(f"{compound}|[{person['surnames']}]"),
        common_surname=re.compile(f"{compound}|[{person['common_surnames']}]"),
        after_person=re.compile(f"(?:{alternatives(person['after'])})|\\Z|\\s|[“”]"),
        not_person=frozenset(person["not_names"]),
        role=re.compile(f"(?:{modifiers})*(?:{heads})"),
        departmental=re.compile(f"(?:{modifiers})*(?:{alternatives(role['departmental'])})"),
        tenure=re.compile(alternatives(role["tenure"])),
        quoted_ending={kind: re.compile(f"(?:{alternatives(words)})\\Z") for kind, words in quoted["ending"].items()},
        quoted_before={kind: re.compile(f"(?:{alternatives(words)})\\Z") for kind, words in quoted["before"].items()},
        papers=re.compile(f"(?:{alternatives(data['title_mark']['papers'])})(?:（.*）)?\\Z"),
        apposition={kind: re.compile(alternatives(words)) for kind, words in data["apposition"].items()},
        references=References(**{kind: re.compile(expression) for kind, expression in data["reference"].items()}),
    )


def _suffixes(table: dict[str, list[str]]) -> Suffixes:
    weak = table.get("weak")
    return Suffixes(
        strong=re.compile(alternatives(table["strong"])),
        weak=re.compile(alternatives(weak)) if weak else None,
        generic=re.compile(f"(?:{alternatives(table['generic'])})+"),
        hollow=re.compile(f"(?:{alternatives(table['hollow'])})\\Z"),
        nationality=re.compile(alternatives(table["nationalities"]) or r"(?!)"),
    )
