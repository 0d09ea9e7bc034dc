"""What a .kgl file keeps beside its graph so that the graph can grow, and the changes of a growth carried out in it.

    (:KGName {id, known, entity, data})     what articles have by a name; data is JSON, see `write_name`; `others` are, as
                                            JSON, the entities of articles that mean another person of the name
    (:KGRecord {id, record, probes})        probes: the hashes by which reprints are found, packed in base 64
    (:KGStore {matches, summary, grows})    names that are one by themselves; figures of the whole graph; the form of all this

All of it is derived from the records; a file without it, or of another form, is derived anew at its next write.
"""

import binascii
import itertools
import json
import struct
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import kglite

from kg.history import Claim
from kg.load import properties
from kg.load.base import Summary
from kg.load.records import decode, dump
from kg.model import Citation, Entity, Event, Extraction, Fact, Resolution, read_ids
from kg.ontology import Ontology
from kg.resolve.folding import Key
from kg.resolve.growing import Bearers, Growth, Name, Told, tell_things
from kg.resolve.matching import Match
from kg.resolve.reprints import list_probes
from kg.resolve.things import Thing, read_ties
from kg.resolve.verdicts import Triple

GROWS = 2  # the form of what is kept; grows when an older version could not go on from it

TITLES = ("HOLDS_POSITION", "WORKS_FOR")  # the organisation of the first is told by the second

Row = dict[str, Any]


def ask(graph: kglite.KnowledgeGraph, cypher: str, **parameters: Any) -> list[Row]:
    """The rows of a query of our own."""
    result = graph.cypher(cypher, params=parameters)
    return result.to_list() if isinstance(result, kglite.ResultView) else []


class KGLiteGround:
    """The `Ground` of a graph in KGLite, as it was read from a file."""

    def __init__(self, graph: kglite.KnowledgeGraph, ontology: Ontology, *, source: str) -> None:
        self._graph, self._ontology, self._source = graph, ontology, source

    def get_names(self, keys: Iterable[Key]) -> dict[Key, Name]:
        rows = self._get(
            "MATCH (k:KGName {id: id}) RETURN k.id AS id, k.entity AS entity, k.others AS others, k.data AS data",
            map(write_id, keys),
        )
        return {
            (key := read_key(row["id"])): read_name(key, row["data"], read_bearers(row["entity"], row["others"]))
            for row in rows
        }

    def get_bearers(self, keys: Iterable[Key]) -> dict[Key, Bearers]:
        query = "MATCH (k:KGName {id: id}) RETURN k.id AS id, k.entity AS entity, k.others AS others"
        return {
            read_key(row["id"]): read_bearers(row["entity"], row["others"])
            for row in self._get(query, map(write_id, keys))
            if row["entity"]
        }

    def list_known(self) -> set[Key]:
        return {read_key(row["id"]) for row in ask(self._graph, "MATCH (k:KGName) WHERE k.known RETURN k.id AS id")}

    def list_matches(self) -> list[Match]:
        [row] = ask(self._graph, "MATCH (s:KGStore) RETURN s.matches AS matches")
        return [Match((a, kind), (b, kind), score, reason) for a, b, kind, score, reason in json.loads(row["matches"])]

    def get_extractions(self, docs: Iterable[str]) -> dict[str, Extraction]:
        rows = self._get("MATCH (r:KGRecord {id: id}) RETURN r.id AS id, r.record AS record", docs)
        return {row["id"]: decode(row["record"], source=self._source) for row in rows}

    def get_entities(self, ids: Iterable[str]) -> dict[str, Entity]:
        query = "MATCH (e:Entity {id: id}) RETURN e.id AS id, e.name AS name, e.type AS type, e.aliases AS aliases, e.ids AS ids"
        return {
            row["id"]: Entity(
                row["id"], row["name"], row["type"], tuple(row["aliases"] or ()), ids=read_ids(row["ids"] or ())
            )
            for row in self._get(query, ids)
        }

    def get_claims(self, triples: Iterable[Triple]) -> dict[Triple, list[Claim]]:
        found: dict[Triple, list[Claim]] = {}
        for relation, ends in _by_relation(triples, self._ontology):
            query = (
                f"UNWIND $rows AS row MATCH (a:Entity {{id: row[0]}})-[r:`{relation}`]->(b:Entity {{id: row[1]}}) "
                "RETURN a.id AS head, b.id AS tail, r.history AS history"
            )
            for row in ask(self._graph, query, rows=ends):
                events = read_history(row["history"])
                found[row["head"], relation, row["tail"]] = [
                    Claim(event.status, event.time, citation) for event in events for citation in event.citations
                ]
        return found

    def get_dates(self, docs: Iterable[str]) -> dict[str, str | None]:
        rows = self._get("MATCH (a:Article {id: id}) RETURN a.id AS id, a.date AS date", docs)
        return {row["id"]: row["date"] for row in rows}

    def list_probes(self) -> dict[str, Sequence[int]]:
        query = "MATCH (r:KGRecord) WHERE r.probes IS NOT NULL RETURN r.id AS id, r.probes AS probes"
        return {row["id"]: unpack_probes(row["probes"]) for row in ask(self._graph, query)}

    def list_reprints(self) -> dict[str, str]:
        query = "MATCH (a:Article) WHERE a.reprint_of IS NOT NULL RETURN a.id AS id, a.reprint_of AS origin"
        return {row["id"]: row["origin"] for row in ask(self._graph, query)}

    def _get(self, query: str, ids: Iterable[str]) -> list[Row]:
        wanted = sorted(set(ids))
        return ask(self._graph, f"UNWIND $ids AS id {query}", ids=wanted) if wanted else []


