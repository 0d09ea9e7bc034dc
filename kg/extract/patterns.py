"""The pattern language: how a sentence must be worded so that it states something.

A form is literal text with
    {name}   a slot for a mention (or a list of them: A、B和C); its types follow from the relations it takes part in
    {name:Role}, {name:Role=创始}    a slot of that type (or coarse type: Org), and one whose mention holds that text
    …        up to GAP characters without a party's name and within the sentence; commas may stand there
    ~        up to SHORT_GAP characters without any mention, punctuation, 与, 和 or 跟
    ……       up to WIDE_GAP characters, whatever stands there but the end of a sentence
    <class>  one of the words of that class
    (a|b)    alternatives; `?` after a bracket, a class or a character makes it optional;  ^ is the beginning of a clause
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from kg.errors import OntologyError
from kg.extract.backtracking import count_ways
from kg.extract.sentences import MAX_SENTENCE
from kg.extract.toml import Table, TomlFile
from kg.model import STATUSES
from kg.ontology import Ontology

PATTERNS_FILE = Path(__file__).with_name("patterns.toml")

# Tried on articles/train-a to train-d: F1 rises by 0.4 points from 8 to 20 characters of GAP and hardly beyond, by 0.8 from 2
# to 4 of SHORT_GAP and by 0.2 to 6, where precision falls; 20, 40 or 60 of WIDE_GAP make no difference.
GAP = 20
SHORT_GAP = 4
WIDE_GAP = 40

# Ways that may be tried from one place of a sentence. Our own forms have 740,880 at most, our cues 52. A form begins at
# mentions, a cue anywhere: four …… without an end took 0.02 s from one mention, 10,000 ways 0.01 s in the longest sentence.
MOST_WAYS_OF_FORM = 3_000_000
MOST_WAYS_OF_CUE = 10_000

# In an encoded sentence a mention is one private-use character; each type has a block, so that a slot is a character class.
FIRST_BLOCK = 0xE000
BLOCK = 512
PARTIES = ("Platform", "Company", "Brand", "Institution", "Person", "Product", "Program")


@dataclass(frozen=True, slots=True)
class Gives:
    """A triple that a match states, by the names of its slots."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled form. `status` overrules what cue words say; `timed` False: a state, to which no date of the sentence belongs."""

    form: str
    regex: re.Pattern[str]
    gives: tuple[Gives, ...]
    confidence: float
    status: str | None = None
    timed: bool = True
    where: str = ""
    parts: tuple[tuple[str, str], ...] = ()  # slots whose mention must hold a text
    explicit: bool = False  # no slot may be a subject that the clause leaves out


@dataclass(frozen=True, slots=True)
class StatusCues:
    """Words that tell a status, by where they count: in the `sentence` up to the end of the passage, in the `clause`s of the
    passage, or in the `match` alone, between the first and the last word of the form."""

    status: str
    sentence: re.Pattern[str] | None
    clause: re.Pattern[str] | None
    match: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class StatusPair:
    """A statement of `status` is told with the status `also` beside it where the sentences of its evidence hold a cue, or, with
    `follows`, the sentence after them: a denial tells of the rumour that it denies. `instead`: in the place of its status."""

    status: str
    also: str
    cue: re.Pattern[str]
    follows: bool = False
    instead: bool = False


UNSTATED = "unstated"  # a cue's value for what is asked, supposed or advised: no statement at all


@dataclass(frozen=True, slots=True)
class Patterns:
    patterns: tuple[Pattern, ...]
    classes: Mapping[str, tuple[str, ...]]
    cues: tuple[StatusCues, ...]
    pairs: tuple[StatusPair, ...] = ()

    def merged_with(self, other: "Patterns") -> "Patterns":
        """Both together; `other` stands first, so it wins where both state the same."""
        return Patterns(
            other.patterns + self.patterns,
            MappingProxyType({**self.classes, **other.classes}),
            other.cues + self.cues,
            other.pairs + self.pairs,
        )


def block_of(entity_type: str, ontology: Ontology) -> range:
    """The code points that stand for mentions of this type in an encoded sentence."""
    first = FIRST_BLOCK + list(ontology.entities).index(entity_type) * BLOCK
    return range(first, first + BLOCK)


def _character_class(types: frozenset[str], ontology: Ontology) -> str:
    blocks = (block_of(t, ontology) for t in sorted(types))
    return "".join(f"{chr(b.start)}-{chr(b.stop - 1)}" for b in blocks)


_TOKEN = re.compile(
    r"\{(?P<slot>\w+)(?::(?P<type>\w+)(?:=(?P<part>[^{}]+))?)?\}|<(?P<word>[\w-]+)>(?P<optional>\??)|(?P<wide>……)|(?P<gap>…)|(?P<short>~)|(?P<start>\^)"
    r"|(?P<syntax>\)\?|[()|])|(?P<maybe>[^{}<>…~^()|?])\?|(?P<literal>[^{}<>…~^()|?])|(?P<bad>.)",
    re.DOTALL,
)


