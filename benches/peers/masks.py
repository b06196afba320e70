"""Segmentation masks with crackle, MedMask, pycocotools, nibabel and NumPy, one thread.

masks.py DIR: sets.txt has a line `NAME Z Y X LABEL FIRST SOURCE` for each label map; NAME.labels are its values, uint8
`[Z, Y, X]`, NAME.names its lines `LABEL NAME`. SOURCE, a NIfTI file or a folder of one file per segment, has it from
slice FIRST on. Says "ready", then answers lines:

    size NAME                  bytes of crackle (Markov order 5) with zstd, the smaller order, and of a .msk
    archive FOLDER             bytes of a .mska of all files of a folder, of those files, and what differs
    labels PEER NAME           all labels, from memory (crackle) or a file in the page cache
    label PEER NAME            one label as bool
    slices PEER NAME           all axial slices, one by one
    iou PEER NAME              of LABEL and itself moved by (1, 2, 2)
    directory crackle NAME     voxel counts, boxes and centroids of all labels
    encode PEER NAME           compresses the label map
    coverage numpy NAME        of 16 x 16 x 16 cells by LABEL
    check WHAT NAME            compares ours.WHAT with what all peers say

with seconds, the least of several, and numbers; of `check` the number is that of the peers that differ.
"""
import functools
import pathlib
import sys
import time

import crackle
import medmask
import nibabel
import numpy as np
import zstandard
from pycocotools import mask as coco

folder = pathlib.Path(sys.argv[1])
lines = [line.split(" ", 6) for line in (folder / "sets.txt").read_text().splitlines()]
sets = {name: (tuple(map(int, rest[:3])), *map(int, rest[3:5]), rest[5]) for name, *rest in lines}
GRID = 16
MOVE = 1, 2, 2


def least(step):
    """Seconds of one step: the least of several, each as many as take a millisecond."""
    start = time.perf_counter()
    step()
    once = time.perf_counter() - start
    inner, found = max(1, int(1e-3 / once)), []
    for _ in range(max(5, min(40, int(0.3 / (inner * once))))):
        start = time.perf_counter()
        for _ in range(inner):
            step()
        found.append((time.perf_counter() - start) / inner)
    return min(found)


@functools.lru_cache(4)
def array(name):
    return np.fromfile(folder / f"{name}.labels", "u1").reshape(sets[name][0])


def names(name):
    pairs = (line.split(" ", 1) for line in (folder / f"{name}.names").read_text().splitlines())
    return {text: int(label) for label, text in pairs}


@functools.lru_cache(4)
def packed(name, order=5):
    """With axial slices, as one slice is read."""
    return crackle.compress(array(name).T, markov_model_order=order, parallel=1)


@functools.lru_cache(16)
def msk(name):
    path = folder / f"{name}.msk"
    medmask.save_mask(medmask.SegmentationMask(array(name), names(name)), str(path))
    return path


@functools.lru_cache(16)
def nifti(name):
    path = folder / f"{name}.peer.nii.gz"
    nibabel.save(nibabel.Nifti1Image(array(name).T, np.eye(4)), path)
    return path


def size(name):
    squeeze = zstandard.ZstdCompressor(level=3).compress
    other = crackle.compress(array(name), markov_model_order=5, parallel=1)
    return min(len(squeeze(packed(name))), len(squeeze(other))), msk(name).stat().st_size


def files(source):
    return sorted(source.glob("*.nii.gz"), key=lambda path: path.name.removesuffix(".nii.gz").encode())


def volume(path):
    return np.asarray(nibabel.load(path).dataobj).T


def archive(source):
    source, path = pathlib.Path(source), folder / "all.mska"
    kept = medmask.MaskArchive(str(path), mode="w")
    for file in files(source):
        kept.add_segmask(medmask.SegmentationMask(volume(file) != 0, {"x": 1}), file.name.removesuffix(".nii.gz"))
    back = medmask.MaskArchive(str(path), mode="r")
    found = ((back.load_segmask(f.name.removesuffix(".nii.gz")).data, volume(f)) for f in files(source)[::8])
    bad = sum(a.sum() != b.sum() for a, b in found)
    return path.stat().st_size, sum(file.stat().st_size for file in files(source)), int(bad)


def labels(peer, name):
    if peer == "crackle":
        data = packed(name)
        return lambda: crackle.decompress(data, parallel=1).T
    path = str(msk(name))
    return lambda: medmask.load_mask(path).data


