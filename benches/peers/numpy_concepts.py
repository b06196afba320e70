"""Questions across text, image and token with NumPy.

numpy_concepts.py DIR: shape.txt holds N, M, T, D, K; features.f16 `[N, D]`, tokens.f16 `[M, T, D]`, prompts.f32
`[K, D]`. Says "ready", then answers lines:

    scores              the product of all features and prompts, float32 copies made and normalised before
    heat IMAGE PROMPT   the cosine of each token with a prompt
    max_sim A B         the sum over the tokens of A of the largest cosine with a token of B
    search PROMPT       the ten tokens of all images of the largest cosine
    check scores STEP   the largest difference of scores.f32 from what float64 gives, for every STEP-th image
    check heat IMAGE PROMPT   the same of heat.f32

with seconds, and the numbers `image * T + token` or the bits of a double.
"""
import pathlib
import struct
import sys
import time

import numpy as np

folder = pathlib.Path(sys.argv[1])
count, images, tokens, dim, prompts = map(int, (folder / "shape.txt").read_text().split())
features = np.memmap(folder / "features.f16", dtype="<f2", mode="r", shape=(count, dim))
tensors = np.memmap(folder / "tokens.f16", dtype="<f2", mode="r", shape=(images, tokens, dim))
texts = np.fromfile(folder / "prompts.f32", dtype="<f4").reshape(prompts, dim)
copies = {}


def unit(matrix):
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def cosines(matrix, text):
    """Of rows of float16, their conversion and norms included."""
    matrix = matrix.astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))
    return (matrix @ text) / (norms * np.linalg.norm(text))


def scores():
    if not copies:
        copies["images"] = unit(features.astype(np.float32))
        copies["texts"] = unit(texts).T.copy()
        copies["scores"] = np.zeros((count, prompts), np.float32)
    start = time.perf_counter()
    np.matmul(copies["images"], copies["texts"], out=copies["scores"])
    return time.perf_counter() - start, []


def heat(image, prompt):
    start = time.perf_counter()
    cosines(tensors[image], texts[prompt])
    return time.perf_counter() - start, []


def max_sim(a, b):
    start = time.perf_counter()
    a, b = (unit(tensors[image].astype(np.float32)) for image in (a, b))
    found = float((a @ b.T).max(axis=1).sum(dtype=np.float64))
    return time.perf_counter() - start, [bits(found)]


def search(prompt):
    start = time.perf_counter()
    best = np.zeros(0, np.float32), np.zeros(0, np.int64)
    for image in range(images):
        found = cosines(tensors[image], texts[prompt])
        places = np.argpartition(-found, 10)[:10]
        values = np.concatenate([best[0], found[places]])
        numbers = np.concatenate([best[1], places + image * tokens])
        order = np.argsort(-values, kind="stable")[:10]
        best = values[order], numbers[order]
    return time.perf_counter() - start, best[1].tolist()


def check(what, *rest):
    ours = np.fromfile(folder / f"{what}.f32", dtype="<f4")
    if what == "scores":
        rows, others = features[:: int(rest[0])], texts
    else:
        rows, others = tensors[int(rest[0])], texts[int(rest[1])][None]
    exact = unit(rows.astype(np.float64)) @ unit(others.astype(np.float64)).T
    same = ours.size == exact.size
    return 0.0, [bits(float(np.abs(ours.reshape(exact.shape) - exact).max()) if same else float("inf"))]


def bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


tasks = {"scores": scores, "heat": heat, "max_sim": max_sim, "search": search}
print("ready", flush=True)
for line in sys.stdin:
    task, *rest = line.split()
    seconds, found = check(*rest) if task == "check" else tasks[task](*map(int, rest))
    print(seconds, *found, flush=True)
