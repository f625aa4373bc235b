#!/usr/bin/env python3
"""Writes texts.jsonl.gz, 2,000 seeded texts of 12 scripts, and small tokenizers of every kind (*.json) with vocabularies learned from them.

Run `python3 make-tokenizers.py`, then `dotnet run oracle.cs`, which adds what Hugging Face's tokenizers make of the texts.
Python 3.8 or newer, its standard library alone. The words are made up: random letters of each script.
"""
import collections
import gzip
import json
import math
import pathlib
import random
import re

FOLDER = pathlib.Path(__file__).parent
RANDOM = random.Random(15)


def letters(*ranges):
    return [chr(c) for first, last in ranges for c in range(first, last + 1)]


SCRIPTS = {
    "Latin": list("etaoinshrdlucmfwypvbgkqjxzETAOINS") + list("áéíóúñçüößåøœæłşğıİđţ"),
    "Greek": letters((0x3B1, 0x3C9)) + list("ΑΣΔάέήίόύώΐϊ"),
    "Cyrillic": letters((0x410, 0x44F)) + list("ёіїґ"),
    "Arabic": letters((0x627, 0x63A), (0x641, 0x64A)) + list("\u064B\u0651\u0652"),
    "Hebrew": letters((0x5D0, 0x5EA)) + list("\u05B0\u05B7\u05BC"),
    "Devanagari": letters((0x905, 0x90C), (0x915, 0x939)) + letters((0x93E, 0x943)) + list("\u094D\u0902\u0950"),
    "Bengali": letters((0x985, 0x98C), (0x995, 0x9A8)) + list("\u09BE\u09BF\u09C0\u09CB\u09CD"),
    "Tamil": letters((0xB85, 0xB8A), (0xBA8, 0xBAA), (0xBAE, 0xBB9)) + list("\u0BBE\u0BBF\u0BC6\u0BCA\u0BCD"),
    "Thai": letters((0xE01, 0xE2E)) + list("\u0E31\u0E34\u0E48\u0E49\u0E33"),
    "Han": letters((0x4E00, 0x4E2F), (0x732B, 0x733F)) + list("㐀𠀀𫠠豈"),
    "Japanese": letters((0x3042, 0x3062), (0x30A2, 0x30C2)) + list("ー猫犬がパﾊﾟｶﾞ"),
    "Hangul": letters((0xAC00, 0xAC20), (0xD55C, 0xD570)) + list("\u1112\u1161\u11AB"),
}

# What normalizers and pre-tokenizers see differently from other characters.
ODD = list("０１２ＡＢｚﬁﬀ①²½Ⅳ№™…“”’‘–—·•¿¡«»、。，！？") + [
    "\u00A0", "\u3000", "\u2009", "\u200B", "\u200D", "\u00AD", "\uFEFF", "\u0007", "\u0085", "\u2028", "\uFFFD", "\u1680", "\uE000",
    "e\u0301", "A\u030A", "o\u0323\u0302", "\u212B", "\u1E9B\u0323", "🐱", "👩‍👩‍👧", "🇨🇭", "👍🏽", "𝐀𝒃", "𝟗", "𐐀𐐨", "Ⓐ", "\u20E3",
    "ΟΔΟΣ", "İI", "ǅ", "\u0345", "_", "__", "$", "+=", "^`|~", "<", ">", "@#", "&amp;", "\u093E", "\u0488", "٣٤", "१२", "𑁦",
    "3.14", "10,000", "don't", "I'LL", "we've", "x's", "...", "?!", "--",
]
SPECIAL = ["<mask>", "[MASK]", "<s>", "</s>", "[SEP]", "<unk>", "[UNK]", "<pad>", "<0x41>", "<thing>", "Cat", "ＣＡＴ",
           "[CLS]", "<|endoftext|>"]
SPACES = [" "] * 12 + ["  ", "   ", "\t", "\n", "\r\n", "\u3000", " \u00A0", ""]


