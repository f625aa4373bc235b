#!/usr/bin/env python3
"""Writes the tables beside it from Python's standard library: `python3 make-tables.py`, Python 3.8 or newer.

normalization.txt  canonical decompositions, composition exclusions and combining classes (Unicode data, by `unicodedata`);
                   NFC of a character never changes once it is assigned, so a newer Unicode version only adds lines.
compatibility.txt  compatibility decompositions, in full.
html5-entities.txt the named character references of the HTML standard (`html.entities.html5`).
"""
import html.entities
import pathlib
import unicodedata

FOLDER = pathlib.Path(__file__).parent
ALL = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and not 0xAC00 <= c <= 0xD7A3]  # Hangul is computed, not listed


def numbers(values):
    return " ".join(f"{v:X}" for v in values)


def normalization():
    pairs, singletons, excluded, classes = {}, [], [], {}
    for code in ALL:
        mapping = unicodedata.decomposition(chr(code))
        if mapping and not mapping.startswith("<"):
            parts = [int(p, 16) for p in mapping.split()]
            if len(parts) == 1:
                singletons += [code, parts[0]]
            else:
                first, second = parts
                pairs.setdefault(second, []).extend([first, code])
                if unicodedata.normalize("NFC", chr(code)) != chr(code):
                    excluded.append(code)
        combining = unicodedata.combining(chr(code))
        if combining:
            classes.setdefault(combining, []).append(code)

    lines = [
        f"# Unicode {unicodedata.unidata_version}, written by make-tables.py; numbers are hexadecimal code points.",
        "# + second: first composite first composite ...   = code decomposition ...   x composites that never compose",
        "# c class: code or first-last ...",
    ]
    lines += [f"+ {second:X}: {numbers(values)}" for second, values in sorted(pairs.items())]
    lines += ["= " + numbers(singletons), "x " + numbers(excluded)]
    for combining, codes in sorted(classes.items()):
        runs = []
        for code in codes:
            if runs and runs[-1][1] == code - 1:
                runs[-1][1] = code
            else:
                runs.append([code, code])
        lines.append(f"c {combining:X}: " + " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in runs))
    return lines


def compatibility():
    lines = [f"# Unicode {unicodedata.unidata_version}, written by make-tables.py: code points and their compatibility decompositions."]
    for code in ALL:
        full = unicodedata.normalize("NFKD", chr(code))
        if full != unicodedata.normalize("NFD", chr(code)):
            lines.append(f"{code:X} {numbers(map(ord, full))}")
    return lines


def entities():
    table = html.entities.html5
    lines = ["# Named character references of HTML, written by make-tables.py: name, code points; ! where the semicolon may be missing."]
    for name in sorted(n[:-1] for n in table if n.endswith(";")):
        lines.append(f"{name}{'!' if name in table else ''} {numbers(map(ord, table[name + ';']))}")
    return lines


for file, lines in (
    ("normalization.txt", normalization()),
    ("compatibility.txt", compatibility()),
    ("html5-entities.txt", entities()),
):
    (FOLDER / file).write_text("\n".join(lines) + "\n", encoding="ascii")
