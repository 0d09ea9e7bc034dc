"""Facts as an analyst asks for them: a tuple that can be called to narrow it, and a frame of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from kg.changes import choose_evidence, find_ids
from kg.errors import UsageError
from kg.history import check_day, first_day
from kg.ladder import PARTNERSHIPS, climb
from kg.model import Event, Fact, Resolution
from kg.ontology import load_ontology
from kg.parameters import list_asked
from kg.resolve.folding import show
from kg.table import Table


class Facts(tuple[Fact, ...]):
    """The facts of a graph. Called with conditions it gives those that meet them; `table`, `pandas` and `polars` show them."""

    _of: Resolution

    def __new__(cls, facts: Iterable[Fact], of: Resolution) -> "Facts":
        made = super().__new__(cls, facts)
        made._of = of
        return made

    def __call__(
        self,
        name: str | None = None,
        other: str | None = None,
        *,
        relation: str | Sequence[str] | None = None,
        status: str | Sequence[str] | None = None,
        on: str | None = None,
        min_sources: int = 1,
    ) -> "Facts":
        """Those of the entity `name` (and `other`), of a relation, a status (today's, or the one on the day `on`).

        With `on` and no status those that held on that day. UsageError for a name, relation, status or day that is none.
        """
        ontology = load_ontology()
        for asked in list_asked(status) or ():
            if asked not in ontology.statuses:
                raise UsageError(f"{asked!r} is no status; there are {', '.join(ontology.statuses)}")
        if on is not None:
            check_day(on)
        ids = [find_ids(self._of, [n]) for n in (name, other) if n is not None]
        wanted, states = ontology.name_relations(relation), list_asked(status)

        def meets(fact: Fact) -> bool:
            if any(fact.head not in found and fact.tail not in found for found in ids):
                return False
            if wanted is not None and fact.relation not in wanted:
                return False
            if fact.sources < min_sources:
                return False
            if on is not None:
                return fact.status_on(on) in states if states is not None else fact.holds_on(on)
            return states is None or fact.status in states

        return Facts(filter(meets, self), self._of)

    def table(self) -> Table:
        """A row a fact: id, head, head_type, relation, tail, tail_type, status, since, until, confidence, sources, stage, evidence."""
        entities = {e.id: e for e in self._of.entities}
        columns = [
            "id",
            "head",
            "head_type",
            "relation",
            "tail",
            "tail_type",
            "status",
            "since",
            "until",
            "confidence",
            "sources",
            "stage",
            "evidence",
            "articles",
        ]
        rows = []
        for f in self:
            head, tail = entities[f.head], entities[f.tail]
            steps = climb(f)
            best = choose_evidence(f)
            values: list[Any] = [
                f.id,
                show(head.name, head.type, head.aliases),
                head.type,
                f.relation,
                show(tail.name, tail.type, tail.aliases),
                tail.type,
                f.status,
                f.since,
                f.until,
            ]
            values += [f.confidence, f.sources, steps[-1][1] if steps else None, best.text, ", ".join(f.articles)]
            rows.append(dict(zip(columns, values, strict=True)))
        return Table(rows, columns=columns)

    def pandas(self) -> Any:
        """`table` as a pandas.DataFrame."""
        return self.table().pandas()

    def polars(self) -> Any:
        """`table` as a polars.DataFrame."""
        return self.table().polars()


def list_partners(resolution: Resolution, name: str, *, status: str | None = None, on: str | None = None) -> Table:
    """With whom an entity works together: a row a partner and relation, those told by most sources first.

    Partnerships are PARTNERS_WITH, CONNECTS_TO, JOINS and SUPPLIES. Columns: partner, type, relation, direction, status
    (that of the day `on`, else today's), stage, since, until (of the stretch that had begun by that day), sources, evidence.
    """
    [*ids] = find_ids(resolution, [name])
    entities = {e.id: e for e in resolution.entities}
    facts = Facts(resolution.facts, resolution)(name, relation=PARTNERSHIPS, status=status, on=on)
    columns = ["partner", "type", "relation", "direction", "status", "stage", "since", "until", "sources", "evidence"]
    rows = []
    for f in facts:
        steps = [(day, rung) for day, rung in climb(f) if on is None or day <= first_day(on)]
        outward = f.head in ids
        partner = entities[f.tail if outward else f.head]
        symmetric = load_ontology().relation(f.relation).symmetric
        values: list[Any] = [
            partner.name,
            partner.type,
            f.relation,
            "both" if symmetric else "out" if outward else "in",
        ]
        since, until = _find_stretch(f, on) if on else (f.since, f.until)
        values += [f.status_on(on) if on else f.status, steps[-1][1] if steps else None, since, until, f.sources]
        values.append(choose_evidence(f, on).text)
        rows.append(dict(zip(columns, values, strict=True)))
    rows.sort(key=lambda r: (-r["sources"], r["partner"], r["relation"]))
    return Table(rows, columns=columns)


def _find_stretch(fact: Fact, on: str) -> tuple[str | None, str | None]:
    """The last stretch that had begun by a day; what ended and came back has several."""
    begun = [(a, b) for a, b in fact.valid if a is None or first_day(a) <= first_day(on)]
    return begun[-1] if begun else (None, None)


def take_as_of(resolution: Resolution, day: str) -> Resolution:
    """What had been said by a day: facts with a state then, each with its history up to it and the status of that day.

    Of what held then, as only later articles tell, the history is one event without a time, which cites them. Entities and articles stay those that the facts left name.
    """
    check_day(day)
    last = first_day(day)
    return _take(resolution, [_cut(f, last) for f in resolution.facts if f.status_on(day) is not None])


def take_between(resolution: Resolution, start: str, end: str) -> Resolution:
    """The facts of which something is told of the time after `start` and up to `end`, or that held then, whole."""
    check_day(start)
    check_day(end)
    first, last = first_day(start), first_day(end)
    if first > last:
        raise UsageError(f"{start} comes after {end}; give the earlier day first")

    def concerns(fact: Fact) -> bool:
        told = any(first < event.day <= last for event in fact.history)
        return told or any(
            (a is None or first_day(a) <= last) and (b is None or first < first_day(b)) for a, b in fact.valid
        )

    return _take(resolution, [f for f in resolution.facts if concerns(f)])


def _cut(fact: Fact, day: str) -> Fact:
    history = tuple(event for event in fact.history if event.day <= day)
    if not history:  # it held, as an article tells that came later
        history = (Event("actual", None, fact.history[0].citations),)
    valid = tuple(
        (a, b if b is not None and first_day(b) <= day else None)
        for a, b in fact.valid
        if a is None or first_day(a) <= day
    )
    return replace(fact, status=fact.status_on(day) or "", history=history, valid=valid)


def _take(resolution: Resolution, facts: list[Fact]) -> Resolution:
    named = {end for f in facts for end in (f.head, f.tail)}
    told = {doc for f in facts for doc in f.articles}
    return Resolution(
        tuple(a for a in resolution.articles if a.id in told),
        tuple(e for e in resolution.entities if e.id in named),
        tuple(facts),
        (),
        tuple((doc, origin) for doc, origin in resolution.reprints if doc in told and origin in told),
    )
