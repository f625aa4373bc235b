#!/usr/bin/env bash
# Writes the libraries' public API anew into src/*/PublicAPI.Unshipped.txt. What was released stays in PublicAPI.Shipped.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CheckPublicApi=true

for api in src/*/PublicAPI.Unshipped.txt; do
  project=$(dirname "$api")
  echo '#nullable enable' > "$api"
  dotnet format analyzers "$project" --diagnostics RS0016 --severity error --no-restore
  LC_ALL=C sort -u -o "$api" "$api"
  echo "$api: $(($(wc -l < "$api") - 1)) members"
done
