#!/usr/bin/env bash
# Chromium, a Chinese font and what npm has for the tests of the page: installed where that needs no password, else those tests are skipped.
set -u
# axe-core and Biome; the tests that use them are skipped without.
if command -v npm >/dev/null && [ ! -e node_modules/axe-core ]; then npm ci --silent --no-audit --no-fund >/dev/null 2>&1 || true; fi
have() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the tests of the page (once)…"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null 2>&1
fi
have || echo "No Chromium: the tests of the page are skipped. To run them: sudo apt-get install chromium fonts-noto-cjk"
exit 0
