#!/usr/bin/env bash
# Runs translations.mjs with the Node of the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH" exec node scripts/translations.mjs "$@"
