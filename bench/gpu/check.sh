#!/usr/bin/env bash
# Checks and times training on this machine's GPU, with libtorch taken from this machine's PyTorch, and writes one JSON. It needs Python
# with PyTorch, and nothing else: the programs, the .NET runtime and the data are in carried.tar.xz (bench/gpu/pack.sh), beside this file.
#   bench/gpu/check.sh [result.json]
# In the environment: CLIP_DEVICE (cuda), CLIP_MINUTES of training (2), CLIP_STEPS that are timed (20), CLIP_PYTHON (python3), and for a machine that has them:
# CLIP_APP (the folder of Clip.Bench.dll), CLIP_DATA, CLIP_TORCH (the folder of libtorch), CLIP_LARGE (the settings of the timed model).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
result=$(realpath -m "${1:-gpu.json}")
python=${CLIP_PYTHON:-python3} device=${CLIP_DEVICE:-cuda} minutes=${CLIP_MINUTES:-2} steps=${CLIP_STEPS:-20}
large=${CLIP_LARGE:-$here/vit-b-32.json}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -z "${CLIP_APP:-}" ]; then
  tar -C "$work" -xJf "$here/carried.tar.xz"
  CLIP_APP=$work/app CLIP_DATA=${CLIP_DATA:-$work/data}
  export DOTNET_ROOT=$work/dotnet PATH=$work/dotnet:$PATH
fi
torch=${CLIP_TORCH:-$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')}
# What PyTorch's wheels bring of CUDA lies in folders of its own.
cuda=$(find "$(dirname "$(dirname "$torch")")/nvidia" -maxdepth 3 -name lib -type d 2>/dev/null | paste -sd: || true)
export LD_LIBRARY_PATH=$torch${cuda:+:$cuda}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export DOTNET_gcServer=0 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_ROLL_FORWARD=Major
clip() { dotnet exec --depsfile "$CLIP_APP/Clip.Bench.deps.json" --runtimeconfig "$CLIP_APP/Clip.Bench.runtimeconfig.json" "$CLIP_APP/clip.dll" "$@"; }

# Each part says what came of it; one that fails does not hide the others.
part() { # name command...
  local name=$1 begin=$SECONDS status=0
  shift
  "$@" >"$work/$name.out" 2>"$work/$name.err" || status=$?
  echo "$status" >"$work/$name.status"
  echo "$name: exit $status, $((SECONDS - begin)) s" >&2
}
mkdir -p "$work/start"
part ours dotnet "$CLIP_APP/Clip.Bench.dll" gpu --device "$device" --small "$here/../pytorch/tiny.json" --large "$large" --start "$work/start" --steps "$steps"
if "$python" -c 'import torch' 2>/dev/null; then
  part pytorch "$python" "$here/step.py" "$device" "$large" "$work/start/start.safetensors" "$steps"
fi
if [ -n "${CLIP_DATA:-}" ]; then  # pictures with a title each
  grep -vE '^--(max-minutes|val-frequency|csv-caption-key|caption-first)' "$here/../../configs/emoji.rsp" >"$work/emoji.rsp"
  part train clip train "@$work/emoji.rsp" --max-minutes "$minutes" --val-frequency 1000000 --device "$device" \
    --train-data "$CLIP_DATA/train.tsv" --val-data "$CLIP_DATA/val.tsv" --output "$work/model"
  part evaluate clip evaluate --model "$work/model" --retrieval-data "$CLIP_DATA/val.tsv" --json
fi

"$python" - "$work" "$result" "$torch" <<'PYTHON'
import json, os, sys
work, result, torch = sys.argv[1:]
def read(name):
    path = os.path.join(work, name)
    return open(path, encoding="utf-8", errors="replace").read() if os.path.exists(path) else None
parts = {}
for name in ["ours", "pytorch", "train", "evaluate"]:
    status = read(name + ".status")
    if status is None:
        parts[name] = "not run"
        continue
    out, part = read(name + ".out"), {"exit": int(status)}
    lines = [line for line in out.splitlines() if line.strip()]
    try:
        part["result"] = json.loads(out if name == "evaluate" else lines[-1])
    except (ValueError, IndexError):
        part["last_lines"] = lines[-5:]
    if part["exit"]:
        part["error"] = read(name + ".err")[-2000:]
    parts[name] = part
with open(result, "w") as file:
    json.dump({"libtorch": torch, **parts}, file, indent=2)
failed = [name for name, part in parts.items() if isinstance(part, dict) and part["exit"]]
print(f"{result}: " + ("all parts ran" if not failed else "failed: " + ", ".join(failed)))
sys.exit(1 if failed else 0)
PYTHON
