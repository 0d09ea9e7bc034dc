"""Copies of documents under other names: what a name stands for must be read from the text, not known by heart."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .annotated import Document

# Names of these types can stand for one another; a title, a trade or a city says too much to be swapped.
RENAMED = ("Platform", "Company", "Brand", "Institution", "Person", "Product", "Program")


def collect_names(
    documents: Sequence[Document], companies: Sequence[str] = (), people: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Names by type, each once: those of the documents, and lists from elsewhere."""
    names: dict[str, set[str]] = {kind: set() for kind in RENAMED}
    for document in documents:
        for _, _, number, form in document.mentions:
            if document.types[number] in names:
                names[document.types[number]].add(form)
    names["Company"].update(companies)
    names["Person"].update(people)
    return {kind: sorted(found) for kind, found in names.items()}


def rename(document: Document, names: Mapping[str, Sequence[str]], chance: random.Random, *, share: float) -> Document:
    """A copy in which about `share` of the entities with one form have another name of their type, everywhere."""
    forms: dict[int, set[str]] = {}
    for _, _, number, form in document.mentions:
        forms.setdefault(number, set()).add(form)
    taken = {form for found in forms.values() for form in found}
    chosen: dict[int, str] = {}
    for number, found in forms.items():
        pool = names.get(document.types[number])
        if not pool or len(found) != 1 or chance.random() >= share:
            continue
        (old,) = found
        if any(old != other and old in other for other in taken):
            continue  # a part of another name: 苏宁 beside 苏宁易购 tells whose it is
        for _ in range(8):
            new = pool[chance.randrange(len(pool))]
            if (
                new not in taken
                and new not in document.text
                and new.isascii() == old.isascii()
                and len(new) <= 2 * len(old) + 4
            ):
                chosen[number] = new
                taken.add(new)
                break
    return replace_names(document, chosen) if chosen else document


def replace_names(document: Document, chosen: Mapping[int, str]) -> Document:
    """The document with the mentions of the given entities rewritten, all offsets moved along."""
    cuts = sorted((start, end, chosen[number]) for start, end, number, _ in document.mentions if number in chosen)
    parts, moved, at, shift = [], [0] * (len(document.text) + 1), 0, 0
    for start, end, new in cuts:
        parts += [document.text[at:start], new]
        for offset in range(at, start + 1):
            moved[offset] = offset + shift
        for offset in range(start + 1, end):
            moved[offset] = start + shift
        shift += len(new) - (end - start)
        moved[end] = end + shift
        at = end
    parts.append(document.text[at:])
    for offset in range(at, len(document.text) + 1):
        moved[offset] = offset + shift
    return replace(
        document,
        text="".join(parts),
        sentences=[(moved[s], moved[e]) for s, e in document.sentences],
        times=[
            (moved[s], max(moved[e], moved[s]), value) for s, e, value in document.times
        ],  # empty where inside a name
        mentions=[(moved[s], moved[e], number, chosen.get(number, form)) for s, e, number, form in document.mentions],
    )
