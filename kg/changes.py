"""What changed between two days: facts that are new, over, promoted or denied, each with the passage that says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.digest import write_digest
from kg.errors import UsageError
from kg.history import check_day, first_day
from kg.ladder import find_rung
from kg.lookup import Known, find_known
from kg.model import Citation, Event, Fact, Resolution, agree
from kg.ontology import load_ontology
from kg.parameters import list_asked
from kg.resolve.folding import show, split_label
from kg.resolve.namesakes import POSTS
from kg.table import Table

KINDS = ("new", "promoted", "ended", "denied", "announced", "reported")


@dataclass(frozen=True, slots=True)
class Change:
    """One fact whose state moved. `before` is None where nothing had been said of it; `event` is what moved it.

    `citations` are the passages of the event that could be read by the later of the two days, without those of reprints;
    `citation` is the one that says so most surely, where the day is that of an article from there.
    `between` are events of other states that came after `before` and were over by then.
    """

    kind: str
    fact: Fact
    head: str
    tail: str
    before: str | None
    after: str
    event: Event
    citation: Citation
    citations: tuple[Citation, ...]
    between: tuple[Event, ...] = ()

    @property
    def articles(self) -> tuple[str, ...]:
        """Ids of the articles that say so, sorted, each once."""
        return tuple(sorted({c.article for c in self.citations}))


def choose_citation(citations: Iterable[Citation]) -> Citation:
    """The one of the highest confidence, of several the shortest passage, of the first article by id."""
    return min(citations, key=lambda c: (-c.confidence, len(c.text), c.article))


def choose_evidence(fact: Fact, on: str | None = None) -> Citation:
    """The passage that says best why a fact stands as it does, today or on a day."""
    state = fact.status if on is None else fact.status_on(on)
    told = [event for event in fact.history if on is None or event.day <= first_day(on)] or list(fact.history)
    fitting = [event for event in told if event.status == state] or told
    return choose_citation(fitting[-1].citations)


class Diff(tuple[Change, ...]):
    """The changes between two days, by kind and day. `str` of it is a digest in Markdown."""

    start: str
    end: str
    sources: dict[str, str]

    def __new__(cls, changes: Iterable[Change], *, start: str, end: str, sources: dict[str, str]) -> "Diff":
        diff = super().__new__(cls, changes)
        diff.start, diff.end, diff.sources = start, end, sources
        return diff

    def of(self, kind: str) -> tuple[Change, ...]:
        """The changes of a kind of KINDS."""
        return tuple(change for change in self if change.kind == kind)

    def table(self) -> Table:
        """A row a change: kind, day, head, relation, tail, before, after, evidence, article, sources."""
        columns = ["kind", "day", "head", "relation", "tail", "before", "after", "evidence", "article", "sources"]
        return Table(
            (
                {
                    "kind": c.kind,
                    "day": c.event.time or c.event.day,
                    "head": c.head,
                    "relation": c.fact.relation,
                    "tail": c.tail,
                    "before": c.before,
                    "after": c.after,
                    "evidence": c.citation.text,
                    "article": c.citation.article,
                    "sources": c.fact.sources,
                }
                for c in self
            ),
            columns=columns,
        )

    def markdown(self) -> str:
        """The digest: see `kg.digest.write_digest`."""
        return write_digest(self)

    __str__ = markdown


def list_changes(resolution: Resolution, start: str, end: str, *, watch: Sequence[str] = ()) -> Diff:
    """What changed after `start` and up to `end` (days; of a month or year the first), for the entities named in `watch`.

    What an article states of the present without saying since when is `reported`, not `new`.

    UsageError for a time that is none, for days in the wrong order and for a name that no entity has.
    """
    for time in (start, end):
        check_day(time)
    first, last = first_day(start), first_day(end)
    if first > last:
        raise UsageError(f"{start} comes after {end}; give the earlier day first")
    names = {e.id: show(e.name, e.type, e.aliases) for e in resolution.entities}
    dates = {a.id: a.date for a in resolution.articles}
    reprints = dict(resolution.reprints)
    watched = find_ids(resolution, list_asked(watch))
    changes = []
    for fact in resolution.facts:
        if watched and fact.head not in watched and fact.tail not in watched:
            continue
        before, after = _said_on(fact, first), _said_on(fact, last)
        within = [event for event in fact.history if first < event.day <= last]
        if after is None or before == after or not within:
            continue
        kind = _kind(before, after)
        begun = [e for e in within if e.status == after]
        if kind == "new" and any(start is None for start, _ in fact.valid) and not any(e.time for e in begun):
            kind = "reported"
        event, citations = _choose_event(begun or within, dates, last)
        # A copy is quoted where nothing else is there.
        citations = tuple(c for c in citations if c.article not in reprints) or citations
        of_day = [c for c in citations if not event.time and first_day(dates.get(c.article) or "") == event.day]
        quoted = choose_citation(of_day or citations)
        between = _list_between(before, within[: within.index(event)], after)
        ends = names[fact.head], names[fact.tail]
        changes.append(Change(kind, fact, *ends, before, after, event, quoted, citations, between))
    places = {relation: place for place, relation in enumerate(load_ontology().relations)}

    def by_kind(c: Change) -> tuple[int, int, str, str, int, str]:
        # Where nobody says since when, what it is tells more than the day of the article.
        place = places[c.fact.relation]
        return KINDS.index(c.kind), place if c.kind == "reported" else 0, c.event.day, c.head, place, c.tail

    changes.sort(key=by_kind)
    sources = {a.id: "，".join(filter(None, (a.title, a.source, a.date))) or a.id for a in resolution.articles}
    return Diff(changes, start=start, end=end, sources=sources)


def _said_on(fact: Fact, day: str) -> str | None:
    """Its state on a day, but `actual` only where that had been said by then: it may have held before, and nobody knew."""
    status = fact.status_on(day)
    told = [event.status for event in fact.history if event.day <= day]
    if status == "actual" and "actual" not in told:
        return told[-1] if told else None
    return status


def _choose_event(
    moved: Sequence[Event], dates: Mapping[str, str | None], last: str
) -> tuple[Event, tuple[Citation, ...]]:
    """The first of these events, as the one tells it that is read by the day `last` and knows the time most finely."""
    first = moved[0]
    same = [e for e in moved if e is first or (e.time and first.time and agree(e.time, first.time))]
    told = [(e, tuple(c for c in e.citations if first_day(dates.get(c.article) or "0001") <= last)) for e in same]
    event, known = max(told, key=lambda item: (bool(item[1]), len(item[0].time or "")))
    return event, known or event.citations  # a later article may date it back


def _list_between(before: str | None, events: Iterable[Event], after: str) -> tuple[Event, ...]:
    """The first event of each state that lay between two."""
    found: list[Event] = []
    state = before
    for event in events:
        if event.status != state:
            found.append(event)
            state = event.status
    while found and found[-1].status == after:
        found.pop()
    return tuple(found)


def _kind(before: str | None, after: str) -> str:
    if after == "actual":
        return "promoted" if before in ("planned", "rumored", "denied") else "new"
    return after if after in ("ended", "denied") else "announced"


def find_ids(resolution: Resolution, names: Iterable[str]) -> set[str]:
    """Ids of the entities meant by these names (`find_known`, 王伟@京东); UsageError, with the nearest names, for one that nothing has."""
    entities = resolution.entities
    found: set[str] = set()
    for name in names:
        ids = find_known(lambda: (Known(e.id, e.name, e.aliases, e.written_ids) for e in entities), name)
        ids = ids or _find_at(resolution, name)
        if not ids:
            from kg.graph import suggest_names

            known = (n for e in entities for n in (e.name, *e.aliases))
            raise UsageError(f"no entity is named {name!r}{suggest_names(known, name)}")
        found |= ids
    return found


def _find_at(resolution: Resolution, name: str) -> set[str]:
    """Who is meant by 王伟@JD where the graph has 王伟@京东, or one 王伟 alone who has a post there."""
    bare, firm = split_label(name)
    firms = find_ids(resolution, [firm]) if firm else set()
    people = find_ids(resolution, [bare]) if firms else set()
    return {
        fact.head
        for fact in resolution.facts
        if fact.head in people and fact.tail in firms and fact.relation in POSTS and fact.status != "denied"
    }


def list_timeline(resolution: Resolution, *names: str) -> Table:
    """What happened to an entity, or between two, in time order: a row an event of a fact.

    Columns: day (of the event, "" where unknown), dated ("text": the article says when, "article": its own day), head,
    relation, tail, status, stage (the rung of a partnership), time, evidence, articles, against (what says the contrary).
    """
    ids = [find_ids(resolution, [name]) for name in names]
    shown = {e.id: show(e.name, e.type, e.aliases) for e in resolution.entities}
    rows = []
    for fact in resolution.facts:
        ends = {fact.head, fact.tail}
        if not all(ends & wanted for wanted in ids) or (len(ids) > 1 and len(ends & set().union(*ids)) < 2):
            continue
        contrary: dict[Event, list[str]] = {}
        for one, other in fact.contradictions:
            contrary.setdefault(one, []).append(_name_event(other))
            contrary.setdefault(other, []).append(_name_event(one))
        for event in fact.history:
            best = choose_citation(event.citations)
            rows.append(
                {
                    "day": event.day,
                    "dated": event.dated,
                    "head": shown[fact.head],
                    "relation": fact.relation,
                    "tail": shown[fact.tail],
                    "status": event.status,
                    "stage": find_rung(fact, event),
                    "time": event.time,
                    "evidence": best.text,
                    "articles": ", ".join(event.articles),
                    "against": "; ".join(contrary.get(event, ())) or None,
                }
            )
    rows.sort(key=lambda r: (r["day"], r["head"], r["relation"], r["tail"], r["status"], r["time"] or ""))
    columns = ["day", "dated", "head", "relation", "tail", "status", "stage", "time", "evidence", "articles", "against"]
    return Table(rows, columns=columns)


def _name_event(event: Event) -> str:
    return f"{event.status} {event.time or event.day} ({', '.join(event.articles)})"
