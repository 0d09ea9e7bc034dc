#!/usr/bin/env bash
# KGLite 0.21.2: setting `name` overwrites `title` (setting `title` leaves `name` alone), and either stands in for the other.
# In Neo4j they are two properties. kg: entities have a name and no title, articles a title and no name.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check kglite==0.21.2
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import sys
import kglite

print("kglite", kglite.__version__)
kglite.set_query_warning_policy("silent")
graph = kglite.KnowledgeGraph()
graph.cypher("CREATE (:Article {id: '1', name: 'a name', title: 'a title'}), (:Article {id: '2', title: 'only a title'})")
graph.cypher("MATCH (a:Article {id: '1'}) SET a.name = 'another name'")
rows = graph.cypher("MATCH (a:Article) RETURN a.name AS name, a.title AS title ORDER BY a.id").to_list()
print(rows)
same = rows == [
    {"name": "another name", "title": "another name"},
    {"name": "only a title", "title": "only a title"},
]
print("as found" if same else "CHANGED: look at what kg works around")
sys.exit(not same)
PYTHON
