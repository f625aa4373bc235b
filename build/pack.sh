#!/usr/bin/env bash
# Packs everything into build/packages: the libraries, and the command for Linux, Windows and macOS. Options go to MSBuild, such as
# -p:Version=0.2.0 or -p:RepositoryUrl=https://...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# The building machine's paths stay out of what is published.
release=(-p:Configuration=Release -p:ContinuousIntegrationBuild=true "$@")
dotnet restore ClipMlNet.sln
dotnet msbuild build/pack.proj -v:minimal "${release[@]}"
dotnet pack src/Clip.Cli -v:minimal "${release[@]}"
ls -lh build/packages
