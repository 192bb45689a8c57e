#!/usr/bin/env bash
# Runs jlpm with the environment's own Node. jlpm reads no npmrc, so npm's registry and CA file are handed on.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/${VENV:-.venv}/bin:$PATH"

npm_setting() { npm config get "$1" 2>/dev/null | grep -v '^null$' || true; }

if [ "${1:-install}" = install ]; then
  NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$(npm_setting cafile)}
  YARN_NPM_REGISTRY_SERVER=${YARN_NPM_REGISTRY_SERVER:-$(npm_setting registry)}
  [ -z "$NODE_EXTRA_CA_CERTS" ] || export NODE_EXTRA_CA_CERTS
  [ -z "$YARN_NPM_REGISTRY_SERVER" ] || export YARN_NPM_REGISTRY_SERVER
fi
exec jlpm "$@"
