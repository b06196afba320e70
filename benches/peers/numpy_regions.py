"""Search by all shared regions with NumPy, as the original program documents it: per image, the shared
regions are stacked and the mean of their cosines is the score.

numpy_regions.py DIR: features.f32 holds `[regions of all images, D]`, regions.u16 their numbers, counts.u16 how
many each image has, dim.txt D. The query is image 0. Says "ready", then answers each line of its input with the
seconds of one top-10 search and the images found.
"""
import pathlib
import sys
import time

import numpy as np

folder = pathlib.Path(sys.argv[1])
dim = int((folder / "dim.txt").read_text())
features = np.fromfile(folder / "features.f32", dtype="<f4").reshape(-1, dim)
regions = np.fromfile(folder / "regions.u16", dtype="<u2").tolist()
database, place = {}, 0
for image, count in enumerate(np.fromfile(folder / "counts.u16", dtype="<u2").tolist()):
    places = range(place, place + count)
    database[image] = {"regions": {regions[p]: {"feature": features[p]} for p in places}}
    place += count


def search(query_image, k):
    query = database[query_image]["regions"]
    results = []
    for image, entry in database.items():
        if image == query_image:
            continue
        shared = query.keys() & entry["regions"].keys()
        if not shared:
            continue
        a = np.stack([query[region]["feature"] for region in shared])
        b = np.stack([entry["regions"][region]["feature"] for region in shared])
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        cosines = np.einsum("ij,ij->i", a, b) / norms
        results.append((image, float(cosines.mean()), len(shared)))
    results.sort(key=lambda result: -result[1])
    return results[:k]


print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    found = search(0, 10)
    seconds = time.perf_counter() - start
    print(seconds, *(image for image, _, _ in found), flush=True)
