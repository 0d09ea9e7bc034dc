"""The plain data that flows through the house: frozen, slotted, and knowing nothing of files, models or stores.

Offsets are half-open character offsets into an article's raw text, noise included: `text[start:end]` is the passage.
Days are ISO strings (`YYYY`, `YYYY-MM`, `YYYY-MM-DD`, an interval `START/END`), never datetimes: news is often no more exact.
"""

import base64
import binascii
import hashlib
import heapq
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

STATUSES = ("actual", "planned", "rumored", "denied", "ended")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of characters."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span [{self.start}, {self.end}) is not in order")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is kept of an article beside its text.

    `hash` covers its content and what extracted it ("" where unknown). Behind a hyphen it tells files apart, see `Article.info`.
    `sketch` tells articles of one text (see `sketch`); it is no part of what is compared.
    """

    id: str
    title: str = ""
    date: str | None = None
    source: str | None = None
    url: str | None = None
    hash: str = ""
    sketch: str = field(default="", compare=False, repr=False)


_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_CHINESE = re.compile("[0-9\u4e00-\u9fff]+")
_SHINGLE = 6  # characters: a clause is longer, and two writers seldom agree on more
# Share of a text: of the 14 example articles 1.0, of the same in traditional characters at most 0.72.
_SIMPLIFIED = 0.95
_KEPT = 64  # hashes: a share of one half is known to within 0.06


@lru_cache(maxsize=16)  # one article is asked for its info several times in a row
def sketch(text: str) -> str:
    """What is left of a text to tell whether another is a copy of it: at most 354 characters, "" for a very short text.

    The number of different runs of six characters, and the 64 smallest of their hashes (a bottom-k sketch, Broder 1997),
    packed in base 64. Markup, signs and blanks do not count, and Latin letters only where there is little Chinese. A text in
    traditional characters has the sketch of the same in simplified ones.
    """
    plain = _MARKUP.sub("", text)
    signs = "".join(_CHINESE.findall(plain))
    if len(signs) < 4 * _SHINGLE:
        signs = "".join(c for c in plain.casefold() if c.isalnum())
    elif is_traditional(signs):
        from kg.resolve.scripts import simplify  # whose dictionaries few texts need

        [signs] = simplify([signs])
    data = signs.encode("utf-32-le", "surrogatepass")
    hashes = {zlib.crc32(data[i : i + 4 * _SHINGLE]) for i in range(0, len(data) - 4 * _SHINGLE + 1, 4)}
    if len(hashes) < _KEPT // 2:
        return ""
    kept = heapq.nsmallest(_KEPT, hashes)
    packed = b"".join(value.to_bytes(4, "big") for value in (len(hashes), *kept))
    return base64.b64encode(packed).decode("ascii")


def is_traditional(text: str) -> bool:
    """Whether a text is in traditional characters: more of it than rare names explain is not in GB 2312, the simplified set."""
    return len(text.encode("gb2312", "ignore").decode("gb2312")) < _SIMPLIFIED * len(text)


def read_sketch(text: str) -> tuple[int, tuple[int, ...]]:
    """The number of runs and the hashes, smallest first and each once, of a sketch; (0, ()) where it is none."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return 0, ()
    values = [int.from_bytes(data[i : i + 4], "big") for i in range(0, len(data) - len(data) % 4, 4)]
    return (values[0], tuple(sorted(set(values[1:])))) if len(values) > 1 else (0, ())


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read: `text` is the raw text that all offsets count in.

    `date` is the day of publication as YYYY-MM-DD (or less, where no more is known). `title_in_text` tells whether the
    title is part of `text` (plain files) or apart from it (JSON lines, HTML). `origin` is the full path of the file that it
    was read from, "" where there is none.
    """

    id: str
    text: str
    title: str = ""
    date: str | None = None
    source: str | None = None
    url: str | None = None
    title_in_text: bool = False
    origin: str = field(default="", compare=False)

    def info(self, *, fingerprint: str = "") -> ArticleInfo:
        """The article without its text; for `fingerprint` see `digest`, which is its hash."""
        hashed = self.digest(fingerprint=fingerprint)
        return ArticleInfo(self.id, self.title, self.date, self.source, self.url, hashed, sketch(self.text))

    def digest(self, *, fingerprint: str = "") -> str:
        """A hash of the content; `fingerprint` names the extractor, so that its change counts as one of the article.

        It is 32 hexadecimal digits of that, a hyphen, and 8 digits of the origin where there is one: a file that was
        moved has another hash of the same content.
        """
        parts = (fingerprint, self.title, self.date or "", self.source or "", self.url or "", self.text)
        digest = hashlib.sha256()
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        content, place = digest.hexdigest()[:32], place_of(self.origin)
        return f"{content}-{place}" if place else content


def place_of(origin: str) -> str:
    """What `Article.digest` says of where a file lies: 8 hexadecimal digits, "" for no file."""
    return hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()[:8] if origin else ""


def has_same_content(one: str, other: str) -> bool:
    """Whether two hashes of `ArticleInfo` are of one content, wherever its file lay."""
    return one.partition("-")[0] == other.partition("-")[0]


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """An entity as one article knows it: `name` is the form used most there, `count` how often it is named (0: unknown).

    `aliases` are its other forms there, and the usual name that the gazetteer knows for one of them, so that articles
    which use different forms can be seen to mean one thing.
    """

    name: str
    type: str
    aliases: tuple[str, ...] = ()
    count: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names an entity of the given type. `source` says who found it; `score` is in 0..1."""

    start: int
    end: int
    text: str
    type: str
    score: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passage that states something. Start and end are -1 where only a title kept apart from the text says it."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One typed triple that one article states, with status, time, passage and confidence (0..1)."""

    doc: str
    head: NamedEntity
    relation: str
    tail: NamedEntity
    status: str
    time: str | None
    evidence: Evidence
    confidence: float


