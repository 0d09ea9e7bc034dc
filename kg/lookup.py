"""Which entities are meant by a name, wherever they come from: a resolution, a graph, a server."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from kg.resolve.folding import fold
from kg.resolve.scripts import find_written


class Known(NamedTuple):
    """What an entity is known by; `ids` are those elsewhere, as key:value."""

    id: str
    name: str
    aliases: Sequence[str]
    ids: Sequence[str]


def find_known(list_known: Callable[[], Iterable[Known]], name: str) -> set[str]:
    """Ids of the entities with this name, or else this alias, or else this id elsewhere (wikidata:Q30744540).

    Compared folded as in `resolve`, and where that finds none, whether in traditional or simplified characters: then the
    entities are listed once more. Nothing is found for what folds to nothing.
    """
    wanted = fold(name)
    if not wanted:
        return set()
    by_name, by_alias, by_id = set[str](), set[str](), set[str]()
    for known in list_known():
        if fold(known.name) == wanted:
            by_name.add(known.id)
        elif any(fold(alias) == wanted for alias in known.aliases):
            by_alias.add(known.id)
        elif any(fold(written) == wanted for written in known.ids):
            by_id.add(known.id)
    found = by_name or by_alias or by_id
    return found or find_written(((k.id, form) for k in list_known() for form in (k.name, *k.aliases)), name)
