"""Articles that would take the place of another one: of its id, from another file, and about something else.

A store replaces what it holds of an id, which is right for an article that has changed or was moved, and a silent loss where
two files happen to have one name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from kg.errors import InputError
from kg.model import Article, place_of
from kg.resolve import fold

if TYPE_CHECKING:
    from kg.load.base import Store

# Titles at least so alike are one title that was edited: of pairs of titles of different annotated articles, 33 in 200,000
# come so near.
SAME_TITLE = 60.0

Known = dict[str, tuple[str, tuple[str, ...]]]  # title and names by id


def has_same_content(one: str, other: str) -> bool:
    """Whether two hashes of `ArticleInfo` are of one content, wherever its file lay."""
    return one.partition("-")[0] == other.partition("-")[0]


def refuse_strangers(
    articles: Iterable[Article], store: "Store", hashes: Mapping[str, str], on_error: Callable[[InputError], None]
) -> Iterator[Article]:
    """The articles, without those whose id another article has in the store; of each an InputError goes to `on_error`.

    It is another one where it came from another file, its title is another, and not half of what it names is named here.
    """
    known: Known | None = None
    for article in articles:
        held = hashes.get(article.id)
        if held is not None and _came_from_elsewhere(article, held):
            if known is None:
                known = _list_known(store)
            title, names = known.get(article.id, ("", ()))
            if _tells_of_another(article, title, names):
                called = f" ({title[:40]})" if title else ""
                on_error(
                    InputError(
                        article.origin,
                        f"its id {article.id!r} is that of another article in the store{called}; rename the file, put its "
                        f"folder before its name (--folder-ids), or take the other one out (kg load --remove {article.id})",
                    )
                )
                continue
        yield article


def _came_from_elsewhere(article: Article, held: str) -> bool:
    place, place_held = place_of(article.origin), held.partition("-")[2]
    return bool(place and place_held) and place != place_held


def _list_known(store: "Store") -> Known:
    return {
        found.article.id: (found.article.title, tuple(entity.name for entity in found.entities))
        for found in store.extractions()
    }


def _tells_of_another(article: Article, title: str, names: tuple[str, ...]) -> bool:
    from rapidfuzz import fuzz

    if title and fuzz.ratio(fold(title), fold(article.title)) >= SAME_TITLE:
        return False
    return sum(name in article.text for name in names) * 2 < len(names) or not names