def make_texts():
    words = {name: ["".join(RANDOM.choice(alphabet) for _ in range(RANDOM.choice([1, 2, 2, 3, 3, 4, 5, 7]))) for _ in range(45)]
             for name, alphabet in SCRIPTS.items()}
    texts = ["", " ", "  a", "a  ", "\n", "<mask>", " <mask> ", "a<mask>b", "Cat", "cats", "a Cat.", "Cat<mask> Cat", "x" * 120, "\u0301a"]
    names = list(SCRIPTS)
    while len(texts) < 2000:
        parts = []
        script = RANDOM.choice(names)
        for _ in range(RANDOM.choice([1, 2, 3, 4, 5, 6, 8])):
            chance = RANDOM.random()
            if chance < 0.08:
                part = RANDOM.choice(ODD)
            elif chance < 0.11:
                part = RANDOM.choice(SPECIAL)
            elif chance < 0.15:
                part = str(RANDOM.randrange(3000))
            else:
                part = RANDOM.choice(words[script if chance < 0.9 else RANDOM.choice(names)])
                if RANDOM.random() < 0.1:
                    part = part.upper() if RANDOM.random() < 0.5 else part.capitalize()
                if RANDOM.random() < 0.1:
                    part += RANDOM.choice(ODD)
                if RANDOM.random() < 0.15:
                    part += RANDOM.choice([".", ",", "!", ")", "-", ":", "'", '"', "/"])
            parts += [part, RANDOM.choice(SPACES)]
        texts.append("".join(parts) if RANDOM.random() < 0.2 else "".join(parts).strip(" "))
    return texts


TEXTS = make_texts()
WORDS = collections.Counter(word for text in TEXTS for word in re.findall(r"\w+|[^\w\s]+", text))


def learn_merges(words, count):
    """Byte pair encoding of words, given as tuples of symbols and how often they are."""
    merges = []
    for _ in range(count):
        pairs = collections.Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        joined = {}
        for word, times in words.items():
            parts, i = [], 0
            while i < len(word):
                if word[i:i + 2] == best:
                    parts.append(word[i] + word[i + 1])
                    i += 2
                else:
                    parts.append(word[i])
                    i += 1
            joined[tuple(parts)] = joined.get(tuple(parts), 0) + times
        words = joined
    return merges


SYMBOLS = {}
for byte in range(256):
    plain = 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte <= 255
    SYMBOLS[byte] = chr(byte) if plain else chr(256 + sum(1 for b in range(byte) if not (33 <= b <= 126 or 161 <= b <= 172 or b >= 174)))


def spelled(word):
    return "".join(SYMBOLS[b] for b in word.encode("utf-8"))


def vocabulary(tokens):
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def characters(share, exclude=()):
    """The most frequent characters: all but the last percents, so that there are some that no token covers."""
    counts = collections.Counter(c for word, times in WORDS.items() for c in word * min(times, 3))
    kept = [c for c, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    return [c for c in kept[:int(len(kept) * share)] if c not in exclude]


def byte_bpe(special, count=260, ending=""):
    words = {}
    for word, times in WORDS.items():
        for form in {word, " " + word} if not ending else {word.lower()}:
            parts = tuple(spelled(form))
            parts = parts[:-1] + (parts[-1] + ending,)
            words[parts] = words.get(parts, 0) + times
    merges = learn_merges(words, count)
    alphabet = sorted(SYMBOLS.values())
    if ending:
        alphabet += [symbol + ending for symbol in alphabet]
    tokens = special + alphabet + [a + b for a, b in merges]
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": ending and "" or None,
            "end_of_word_suffix": ending or None, "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary(tokens),
            "merges": [[a, b] for a, b in merges]}


