#!/usr/bin/env bash
# pypdf reads radicals (⻓ ⽤ ⼾) in place of characters (长 用 户) from a page that Chromium printed in Noto Sans CJK; PDFium does not.
# NFKC mends a part only (⻓ stays) and turns 户 into 戶. Needs chromium and the font (fonts-noto-cjk).
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
fonts=$(fc-list 2>/dev/null || true) # not through a pipe: grep -q would end it early, which counts as a failure
if [ -z "$browser" ] || ! grep -q "Noto Sans CJK" <<< "$fonts"; then
    echo "needs Chromium and Noto Sans CJK: apt-get install chromium fonts-noto-cjk" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pypdf==7.1.0 pypdfium2==5.15.2
cat > "$work/page.html" <<'HTML'
<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><style>body { font-family: "Noto Sans CJK SC" }</style></head>
<body><p>长江马上用户飞书</p></body></html>
HTML
"$browser" --headless --no-sandbox --disable-gpu --no-pdf-header-footer --print-to-pdf="$work/page.pdf" "$work/page.html" 2>/dev/null
"$browser" --version
"$work/venv/bin/python" - "$work/page.pdf" <<'PYTHON'
import sys
import unicodedata
from importlib.metadata import version

import pypdf
import pypdfium2

text = "长江马上用户飞书"
by_pypdf = pypdf.PdfReader(sys.argv[1]).pages[0].extract_text().strip()
by_pdfium = pypdfium2.PdfDocument(sys.argv[1])[0].get_textpage().get_text_range().strip()
mended = unicodedata.normalize("NFKC", by_pypdf)
print("the page says   ", text)
print("pypdf", version("pypdf"), "   ", by_pypdf, "equal:", by_pypdf == text)
print("after NFKC      ", mended, "equal:", mended == text)
print("pypdfium2", version("pypdfium2"), by_pdfium, "equal:", by_pdfium == text)
sys.exit(0 if by_pypdf != text and mended != text and by_pdfium == text else "the behaviour has changed")
PYTHON
