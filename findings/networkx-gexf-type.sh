#!/usr/bin/env bash
# NetworkX's GEXF writer drops an edge attribute named `type` without a word, and writes control characters into a file that
# it cannot read back.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check networkx==3.6.1
"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys
from pathlib import Path
from xml.etree.ElementTree import ParseError

import networkx as nx

path = Path(sys.argv[1]) / "g.gexf"
graph = nx.MultiDiGraph()
graph.add_edge("a", "b", type="PARTNERS_WITH", kind="PARTNERS_WITH")
nx.write_gexf(graph, path)
(_, _, data), *_ = nx.read_gexf(path).edges(data=True)
print("networkx", nx.__version__)
print("written: type and kind; read back:", sorted(data))
dropped = "type" not in data and "kind" in data

graph = nx.MultiDiGraph()
graph.add_node("a", name="ring\x07bell")
nx.write_gexf(graph, path)
try:
    nx.read_gexf(path)
    unreadable = False
except ParseError as exc:
    unreadable = True
    print("a control character in a name:", exc)
sys.exit(0 if dropped and unreadable else "the behaviour has changed")
PYTHON
