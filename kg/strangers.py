"""Articles that would take the place of another one: of its id, from another file, and about something else.

A store replaces what it holds of an id, which is right for an article that has changed or was moved, and a silent loss where
two files happen to have one name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from kg.errors import InputError
from kg.model import Article, place_of

if TYPE_CHECKING:
    from kg.load.base import Store

# Titles at least so alike are one title that was edited: of pairs of titles of different annotated articles, 33 in 200,000
# come so near.
SAME_TITLE = 60.0

Known = dict[str, tuple[str, tuple[str, ...]]]  # title and names by id


def refuse_strangers(
    articles: Iterable[Article], store: "Store", hashes: Mapping[str, str], on_error: Callable[[InputError], None]
) -> Iterator[Article]:
    """The articles, without those whose id another article has in the store; of each an InputError goes to `on_error`."""
    strangers = Strangers(store, hashes)
    for article in articles:
        error = strangers.refuse(article)
        if error is None:
            yield article
        else:
            on_error(error)


class Strangers:
    """Tells articles whose id another one has in the store, whose `hashes` those are."""

    def __init__(self, store: "Store", hashes: Mapping[str, str]) -> None:
        self._store, self._hashes = store, hashes
        self._known: Known | None = None

    def refuse(self, article: Article) -> InputError | None:
        """Why an article may not take the place of the one that is held; None where it may.

        It is another one where it came from another file, its title is another, and not half of what it names is named here.
        """
        if not came_from_elsewhere(article, self._hashes.get(article.id)):
            return None
        if self._known is None:
            self._known = _list_known(self._store)
        title, names = self._known.get(article.id, ("", ()))
        if not _tells_of_another(article, title, names):
            return None
        called = f" ({title[:40]})" if title else ""
        return InputError(
            article.origin,
            f"its id {article.id!r} is that of another article in the store{called}; rename the file, put its "
            f"folder before its name (--folder-ids), or take the other one out (kg load --remove {article.id})",
        )


def came_from_elsewhere(article: Article, held: str | None) -> bool:
    """Whether an article lay in another file when the store took the one that it holds, of this hash (None: it holds none)."""
    place, place_held = place_of(article.origin), (held or "").partition("-")[2]
    return bool(place and place_held) and place != place_held


def _list_known(store: "Store") -> Known:
    return {
        found.article.id: (found.article.title, tuple(entity.name for entity in found.entities))
        for found in store.extractions()
    }


def _tells_of_another(article: Article, title: str, names: tuple[str, ...]) -> bool:
    from rapidfuzz import fuzz

    from kg.resolve import fold

    if title and fuzz.ratio(fold(title), fold(article.title)) >= SAME_TITLE:
        return False
    return sum(name in article.text for name in names) * 2 < len(names) or not names
