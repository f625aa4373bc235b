# Writes open-clip.tsv from open_clip's table of pretrained weights: python make-open-clip.py .../src/open_clip/pretrained.py
# Facts only: a model's name, a tag, and the repository of the Hugging Face hub that has the weights.
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1]).read_text()
# The table calls helpers that keep what they are given; only their hf_hub is of interest.
code = source[source.index("def _pcfg"):source.index("def _clean_tag")]
space = {name: None for name in re.findall(r"\b[A-Z][A-Z_]+_(?:MEAN|STD)\b", code)}
exec("import copy\n" + code, space)
rows = []
for model, tags in space["_PRETRAINED"].items():
    if model.startswith("CLAP"):
        continue
    for tag, config in tags.items():
        if config.get("hf_hub"):
            rows.append((model, tag, "/".join(config["hf_hub"].split("/")[:2])))
lines = ["# open_clip's model, tag and repository; written by make-open-clip.py from open_clip's pretrained.py (MIT)."]
lines += ["\t".join(row) for row in rows]
(pathlib.Path(__file__).parent / "open-clip.tsv").write_text("\n".join(lines) + "\n")
