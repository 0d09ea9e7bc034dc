#!/usr/bin/env bash
# trafilatura keeps navigation, related stories and the footer of a short page, unless favor_precision is set.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check trafilatura==2.3.1 lxml_html_clean==0.4.6
cat > "$work/page.html" <<'HTML'
<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>海岳汽车与星槎电池合资</title></head>
<body>
<div class="top"><a href="/">首页</a> <a href="/auto">汽车频道</a> <a href="/fund">基金频道</a></div>
<div class="main"><h1>海岳汽车与星槎电池合资</h1>
<p>海岳汽车今天公告，与星槎电池共同出资设立海槎新能源。</p>
<p>新公司注册资本十亿元。</p>
<div class="more"><h3>相关阅读</h3><ul>
<li><a href="/1">北桥银行向海岳汽车授信五十亿元</a></li>
<li><a href="/2">远舟汽车起诉星槎电池</a></li></ul></div></div>
<div class="bottom"><p>岭上财经 版权所有 未经授权不得转载</p></div>
</body></html>
HTML
"$work/venv/bin/python" - "$work/page.html" <<'PYTHON'
import sys
from importlib.metadata import version

import trafilatura

page = open(sys.argv[1], encoding="utf-8").read()
default = trafilatura.extract(page) or ""
precise = trafilatura.extract(page, favor_precision=True) or ""
print("trafilatura", version("trafilatura"))
print("--- extract(page)\n" + default)
print("--- extract(page, favor_precision=True)\n" + precise)
others = ["汽车频道", "远舟汽车起诉星槎电池", "版权所有"]
kept = [text for text in others if text in default]
print("--- not of the article, by default:", kept, "  with favor_precision:", [t for t in others if t in precise])
same = kept == others and not any(text in precise for text in others) and "海槎新能源" in precise
sys.exit(0 if same else "the behaviour has changed")
PYTHON
