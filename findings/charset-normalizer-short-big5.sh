#!/usr/bin/env bash
# charset-normalizer takes a short text in Big5, and UTF-8 cut inside a character, for Japanese code pages.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check charset-normalizer==3.5.3
"$work/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from charset_normalizer import from_bytes

print("charset-normalizer", version("charset-normalizer"))
text = "華為否認與比亞迪合併的傳聞"
short = text.encode("big5")
found = from_bytes(short).best()
print(f"{len(short)} bytes of Big5, {text!r}: best() is", found and (found.encoding, str(found)))
cut_text = "小红书与淘宝天猫签署战略合作"
cut = cut_text.encode("utf-8")[:-1]
found_cut = from_bytes(cut).best()
print(f"UTF-8 without its last byte, {cut_text!r}: best() is", found_cut and (found_cut.encoding, str(found_cut)))
wrong = found is None or str(found) != text
wrong_cut = found_cut is None or not str(found_cut).startswith(cut_text[:-1])
sys.exit(0 if wrong and wrong_cut else "the behaviour has changed")
PYTHON
