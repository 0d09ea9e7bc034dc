#!/usr/bin/env bash
# htmldate gives the day in UTC of article:published_time; 23:00Z is the next day where the page was published.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check htmldate==1.11.0
"$work/venv/bin/python" - <<'PYTHON'
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from htmldate import find_date

stamp = "2023-10-18T23:00:00Z"
page = f"""<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>新闻</title>
<meta property="article:published_time" content="{stamp}"></head><body><p>青禾超市与云仓科技签约。</p></body></html>"""
found = find_date(page)
in_china = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(timezone(timedelta(hours=8))).date().isoformat()
print("htmldate", version("htmldate"))
print(f"published at {stamp}: {in_china} in China, find_date() gives", found)
sys.exit(0 if (found, in_china) == ("2023-10-18", "2023-10-19") else "the behaviour has changed")
PYTHON
