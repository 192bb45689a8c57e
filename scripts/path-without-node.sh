#!/usr/bin/env bash
# Prints a PATH with all programs of the present one but Node's. A folder that holds Node is replaced by
# a folder of links, made below the folder that is given.
set -euo pipefail
farm=$1
path=

IFS=: read -ra folders <<<"$PATH"
for number in "${!folders[@]}"; do
  folder=${folders[$number]}
  if [ -e "$folder/node" ] || [ -e "$folder/nodejs" ]; then
    mkdir -p "$farm/$number"
    ln -s "$folder"/* "$farm/$number"
    rm -f "$farm/$number"/{node,nodejs,npm,npx,corepack,yarn,yarnpkg,pnpm,jlpm}
    folder=$farm/$number
  fi
  path=${path:+$path:}$folder
done

if PATH=$path command -v node nodejs >&2; then
  echo "Node could not be hidden." >&2
  exit 1
fi
echo "$path"
