#!/usr/bin/env bash
# Every document made with python-docx says that it was created on 2013-12-23, the day of its template.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-docx==1.2.0
"$work/venv/bin/python" - "$work/new.docx" <<'PYTHON'
import sys
from importlib.metadata import version

from docx import Document

document = Document()
document.add_paragraph("青禾超市与云仓科技签约。")
document.save(sys.argv[1])
properties = Document(sys.argv[1]).core_properties
print("python-docx", version("python-docx"))
print("made a moment ago, created:", properties.created, "author:", properties.author, "comments:", properties.comments)
same = properties.created.date().isoformat() == "2013-12-23" and properties.author == "python-docx"
sys.exit(0 if same else "the behaviour has changed")
PYTHON
