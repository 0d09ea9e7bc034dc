#!/usr/bin/env bash
# KGLite 0.21.2: two that load one file, change it and save it both succeed, and what the first saved is gone.
# kglite.load takes no lease on the file. kg: a lock of its own from load to save, and a look at the file before replacing it.
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
made = kglite.KnowledgeGraph()
made.cypher("CREATE (:Company {id: 'start', name: 'start'})")
made.save("graph.kgl")
first, second = kglite.load("graph.kgl"), kglite.load("graph.kgl")
first.cypher("CREATE (:Company {id: 'first', name: 'first'})")
second.cypher("CREATE (:Company {id: 'second', name: 'second'})")
first.save("graph.kgl")
second.save("graph.kgl")
rows = kglite.load("graph.kgl").cypher("MATCH (c:Company) RETURN c.id AS id ORDER BY id").to_list()
print(rows)
same = rows == [{"id": "second"}, {"id": "start"}]
print("as found" if same else "CHANGED: look at what kg works around")
sys.exit(not same)
PYTHON
