#!/usr/bin/env bash
# Chromium, Firefox, a Chinese font and what npm has for the tests of the page: installed where that needs no password, else those tests are skipped.
set -u
# axe-core, Biome and what drives Firefox; the tests that use them are skipped without.
if command -v npm >/dev/null && [ ! -e node_modules/puppeteer-core ]; then npm ci --silent --no-audit --no-fund >/dev/null 2>&1 || true; fi
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_firefox() { command -v firefox-esr >/dev/null || command -v firefox >/dev/null; }
if ! { have_chromium && have_firefox; } && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing browsers for the tests of the page (once)…"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    have_chromium || apt-get install -y -qq chromium fonts-noto-cjk >/dev/null 2>&1
    # Under a minute; Ubuntu's is a snap, which a container cannot run.
    have_firefox || timeout 180 apt-get install -y -qq --no-install-recommends firefox-esr >/dev/null 2>&1
fi
have_chromium || echo "No Chromium: the tests of the page are skipped. To run them: sudo apt-get install chromium fonts-noto-cjk"
have_firefox || echo "No Firefox: its test is skipped. To run it: sudo apt-get install firefox-esr"
exit 0
