#!/bin/bash
# Mutates one room of the code and runs the tests that matter to it: test/mutation/run.sh ROOM [FILES]
# What it leaves lies in CLIP_MUTATION_FOLDER (else a folder of the system's for temporary files); the checkout stays as it is.
set -euo pipefail
cd "$(dirname "$0")/../.."
room=${1:-}
line=$(grep -P "^\Q$room\E\t" test/mutation/rooms.tsv || true)
if [ -z "$room" ] || [ -z "$line" ]; then
  echo "usage: test/mutation/run.sh ROOM [FILES]; the rooms are $(grep -v '^#' test/mutation/rooms.tsv | cut -f1 | tr '\n' ' ')" >&2
  exit 1
fi

IFS=$'\t' read -r _ project files tests filter <<< "$line"
files=${2:-$files}
folder=${CLIP_MUTATION_FOLDER:-${TMPDIR:-/tmp}/clip-mutation}
tree=$folder/tree
mkdir -p "$tree"
# Stryker writes into what it builds, and so has a copy; what is built in it stays, and the next room starts sooner.
find "$tree" -type f -not -path '*/bin/*' -not -path '*/obj/*' -delete
git ls-files -co --exclude-standard -z | tar --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -xf - -C "$tree"
if [ -d ../shared ]; then ln -sfn "$(realpath ../shared)" "$folder/shared"; fi

limit=${CLIP_MUTATION_LIMIT:-30m}
report=$folder/$room
rm -rf "$report"
mkdir -p "$report"
sed -e "s|ROOM_PROJECT|$project.csproj|; s|ROOM_FILES|$files|; s^ROOM_TESTS^$filter^" test/mutation/stryker-config.json > "$report/config.json"
cd "$tree/test/$tests"
dotnet tool restore > "$report/log.txt"
status=0
timeout "$limit" dotnet stryker --config-file "$report/config.json" --output "$report" --skip-version-check >> "$report/log.txt" 2>&1 || status=$?
if [ ! -f "$report/reports/mutation-report.json" ]; then
  tail -20 "$report/log.txt" >&2
  if [ $status = 124 ]; then echo "$room takes more than $limit; give some of its files, such as '**/Room/A*.cs', or CLIP_MUTATION_LIMIT=2h." >&2; fi
  exit 1
fi

dotnet run --file "$tree/test/mutation/report.cs" -- "$report/reports/mutation-report.json"
