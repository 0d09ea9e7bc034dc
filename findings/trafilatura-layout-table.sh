#!/usr/bin/env bash
# trafilatura makes one line of an article whose page is laid out with a table: paragraphs between <br> run together.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check trafilatura==2.3.1 lxml_html_clean==0.4.6
"$work/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import trafilatura

paragraphs = [
    "星槎电池总经理江望北昨天否认了与远舟汽车谈判供货的传闻，他说自己在报纸上第一次看到这家公司的名字。",
    "上周有媒体报道称，远舟汽车拟向星槎电池采购磷酸铁锂电芯，并参股其在江海新区的工厂，双方已经谈了两轮。",
    "星槎电池目前只向两家客户供货，一家是海岳汽车，一家是电动自行车厂飞絮，它的第三大股东上月减持了股份。",
    "远舟汽车的发言人没有回应，这家公司今年推出的小车销量不及预期，正在寻找更便宜的电池，也在裁减经销商。",
]
head = "<!DOCTYPE html><html lang='zh-CN'><head><meta charset='utf-8'><title>星槎电池否认谈判</title></head><body>"
cell = "<br><br>".join(paragraphs)
in_table = trafilatura.extract(f"{head}<table><tr><td>{cell}</td></tr></table></body></html>", favor_precision=True) or ""
in_paragraphs = trafilatura.extract(f"{head}<div><p>{'</p><p>'.join(paragraphs)}</p></div></body></html>", favor_precision=True) or ""
print("trafilatura", version("trafilatura"))
for name, text in (("in a table cell", in_table), ("in paragraphs", in_paragraphs)):
    print(f"four paragraphs {name}: {len(text.splitlines())} line(s)")
    print(text)
holds_all = all(paragraph in in_table for paragraph in paragraphs)
sys.exit(0 if holds_all and len(in_table.splitlines()) == 1 and len(in_paragraphs.splitlines()) == 4 else "the behaviour has changed")
PYTHON
