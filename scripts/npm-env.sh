# Sourced in the root folder: hands npm's registry and CA file on to jlpm, which reads no npmrc.
npm_setting() { PATH="$PATH:$PWD/.venv/bin" npm config get "$1" 2>/dev/null | grep -v '^null$' || true; }

NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$(npm_setting cafile)}
YARN_NPM_REGISTRY_SERVER=${YARN_NPM_REGISTRY_SERVER:-$(npm_setting registry)}
[ -z "$NODE_EXTRA_CA_CERTS" ] || export NODE_EXTRA_CA_CERTS
[ -z "$YARN_NPM_REGISTRY_SERVER" ] || export YARN_NPM_REGISTRY_SERVER
