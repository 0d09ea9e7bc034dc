"""Annotations of texts that may not be passed on: kept with the text's hash and offsets in its place.

A row of annotated data becomes a reference (`refer`) when it is put in the repository, and a row again (`resolve`) where the text is
at hand. Surface forms are kept, so that what was annotated can be read; passages are half-open offsets of the text, in our own
texts, too, which stand in the repository whole.
"""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kg.errors import ConfigError

FOLDER = Path(__file__).parent.parent / "annotated"
JOINTS = (" — ", "\n")
"""What stands between title and body where a collection has both as one string."""
_HASHED = 16  # hex digits


def key_of(text: str) -> str:
    """Names a text of a collection, blanks at its ends left out."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:_HASHED]


def refer(row: Mapping[str, Any], kind: str, keys: Container[str]) -> dict[str, Any] | None:
    """The row without its text; None where no text of the collection, named by `keys`, is it."""
    title, text = row.get("title", ""), row["text"].strip()
    wholes = [title + joint + text for joint in JOINTS] if title else [text]
    found = next((whole for whole in wholes if key_of(whole) in keys), None)
    if found is None:
        return None
    return {**place_passages({**row, "text": text}), "kind": kind, "text": key_of(found), "title": len(title)}


def place_passages(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with offsets of its text in place of passages, none for the title. ConfigError for one that is nowhere."""
    relations = []
    for said in row["relations"]:
        at = row["text"].find(said["evidence"])
        if at < 0 and said["evidence"] != row["title"]:
            raise ConfigError(
                f"{row['id']}: the passage {said['evidence'][:30]!r} is neither in the text nor its title"
            )
        relations.append({**said, "evidence": None if at < 0 else [at, at + len(said["evidence"])]})
    return {**row, "relations": relations}


def read_passages(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as annotated data has it, passages in the place of offsets."""
    relations = [
        {**said, "evidence": row["title"] if said["evidence"] is None else row["text"][slice(*said["evidence"])]}
        for said in row["relations"]
    ]
    return {**row, "relations": relations}


def resolve(reference: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any] | None:
    """The row of annotated data, its text taken from `texts` (by `key_of`); None where the text is not there."""
    whole = texts.get(reference["text"])
    if whole is None:
        return None
    whole, length = whole.strip(), reference["title"]
    title, text = whole[:length], whole[length:]
    if length:
        text = next(text[len(joint) :] for joint in JOINTS if text.startswith(joint))
    row = {name: value for name, value in reference.items() if name != "kind"}
    return read_passages({**row, "title": title, "text": text})


def read_annotated(folder: Path, texts: Iterable[str]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """(kind, row) of all that is annotated in `folder`: `written/` has its texts, `real/` refers to some of `texts`.

    The row is None where a text that is referred to is not among `texts`.
    """
    for path in sorted((folder / "written").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield "written", read_passages(json.loads(line))
    by_key: dict[str, str] | None = None
    for path in sorted((folder / "real").glob("*.jsonl")):
        by_key = {key_of(text): text for text in texts} if by_key is None else by_key
        for line in path.read_text(encoding="utf-8").splitlines():
            reference = json.loads(line)
            yield reference["kind"], resolve(reference, by_key)
