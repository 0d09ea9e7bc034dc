"""What a language model is asked: the ontology and a piece of an article in, JSON of a given schema out."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg.extract.sentences import split_sentences
from kg.model import Span
from kg.ontology import Ontology

PROMPT_FILE = Path(__file__).with_name("llm_prompt.txt")

# Characters of one request. With the instructions that is some 4,000 tokens, which leaves room for the answer in the 8,000
# that small servers are often started with; nearly every news item is one piece.
PIECE = 2000

_EXAMPLE: dict[str, Any] = {
    "statements": [
        {
            "head": {"name": "甲乐", "type": "Platform"},
            "relation": "PARTNERS_WITH",
            "tail": {"name": "乙禾集团", "type": "Company"},
            "status": "actual",
            "time": "3月2日",
            "evidence": "甲乐平台3月2日宣布与乙禾集团达成合作",
        },
        {
            "head": {"name": "乙禾集团", "type": "Company"},
            "relation": "ACQUIRES",
            "tail": {"name": "丙木科技", "type": "Company"},
            "status": "denied",
            "time": None,
            "evidence": "乙禾集团否认收购丙木科技",
        },
    ]
}


def make_messages(instructions: str, text: str, *, date: str | None) -> list[dict[str, str]]:
    """The two messages of a request about `text`, published on `date`."""
    published = f"发布日期：{date}\n" if date else ""
    return [
        {"role": "system", "content": instructions},
        {"role": "user", "content": f"{published}文章：\n<article>\n{text}\n</article>"},
    ]


def make_instructions(ontology: Ontology) -> str:
    """What the model is told of its task and of the ontology."""
    entities = [f"- {kind.name}（{kind.zh}）" for kind in ontology.entities.values()]
    relations = [
        f"- {kind.name}（{kind.zh}）：{'、'.join(sorted(kind.head))} → {'、'.join(sorted(kind.tail))}"
        + ("，不分左右" if kind.symmetric else "")
        for kind in ontology.relations.values()
    ]
    filled = PROMPT_FILE.read_text(encoding="utf-8")
    for name, value in (
        ("{statuses}", "、".join(ontology.statuses)),
        ("{entities}", "\n".join(entities)),
        ("{relations}", "\n".join(relations)),
        ("{example}", json.dumps(_EXAMPLE, ensure_ascii=False)),
    ):
        filled = filled.replace(name, value)
    return filled


def make_schema(ontology: Ontology) -> dict[str, Any]:
    """The JSON schema of an answer, in the part of the language that OpenAI's strict mode takes."""
    end = _object(name={"type": "string"}, type={"type": "string", "enum": list(ontology.entities)})
    statement = _object(
        head=end,
        relation={"type": "string", "enum": list(ontology.relations)},
        tail=end,
        status={"type": "string", "enum": list(ontology.statuses)},
        time={"anyOf": [{"type": "string"}, {"type": "null"}]},
        evidence={"type": "string"},
    )
    return _object(statements={"type": "array", "items": statement})


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def fingerprint_prompt(ontology: Ontology) -> str:
    """A hash of all that is asked beside the article."""
    asked = json.dumps([make_messages(make_instructions(ontology), "", date=None), make_schema(ontology), PIECE])
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def split_pieces(text: str, *, size: int = PIECE) -> Iterator[Span]:
    """The text in pieces of whole sentences, each of `size` characters at most; none where it is empty."""
    start = end = -1
    for sentence in split_sentences(text):
        if start >= 0 and sentence.end - start > size:
            yield Span(start, end)
            start = -1
        if start < 0:
            start = sentence.start
        end = sentence.end
    if start >= 0:
        yield Span(start, end)