def character_bpe(special, share, count=300, **more):
    known = set(characters(share)) | {"▁"}
    words = {}
    for word, times in WORDS.items():
        for run in re.findall(f"[{re.escape(''.join(known))}]+", "▁" + word):
            words[tuple(run)] = words.get(tuple(run), 0) + times
    merges = learn_merges(words, count)
    tokens = special + sorted(known) + [a + b for a, b in merges]
    return {"type": "BPE", "dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "vocab": vocabulary(tokens),
            "merges": [f"{a} {b}" for a, b in merges], **more}


def word_piece(special, share, change=lambda word: word):
    beginnings, insides = collections.Counter(), collections.Counter()
    for word, times in WORDS.items():
        word = change(word)
        for length in range(1, min(6, len(word)) + 1):
            beginnings[word[:length]] += times
            for start in range(1, len(word) - length + 1):
                insides["##" + word[start:start + length]] += times
    single = sorted({change(c) for c in characters(share)})
    tokens = special + single + ["##" + c for c in single]
    tokens += [token for token, _ in sorted(beginnings.items(), key=lambda item: (-item[1] * len(item[0]), item[0]))[:300]]
    tokens += [token for token, _ in sorted(insides.items(), key=lambda item: (-item[1] * len(item[0]), item[0]))[:250]]
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": vocabulary(tokens)}


def unigram(special, share, unknown, byte_fallback=False):
    counts = collections.Counter()
    for word, times in WORDS.items():
        word = "▁" + word
        for length in range(1, min(6, len(word)) + 1):
            for start in range(len(word) - length + 1):
                counts[word[start:start + length]] += times
    single = set(characters(share)) | {"▁"}
    longer = [piece for piece, _ in sorted(counts.items(), key=lambda item: (-item[1] * len(item[0]), item[0])) if len(piece) > 1][:450]
    total = sum(counts.values())
    pieces = [(piece, 0.0) for piece in special]
    if byte_fallback:
        pieces += [(f"<0x{byte:02X}>", -20.0) for byte in range(256)]
    pieces += [(piece, round(math.log((counts[piece] + 1) / total), 4)) for piece in sorted(single) + longer]
    return {"type": "Unigram", "unk_id": special.index(unknown), "vocab": [list(piece) for piece in pieces], "byte_fallback": byte_fallback}


def added(model, *tokens):
    """Each (text, flags...), special and not normalized unless told otherwise."""
    names = {piece[0]: i for i, piece in enumerate(model["vocab"])} if model["type"] == "Unigram" else dict(model["vocab"])
    entries = []
    for content, *flags in tokens:
        token_id = names.setdefault(content, max(names.values()) + 1)
        entries.append({"id": token_id, "content": content, "single_word": "single_word" in flags, "lstrip": "lstrip" in flags,
                        "rstrip": "rstrip" in flags, "normalized": "normalized" in flags, "special": "plain" not in flags})
    return sorted(entries, key=lambda entry: entry["id"])


def find(model, token):
    if model["type"] == "Unigram":
        return [piece[0] for piece in model["vocab"]].index(token)
    return model["vocab"][token]


def template(model, *single):
    tokens = [token for token in single if token != "$A"]
    return {"type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}} if token == "$A" else {"SpecialToken": {"id": token, "type_id": 0}}
                       for token in single],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {token: {"id": token, "ids": [find(model, token)], "tokens": [token]} for token in tokens}}


def sequence(kind, *steps):
    return {"type": "Sequence", kind: list(steps)}


def replace(kind, pattern, content):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def split(kind, pattern, behavior, invert=False):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def bert(lowercase, accents=None):
    return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": accents, "lowercase": lowercase}


def metaspace(scheme="always", **more):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": True, **more}


def byte_level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


