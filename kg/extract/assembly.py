"""Findings of the pipeline -> the statements of one article: checked, each said once, with raw evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kg.extract.patterns import Pattern
from kg.extract.reading import CleanArticle
from kg.model import ArticleInfo, Extraction, NamedEntity, Rejection, Span, Statement
from kg.ontology import Ontology

# Types that are listed as entities only where a statement needs them: every 中国 and 手机 of a text is no finding.
_ON_DEMAND = ("Category", "Place", "Role", "Program")


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement between two of the article's entities, by number; the passage that states it in offsets of the clean text."""

    head: int
    relation: str
    tail: int
    status: str
    time: str | None
    evidence: Span
    confidence: float
    pattern: Pattern | None = None  # that found it; None: the model


def assemble(
    article: CleanArticle,
    info: ArticleInfo,
    entities: Sequence[NamedEntity],
    findings: Iterable[Finding],
    ontology: Ontology,
    *,
    min_confidence: float,
    all_named: bool = False,
) -> Extraction:
    """One Statement for each distinct (head, relation, tail, status, time), the surest finding of it.

    A statement without time yields to one of the same status with time. Rejected ones carry the reason. `all_named`: list
    every entity, also of the types that are otherwise listed where a statement needs them.
    """
    entities = [_write_names(entity, article) for entity in entities]
    best: dict[tuple[int, str, int], dict[tuple[str, str | None], Finding]] = {}
    rejected: list[Rejection] = []
    for finding in findings:
        head, tail = entities[finding.head], entities[finding.tail]
        triple = (head.name, finding.relation, tail.name)
        if fault := ontology.fault(head.type, finding.relation, tail.type, finding.status):
            rejected.append(Rejection(info.id, triple, fault))
            continue
        if finding.confidence < min_confidence:
            rejected.append(Rejection(info.id, triple, "confidence below the minimum"))
            continue
        ends = (finding.head, finding.tail)
        if ontology.relation(finding.relation).symmetric:
            mirrored = (ends[1], finding.relation, ends[0])
            if mirrored in best:
                ends = (ends[1], ends[0])
        group = best.setdefault((ends[0], finding.relation, ends[1]), {})
        key = (finding.status, finding.time)
        if key not in group or group[key].confidence < finding.confidence:
            group[key] = finding
    statements = []
    used: set[int] = set()
    for (head_number, relation, tail_number), group in best.items():
        used |= {head_number, tail_number}
        dated = {status for status, time in group if time}
        for (status, time), finding in group.items():
            if time is None and status in dated:
                continue
            if status == "actual" and any(
                other == "ended" and finding.evidence.overlaps(end.evidence) for (other, _), end in group.items()
            ):
                continue  # 甲公司CEO张某卸任: the title is told together with its end
            passage = finding.evidence
            statements.append(
                Statement(
                    info.id,
                    entities[head_number],
                    relation,
                    entities[tail_number],
                    status,
                    time,
                    article.evidence(passage.start, passage.end),
                    round(finding.confidence, 3),
                )
            )
    named = tuple(e for number, e in enumerate(entities) if all_named or number in used or e.type not in _ON_DEMAND)
    return Extraction(info, named, tuple(sorted(statements, key=_place)), tuple(dict.fromkeys(rejected)))


def _write_names(entity: NamedEntity, article: CleanArticle) -> NamedEntity:
    name, aliases = article.as_written(entity.name), tuple(map(article.as_written, entity.aliases))
    return entity if (name, aliases) == (entity.name, entity.aliases) else replace(entity, name=name, aliases=aliases)


def _place(statement: Statement) -> tuple[int, str, str, str, str, str]:
    return (
        statement.evidence.start,
        statement.head.name,
        statement.relation,
        statement.tail.name,
        statement.status,
        statement.time or "",
    )