@dataclass(frozen=True, slots=True)
class Rejection:
    """A statement that was not taken, and why: `reason` is a short phrase that summaries count by."""

    doc: str
    triple: tuple[str, str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was found in one article."""

    article: ArticleInfo
    entities: tuple[NamedEntity, ...] = ()
    statements: tuple[Statement, ...] = ()
    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage of a named article: what a fact rests on."""

    article: str
    start: int
    end: int
    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """One distinct (status, time) in the history of a fact, with every passage that states it.

    `day` is the day that it counts from: the first of its time, or the day of the first article to say so ("": unknown).
    """

    status: str
    time: str | None
    citations: tuple[Citation, ...]
    day: str = field(default="", compare=False)

    @property
    def articles(self) -> tuple[str, ...]:
        """Ids of the articles that state it, sorted, each once."""
        return tuple(sorted({c.article for c in self.citations}))

    @property
    def dated(self) -> str:
        """Whose day it is: "text" where the text gives one, "article" where the article's own stands for it, "" for none."""
        return "text" if self.time else "article" if self.day else ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A real-world thing, merged over articles. `mentions` are (article id, times named there, its names as that article's NamedEntity has them).

    `ids` are what it is elsewhere, as a registry gives them: (key, value), sorted.
    """

    id: str
    name: str
    type: str
    aliases: tuple[str, ...] = ()
    mentions: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    ids: tuple[tuple[str, str], ...] = ()

    @property
    def written_ids(self) -> list[str]:
        """Its `ids` as stores and files hold them: wikidata:Q30744540."""
        return [f"{key}:{value}" for key, value in self.ids]


def read_ids(written: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The `ids` of an entity, from its `written_ids`."""
    return tuple((key, value) for key, _, value in (text.partition(":") for text in written))


@dataclass(frozen=True, slots=True)
class Fact:
    """(head, relation, tail), once in the graph, with its history in time order.

    `status` is the state as of the last article. `since` and `until` bound the last interval of `valid`, the half-open
    intervals in which the fact held (None: unknown start, or still so). `sources` counts independent articles:
    reprints and agency copy are one.
    """

    id: str
    head: str
    relation: str
    tail: str
    status: str
    confidence: float
    sources: int
    history: tuple[Event, ...]
    valid: tuple[tuple[str | None, str | None], ...] = ()

    @property
    def since(self) -> str | None:
        return self.valid[-1][0] if self.valid else None

    @property
    def until(self) -> str | None:
        return self.valid[-1][1] if self.valid else None

    @property
    def articles(self) -> tuple[str, ...]:
        return tuple(sorted({a for event in self.history for a in event.articles}))

    def citations(self) -> Iterator[Citation]:
        for event in self.history:
            yield from event.citations

    @property
    def contradictions(self) -> tuple[tuple[Event, Event], ...]:
        """Pairs of events that cannot both be right, in time order.

        A denial, and what says that it held on that day; two ends of one stretch at times of which neither is the finer.
        """
        found: list[tuple[Event, Event]] = []
        said: Event | None = None  # the last to say that it holds, while it does
        ends: list[Event] = []  # of the stretch that is over
        for event in self.history:
            if event.status == "actual":
                # What is denied on the very day on which it comes about is denied by somebody else.
                found += [(e, event) for e in self.history if e.status == "denied" and e.day == event.day != ""]
                said, ends = event, []
            elif event.status == "ended":
                if event.time:
                    found += [(e, event) for e in ends if not agree(e.time or "", event.time)]
                    ends.append(event)
                said = None
            elif event.status == "denied" and said is not None and event.day and self.holds_on(event.day):
                found.append((said, event))
        return tuple(dict.fromkeys(found))

    def holds_on(self, date: str) -> bool:
        """Whether it held on a day (YYYY-MM-DD; of a month or year the first). UsageError for what is none."""
        day = _read_day(date)
        return any(
            (start is None or _first_day(start) <= day) and (end is None or day < _first_day(end))
            for start, end in self.valid
        )

    def status_on(self, date: str) -> str | None:
        """Its state on a day, by all that is known today: `actual` while it held, else what was last said of it.

        None where nothing had been said by then. What nobody dates counts as said before everything else.
        """
        if self.holds_on(date):
            return "actual"
        day = _read_day(date)
        last = None
        for event in self.history:
            if event.day <= day:
                last = event.status
        return "ended" if last == "actual" else last


def agree(a: str, b: str) -> bool:
    """Whether two times may be one, of which one is told more finely: 2021-08 and 2021-08-02."""
    return a.startswith(b) or b.startswith(a)


def _first_day(time: str) -> str:
    start = time.partition("/")[0]
    return start + "-01-01"[len(start) - 4 :] if len(start) < 10 else start


@lru_cache(maxsize=1024)
def _read_day(asked: str) -> str:
    from kg.history import check_day  # which is made of what is here

    check_day(asked)
    return _first_day(asked)


@dataclass(frozen=True, slots=True)
class Merge:
    """Two names of things of one coarse type that are one, or may be. `score` (0..1) is None where somebody said so."""

    a: str
    b: str
    type: str
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What many articles say together. `reprints` are (article id, id of its origin).

    `merges` tells why names were joined and `unsure` which may be one: what `resolve` found, and no store keeps.
    """

    articles: tuple[ArticleInfo, ...] = ()
    entities: tuple[Entity, ...] = ()
    facts: tuple[Fact, ...] = ()
    rejected: tuple[Rejection, ...] = field(default=())
    reprints: tuple[tuple[str, str], ...] = ()
    merges: tuple[Merge, ...] = field(default=(), compare=False)
    unsure: tuple[Merge, ...] = field(default=(), compare=False)