# The map of characters of the model that the tests have already; whoever reads the file puts it in its place.
CHARACTER_MAP = {"type": "Precompiled", "precompiled_charsmap": "unigram.model"}
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def write(name, model, added_tokens, normalizer, pre_tokenizer, post_processor, decoder, truncation=None, padding=None):
    (FOLDER / f"{name}.json").write_text(json.dumps({
        "version": "1.0", "truncation": truncation, "padding": padding, "added_tokens": added_tokens, "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": decoder, "model": model,
    }, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def main():
    with gzip.GzipFile(FOLDER / "texts.jsonl.gz", "wb", mtime=0) as file:
        file.write("".join(json.dumps(text, ensure_ascii=False) + "\n" for text in TEXTS).encode("utf-8"))

    model = byte_bpe(["<|startoftext|>", "<|endoftext|>"], ending="</w>")
    model["unk_token"] = "<|endoftext|>"
    write("clip", model, added(model, ("<|startoftext|>",), ("<|endoftext|>",)),
          sequence("normalizers", {"type": "NFC"}, replace("Regex", r"\s+", " "), {"type": "Lowercase"}),
          sequence("pretokenizers",
                   split("Regex", r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "Removed", True), byte_level()),
          {"type": "RobertaProcessing", "sep": ["<|endoftext|>", 1], "cls": ["<|startoftext|>", 0], "trim_offsets": False,
           "add_prefix_space": False}, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})

    model = byte_bpe(ROBERTA_SPECIAL)
    write("roberta", model, added(model, *[(t,) for t in ROBERTA_SPECIAL[:4]], ("<mask>", "lstrip")), None, byte_level(),
          {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False},
          byte_level())

    model = word_piece(BERT_SPECIAL, 0.95, str.lower)
    write("bert-uncased", model, added(model, *[(t,) for t in BERT_SPECIAL]), bert(True), {"type": "BertPreTokenizer"},
          template(model, "[CLS]", "$A", "[SEP]"), {"type": "WordPiece", "prefix": "##", "cleanup": True})

    model = word_piece(BERT_SPECIAL, 0.9)
    write("bert-cased", model, added(model, *[(t,) for t in BERT_SPECIAL], ("Cat", "plain", "normalized")), bert(False),
          {"type": "BertPreTokenizer"}, {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
          {"type": "WordPiece", "prefix": "##", "cleanup": False})

    model = unigram(["<s>", "<pad>", "</s>", "<unk>"], 0.93, "<unk>")
    model["vocab"].append(["<mask>", 0.0])
    write("xlm-roberta", model, added(model, ("<s>",), ("<pad>",), ("</s>",), ("<unk>",), ("<mask>", "lstrip")),
          sequence("normalizers", CHARACTER_MAP, replace("Regex", " {2,}", " ")),
          sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace()), template(model, "<s>", "$A", "</s>"), metaspace())

    model = unigram(["<pad>", "</s>", "<unk>"], 0.9, "<unk>", byte_fallback=True)
    write("mt5", model, added(model, ("<pad>",), ("</s>",), ("<unk>",), ("<thing>", "plain", "rstrip")),
          sequence("normalizers", CHARACTER_MAP, {"type": "Strip", "strip_left": False, "strip_right": True},
                   replace("Regex", " {2,}", "▁")), metaspace("first"), template(model, "$A", "</s>"),
          sequence("decoders", {"type": "ByteFallback"}, metaspace()))

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    model = character_bpe(special, 0.85, unk_token="<unk>", fuse_unk=True, byte_fallback=True, ignore_merges=False)
    write("gemma", model, added(model, *[(t,) for t in special[:4]], ("<mask>",), ("\n", "plain"), ("  ", "plain"), ("   ", "plain")),
          replace("String", " ", "▁"), split("String", " ", "MergedWithPrevious"), template(model, "<bos>", "$A"),
          sequence("decoders", replace("String", "▁", " "), {"type": "ByteFallback"}, {"type": "Fuse"}))

    special = ["<s>", "<pad>", "</s>", "<unk>", "eng_Latn"]
    model = character_bpe(special, 0.9, unk_token="<unk>", fuse_unk=True, byte_fallback=False)
    write("nllb", model, added(model, *[(t,) for t in special], ("<mask>", "lstrip", "normalized")),
          sequence("normalizers", {"type": "NFKC"}, replace("Regex", " {2,}", " ")), metaspace(),
          template(model, "eng_Latn", "$A", "</s>"), metaspace())

    model = word_piece(BERT_SPECIAL, 0.95, str.lower)
    write("steps-words", model, added(model, *[(t,) for t in BERT_SPECIAL], ("<thing>", "plain", "single_word"),
                                      ("cat", "plain", "normalized", "single_word")),
          sequence("normalizers", {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
                   {"type": "Strip", "strip_left": True, "strip_right": True},
                   replace("Regex", r"[-.]{2,}|’", "'")),
          sequence("pretokenizers", {"type": "Whitespace"}, {"type": "Digits", "individual_digits": True},
                   {"type": "Punctuation", "behavior": "Contiguous"}),
          sequence("processors", template(model, "[CLS]", "$A", "[SEP]"), byte_level()),
          {"type": "WordPiece", "prefix": "##", "cleanup": True},
          {"direction": "Right", "max_length": 24, "strategy": "LongestFirst", "stride": 0})

    model = byte_bpe(["<s>", "</s>"])
    model["ignore_merges"] = True
    write("steps-bytes", model, added(model, ("<s>",), ("</s>",), ("<mask>", "lstrip", "rstrip"), ("<thing>", "plain", "normalized")),
          {"type": "NFC"},
          sequence("pretokenizers",
                   split("Regex", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
                                  r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", "Isolated"), byte_level(True, False)),
          sequence("processors", byte_level(), template(model, "<s>", "$A", "</s>", "</s>")), byte_level())

    model = character_bpe(["<unk>", "<pad>"], 0.8, count=200, unk_token="<unk>", fuse_unk=False, byte_fallback=False)
    inner = [token for token in model["vocab"] if token not in ("<unk>", "<pad>")]
    merges = [merge.split(" ") for merge in model["merges"]]
    merges = [merge for merge in merges if len(merge[0]) == 1 and len(merge[1]) == 1]
    model.update(continuing_subword_prefix="##", end_of_word_suffix="</w>", vocab=vocabulary(
        ["<unk>", "<pad>"] + [t for t in inner if len(t) == 1] + [f"##{t}" for t in inner if len(t) == 1]
        + [f"##{t}</w>" for t in inner if len(t) == 1] + [f"{t}</w>" for t in inner if len(t) == 1][::2]
        + [a + b for a, b in merges] + [f"{a}{b}</w>" for a, b in merges]),
        merges=[f"{a} ##{b}" for a, b in merges] + [f"{a} ##{b}</w>" for a, b in merges])
    write("steps-ends", model, added(model, ("<unk>",), ("<pad>",), ("Cat", "plain", "single_word", "lstrip")),
          sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "NFD"}),
          sequence("pretokenizers", {"type": "CharDelimiterSplit", "delimiter": "/"},
                   {"type": "Punctuation", "behavior": "MergedWithPrevious"},
                   split("Regex", r"\d+|\w+", "Isolated"), split("String", "▁", "Removed"), {"type": "Digits", "individual_digits": False},
                   split("Regex", r"\s+", "MergedWithNext"), metaspace("first", split=False)), None,
          {"type": "BPEDecoder", "suffix": "</w>"}, None,
          {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 0,
           "pad_token": "<pad>"})

    words = sorted(WORDS, key=lambda word: (-WORDS[word], word))[:200]
    model = {"type": "WordLevel", "vocab": vocabulary(["[UNK]", "[PAD]"] + words), "unk_token": "[UNK]"}
    write("steps-whole", model, added(model, ("[UNK]",), ("[PAD]",)), {"type": "Prepend", "prepend": "cat "},
          {"type": "Whitespace"}, None, None,
          {"direction": "Left", "max_length": 5, "strategy": "LongestFirst", "stride": 0})


main()