def _types_of(name: str, ontology: Ontology) -> frozenset[str]:
    """The types that a name stands for: itself, or all of the coarse type."""
    members = frozenset(kind for kind, spec in ontology.entities.items() if spec.coarse == name)
    return members or frozenset({ontology.entity(name).name})


class FormError(ValueError):
    """A form that cannot be compiled; the message says why."""


def compile_form(
    form: str, gives: tuple[Gives, ...], classes: Mapping[str, tuple[str, ...]], ontology: Ontology
) -> re.Pattern[str]:
    """The regular expression of a form, over encoded sentences. FormError where the form is wrong or leaves too much open."""
    types: dict[str, frozenset[str]] = {}
    for triple in gives:
        spec = ontology.relation(triple.relation)
        for slot, allowed in ((triple.head, spec.head), (triple.tail, spec.tail)):
            types[slot] = types.get(slot, frozenset(ontology.entities)) & allowed
    parties = _character_class(frozenset(PARTIES) & frozenset(ontology.entities), ontology)
    mentions = _character_class(frozenset(ontology.entities), ontology)
    pieces: list[str] = []
    seen: set[str] = set()
    for token in _TOKEN.finditer(form):
        if slot := token["slot"]:
            if kind := token["type"]:
                types[slot] = types.get(slot, frozenset(ontology.entities)) & _types_of(kind, ontology)
            if slot not in types:
                raise FormError(f"slot {{{slot}}} is in no triple of `gives`")
            if not types[slot]:
                raise FormError(f"slot {{{slot}}} would need a type that all its relations allow; there is none")
            pieces.append(
                f"(?P={slot})" if slot in seen else f"(?P<{slot}>[{_character_class(types[slot], ontology)}])"
            )
            seen.add(slot)
        elif word := token["word"]:
            if word not in classes:
                raise FormError(f"no word class <{word}>; there are {', '.join(sorted(classes))}")
            words = "|".join(re.escape(w) for w in sorted(classes[word], key=len, reverse=True))
            pieces.append(f"(?:{words}){token['optional']}")
        elif token["wide"]:
            pieces.append(f"[^。！？\n]{{0,{WIDE_GAP}}}?")
        elif token["gap"]:
            pieces.append(f"[^。；！？\n{parties}]{{0,{GAP}}}?")
        elif token["short"]:
            pieces.append(f"[^，。；：！？、与和跟\n{mentions}]{{0,{SHORT_GAP}}}?")
        elif token["start"]:
            pieces.append(r"(?:(?<=[，。；：！？\n“])|\A)")
        elif token["syntax"]:
            pieces.append({"(": "(?:", ")": ")", ")?": ")?", "|": "|"}[token["syntax"]])
        elif token["maybe"]:
            pieces.append(re.escape(token["maybe"]) + "?")
        elif token["literal"]:
            pieces.append(re.escape(token["literal"]))
        else:
            raise FormError(f"{token['bad']!r} has no meaning at this place")
    if missing := set(types) - seen:
        raise FormError(f"`gives` names {', '.join(sorted(missing))}, which is no slot of the form")
    expression = "".join(pieces)
    try:
        ways = count_ways(expression, longest=MAX_SENTENCE)
        if ways <= MOST_WAYS_OF_FORM:
            return re.compile(expression)
    except re.error as exc:
        raise FormError("its brackets do not match, or stand in each other too deeply") from exc
    raise FormError(
        "it leaves too much open, so a long sentence would take for ever; use fewer …, …… and ? or cut it in two forms"
    )


_GIVES = re.compile(r"\{(\w+)\}\s+(\w+)\s+\{(\w+)\}")


def read_patterns(path: Path, ontology: Ontology, *, base: "Patterns | None" = None) -> Patterns:
    """Read a patterns file; word classes of `base` can be used in it. ConfigError names file and line of a fault."""
    file = TomlFile(path)
    unknown = set(file.data) - {"words", "pattern", "status", "beside"}
    if unknown:
        key = sorted(unknown)[0]
        file.fail(
            file.line_of_header(key), f"unknown key {key!r}; expected [words], [[pattern]], [[status]] and [[beside]]"
        )
    own: dict[str, tuple[str, ...]] = {}
    table = file.table("words")
    for name, words in table.data.items():
        if not isinstance(words, list) or not words or not all(isinstance(w, str) and w for w in words):
            file.fail(file.line_of(name, table), f"word class {name} must be a list of words")
        own[name] = tuple(words)
    classes = {**(base.classes if base else {}), **own}
    patterns = [_read_pattern(file, table, classes, ontology) for table in file.tables("pattern")]
    cues = [_read_cues(file, table) for table in file.tables("status")]
    pairs = [_read_pair(file, table) for table in file.tables("beside")]
    return Patterns(tuple(patterns), MappingProxyType(classes), tuple(cues), tuple(pairs))


