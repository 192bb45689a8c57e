#!/usr/bin/env bash
# Generates openapi.json from types.py and the table of routes, and schema.ts from that.
# With --check it changes nothing and fails when the committed files differ.
set -euo pipefail
cd "$(dirname "$0")/.."
json=jupyterlab_mlops/api/openapi.json
ts=src/api/schema.ts
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

.venv/bin/python -m jupyterlab_mlops.api.openapi >"$new/openapi.json"
scripts/jlpm.sh openapi-typescript "$new/openapi.json" --output "$new/schema.ts" >/dev/null

if [ "${1:-}" != --check ]; then
  cp "$new/openapi.json" "$json"
  cp "$new/schema.ts" "$ts"
elif ! { diff -u "$json" "$new/openapi.json" && diff -u "$ts" "$new/schema.ts"; }; then
  echo "The generated API files are out of date: run make openapi."
  exit 1
fi
