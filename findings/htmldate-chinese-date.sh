#!/usr/bin/env bash
# htmldate gives the first of January of the year for a visible date in Chinese form (without a time behind it), without a word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check htmldate==1.11.0
"$work/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from htmldate import find_date

page = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>新闻</title></head><body>
<h1>青禾超市与云仓科技签约</h1><div class="date">2023年10月18日</div><p>青禾超市与云仓科技签署战略合作协议。</p></body></html>"""
found = find_date(page)
print("htmldate", version("htmldate"))
print("the page shows 2023年10月18日, find_date() gives", found)
sys.exit(0 if found == "2023-01-01" else "the behaviour has changed")
PYTHON
