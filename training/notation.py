"""A short notation for annotating by hand: a fifth of the characters that the same annotation takes as JSON.

    @ flashes-17 2026-08-04
    # title, only where the text stands in the notation itself
    The text itself, if no file of texts has it under this id, up to a line of two dashes.
    --
    小红书 | RED : Platform
    淘宝天猫 : Platform
    > 小红书 | PARTNERS_WITH | 淘宝天猫 | planned | 2026-08 | 2

An entity is its surface forms, the canonical one first, and its type. A statement is head, relation, tail, status (`actual` if
empty), time (may be empty) and the numbers of the sentences that say it (`2` or `2-3`; 0 is the title, `0-2` counts as `1-2`). `@ ID skip` leaves a text out.

python -m training.notation show TEXTS.jsonl              numbers the sentences of texts to annotate
python -m training.notation check FILE... [--texts …]     says what is wrong
python -m training.notation read FILE... [--texts …] -o OUT.jsonl
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.errors import KGError
from kg.extract.sentences import split_sentences
from kg.history import is_period, is_time
from kg.model import STATUSES
from kg.ontology import load_ontology

_LENGTH_OF_DAY = len("2024-06-01")


class NotationError(KGError):
    """An annotation that does not hold to the notation, its text or the ontology; says the block and what is wrong."""


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of a raw text, as `show` numbers them from 1."""
    return [(sentence.start, sentence.end) for sentence in split_sentences(text)]


def show(text: Mapping[str, Any]) -> str:
    """The text as an annotator reads it: id, date, title and numbered sentences."""
    lines = [f"@ {text['id']} {text['date']}"]
    if text.get("title"):
        lines.append(f"[0] {text['title']}")
    lines += [
        f"[{number}] {text['text'][start:end].strip()}"
        for number, (start, end) in enumerate(sentences_of(text["text"]), 1)
    ]
    return "\n".join(lines)


def split_blocks(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """(heading without its @, lines) of each annotation."""
    heading, block = None, []
    for line in lines:
        if line.startswith("@ "):
            if heading is not None:
                yield heading, block
            heading, block = line[2:].strip(), []
        elif heading is not None:
            block.append(line.rstrip("\n"))
    if heading is not None:
        yield heading, block


def read_block(heading: str, lines: Sequence[str], texts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """One annotation as a row of annotated data (see `training.annotated`); None where it says `skip`.

    Raises NotationError with everything that is wrong with it.
    """
    name, *rest = heading.split()
    if rest == ["skip"]:
        return None
    said, title, text = list(lines), "", ""
    if "--" in (line.strip() for line in lines):
        cut = [line.strip() for line in lines].index("--")
        written, said = [line.strip() for line in lines[:cut]], list(lines[cut + 1 :])
        title = "".join(line[2:] for line in written if line.startswith("# "))
        text = "\n".join(line for line in written if not line.startswith("# ")).strip()
        date = rest[0] if rest else ""
    elif name in texts:
        given = texts[name]
        title, text, date = given.get("title", ""), given["text"], rest[0] if rest else given["date"]
    else:
        raise NotationError(f"{name}: there is no text of this id, neither here nor among the texts")
    faults: list[str] = []
    if len(date) != _LENGTH_OF_DAY or not is_period(date):
        faults.append(f"date {date!r} is no YYYY-MM-DD")
    entities, relations = _read_said(said, title, text, faults)
    if faults:
        raise NotationError(f"{name}: " + "; ".join(faults))
    return {"id": name, "date": date, "title": title, "text": text, "entities": entities, "relations": relations}


def _read_said(
    lines: Sequence[str], title: str, text: str, faults: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    ontology = load_ontology()
    spans = sentences_of(text)
    entities: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    owner: dict[str, str] = {}
    types: dict[str, str] = {}
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        line = line.strip()
        if not line or line.startswith("//"):
            continue
        if not line.startswith(">"):
            forms, colon, type_ = line.rpartition(" : ")
            names = [form.strip() for form in forms.split(" | ")]
            if not colon or type_ not in ontology.entities:
                faults.append(f"{line!r} is no entity (forms, ' : ' and one of {', '.join(ontology.entities)})")
                continue
            for form in names:
                if form not in text and form not in title:
                    faults.append(f"form {form!r} is not in the text")
                if owner.setdefault(form, names[0]) != names[0] or names[0] in types:
                    faults.append(f"form {form!r} belongs to two entities")
            types[names[0]] = type_
            entities.append({"name": names[0], "type": type_, "names": list(dict.fromkeys(names))})
            continue
        fields = [field.strip() for field in line[1:].split(" |")]
        if len(fields) != 6:
            faults.append(f"{line!r} has {len(fields)} fields, not head | relation | tail | status | time | sentences")
            continue
        head, relation, tail, status, time, where = fields
        status = status or "actual"
        if relation not in ontology.relations:
            faults.append(f"{line!r}: no relation {relation!r}")
            continue
        spec = ontology.relations[relation]
        for side, allowed in ((head, spec.head), (tail, spec.tail)):
            if side not in types:
                faults.append(f"{line!r}: {side!r} is no entity's first form")
            elif types[side] not in allowed:
                faults.append(f"{line!r}: {side!r} may not be {types[side]} here")
        if head == tail:
            faults.append(f"{line!r}: relates a thing to itself")
        if status not in STATUSES:
            faults.append(f"{line!r}: no status {status!r}")
        if time and not is_time(time):
            faults.append(f"{line!r}: time {time!r} is no YYYY, YYYY-MM, YYYY-MM-DD or START/END")
        evidence = _passage(where, title, text, spans)
        if evidence is None:
            faults.append(f"{line!r}: no sentences {where!r} among {len(spans)}")
            continue
        key = (head, relation, tail, status, time)
        if key in seen:
            faults.append(f"{line!r}: twice")
        seen.add(key)
        row = {"head": head, "relation": relation, "tail": tail, "status": status, "evidence": evidence}
        relations.append(row | ({"time": time} if time else {}))
    return entities, relations


def _passage(where: str, title: str, text: str, spans: list[tuple[int, int]]) -> str | None:
    if where == "0":
        return title or None
    numbers = re.fullmatch(r"(\d+)(?:-(\d+))?", where)
    if not numbers:
        return None
    first, last = int(numbers[1]), int(numbers[2] or numbers[1])
    if first == 0 < last:
        first = 1  # the title is apart from the text; who begins with it means the sentences after it
    if not 1 <= first <= last <= len(spans):
        return None
    return text[spans[first - 1][0] : spans[last - 1][1]].strip()


def read_texts(paths: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Texts to annotate, by id: JSON lines of `{"id", "date", "title", "text"}`."""
    return {
        row["id"]: row
        for path in paths
        for row in (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=("show", "check", "read"))
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args(arguments)
    if options.do == "show":
        print("\n\n".join(show(text) for text in read_texts(options.files).values()))
        return 0
    texts = read_texts(options.texts)
    rows, faults = [], 0
    for path in options.files:
        for heading, block in split_blocks(path.read_text(encoding="utf-8").splitlines()):
            try:
                row = read_block(heading, block, texts)
            except NotationError as error:
                faults += 1
                print(f"{path.name}: {error}", file=sys.stderr)
            else:
                rows += [row] if row else []
    if options.do == "read":
        options.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} texts, {sum(len(row['relations']) for row in rows)} statements, {faults} texts with faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