def _read_pattern(file: TomlFile, table: Table, classes: Mapping[str, tuple[str, ...]], ontology: Ontology) -> Pattern:
    spec = table.data

    def fail(key: str, message: str) -> NoReturn:
        file.fail(file.line_of(key, table), message)

    if extra := set(spec) - {"form", "gives", "confidence", "status", "timed", "explicit"}:
        fail(sorted(extra)[0], f"unknown key {sorted(extra)[0]!r} in a pattern")
    form, listed = spec.get("form"), spec.get("gives")
    triples = [listed] if isinstance(listed, str) else listed
    if not isinstance(form, str) or not isinstance(triples, list) or not triples:
        key = "form" if not isinstance(form, str) else "gives"
        fail(key, 'a pattern needs form = "…" and gives = "{a} RELATION {b}" (or a list of such)')
    gives = []
    for triple in triples:
        match = _GIVES.fullmatch(triple) if isinstance(triple, str) else None
        if not match:
            fail("gives", f'{triple!r} does not have the form "{{a}} RELATION {{b}}"')
        try:
            ontology.relation(match[2])
        except OntologyError as exc:
            fail("gives", str(exc))
        gives.append(Gives(match[1], match[2], match[3]))
    confidence = spec.get("confidence", 0.6)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence <= 1:
        fail("confidence", f"confidence must be above 0 and at most 1, not {_show(confidence)}")
    status = spec.get("status")
    if status is not None and status not in STATUSES:
        fail("status", f"unknown status {status!r}; there are {', '.join(STATUSES)}")
    for key in ("timed", "explicit"):
        if not isinstance(spec.get(key, True), bool):
            fail(key, f"{key} must be true or false, not {_show(spec[key])}")
    try:
        regex = compile_form(form, tuple(gives), classes, ontology)
    except (FormError, OntologyError) as exc:
        fail("form", f"form {_show(form)}: {exc}")
    return Pattern(
        form,
        regex,
        tuple(gives),
        float(confidence),
        status if isinstance(status, str) else None,
        bool(spec.get("timed", True)),
        f"{file.path.name}:{table.line}",
        tuple((token["slot"], token["part"]) for token in _TOKEN.finditer(form) if token["part"]),
        bool(spec.get("explicit", False)),
    )


def _read_cues(file: TomlFile, table: Table) -> StatusCues:
    status = table.data.get("value")
    if extra := set(table.data) - {"value", "sentence", "clause", "match"}:
        key = sorted(extra)[0]
        file.fail(
            file.line_of(key, table), f"unknown key {key!r} in a status; expected value, sentence, clause and match"
        )
    if not isinstance(status, str) or status not in (*STATUSES, UNSTATED):
        known = ", ".join((*STATUSES, UNSTATED))
        file.fail(file.line_of("value", table), f"unknown status {status!r}; there are {known}")

    return StatusCues(status, *(_expression(file, table, key) for key in ("sentence", "clause", "match")))


def _read_pair(file: TomlFile, table: Table) -> StatusPair:
    data = table.data
    if extra := set(data) - {"status", "also", "sentence", "follows", "instead"}:
        key = sorted(extra)[0]
        file.fail(
            file.line_of(key, table),
            f"unknown key {key!r} in [[beside]]; expected status, also, sentence, follows and instead",
        )
    for key in ("status", "also"):
        if data.get(key) not in STATUSES:
            file.fail(file.line_of(key, table), f"unknown status {data.get(key)!r}; there are {', '.join(STATUSES)}")
    if data["status"] == data["also"]:
        file.fail(file.line_of("also", table), f"a statement that is {data['status']} needs no second such status")
    for key in ("follows", "instead"):
        if not isinstance(data.get(key, False), bool):
            file.fail(file.line_of(key, table), f"{key} must be true or false, not {_show(data[key])}")
    cue = _expression(file, table, "sentence")
    if cue is None:
        file.fail(table.line, "[[beside]] needs sentence = [words or regular expressions]")
    return StatusPair(data["status"], data["also"], cue, data.get("follows", False), data.get("instead", False))


def _expression(file: TomlFile, table: Table, key: str) -> re.Pattern[str] | None:
    """The words of a list as one expression, None where there are none. ConfigError where one is wrong or would take for ever."""
    words = table.data.get(key, [])
    line = file.line_of(key, table)
    if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
        file.fail(line, f"{key} must be a list of words or regular expressions")
    try:
        for word in words:
            if count_ways(word, longest=MAX_SENTENCE) > MOST_WAYS_OF_CUE:
                file.fail(
                    line,
                    f"{_show(word)} in {key} leaves too much open, so a long sentence would take for ever; "
                    "bound what repeats, as in .{0,20}, and let nothing repeat that repeats or has alternatives itself",
                )
        return re.compile("|".join(words)) if words else None
    except re.error as exc:
        file.fail(line, f"{key} holds a wrong regular expression ({exc})")


def _show(value: object) -> str:
    """The value as it would be quoted in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
