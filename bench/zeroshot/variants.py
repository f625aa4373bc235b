"""A recipe and changes to it; values are lists of words, separated by blanks. docs/small-data.md tells what came of them."""
from pathlib import Path

BASE = {
    "--model": "RN-small-64", "--vocab-size": "4096", "--batch-size": "128", "--lr": "5e-4", "--warmup": "50",
    "--beta2": "0.98", "--wd": "0.1", "--grad-clip-norm": "1", "--aug-background": "white", "--aug-scale": "0.9",
    "--aug-rotate": "15", "--aug-translate": "0.1", "--aug-zoom": "0.2", "--aug-color-jitter": "0.4", "--aug-hue": "0.03",
}
KEYWORDS = {"--csv-caption-key": "title keywords", "--caption-first": "0.5"}
BAG = {
    "--csv-caption-key": "title keywords", "--caption-first": "0.3", "--caption-join": "1",
    "--caption-shuffle": "0.5", "--caption-dropout": "0.3",
}
MIX = {**BAG, "--aug-outlines": "0.25", "--aug-grayscale": "0.2", "--label-smoothing": "0.1"}
TEXT1 = {"--model": str(Path(__file__).with_name("text1.json"))}
EMA = {"--model-ema": "", "--model-ema-decay": "0.998"}
SMOOTH_OUTLINES = {"--label-smoothing": "0.1", "--aug-outlines": "0.25"}
VECTORS = {"--word-vectors": "english"}
RECIPE = {**VECTORS, **KEYWORDS, "--caption-first": "0.7", **SMOOTH_OUTLINES}
STRONG = {
    "--aug-scale": "0.6", "--aug-rotate": "25", "--aug-zoom": "0.3", "--aug-color-jitter": "0.6", "--aug-hue": "0.06",
}

# name: (changes, what a step costs in CPU time beside one of the recipe)
VARIANTS = {
    "base": ({}, 1.0),
    "keywords": (KEYWORDS, 1.1),
    "groups": ({"--csv-caption-key": "title keywords group", "--caption-first": "0.5"}, 1.08),
    "bag": (BAG, 1.12),
    "words": ({"--caption-shuffle": "0.5", "--caption-dropout": "0.2"}, 1.0),
    "outlines": ({"--aug-outlines": "0.25"}, 1.0),
    "gray": ({"--aug-grayscale": "0.2"}, 1.0),
    "strong": (STRONG, 1.0),
    "smooth": ({"--label-smoothing": "0.1"}, 1.0),
    "smooth+outlines": (SMOOTH_OUTLINES, 1.0),
    "mix": (MIX, 1.12),
    "mix+text1": ({**MIX, **TEXT1}, 0.96),
    "mix+ema+scale20": ({**MIX, **EMA, "--max-logit-scale": "20"}, 1.12),
    "vectors+smooth+outlines": ({**VECTORS, **SMOOTH_OUTLINES}, 1.0),
    "vectors+keywords+smooth+outlines": ({**VECTORS, **KEYWORDS, **SMOOTH_OUTLINES}, 1.1),
    "vectors+fewer keywords+smooth+outlines": (RECIPE, 1.06),
    "vectors+fewer keywords+smooth+outlines+muon": ({**RECIPE, "--opt": "muon", "--lr": "1e-3"}, 1.25),
    "scale20": ({"--max-logit-scale": "20"}, 1.0),
    "ema": (EMA, 1.0),
    "wd0.5": ({"--wd": "0.5"}, 1.0),
    "vocab1024": ({"--vocab-size": "1024"}, 1.0),
    "text1": (TEXT1, 0.92),
    "batch256": ({"--batch-size": "256"}, 2.05),
    "siglip": ({"--objective": "siglip"}, 1.0),
}


def options(name, seed, steps):
    chosen = {**BASE, **VARIANTS[name][0], "--seed": str(seed), "--max-steps": str(steps)}
    return [word for option, value in chosen.items() for word in (option, *value.split())]
