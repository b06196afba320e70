"""Token tensors in HDF5 with h5py, as the original store keeps them.

h5_tokens.py DIR: tokens.f16 holds `[N, T, D]` float16, shape.txt N, T, D and the images of a batch. Writes plain.h5
(chunks of 4 images, no filter) and lzf.h5 (the same with h5py's LZF), says "ready", then answers lines:

    read FILE image ...        reads whole tensors, and adds up their 64-bit words
    token FILE image/token ... reads single tokens
    append                     a new file with LZF: every batch resized, written, flushed

with seconds and a checksum.
"""
import pathlib
import sys
import time

import h5py
import numpy as np

folder = pathlib.Path(sys.argv[1])
count, tokens, dim, batch = map(int, (folder / "shape.txt").read_text().split())
source = np.memmap(folder / "tokens.f16", dtype="<f2", mode="r", shape=(count, tokens, dim))


def words(array):
    return int(np.ascontiguousarray(array).view("<u8").sum(dtype="<u8"))


def dataset(file, rows, **filters):
    shape = {"chunks": (4, tokens, dim), "maxshape": (None, tokens, dim)}
    return file.create_dataset("image_token_features", (rows, tokens, dim), "<f2", **shape, **filters)


def make(name, **filters):
    with h5py.File(folder / name, "w") as file:
        data = dataset(file, count, **filters)
        for first in range(0, count, batch):
            data[first : first + batch] = source[first : first + batch]


def append():
    path = folder / "append.h5"
    path.unlink(missing_ok=True)
    batches = [np.array(source[first : first + batch]) for first in range(0, count, batch)]
    start = time.perf_counter()
    with h5py.File(path, "w") as file:
        data = dataset(file, 0, compression="lzf")
        for rows in batches:
            data.resize(data.shape[0] + len(rows), axis=0)
            data[-len(rows) :] = rows
            file.flush()
    seconds = time.perf_counter() - start
    path.unlink()
    return seconds, 0


def read(data, images):
    start, total = time.perf_counter(), 0
    for image in images:
        total += words(data[int(image)])
    return time.perf_counter() - start, total


def token(data, places):
    start, total = time.perf_counter(), 0
    for place in places:
        image, index = place.split("/")
        total += words(data[int(image), int(index)])
    return time.perf_counter() - start, total


make("plain.h5")
make("lzf.h5", compression="lzf")
files = {name: h5py.File(folder / name, "r")["image_token_features"] for name in ("plain.h5", "lzf.h5")}
print("ready", flush=True)
for line in sys.stdin:
    task, *rest = line.split()
    if task == "append":
        seconds, total = append()
    else:
        seconds, total = (read if task == "read" else token)(files[rest[0]], rest[1:])
    print(seconds, total % 2**64, flush=True)
