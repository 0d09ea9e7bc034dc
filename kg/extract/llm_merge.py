"""Two readings of one article -> one: what both say is surer, what one says stands beside it."""

from collections.abc import Sequence
from dataclasses import replace

from kg.model import Extraction, NamedEntity, Statement
from kg.ontology import Ontology
from kg.resolve import fold


def merge(one: Extraction, other: Extraction, ontology: Ontology) -> Extraction:
    """`one` with what `other` adds; both of the same article, whose info is that of `one`.

    A statement of both, of the same status, is said once: in the words of `one`, with the time of whichever has it, and a
    confidence as of two independent witnesses. Statements of different times are two.
    """
    entities = list(one.entities)
    known = {key: number for number, entity in enumerate(entities) for key in _keys(entity, ontology)}
    meant: dict[NamedEntity, NamedEntity] = {}
    for entity in [*other.entities, *(end for s in other.statements for end in (s.head, s.tail))]:
        number = next((known[key] for key in _keys(entity, ontology) if key in known), -1)
        if number < 0:
            number = len(entities)
            entities.append(entity)
            known.update((key, number) for key in _keys(entity, ontology))
        meant[entity] = entities[number]
    statements = list(one.statements)
    places: dict[tuple[str, ...], list[int]] = {}
    for number, statement in enumerate(statements):
        for key in _says(statement, ontology):
            places.setdefault(key, []).append(number)
    for found in other.statements:
        said = replace(found, head=meant[found.head], tail=meant[found.tail])
        if ontology.fault(said.head.type, said.relation, said.tail.type, said.status):
            said = found  # the types of `one` rule it out, so it stands with its own
        agreeing = next((n for n in places.get(_says(said, ontology)[0], ()) if _agree(statements[n], said)), None)
        if agreeing is None:
            statements.append(said)
            continue
        first = statements[agreeing]
        statements[agreeing] = replace(
            first,
            time=first.time or said.time,
            confidence=round(1 - (1 - first.confidence) * (1 - said.confidence), 3),
        )
    listed = _list_ends(entities, statements)
    return Extraction(one.article, listed, tuple(statements), tuple(dict.fromkeys([*one.rejected, *other.rejected])))


def _agree(one: Statement, other: Statement) -> bool:
    """Whether their times can be one: alike, one within the other, or one not told."""
    if one.time is None or other.time is None:
        return True
    return one.time.startswith(other.time) or other.time.startswith(one.time)


def _keys(entity: NamedEntity, ontology: Ontology) -> list[tuple[str, str]]:
    return [(ontology.coarse(entity.type), fold(name)) for name in entity.names]


def _says(statement: Statement, ontology: Ontology) -> list[tuple[str, ...]]:
    """What is compared of a statement, both ways round where it is symmetric."""
    head, tail = (fold(end.name) for end in (statement.head, statement.tail))
    turned = [(tail, statement.relation, head, statement.status)]
    return [
        (head, statement.relation, tail, statement.status),
        *(turned if ontology.relation(statement.relation).symmetric else []),
    ]


def _list_ends(entities: Sequence[NamedEntity], statements: Sequence[Statement]) -> tuple[NamedEntity, ...]:
    return tuple(dict.fromkeys([*entities, *(end for s in statements for end in (s.head, s.tail))]))
