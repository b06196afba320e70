"""Feature stores as the ConceptCLIP programs write them with h5py.

h5_store.py write FILE IMAGES KIND: KIND is `gaussian`, values that LZF finds nothing in, so that h5py keeps the chunks
as they are, or `zeros`, the same with a half of all values, at random places, zero, as behind a ReLU.
h5_store.py read FILE: reads all of all datasets, and prints seconds and processor seconds.
"""
import hashlib
import sys
import time

import h5py
import numpy as np

DIM, TOKENS, PROMPTS, TEXT_TOKENS = 1152, 729, 20, 64
BATCH = 64


def values(noise, kind, shape, dtype):
    found = noise.standard_normal(shape, dtype=np.float32)
    return np.maximum(found, 0, out=found).astype(dtype) if kind == "zeros" else found.astype(dtype)


def write(path, images, kind):
    noise = np.random.default_rng(11)
    with h5py.File(path, "w") as file:
        file.attrs.update({"D": DIM, "T_img": TOKENS, "version": "1.0", "created_at": "2025-06-09 12:00:00"})
        file.attrs.update({"logit_scale": 4.7, "logit_bias": -11.2, "split_counts": '{"train": %d}' % images})

        def column(name, dtype, chunk, *tail):
            return file.create_dataset(
                name, (images, *tail), dtype, chunks=(chunk, *tail), maxshape=(None, *tail), compression="lzf"
            )

        features = column("image_features", "<f2", 64, DIM)
        tokens = column("image_token_features", "<f2", 4, TOKENS, DIM)
        ids, labels = column("ids", "<i8", 4096), column("labels", "<i8", 4096)
        split = column("split", h5py.string_dtype(), 4096)
        for first in range(0, images, BATCH):
            rows = range(first, min(first + BATCH, images))
            part = slice(rows.start, rows.stop)
            features[part] = values(noise, kind, (len(rows), DIM), "<f2")
            tokens[part] = values(noise, kind, (len(rows), TOKENS, DIM), "<f2")
        ids[:], labels[:], split[:] = np.arange(images), np.arange(images) % 9, ["train"] * images
        texts = [f"a finding, number {number}" for number in range(PROMPTS)]
        group = file.create_group("templates/label_prompts_t01")
        for name, shape in (("text_features", (PROMPTS, DIM)), ("text_token_features", (PROMPTS, TEXT_TOKENS, DIM))):
            group.create_dataset(name, data=values(noise, kind, shape, "<f4"), compression="lzf")
        group.create_dataset("texts", data=texts, dtype=h5py.string_dtype(), compression="lzf")
        hashed = hashlib.sha256(b"".join(text.encode() + b"\0" for text in texts)).hexdigest()
        group.attrs.update({"K": PROMPTS, "D": DIM, "T_txt": TEXT_TOKENS, "texts_hash": hashed})


def read(path):
    before, start = time.process_time(), time.perf_counter()
    with h5py.File(path, "r") as file:

        def visit(_, node):
            if isinstance(node, h5py.Dataset):
                step = node.chunks[0]
                for first in range(0, len(node), step):
                    node[first : first + step]

        file.visititems(visit)
    print("seconds", time.perf_counter() - start)
    print("cpu", time.process_time() - before)


if sys.argv[1] == "write":
    write(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    read(sys.argv[2])
