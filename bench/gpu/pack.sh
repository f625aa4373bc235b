#!/usr/bin/env bash
# Packs what bench/gpu/check.sh needs on a machine that has a GPU and Python's PyTorch, and neither .NET nor a network: the published
# programs without libtorch, the .NET runtime, this folder, and data to train on. Writes bench/gpu/carried.tar.xz, at most 60 MiB.
#   bench/gpu/pack.sh <folder with train.tsv, val.tsv and pictures>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data=${1:?give the folder of the data to train on (train.tsv, val.tsv and pictures)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dotnet publish bench/Clip.Bench -c Release -r linux-x64 --self-contained false -p:TorchBackend=none -o "$work/app" -v quiet
# Only what runs there: BenchmarkDotNet's tools, rare picture formats, debug symbols and documentation stay behind.
find "$work/app" -type f \( -name '*.pdb' -o -name '*.xml' -o -name 'libMklImports.so' -o -name 'Microsoft.CodeAnalysis*' \
    -o -name 'libtorch*.so*' -o -name 'Magick*' -o -name '*usearch*' -o -name 'libnumkong*' \
    -o -name 'libcapstone.so' -o -name 'Microsoft.Diagnostics*' -o -name 'Iced.dll' -o -name 'msdia*' \
    -o -name 'BenchmarkDotNet*' -o -name 'Npgsql*' -o -name 'ModelContextProtocol*' -o -name 'OpenTelemetry*' -o -name 'libLdaNative*' \) -delete
rm -rf "$work/app/libtorch-older-linux" "$work/app/BuildHost"*
# ASP.NET Core, which clip serve alone needs, stays behind too.
cat >"$work/app/Clip.Bench.runtimeconfig.json" <<'JSON'
{"runtimeOptions": {"tfm": "net10.0", "framework": {"name": "Microsoft.NETCore.App", "version": "10.0.0"},
 "configProperties": {"System.Globalization.Invariant": true, "System.Globalization.PredefinedCulturesOnly": true}}}
JSON
runtime=$(dirname "$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \(10[^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -1)")
root=$(dirname "$(dirname "$runtime")")
version=$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \(10[^ ]*\) .*/\1/p' | tail -1)
mkdir -p "$work/dotnet/shared/Microsoft.NETCore.App" "$work/dotnet/host/fxr"
cp "$root/dotnet" "$work/dotnet/"
cp -r "$root/shared/Microsoft.NETCore.App/$version" "$work/dotnet/shared/Microsoft.NETCore.App/"
cp -r "$root/host/fxr/$version" "$work/dotnet/host/fxr/"
rm -f "$work"/dotnet/shared/Microsoft.NETCore.App/*/{libmscordaccore.so,libmscordbi.so,libclrgcexp.so,Microsoft.VisualBasic*}
mkdir -p "$work/bench" "$work/configs"
cp -r bench/gpu bench/pytorch "$work/bench/"
rm -f "$work/bench/gpu/carried.tar.xz"
cp configs/emoji.rsp "$work/configs/"
cp -rL "$data" "$work/data"
chmod -R u+w "$work/data"
XZ_OPT=-9e tar -C "$work" -cJf bench/gpu/carried.tar.xz app dotnet bench configs data
size=$(stat -c %s bench/gpu/carried.tar.xz)
echo "bench/gpu/carried.tar.xz: $((size / 1048576)) MiB"
[ "$size" -le $((60 * 1048576)) ] || { echo "That is more than 60 MiB; give fewer pictures." >&2; exit 1; }
