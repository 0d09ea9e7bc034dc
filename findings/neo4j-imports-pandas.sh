#!/usr/bin/env bash
# Neo4j's driver 6.4.1: `import neo4j` imports pandas 3.1.1 and PyArrow 26.0.1 wherever they are installed, though nobody asks for a frame.
# That is most of the time and memory that the import takes. kg: kg/load/neo4j_driver.py keeps them out of its own process.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check neo4j==6.4.1 pandas==3.1.1 pyarrow==26.0.1
cd "$work"
cat > load.py <<'PYTHON'
import resource
import sys

for name in sys.argv[1:]:
    sys.modules[name] = None  # as if it were not installed
import neo4j

frames = [name for name in ("pandas", "pyarrow") if sys.modules.get(name)]
print(neo4j.__version__, frames or "none", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
PYTHON
"$work/venv/bin/python" -c "import neo4j, pandas, pyarrow"  # so that both runs find what is compiled
read -r version frames_there < <("$work/venv/bin/python" load.py)
read -r _ frames_away < <("$work/venv/bin/python" load.py pandas pyarrow)
echo "neo4j $version: imported along and MB at most: $frames_there; without: $frames_away"
[ "${frames_there% *}" = "['pandas', 'pyarrow']" ] && [ "$((${frames_there##* } - ${frames_away##* }))" -gt 30 ] \
    && echo "as found" || { echo "CHANGED: look at what kg works around"; exit 1; }
