"""Searches rows of floats for queries with Faiss' exact IndexFlatIP, one by one or together, and answers with the seconds it took.

python3 time.py ROWS.f32 QUERIES.f32 DIMENSION TOP THREADS
"""
import sys
import time

import faiss
import numpy

rows_file, queries_file, dimension, top, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
faiss.omp_set_num_threads(threads)
rows = numpy.fromfile(rows_file, dtype=numpy.float32).reshape(-1, dimension)
queries = numpy.fromfile(queries_file, dtype=numpy.float32).reshape(-1, dimension)
index = faiss.IndexFlatIP(dimension)
index.add(rows)
del rows
print(faiss.__version__, flush=True)
for line in sys.stdin:
    kind = line.strip()
    begin = time.perf_counter()
    if kind == "one":
        for i in range(len(queries)):
            index.search(queries[i : i + 1], top)
    elif kind == "together":
        index.search(queries, top)
    else:
        ids = index.search(queries, top)[1]
        print(" ".join(map(str, ids.ravel())), flush=True)
        continue
    print(time.perf_counter() - begin, flush=True)
