#!/bin/bash
# Runs the fast suites again and again, each time in another order and with 8 threads: test/random-order.sh [RUNS] [SEED] [SUITE ...]
# The first run's seed is SEED, and each that follows has the next; a failure is repeated with its seed.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-20}
seed=${2:-1}
suites=(Microsoft.ML.Clip.Tests Clip.Conversion.Tests Clip.Data.Tests Clip.Evaluation.Tests)
if [ $# -gt 2 ]; then suites=("${@:3}"); fi
for suite in "${suites[@]}"; do dotnet build "test/$suite" -c Release -v q --nologo; done
green=0
for ((run = 0; run < runs; run++)); do
  failed=
  for suite in "${suites[@]}"; do
    if ! CLIP_TEST_SEED=$((seed + run)) dotnet test "test/$suite" -c Release --no-build --nologo -v q -- xUnit.MaxParallelThreads=8 \
      > "${TMPDIR:-/tmp}/clip-random-order.log" 2>&1; then
      failed=1
      echo "seed $((seed + run)), $suite:"
      grep -A 12 '\[FAIL\]\|^Failed!' "${TMPDIR:-/tmp}/clip-random-order.log" || tail -5 "${TMPDIR:-/tmp}/clip-random-order.log"
    fi
  done
  if [ -z "$failed" ]; then green=$((green + 1)); fi
  echo "$green of $((run + 1)) runs are green"
done
[ "$green" = "$runs" ]
