#!/usr/bin/env bash
# Writes the libraries' public API anew into src/*/PublicAPI.Unshipped.txt. What was released stays in PublicAPI.Shipped.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

dotnet restore ClipMlNet.sln -v quiet
dotnet msbuild build/pack.proj -t:Build -v:quiet -p:Configuration=Release
for api in src/*/PublicAPI.Unshipped.txt; do
  project=$(dirname "$api")
  echo '#nullable enable' > "$api"
  # Every member that is not written down is a warning with the very line to write.
  dotnet build "$project" -c Release --no-restore --no-dependencies --no-incremental -v quiet -clp:NoSummary \
      -p:CheckPublicApi=true -p:TreatWarningsAsErrors=false -p:MSBuildTreatWarningsAsErrors=false \
    | sed -n "s/.*warning RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" | LC_ALL=C sort -u >> "$api"
  echo "$api: $(($(wc -l < "$api") - 1)) members"
done
