"""Which names are one: a union of names that remembers what must stay apart."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
D = TypeVar("D", bound=Hashable)

# One article's word that two names are one weighs less than this many articles each that know only one of the two.
WEAK_WORD = 5


class Clusters(Generic[K, D]):
    """Union-find over names that knows which articles have a thing in each cluster, and refuses to join two of one."""

    def __init__(self) -> None:
        self._parent: dict[K, K] = {}
        self._docs: dict[K, set[D]] = {}
        self._apart: dict[K, set[K]] = {}  # by root, names that its cluster may not hold

    def load_docs(self, key: K) -> set[D]:
        """The articles that have a thing of this name, asked once when the name is first met."""
        return set()

    def add(self, key: K, doc: D | None = None) -> None:
        if key not in self._parent:
            self._parent[key] = key
            self._docs[key] = self.load_docs(key)
        if doc is not None:
            self._docs[key].add(doc)  # only before the first join, when each key is its own root

    def find(self, key: K) -> K:
        root = key
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while key != root:
            self._parent[key], key = root, self._parent[key]
        return root

    def separate(self, a: K, b: K) -> None:
        """Names that are never one, whatever anything else says."""
        self.add(a)
        self.add(b)
        self._apart.setdefault(self.find(a), set()).add(b)
        self._apart.setdefault(self.find(b), set()).add(a)

    def refusal(self, a: K, b: K, *, votes: int | None = None, force: bool = False) -> str:
        """Why the two may not be joined; "" where they may. `votes` counts the articles that say they are one."""
        self.add(a)
        self.add(b)
        a, b = self.find(a), self.find(b)
        if a == b:
            return ""
        if self._is_apart(a, b):
            return "registry says never"
        if force:
            return ""
        if not self._docs[a].isdisjoint(self._docs[b]):
            return "an article keeps them apart"
        known = min(len(self._docs[a]), len(self._docs[b]))
        if votes is not None and votes * WEAK_WORD < known - votes:
            return f"said by {votes} of the articles, while {known} or more know only one of the names"
        return ""

    def join(self, a: K, b: K, *, votes: int | None = None, force: bool = False) -> bool:
        """Make the two one where nothing speaks against it; whether they are one now."""
        if self.refusal(a, b, votes=votes, force=force):
            return False
        a, b = self.find(a), self.find(b)
        if a != b:
            small, large = (a, b) if len(self._docs[a]) < len(self._docs[b]) else (b, a)
            self._parent[small] = large
            self._docs[large] |= self._docs.pop(small)
            if small in self._apart:
                self._apart.setdefault(large, set()).update(self._apart.pop(small))
        return True

    def joined(self) -> Iterable[tuple[K, K]]:
        """(name, root) of every name that is not its own root."""
        for key in list(self._parent):
            root = self.find(key)
            if root != key:
                yield key, root

    def __contains__(self, key: K) -> bool:
        return key in self._parent

    def is_named(self, key: K) -> bool:
        """Whether some article has a thing in the key's cluster."""
        self.add(key)
        return bool(self._docs[self.find(key)])

    def is_open(self, a: K, b: K) -> bool:
        """Whether the two are neither one nor never one."""
        a, b = self.find(a), self.find(b)
        return a != b and not self._is_apart(a, b)

    def _is_apart(self, root: K, other: K) -> bool:
        return any(self.find(name) == y for x, y in ((root, other), (other, root)) for name in self._apart.get(x, ()))
