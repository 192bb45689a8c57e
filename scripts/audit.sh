#!/usr/bin/env bash
# Asks the databases of known weaknesses about everything that is pinned. It needs a network, and says so.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/npm-env.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
unreachable='onnection ?(refused|error|reset|aborted)|resolve|getaddrinfo|ETIMEDOUT|timed out|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|Max retries|service unavailable|HTTPError|Response Code|Not Found'
failed=()
unasked=()

audit() {
  local name=$1
  shift
  echo "Auditing $name"
  if "$@" > "$log" 2>&1; then
    # It calls what it could not ask about a success.
    if grep -q 'could not be audited' "$log"; then
      unasked+=("$(grep -c 'could not be audited' "$log") $name")
    fi
    grep -v 'could not be audited' "$log" | tail -n 3
  elif grep -qiE "$unreachable" "$log"; then
    unasked+=("$name")
  else
    cat "$log"
    failed+=("$name")
  fi
}

audit "Python packages" .venv-audit/bin/python -m pip_audit --progress-spinner off --disable-pip --no-deps \
  --requirement requirements/dev.txt
audit "npm packages" scripts/jlpm.sh npm audit --all --recursive

if [ ${#failed[@]} -gt 0 ]; then
  (IFS=,; echo "audit: weaknesses are known in: ${failed[*]}")
  exit 1
fi
if [ ${#unasked[@]} -gt 0 ]; then
  (IFS=,; echo "audit: NOT DONE, the database cannot be reached from here: ${unasked[*]}")
  exit 3
fi
echo "audit: no known weakness"
