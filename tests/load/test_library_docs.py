"""docs/questions.md says what every question asks and answers on the examples. KG_DOCS=1 writes it anew."""

import json
import os

import pytest

from kg.load.library import list_queries, load_query
from tests.load.example_graph import ask_kglite, read_gold

THEMES = {
    "Partners and links": "partners-of partners-as-of links-of openness opened shared-partners rivals-of "
    "rivals-sharing-partners",
    "How it came about": "timeline timeline-of as-of ended years launches closures",
    "What is said and how sure it is": "rumours plans denied contradictions conflicting-dates single-source evidence",
    "Ways and camps": "path bridges most-connected profile co-mentions",
    "Money and ownership": "investors portfolio owned-by owners-of",
    "People and trades": "people positions moves categories entrants",
    "Articles and names": "find articles article article-names",
    "State of the data": "quality isolated undated shared-names",
}
ROWS = 3
WIDTH = 40

HEAD = """# Questions that kg brings along

    kg queries                       # the list;  kg queries NAME shows one whole
    kg query --name partners-of -p name=京东 --store g.kgl
    kg query --name partners-of --explain --store g.kgl

The files are in `cypher/queries/`, one a question, and run as they stand in Neo4j 5.26 and later and in a .kgl file; only `find` has a
text of its own for Neo4j, where a full-text index answers it. A name may be any alias. Days are YYYY-MM-DD; as the end of a period a
year or month is meant whole. `status` is one of actual, planned, rumored, denied, ended.

Below, the first rows of each answer for the parameters shown, asked of the statements that a careful reader finds in the
examples. Those are demo texts, never a source of facts. Long lists and passages are cut.
"""


@pytest.fixture(scope="module")
def ask(examples, tmp_path_factory):
    with ask_kglite(read_gold(examples / "gold.jsonl"), tmp_path_factory.mktemp("docs") / "g.kgl") as (ask, _):
        yield ask


def test_every_question_has_its_place_in_the_catalogue():
    listed = [name for names in THEMES.values() for name in names.split()]
    assert sorted(listed) == [query.name for query in list_queries()]


def test_the_catalogue_is_what_the_questions_answer(ask, root):
    parts = [HEAD]
    for theme, names in THEMES.items():
        parts.append(f"\n## {theme}\n")
        parts += [describe(load_query(name), ask(name)) for name in names.split()]
    text = "".join(parts)
    path = root / "docs" / "questions.md"
    if os.environ.get("KG_DOCS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "KG_DOCS=1 pytest tests/load/test_library_docs.py writes it anew"


def describe(query, rows):
    parameters = " ".join(f"`{k}={json.dumps(v, ensure_ascii=False)}`" for k, v in query.parameters.items())
    lines = [f"\n### {query.name}\n", f"{query.zh} {query.en}\n"]
    if parameters:
        lines.append(f"Parameters: {parameters}\n")
    if rows:
        lines += [
            "| " + " | ".join(query.columns) + " |",
            "|" + " --- |" * len(query.columns),
            *("| " + " | ".join(show(value) for value in row.values()) + " |" for row in rows[:ROWS]),
        ]
        if len(rows) > ROWS:
            lines.append(f"\n… {len(rows)} rows")
    else:
        lines += [f"- `{column}`: {meaning}" for column, meaning in query.columns.items()]
        lines.append("\nThe examples have none.")
    return "\n".join(lines) + "\n"


def show(value):
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:2])) + (", …" if len(value) > 2 else "")
    else:
        shown = "" if value is None else str(value)
    shown = shown.replace("\n", " ").replace("|", "\\|")
    return shown if len(shown) <= WIDTH else shown[: WIDTH - 1] + "…"
