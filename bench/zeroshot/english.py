"""Makes the word vectors that come with the program (src/Clip.Conversion/Tokenizing/english.vec.gz) from GloVe's.

    python3 bench/zeroshot/english.py glove.6B.100d.txt WordNet-3.1/dict english.vec.gz

Of GloVe's words (most frequent first) it takes those among the first 15,000 that WordNet knows in some form, and of the next 45,000 those
that are a thing one can see in one of their first two senses: an animal, artifact, body part, food, natural object, plant or substance, a
phenomenon or a shape, and of the first 40,000 people by their trade, too. The vectors are centered, lose their two largest principal components,
which tell frequent words from rare ones (Mu and Viswanath 2018, arXiv:1702.01417), keep the next 64, and are rounded to 16ths.
"""
import gzip, re, sys
from pathlib import Path
import numpy

glove, wordnet, output = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
MOST, MOST_THINGS, MOST_PEOPLE, ALWAYS = 15_000, 60_000, 40_000, 3_000
DIMENSIONS, DROPPED, STEPS = 64, 2, 16
# WordNet's lexicographer files (lexnames(5WN)).
THINGS, PERSON = {5, 6, 8, 13, 17, 19, 20, 25, 27}, 18
ENDINGS = [("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ves", "f"), ("men", "man")]


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [line for line in file if not line.startswith(" ")]


kinds = {line.split(" ", 1)[0]: int(line.split(" ", 2)[1]) for line in lines(wordnet / "data.noun")}
senses = {}
for fields in (line.split() for line in lines(wordnet / "index.noun")):
    senses[fields[0]] = [kinds[offset] for offset in fields[-int(fields[2]):]]
known = set(senses) | {line.split(" ", 1)[0] for part in ("verb", "adj", "adv") for line in lines(wordnet / f"index.{part}")}


def forms(word):
    """The word, and what it may be a form of; plurals first."""
    yield word
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            yield word[:-len(ending)] + instead
    for ending, least in (("ing", 5), ("ed", 4)):
        stem = word[:-len(ending)]
        if word.endswith(ending) and len(word) > least and stem[-1:] == stem[-2:-1]:
            yield stem[:-1]


def is_taken(word, rank):
    if not re.fullmatch("[a-z]{2,}|[ai]", word):
        return False
    if rank < MOST:
        return rank < ALWAYS or any(form in known for form in forms(word))
    if rank >= MOST_THINGS:
        return False
    first = [senses[form] for form in list(forms(word))[:4] if form in senses]
    return any(THINGS & set(kinds[:2]) or (rank < MOST_PEOPLE and kinds[0] == PERSON) for kinds in first)


words, vectors = [], []
with open(glove, encoding="utf-8") as file:
    for rank, line in enumerate(file):
        word, numbers = line.rstrip("\n").split(" ", 1)
        if is_taken(word, rank):
            words.append(word)
            vectors.append(numpy.array(numbers.split(" "), dtype=numpy.float32))

centered = numpy.stack(vectors) - numpy.mean(vectors, axis=0)
_, _, components = numpy.linalg.svd(centered, full_matrices=False)
kept = centered @ components[DROPPED:DROPPED + DIMENSIONS].T
rounded = numpy.rint(kept / numpy.linalg.norm(kept, axis=1, keepdims=True) * STEPS).astype(int)
text = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words, rounded))
Path(output).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
print(f"{len(words)} words")
