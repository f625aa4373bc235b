"""Trains variants of a recipe at equal CPU time on tables that `clip data split` wrote, and measures each of them zero-shot.

    python3 bench/zeroshot/sweep.py --data by-name --steps 1736 --seeds 3 --slots 2

Trained on is train.tsv of the folder. Measured at the end of each run are its other tables, among all names, as sets called by their
names, and the tables of what is held out, among the names held out, as held-NAME. A line of JSON is appended to --out as a run ends, and
runs that are in it are not repeated. The table of means and standard errors, in percent, comes last.
"""
import argparse, collections, json, os, re, shutil, statistics, subprocess, sys, time
from pathlib import Path
from variants import VARIANTS, options

parser = argparse.ArgumentParser()
add = parser.add_argument
add("--data", type=Path, required=True, help="the folder that clip data split wrote")
add("--steps", type=int, default=1736, help="of a run of the recipe; variants whose steps cost more take fewer")
add("--seeds", type=int, default=3)
add("--slots", type=int, default=1, help="runs at a time")
add("--variants", nargs="*", default=list(VARIANTS))
add("--clip", nargs="*", default=["clip"], help="the command, as: --clip dotnet src/Clip.Cli/bin/Release/net10.0/clip.dll")
add("--device", default="cpu")
add("--precision", default="bf16")
add("--tf32", action="store_true")
add("--work", type=Path, default=Path("sweep"))
add("--out", type=Path, default=Path("sweep.jsonl"))
args = parser.parse_args()

held = args.data / "held-out"
args.work.mkdir(parents=True, exist_ok=True)
(args.work / "prompt.txt").write_text("{}\n")


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


ALL = sorted({*lines(args.data / "classnames.txt"), *lines(held / "classnames.txt")})
(args.work / "all.txt").write_text("\n".join(ALL) + "\n", encoding="utf-8")
SETS = {table.stem: (table, args.work / "all.txt") for table in sorted(args.data.glob("*.tsv")) if table.stem != "train"}
SETS |= {f"held-{table.stem}": (table, held / "classnames.txt") for table in sorted(held.glob("*.tsv"))}
MEASURE = ["--zeroshot-frequency", "1000000", "--zeroshot-templates", str(args.work / "prompt.txt"),
           "--zeroshot-data", *(f"{name}={table}" for name, (table, _) in SETS.items()),
           "--zeroshot-classnames", *(f"{name}={labels}" for name, (_, labels) in SETS.items())]
ENV = {**os.environ, "OMP_NUM_THREADS": "1"} if args.slots > 1 else None


def start(variant, seed):
    name, steps = f"{variant}-{seed}".replace("+", "_"), round(args.steps / VARIANTS[variant][1])
    command = [*args.clip, "train", *options(variant, seed, steps), "--train-data", str(args.data / "train.tsv"), "--output",
               str(args.work / name), "--device", args.device, "--precision", args.precision, *(["--tf32"] if args.tf32 else []),
               "--workers", "1", "--save-frequency", "1000000", "--keep", "1", *MEASURE]
    clear(name)
    with open(args.work / f"{name}.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=ENV)
    return {"variant": variant, "seed": seed, "steps": steps, "name": name, "process": process, "began": time.monotonic()}


def clear(name):
    for path in (args.work / name, args.work / f"{name}.run"):
        shutil.rmtree(path, ignore_errors=True)


def result(run):
    if run["process"].returncode:
        sys.exit(f"{run['name']} failed:\n" + (args.work / f"{run['name']}.log").read_text(errors="replace")[-1000:])
    record = {key: run[key] for key in ("variant", "seed", "steps")} | {"seconds": round(time.monotonic() - run["began"], 1)}
    for line in lines(args.work / f"{run['name']}.run" / "metrics.jsonl"):
        for key, value in json.loads(line).items():
            if match := re.fullmatch(r"(.+)-zeroshot-val-top([15])", key):
                record[f"{match[1]} top-{match[2]}"] = round(100 * value, 2)
    clear(run["name"])
    with open(args.out, "a") as file:
        file.write(json.dumps(record) + "\n")
    print(json.dumps(record), flush=True)


def done():
    return [json.loads(line) for line in lines(args.out)] if args.out.exists() else []


def table():
    runs = collections.defaultdict(list)
    for record in done():
        runs[record["variant"]].append(record)
    columns = [f"{name} top-1" for name in SETS]
    print("\n| variant | runs |", " | ".join(columns), "|\n|---|---|" + "---|" * len(columns))
    for variant, records in runs.items():
        cells = []
        for values in ([record[column] for record in records] for column in columns):
            error = f" ± {statistics.stdev(values) / len(values) ** 0.5:.1f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.1f}{error}")
        print(f"| {variant} | {len(records)} |", " | ".join(cells), "|")


known = {(record["variant"], record["seed"]) for record in done()}
queue = [(variant, seed) for seed in range(1, args.seeds + 1) for variant in args.variants if (variant, seed) not in known]
running = []
try:
    while queue or running:
        while queue and len(running) < args.slots:
            running.append(start(*queue.pop(0)))
        time.sleep(0.2)
        for run in [run for run in running if run["process"].poll() is not None]:
            running.remove(run)
            result(run)
finally:
    for run in running:
        run["process"].terminate()
table()
