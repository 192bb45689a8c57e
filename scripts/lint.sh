#!/usr/bin/env bash
# Every check that runs nothing: style, types, and whether generated files are what the code generates.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()

check() {
  local name=$1
  shift
  "$@" || failed+=("$name")
}

# Tests are checked like the rest, but what they only pass on needs no annotation.
types_of_tests() {
  MYPYPATH=$1 .venv/bin/python -m mypy --allow-untyped-defs --allow-incomplete-defs --allow-any-generics \
    --allow-untyped-calls --allow-untyped-decorators --no-warn-return-any "$1"
}

check "ruff" .venv/bin/python -m ruff check .
check "ruff format" .venv/bin/python -m ruff format --check --quiet .
check "mypy" .venv/bin/python -m mypy
check "mypy tests" types_of_tests tests
check "mypy ui-tests" types_of_tests ui-tests
check "front-end" scripts/jlpm.sh lint:check
check "translations" scripts/translations.sh
check "generated API" scripts/openapi.sh --check
check "yarn.lock without a host" bash -c '! grep -nE "__archiveUrl|\"resolved\"|https?(://|%3A)" yarn.lock'

if [ ${#failed[@]} -gt 0 ]; then
  (IFS=,; echo "lint: failed: ${failed[*]}")
  exit 1
fi
echo "lint: passed"