def apply(graph: kglite.KnowledgeGraph, growth: Growth, records: Mapping[str, str], ontology: Ontology) -> None:
    """Carry a growth out. `records` are those of all articles that are new or changed."""
    [head] = ask(graph, "MATCH (s:KGStore) RETURN s.summary AS summary")
    summary = read_summary(head["summary"])
    for relation, ends in _by_relation(growth.dropped, ontology):
        pattern = f"MATCH (a:Entity {{id: row[0]}})-[r:`{relation}`]->(b:Entity {{id: row[1]}})"
        ask(graph, f"UNWIND $rows AS row {pattern} DELETE r", rows=ends)
    articles = [article.info.id for article in growth.articles]
    for label, ids in (
        ("Article", articles + growth.removed),
        ("Entity", growth.gone),
        ("KGRecord", [*records, *growth.removed]),
        ("KGName", [write_id(key) for key in growth.names]),
    ):
        if ids:
            ask(graph, f"UNWIND $ids AS id MATCH (x:{label} {{id: id}}) DETACH DELETE x", ids=ids)
    _write_entities(graph, growth, ontology)
    grown = Resolution(
        articles=tuple(article.info for article in growth.articles),
        reprints=tuple((a.info.id, a.reprint_of) for a in growth.articles if a.reprint_of is not None),
    )
    create(graph, CREATE_ARTICLES, properties.list_articles(grown))
    mentions = (
        {"article": article.info.id, "entity": entity, "count": count, "names": list(names)}
        for article in growth.articles
        for entity, count, names in article.mentions
    )
    create(graph, CREATE_MENTIONS, mentions)
    for relation, rows in properties.group_some_facts(growth.facts, {}):
        create(graph, create_facts(ontology.relation(relation).name), rows)
    probes = {article.info.id: pack_probes(article.info.sketch) for article in growth.articles}
    create(graph, CREATE_RECORDS, (write_record(doc, record, probes[doc]) for doc, record in records.items()))
    create(graph, CREATE_NAMES, (row for key, name in growth.names.items() if (row := write_name(key, name))))
    _place_titles(graph, growth)
    head = {"summary": write_summary(grow_summary(summary, growth))}
    if growth.matches is not None:
        head["matches"] = write_matches(growth.matches)
    ask(graph, "MATCH (s:KGStore) SET s += $head", head=head)


def grow_summary(summary: Summary, growth: Growth) -> Summary:
    """The figures of a graph after a growth."""
    relations = Counter(summary.relations)
    relations.update(fact.relation for fact in growth.facts)
    relations.subtract(relation for _, relation, _ in growth.dropped)
    rejected = Counter(summary.rejected)
    rejected.update(growth.rejected)
    return Summary(
        summary.entities + growth.new_entities - len(growth.gone),
        sum(relations.values()),
        {relation: count for relation, count in relations.items() if count},
        {reason: count for reason, count in rejected.items() if count},
    )


CREATE_ARTICLES = "CREATE (n:Article {id: row.id, title: row.title}) SET n += row"
CREATE_MENTIONS = (
    "MATCH (a:Article {id: row.article}) MATCH (e:Entity {id: row.entity}) "
    "CREATE (a)-[:MENTIONS {count: row.count, names: row.names}]->(e)"
)
# Without names of their own KGLite would make some up.
CREATE_RECORDS = "CREATE (r:KGRecord {id: row.id, name: row.id}) SET r += row"
CREATE_NAMES = "CREATE (k:KGName {id: row.id, name: row.id}) SET k += row"


def create_entities(type_: str) -> str:
    """The clause that makes the entities of a type of the ontology."""
    # :Entity comes first: KGLite keeps its index of ids by the first label.
    return f"CREATE (n:Entity:`{type_}` {{id: row.id, name: row.name}}) SET n += row"


