#!/usr/bin/env bash
# Make the virtual environment VENV with the interpreter PYTHON and install into it what training needs, PyTorch among it,
# and kg itself. With KG_NO_TORCH set, or where it cannot be installed, say so in a line and leave no environment behind.
set -euo pipefail
python=$1 venv=$2

if [ -n "${KG_NO_TORCH:-}" ]; then
    echo "Tests of training are left out: KG_NO_TORCH is set."
    exit 0
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kg needs Python 3.11 or newer: make train-setup PYTHON=python3.12" >&2; exit 1; }
[ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import pip' 2>/dev/null || "$python" -m venv --clear "$venv"
echo "Installing PyTorch and what training needs into $venv (once; about 5 GB on Linux)…"
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps)
if ! "${pip[@]}" --require-hashes -r training/requirements.lock || ! "${pip[@]}" --no-build-isolation --editable .; then
    rm -rf "$venv"
    echo "Tests of training are left out: PyTorch cannot be installed here (the reason stands above)."
    exit 0
fi
touch "$venv/.set-up"
