"""What a trained model read, as the rest of the pipeline takes it: mentions, the article's entities, findings."""

from collections import Counter
from collections.abc import Sequence

from kg.extract.assembly import Finding
from kg.extract.entities import LocalEntities
from kg.extract.forms import find_forms
from kg.extract.gazetteer import Gazetteer
from kg.extract.relations import Party
from kg.extract.time import TimeExpression
from kg.extract.trained import Reading
from kg.model import Mention, NamedEntity, Span
from kg.ontology import Ontology


def mentions_of(text: str, reading: Reading) -> list[Mention]:
    """The mentions of a reading in order."""
    found = [
        Mention(start, end, text[start:end], entity.type, entity.score, "model")
        for entity in reading.entities
        for start, end in entity.mentions
    ]
    return sorted(found, key=lambda mention: mention.start)


def entities_of(text: str, reading: Reading, users: Gazetteer | None, ontology: Ontology) -> LocalEntities:
    """The entities of a reading, under their numbers; what the user's gazetteer knows has its type, and is added where unread.

    A form of the gazetteer that lies over other mentions takes their place.
    """
    places: dict[tuple[int, int], int] = {}
    types = [entity.type for entity in reading.entities]
    scores = [entity.score for entity in reading.entities]
    for number, entity in enumerate(reading.entities):
        places.update(dict.fromkeys(entity.mentions, number))
    if users:
        numbers: dict[tuple[str, str], int] = {}
        known = find_forms(text, [(form, 0) for form in users.forms])
        for start, end, _, form in known:
            meant = users.forms[form]
            key = (ontology.coarse(meant.type), meant.name)
            number = places.get((start, end), -1)
            if number >= 0:
                numbers.setdefault(key, number)
            elif key not in numbers:
                numbers[key] = len(types)
                types.append(meant.type)
                scores.append(1.0)
        taken = [
            (start, end, numbers[(ontology.coarse(users.forms[f].type), users.forms[f].name)])
            for start, end, _, f in known
        ]
        for start, end, number in taken:
            for place in [p for p in places if p[0] < end and start < p[1]]:
                del places[place]
            places[(start, end)] = number
        for start, end, _, form in known:
            types[places[(start, end)]] = users.forms[form].type
    forms = [Counter[str]() for _ in types]
    for (start, end), number in sorted(places.items()):
        forms[number][text[start:end]] += 1
    entities = []
    for number, kind in enumerate(types):
        if not forms[number]:  # all its places went to names of the gazetteer
            forms[number].update(reading.entities[number].names[:1])
        ordered = [form for form, _ in forms[number].most_common()]
        entities.append(NamedEntity(ordered[0], kind, tuple(sorted(ordered[1:])), forms[number].total()))
    parties = [
        Party(number, types[number], start, end, scores[number]) for (start, end), number in sorted(places.items())
    ]
    return LocalEntities(tuple(entities), tuple(parties))


def findings_of(reading: Reading, sentences: Sequence[Span], times: Sequence[TimeExpression]) -> list[Finding]:
    """The statements of a reading: evidence is whole sentences, the time that of the expression chosen.

    Numbers of times beyond `times` are those that the reading could choose though nothing places them.
    """
    return [
        Finding(
            said.head,
            said.relation,
            said.tail,
            said.status,
            times[said.times[0]].value if said.times and said.times[0] < len(times) else None,
            Span(sentences[said.sentences[0]].start, sentences[said.sentences[-1]].end),
            said.score,
        )
        for said in reading.statements
    ]
