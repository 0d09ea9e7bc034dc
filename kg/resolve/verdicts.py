"""What a person says of facts: that one is wrong, or what it should have been."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from kg.history import Claim
from kg.model import Rejection
from kg.ontology import Ontology
from kg.resolve.folding import fold
from kg.resolve.registry import Registry, Verdict

Triple = tuple[str, str, str]

SELF = "head and tail are one entity"


class Bearer(NamedTuple):
    """An entity that bears a name: as the one it is shown by, or as an alias."""

    is_alias: bool
    id: str
    type: str


class _Case(NamedTuple):
    """A verdict on a triple, whose ends are here in the order in which the verdict names them."""

    verdict: Verdict
    head: Bearer
    tail: Bearer


class Court:
    """The verdicts of a registry on the facts of a graph. `find` gives the entities that bear a folded name."""

    def __init__(self, registry: Registry | None, find: Callable[[str], Sequence[Bearer]], ontology: Ontology) -> None:
        self._find = find
        self._ontology = ontology
        self._cases: dict[Triple, list[_Case]] = defaultdict(list)
        for verdict in registry.verdicts if registry else ():
            for head in find(fold(verdict.head)):
                for tail in find(fold(verdict.tail)):
                    self._cases[self._put(head.id, verdict.relation, tail.id)].append(_Case(verdict, head, tail))

    def triples(self) -> list[Triple]:
        """What there are verdicts on."""
        return sorted(self._cases)

    def judge(self, triple: Triple, claims: Iterable[Claim]) -> tuple[list[tuple[Triple, Claim]], list[Rejection]]:
        """The claims that stay or become others, each with the triple that it states then, and those that are rejected.

        Of several verdicts on one claim the last in the file counts. What one has corrected is not judged again.
        """
        cases = self._cases.get(triple)
        if not cases:
            return [(triple, claim) for claim in claims], []
        kept: list[tuple[Triple, Claim]] = []
        rejected: dict[Rejection, None] = {}
        for claim in claims:
            doc = claim.citation.article
            case = next((c for c in reversed(cases) if c.verdict.article in ("", doc)), None)
            if case is None:
                kept.append((triple, claim))
                continue
            made = self._correct(case, claim)
            if isinstance(made, str):
                v = case.verdict
                rejected[Rejection(doc, (v.head, v.relation, v.tail), made)] = None
            else:
                kept.append(made)
        return kept, list(rejected)

    def _correct(self, case: _Case, claim: Claim) -> tuple[Triple, Claim] | str:
        """What a claim becomes, or why it is rejected."""
        verdict, head, tail = case
        said = f": {verdict.because}" if verdict.because else ""
        new = verdict.becomes
        if new is None:
            return f"rejected by your registry{said}"
        relation, status = new.relation or verdict.relation, new.status or claim.status
        for name in (new.head, new.tail):
            if name is not None and not self._find(fold(name)):
                return f"your registry corrects it to {name}, and no article names that"
        heads = [head] if new.head is None else sorted(self._find(fold(new.head)))
        tails = [tail] if new.tail is None else sorted(self._find(fold(new.tail)))
        if new.relation is None and new.head is None and new.tail is None:
            return self._put(head.id, relation, tail.id), _retell(claim, status, new.time)
        fault: str | None = SELF
        for h in heads:
            for t in tails:
                if h.id == t.id:
                    continue
                fault = self._ontology.fault(h.type, relation, t.type, status)
                if fault is None:
                    return self._put(h.id, relation, t.id), _retell(claim, status, new.time)
        return f"your registry corrects it to what cannot be: {fault}"

    def _put(self, head: str, relation: str, tail: str) -> Triple:
        return put_in_order((head, relation, tail), self._ontology)


def _retell(claim: Claim, status: str, time: str | None) -> Claim:
    return replace(claim, status=status, time=claim.time if time is None else time or None)


def put_in_order(triple: Triple, ontology: Ontology) -> Triple:
    """The triple with the ends of a symmetric relation in the order of their ids."""
    head, relation, tail = triple
    return (tail, relation, head) if head > tail and ontology.relation(relation).symmetric else triple


def list_words(registry: Registry | None) -> frozenset[str]:
    """The folded names that verdicts name."""
    verdicts = registry.verdicts if registry else ()
    names = ((v.head, v.tail, v.becomes and v.becomes.head, v.becomes and v.becomes.tail) for v in verdicts)
    return frozenset(fold(name) for row in names for name in row if name)