def create_facts(relation: str) -> str:
    """The clause that makes the facts of a relation of the ontology."""
    return (
        "MATCH (a:Entity {id: row.head}) MATCH (b:Entity {id: row.tail}) "
        f"CREATE (a)-[r:`{relation}`]->(b) SET r += row.properties"
    )


_ROWS_AT_ONCE = 200  # as fast as in one statement, and memory is the graph's own, not the rows' on their way into it


def create(graph: kglite.KnowledgeGraph, clause: str, rows: Iterable[Row]) -> None:
    """Carry a clause out on each `row`."""
    rows = iter(rows)
    while batch := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        graph.cypher(f"UNWIND $rows AS row {clause}", params={"rows": batch})


def _write_entities(graph: kglite.KnowledgeGraph, growth: Growth, ontology: Ontology) -> None:
    changed = [e.id for e in growth.entities]
    held = ask(graph, "UNWIND $ids AS id MATCH (e:Entity {id: id}) RETURN e.id AS id, e.type AS type", ids=changed)
    types = {row["id"]: row["type"] for row in held}
    new = Resolution(entities=tuple(e for e in growth.entities if e.id not in types))
    for label, entities in properties.group_entities(new):
        create(graph, create_entities(ontology.entity(label).name), entities)
    for e in growth.entities:
        if e.id in types:
            old, type_ = ontology.entity(types[e.id]).name, ontology.entity(e.type).name
            label = "" if old == type_ else f"REMOVE e:`{old}` SET e:`{type_}` "
            row = {"name": e.name, "type": e.type, "aliases": list(e.aliases)}
            row, gone = (row | {"ids": e.written_ids}, "") if e.ids else (row, "REMOVE e.ids ")
            ask(graph, f"MATCH (e:Entity {{id: $id}}) {label}{gone}SET e += $row", id=e.id, row=row)


def _place_titles(graph: kglite.KnowledgeGraph, growth: Growth) -> None:
    """Bring `organisation` of HOLDS_POSITION up to date where the person's facts or the organisation's name are new."""
    people = list_people(growth)
    if growth.renamed:
        query = "UNWIND $ids AS id MATCH (p:Entity)-[r:WORKS_FOR]->(o:Entity {id: id}) RETURN p.id AS id"
        people.update(row["id"] for row in ask(graph, query, ids=growth.renamed))
    if not people:
        return
    found: list[Employment] = []
    for relation in TITLES:
        query = (
            f"UNWIND $ids AS id MATCH (p:Entity {{id: id}})-[r:{relation}]->(o:Entity) RETURN p.id AS head, o.id AS tail, "
            "o.name AS name, o.type AS type, r.id AS id, r.status AS status, r.history AS history, "
            "r.organisation AS organisation"
        )
        for row in ask(graph, query, ids=sorted(people)):
            history = read_history(row["history"])
            fact = Fact(row["id"], row["head"], relation, row["tail"], row["status"], 0.0, 0, history)
            found.append(Employment(fact, Entity(row["tail"], row["name"], row["type"]), row["organisation"]))
    for fact, organisation in find_changed_titles(found):
        pattern = f"MATCH (p:Entity {{id: $head}})-[r:{fact.relation}]->(o:Entity {{id: $tail}})"
        change = "REMOVE r.organisation" if organisation is None else "SET r.organisation = $organisation"
        ask(graph, f"{pattern} {change}", head=fact.head, tail=fact.tail, organisation=organisation)


class Employment(NamedTuple):
    """A fact of `TITLES` with the entity at its end and the organisation that is shown with it."""

    fact: Fact
    tail: Entity
    organisation: str | None


def list_people(growth: Growth) -> set[str]:
    """Those whose facts of `TITLES` are others."""
    people = {fact.head for fact in growth.facts if fact.relation in TITLES}
    people.update(head for head, relation, _ in growth.dropped if relation in TITLES)
    return people


def find_changed_titles(held: Iterable[Employment]) -> Iterator[tuple[Fact, str | None]]:
    """The titles, among all facts of `TITLES` of some people, with which another organisation is to be shown."""
    held = list(held)
    entities = {each.tail.id: each.tail for each in held}
    of = Resolution(entities=tuple(entities.values()), facts=tuple(each.fact for each in held))
    found = properties.find_organisations(of)
    for each in held:
        if each.fact.relation == TITLES[0] and each.organisation != found.get(each.fact.id):
            yield each.fact, found.get(each.fact.id)


