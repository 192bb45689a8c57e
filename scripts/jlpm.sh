#!/usr/bin/env bash
# Runs jlpm with the Node of the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

[ "${1:-install}" != install ] || . scripts/npm-env.sh
exec jlpm "$@"
