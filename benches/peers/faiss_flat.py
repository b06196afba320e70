"""Exact search with FAISS, one thread: faiss_flat.py MATRIX QUERY, raw little-endian f32; the query has D values.

Says "ready", then answers each line of its input with the seconds of one top-10 search and the rows found.
"""
import os
import sys
import time

import faiss
import numpy as np

faiss.omp_set_num_threads(1)
query = np.fromfile(sys.argv[2], dtype="<f4").reshape(1, -1)
index = faiss.IndexFlatIP(query.shape[1])
matrix = np.memmap(sys.argv[1], dtype="<f4", mode="r").reshape(-1, query.shape[1])
for first in range(0, len(matrix), 65536):
    index.add(np.ascontiguousarray(matrix[first : first + 65536]))
del matrix
os.remove(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    scores, rows = index.search(query, 10)
    seconds = time.perf_counter() - start
    print(seconds, *(row for row in rows[0] if row >= 0), flush=True)