def build_names(things: Iterable[Thing]) -> Iterator[Row]:
    """The rows of all names, from the things of all articles, each article's together."""
    names: dict[Key, Name] = defaultdict(Name)
    for doc, of_article in itertools.groupby(things, key=lambda thing: thing.doc):
        for told in tell_things(of_article):
            name = names[told.thing.key]
            name.things[doc] = told
    for key, name in list(names.items()):
        name.settle()
        for form, voted in name.list_forms().items():
            if form != key[0]:
                names[form, key[1]].owners[key] = voted
    for key in sorted(names):
        if row := write_name(key, names.pop(key)):
            yield row


def write_name(key: Key, name: Name) -> Row | None:
    """The row of a name; None for one that nothing has."""
    if not name.things and not name.owners:
        return None
    things = {doc: _write_told(told) for doc, told in sorted(name.things.items())}
    owners = sorted((owner[0], voted) for owner, voted in name.owners.items())
    row: Row = {"id": write_id(key), "known": name.is_known, "data": dump([things, owners])}
    if name.bearers.entity is not None:
        row["entity"] = name.bearers.entity
    if name.bearers.others:
        row["others"] = dump(dict(name.bearers.others))
    return row


def _write_told(told: Told) -> list[Any]:
    thing = told.thing
    written = [thing.names, thing.forms, thing.types, thing.count, told.votes, thing.ties]
    while not written[-1]:  # as most are
        written.pop()
    return written


def read_bearers(entity: str | None, others: str | None) -> Bearers:
    """Who bears a name, from two properties of its row."""
    return Bearers(entity, json.loads(others)) if others else Bearers(entity)


def read_name(key: Key, data: str, bearers: Bearers) -> Name:
    """The name that `write_name` has written."""
    things, owners = json.loads(data)
    return Name(
        {doc: _read_told(doc, key, *written) for doc, written in things.items()},
        {(owner, key[1]): voted for owner, voted in owners},
        bearers,
    )


def _read_told(
    doc: str,
    key: Key,
    names: list[str],
    forms: list[str],
    types: list[str],
    count: int = 0,
    votes: Iterable[str] = (),
    ties: Any = None,
) -> Told:
    thing = Thing(doc, key, tuple(names), tuple(forms), tuple(types), count)
    if ties:
        thing.ties = read_ties(ties)
    return Told(thing, tuple(votes))


def write_record(doc: str, record: str, probes: str | None) -> Row:
    """The row of an article's record."""
    row: Row = {"id": doc, "record": record}
    return row | ({"probes": probes} if probes else {})


def pack_probes(sketch: str) -> str:
    """The hashes by which the copies of a sketch are found."""
    probes = list_probes(sketch)
    return binascii.b2a_base64(struct.pack(f">{len(probes)}I", *probes), newline=False).decode("ascii")


def unpack_probes(packed: str) -> Sequence[int]:
    """The hashes that `pack_probes` has packed."""
    data = binascii.a2b_base64(packed)
    return array("I", struct.unpack(f">{len(data) // 4}I", data))  # of many articles a tenth of what tuples take


def write_matches(matches: Iterable[Match]) -> str:
    """Matches as the store's node keeps them."""
    return dump([[m.a[0], m.b[0], m.a[1], m.score, m.reason] for m in matches])


def write_summary(summary: Summary) -> str:
    """Figures as the store's node keeps them."""
    relations, rejected = sorted(summary.relations.items()), sorted(summary.rejected.items())
    return dump([summary.entities, summary.facts, relations, rejected])


def read_summary(written: str) -> Summary:
    """The figures that `write_summary` has written."""
    entities, facts, relations, rejected = json.loads(written)
    return Summary(int(entities), int(facts), _read_counts(relations), _read_counts(rejected))


def _read_counts(written: list[list[Any]]) -> dict[str, int]:
    return {str(name): int(count) for name, count in written}


def read_history(history: Iterable[str]) -> tuple[Event, ...]:
    """The events in the property `history` of a fact."""
    return tuple(
        Event(
            event["status"],
            event["time"],
            tuple(Citation(c["article"], c["start"], c["end"], c["text"], c["confidence"]) for c in event["evidence"]),
        )
        for event in map(json.loads, history)
    )


def _by_relation(triples: Iterable[Triple], ontology: Ontology) -> Iterator[tuple[str, list[list[str]]]]:
    ends: dict[str, list[list[str]]] = defaultdict(list)
    for head, relation, tail in triples:
        ends[ontology.relation(relation).name].append([head, tail])
    yield from sorted(ends.items())


def write_id(key: Key) -> str:
    """The id of a name."""
    return f"{key[1]} {key[0]}"


def read_key(id_: str) -> Key:
    """The name of an id."""
    coarse, _, name = id_.partition(" ")
    return name, coarse
