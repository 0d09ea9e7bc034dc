"""What each pattern is worth: its right and wrong triples on annotated articles, its precision beside its confidence.

.venv/bin/python bench/patterns.py [FILE.jsonl …]        default: train-a to train-f under KG_SHARED
"""

import collections
import json
import os
import sys
import unicodedata
from pathlib import Path

from kg.extract.articles import read_articles
from kg.extract.nlp import Extractor
from kg.extract.options import RULES_ONLY, ExtractorOptions
from kg.model import NamedEntity
from kg.ontology import load_ontology

SHARED = Path(os.environ.get("KG_SHARED", "../shared"))


def fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip("《》“”\"'「」『』 ").replace(" ", "")


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]] or sorted((SHARED / "data" / "articles").glob("train-[a-f].jsonl"))
    if not files:
        sys.exit(f"no annotated articles under {SHARED}; set KG_SHARED to the folder that has data/articles")
    extractor, ontology = Extractor(ExtractorOptions(model=RULES_ONLY)), load_ontology()
    right: collections.Counter[str] = collections.Counter()
    total: collections.Counter[str] = collections.Counter()
    confidence: dict[str, float] = {}
    for path in files:
        gold = {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
        for article in read_articles([path]):
            row = gold[article.id]
            names = {fold(n): e["name"] for e in row["entities"] for n in (e["name"], *e["names"])}
            stated = {(r["head"], r["relation"], r["tail"]) for r in row["relations"]}
            draft = extractor.run(article)

            def known(entity: NamedEntity, names: dict[str, str] = names) -> str | None:
                return names.get(fold(entity.name))

            seen = set()
            for finding in draft.findings:
                head, tail = (known(draft.entities[number]) for number in (finding.head, finding.tail))
                key = (finding.pattern.form, finding.head, finding.relation, finding.tail)
                if key in seen:
                    continue
                seen.add(key)
                symmetric = ontology.relation(finding.relation).symmetric
                hit = (head, finding.relation, tail) in stated or (
                    symmetric and (tail, finding.relation, head) in stated
                )
                form = finding.pattern.form
                total[form] += 1
                right[form] += hit
                confidence[form] = finding.pattern.confidence
    for form, count in total.most_common():
        print(f"{right[form]:4d} of {count:4d} = {right[form] / count:.2f}  confidence {confidence[form]:.2f}  {form}")


if __name__ == "__main__":
    main()
