#!/usr/bin/env bash
# Runs jlpm with the Node of the environment.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "${1:-install}" != install ] || . scripts/npm-env.sh
PATH="$PWD/.venv/bin:$PATH" exec jlpm "$@"