def label(peer, name):
    wanted = sets[name][1]
    if peer == "crackle":
        data = packed(name)
        return lambda: crackle.decompress(data, label=wanted, parallel=1).T
    if peer == "nibabel":
        path = str(nifti(name))
        return lambda: volume(path) == wanted
    path = str(msk(name))
    return lambda: medmask.load_mask(path).get_binary_mask_by_labels(wanted)


def slices(peer, name):
    data, depth = packed(name), sets[name][0][0]
    return lambda: [crackle.codec.decompress_range(data, z, z + 1, 1)[:, :, 0].T for z in range(depth)]


@functools.lru_cache(2)
def moved(name):
    mask = array(name) == sets[name][1]
    other = np.zeros_like(mask)
    dz, dy, dx = MOVE
    z, y, x = mask.shape
    other[dz:, dy:, dx:] = mask[: z - dz, : y - dy, : x - dx]
    return mask, other


def iou(peer, name):
    a, b = moved(name)
    if peer == "numpy":
        return lambda: (a & b).sum() / (a | b).sum()
    if peer == "count_nonzero":
        return lambda: np.count_nonzero(a & b) / np.count_nonzero(a | b)
    # Runs of COCO go down columns: a column is a row of ours.
    a, b = (coco.encode(np.asfortranarray(m.reshape(-1, m.shape[2]).T.view("u1"))) for m in (a, b))
    return lambda: coco.iou([a], [b], [0])[0, 0]


def directory(peer, name):
    data = packed(name)
    return lambda: (
        crackle.voxel_counts(data, parallel=1),
        crackle.bounding_boxes(data, parallel=1, no_slice_conversion=True),
        crackle.centroids(data, parallel=1),
    )


def encode(peer, name):
    values, order = array(name).T, 5 if peer == "markov" else 0
    return lambda: crackle.compress(values, markov_model_order=order, parallel=1)


def shares(length):
    """Voxels `[length, GRID]` of each voxel that are in each cell."""
    edges = np.arange(GRID + 1) * (length / GRID)
    low, high = edges[:-1], edges[1:]
    at = np.arange(length)[:, None]
    return np.clip(np.minimum(at + 1, high) - np.maximum(at, low), 0, None)


def coverage(peer, name, kind="f4"):
    mask, _ = moved(name)
    z, y, x = (shares(length).astype(kind) for length in mask.shape)
    flat = mask.reshape(-1, mask.shape[2])

    def step():
        rows = (flat.astype(kind) @ x).reshape(*mask.shape[:2], GRID)
        return np.tensordot(z, np.matmul(y.T, rows), (0, 0))

    return step


tasks = {
    "labels": labels, "label": label, "slices": slices, "iou": iou, "directory": directory, "encode": encode,
    "coverage": coverage,
}  # fmt: skip


def original(name):
    """The label map as nibabel and NumPy have it from the source."""
    (depth, *_), _, first, source = sets[name]
    source = pathlib.Path(source)
    if source.is_file():
        return volume(source)[first : first + depth]
    found = 0
    for number, file in enumerate(files(source), 1):
        part = volume(file)[first : first + depth]
        found = np.where(part != 0, number, found)
    return found


def table(name):
    """Rows of label, voxels, first and last voxel x y z, centroid x y z."""
    counts, boxes, centroids = directory("crackle", name)()
    return np.array([[k, counts[k], *boxes[k], *centroids[k]] for k in sorted(counts) if k != 0], "f8")


def check(what, name):
    path, shape = folder / f"ours.{what}", sets[name][0]
    if what in ("labels", "label", "slices"):
        peers = {"labels": ("crackle", "medmask"), "label": ("crackle", "medmask", "nibabel")}.get(what, ("crackle",))
        found = [tasks[what](peer, name)() for peer in peers]
        found += [original(name)] if what == "labels" else []
        ours = np.fromfile(path, "u1")
        return sum(not np.array_equal(ours.reshape(shape), np.asarray(other)) for other in found)
    ours = np.fromfile(path, "<f8")
    if what == "iou":
        return sum(ours[0] != iou(peer, name)() for peer in ("numpy", "coco"))
    other = table(name) if what == "directory" else coverage("numpy", name, "f8")()
    same = ours.size == other.size and np.allclose(ours.reshape(other.shape), other, rtol=1e-9, atol=1e-6)
    return int(not same)


print("ready", flush=True)
for line in sys.stdin:
    task, *rest = line.rstrip("\n").split(" ")
    if task == "size":
        seconds, found = 0.0, size(*rest)
    elif task == "archive":
        seconds, found = 0.0, archive(" ".join(rest))
    elif task == "check":
        seconds, found = 0.0, [check(*rest)]
    else:
        seconds, found = least(tasks[task](*rest)), []
    print(seconds, *found, flush=True)
