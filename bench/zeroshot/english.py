"""Makes the word vectors that come with the program (src/Clip.Conversion/Tokenizing/english.vec.br) from GloVe's.

    python3 bench/zeroshot/english.py glove.6B.100d.txt WordNet-3.1/dict english.vec.br

Of GloVe's words (most frequent first) it takes the first 3,000, those among the first 24,500 that WordNet knows in some form, beyond the
first 12,000 as more than a name, and of the first 100,000 those that can be seen in one of their first senses: an animal, artifact, body
part, food, natural object, plant or substance, a phenomenon or a shape; what a body or the weather does, eating, a motion or a look. Of the
first 30,000 it takes people by what they are, too. The vectors are centered, lose their two largest principal components, which tell
frequent words from rare ones (Mu and Viswanath 2018, arXiv:1702.01417), keep the next 64, and are rounded to 12ths. Needs numpy and brotli
(Debian: python3-numpy, python3-brotli).
"""
import re, sys
from pathlib import Path
import brotli, numpy

glove, wordnet, output = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
ALWAYS, NAMES, MOST, MOST_PEOPLE, MOST_SEEN = 3_000, 12_000, 24_500, 30_000, 100_000
DIMENSIONS, DROPPED, STEPS = 64, 2, 12
# WordNet's lexicographer files (lexnames(5WN)), and how many senses are looked at.
THINGS, NOUN_SENSES = {5, 6, 8, 13, 17, 19, 20, 25, 27}, 3
DOINGS, VERB_SENSES = {29, 34, 38, 39, 43}, 2
PEOPLE = {18}
ENDINGS = [("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ves", "f"), ("men", "man")]


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [line for line in file if not line.startswith(" ")]


def read_senses(part):
    """Each word's senses: their lexicographer files, and whether they are names ("instances" of something)."""
    kinds = {}
    for line in lines(wordnet / f"data.{part}"):
        fields = line.split(" | ")[0].split(" ")
        kinds[fields[0]] = (int(fields[1]), "@i" in fields)
    index = (line.split() for line in lines(wordnet / f"index.{part}"))
    return {fields[0]: [kinds[offset] for offset in fields[-int(fields[2]):]] for fields in index}


nouns, verbs = read_senses("noun"), read_senses("verb")
others = {line.split(" ", 1)[0] for part in ("adj", "adv") for line in lines(wordnet / f"index.{part}")}
common = others | set(verbs) | {word for word, kinds in nouns.items() if any(not is_name for _, is_name in kinds[:2])}


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


def is_seen(word, rank):
    def one_of(kinds, senses, most):
        return any(kind in kinds for form in forms(word) for kind, _ in senses.get(form, [])[:most])

    if rank < MOST_PEOPLE and one_of(PEOPLE, nouns, 1):
        return True
    return rank < MOST_SEEN and (one_of(THINGS, nouns, NOUN_SENSES) or one_of(DOINGS, verbs, VERB_SENSES))


def is_taken(word, rank):
    if not re.fullmatch("[a-z]{2,}|[ai]", word):
        return False
    is_common = any(form in common for form in forms(word))
    if rank < NAMES:
        return rank < ALWAYS or is_common or any(form in nouns for form in forms(word))
    return is_common and (rank < MOST or is_seen(word, rank))


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
Path(output).write_bytes(brotli.compress(text.encode(), quality=11, lgwin=24))
print(f"{len(words)} words")
