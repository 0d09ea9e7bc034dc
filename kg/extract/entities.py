"""The entities of one article: mentions of the same thing under one number, with the name that the article uses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kg.extract.gazetteer import Gazetteer
from kg.extract.names import find_aliases
from kg.extract.relations import Party
from kg.model import Mention, NamedEntity
from kg.ontology import Ontology


@dataclass(frozen=True, slots=True)
class LocalEntities:
    """`entities[i]` is entity i; `parties` are the mentions in order, each with the number of its entity."""

    entities: tuple[NamedEntity, ...]
    parties: tuple[Party, ...]


def group_mentions(text: str, mentions: Sequence[Mention], gazetteer: Gazetteer, ontology: Ontology) -> LocalEntities:
    """Mentions that share a form, a known name, or are tied by a bracket (甲公司（简称“甲”）) are one entity.

    Its name is the form used most, the earliest among equals; its type the one that most of its mentions have.
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def find(key: tuple[str, str]) -> tuple[str, str]:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    def key_of(mention: Mention) -> tuple[str, str]:
        known = gazetteer.forms.get(mention.text)
        name = known.name if known and known.type == mention.type else mention.text
        return ontology.coarse(mention.type), name.casefold()

    ending = {mention.end: mention for mention in mentions}
    starting = {mention.start: mention for mention in mentions}
    for bracket, start, _ in find_aliases(text):
        named, alias = ending.get(bracket), starting.get(start)
        if named and alias and ontology.coarse(named.type) == ontology.coarse(alias.type):
            one, other = find(key_of(named)), find(key_of(alias))
            parent[other] = one

    numbers: dict[tuple[str, str], int] = {}
    forms: list[Counter[str]] = []
    types: list[Counter[str]] = []
    parties = []
    for mention in mentions:
        root = find(key_of(mention))
        number = numbers.setdefault(root, len(numbers))
        if number == len(forms):
            forms.append(Counter())
            types.append(Counter())
        forms[number][mention.text] += 1
        types[number][mention.type] += 1
        parties.append((number, mention))
    kinds = [counter.most_common(1)[0][0] for counter in types]
    return LocalEntities(
        tuple(_entity(counter, kind) for counter, kind in zip(forms, kinds, strict=True)),
        tuple(Party(number, kinds[number], m.start, m.end, m.score) for number, m in parties),
    )


def _entity(forms: Counter[str], kind: str) -> NamedEntity:
    ordered = [form for form, _ in forms.most_common()]
    return NamedEntity(ordered[0], kind, tuple(sorted(ordered[1:])), forms.total())


def mentioned_aliases(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Other names that brackets give to a mention and no finder saw: 沃尔核材（下称“沃尔”）."""
    ending = {mention.end: mention for mention in mentions}
    for bracket, start, end in find_aliases(text):
        if named := ending.get(bracket):
            yield Mention(start, end, text[start:end], named.type, 0.75, "bracket")


def add_usual_names(
    entities: Sequence[NamedEntity], gazetteer: Gazetteer, ontology: Ontology
) -> tuple[NamedEntity, ...]:
    """The entities, each with the usual name that the gazetteer knows for its forms among its aliases.

    So articles that call one thing B站 and 哔哩哔哩 tell of one thing. None is added where the forms of an entity have
    several usual names, or where another entity of the article has it: then nothing tells which is meant.
    """
    usual = [_usual_names(entity, gazetteer, ontology) for entity in entities]
    owners = Counter(
        (ontology.coarse(entity.type), name)
        for entity, known in zip(entities, usual, strict=True)
        for name in {*entity.names, *known}
    )
    return tuple(
        replace(entity, aliases=tuple(sorted({*entity.aliases, *known})))
        if len(known - set(entity.names)) == len(known) == 1
        and all(owners[ontology.coarse(entity.type), name] == 1 for name in known)
        else entity
        for entity, known in zip(entities, usual, strict=True)
    )


def _usual_names(entity: NamedEntity, gazetteer: Gazetteer, ontology: Ontology) -> set[str]:
    coarse = ontology.coarse(entity.type)
    known = (gazetteer.forms.get(form) for form in entity.names)
    return {meant.name for meant in known if meant and ontology.coarse(meant.type) == coarse}
