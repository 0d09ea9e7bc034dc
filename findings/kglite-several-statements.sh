#!/usr/bin/env bash
# KGLite 0.21.2: of statements parted by semicolons all are run, and the rows of the last alone come back, without a word
# about the others. Neo4j's server refuses such a text. kg refuses it, too.
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
graph = kglite.KnowledgeGraph()
rows = graph.cypher("CREATE (n:A {id: 1}) RETURN n.id AS made; RETURN 2 AS two").to_list()
made = graph.cypher("MATCH (n:A) RETURN count(n) AS n").to_list()
print("rows:", rows, "nodes made:", made)
same = rows == [{"two": 2}] and made == [{"n": 1}]
print("as found" if same else "CHANGED: look at what kg works around")
sys.exit(not same)
PYTHON
