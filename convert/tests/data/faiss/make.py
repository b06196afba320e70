"""Writes the files of this folder with FAISS: `python make.py FOLDER [rows [dim]]`.

Value j of vector i is ((7 i + 3 j) mod 16) / 4 - 1.5, which is exact in half precision; the id of vector i,
where a file has ids, is 1000 - 7 i. Seven vectors of four dimensions unless said otherwise; the number of
dimensions is even.
"""
import os
import sys

import faiss
import numpy as np

out = sys.argv[1]
n = int(sys.argv[2]) if len(sys.argv) > 2 else 7
d = int(sys.argv[3]) if len(sys.argv) > 3 else 4
i, j = np.indices((n, d))
x = (((7 * i + 3 * j) % 16) / 4 - 1.5).astype("f4")
ids = (1000 - 7 * np.arange(n)).astype("i8")
faiss.omp_set_num_threads(1)


def write(name, index):
    faiss.write_index(index, os.path.join(out, name + ".faiss"))


def filled(index, with_ids=False):
    if not index.is_trained:
        index.train(x)
    index.add_with_ids(x, ids) if with_ids else index.add(x)
    return index


def ivf(lists, quantizer=None):
    index = faiss.IndexIVFFlat(quantizer or faiss.IndexFlatL2(d), d, lists)
    index.cp.min_points_per_centroid = 1
    index.own_fields = False
    return index


keep = []
write("flat_ip", filled(faiss.IndexFlatIP(d)))
write("flat_l2", filled(faiss.IndexFlatL2(d)))
write("flat_l1", filled(faiss.IndexFlat(d, faiss.METRIC_L1)))
write("empty", faiss.IndexFlatIP(d))
keep.append(faiss.IndexFlatIP(d))
write("id_map", filled(faiss.IndexIDMap(keep[-1]), True))
keep.append(faiss.IndexFlatL2(d))
write("id_map_2", filled(faiss.IndexIDMap2(keep[-1]), True))
write("sq_fp16", filled(faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)))
write("sq_8bit", filled(faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_8bit)))
keep.append(faiss.IndexFlatL2(d))
write("ivf_full", filled(ivf(2, keep[-1]), True))
# Most lists stay empty, so that only the others are written.
centroids = np.concatenate([x[:1], 1000 + np.arange(5 * d, dtype="f4").reshape(5, d)])
keep.append(faiss.IndexFlatL2(d))
keep[-1].add(centroids)
sparse = ivf(6, keep[-1])
sparse.is_trained = True
sparse.add_with_ids(x, ids)
write("ivf_sparse", sparse)
keep.append(faiss.IndexHNSWFlat(d, 4))
mapped = ivf(2, keep[-1])
mapped.train(x)
keep.append(mapped)
write("id_map_of_ivf", filled(faiss.IndexIDMap2(mapped), True))
direct = ivf(2, faiss.IndexFlatL2(d))
keep.append(direct.quantizer)
direct.set_direct_map_type(faiss.DirectMap.Hashtable)
write("ivf_direct", filled(direct))
write("hnsw", filled(faiss.IndexHNSWFlat(d, 4, faiss.METRIC_INNER_PRODUCT)))
write("hnsw_sq", filled(faiss.IndexHNSWSQ(d, faiss.ScalarQuantizer.QT_fp16, 4)))
write("pq", filled(faiss.IndexPQ(d, 2, 1)))
write("lsh", filled(faiss.IndexLSH(d, 8)))
