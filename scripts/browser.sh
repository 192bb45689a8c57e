#!/usr/bin/env bash
# Makes sure that the browser tests find a Chromium, and installs one where that is possible.
set -euo pipefail
cd "$(dirname "$0")/.."

usable() { .venv/bin/python tests/harness/browser.py; }

usable 2>/dev/null && exit
echo "No browser yet: asking Playwright for its own."
.venv/bin/python -m playwright install chromium >/dev/null 2>&1 || echo "It could not be fetched."
usable 2>/dev/null && exit

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing the distribution's Chromium."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi
usable
