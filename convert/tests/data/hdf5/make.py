#!/usr/bin/env python3
"""Writes the small HDF5 files of this folder (deterministic). Needs h5py; run in this folder, then
expect.py on all files but store_killed.h5, which h5py cannot read."""
import hashlib
import io
import json

import h5py
import numpy as np

TEXT = h5py.string_dtype()
KILLED_AT = 80
OLD = dict(track_times=False)


def store(f, n, d, t, steps, **kw):
    """A ConceptCLIP feature store written in `steps` appends, with token chunks of four rows."""
    rng = np.random.default_rng(3)
    shapes = {"image_features": (d,), "image_token_features": (t, d), "ids": (), "labels": (), "split": ()}
    chunk = {"image_features": 8, "image_token_features": 4}
    types = {"image_features": "f2", "image_token_features": "f2", "ids": "i8", "labels": "i8", "split": TEXT}
    for name, shape in shapes.items():
        f.create_dataset(name, (0, *shape), maxshape=(None, *shape), dtype=types[name],
                         chunks=(chunk.get(name, 16), *shape), **kw, **OLD)
    f.create_group("templates")
    f.attrs["D"], f.attrs["T_img"] = d, t
    f.attrs["label_texts"] = json.dumps(["basophil", "monocyte"])
    f.attrs["dataset"] = json.dumps("bloodmnist")
    f.attrs["logit_scale"] = 4.570647716522217
    done = 0
    for _ in range(steps):
        step = n // steps
        for name in shapes:
            f[name].resize(done + step, axis=0)
        f["image_features"][done:] = rng.standard_normal((step, d))
        f["image_token_features"][done:] = rng.integers(0, 3, (step, t, d))
        f["ids"][done:] = np.arange(done, done + step)
        f["labels"][done:] = rng.integers(0, 2, step)
        f["split"][done:] = np.array(["train" if i % 4 else "test" for i in range(done, done + step)], object)
        done += step
        f.flush()


def templates(f, d):
    rng = np.random.default_rng(4)
    for name, t in (("concept_prompts_t01", 3), ("label_prompts_t01", None)):
        g = f["templates"].create_group(name)
        texts = [f"a photo of {x}" for x in ("one", "zwei", "\u4e09")]
        g.create_dataset("text_features", data=rng.standard_normal((3, d)).astype("f4"), compression="lzf", **OLD)
        if t:
            data = rng.standard_normal((3, t, d)).astype("f4")
            g.create_dataset("text_token_features", data=data, chunks=(2, 2, 3), compression="lzf", **OLD)
        ds = g.create_dataset("texts", (3,), dtype=TEXT, compression="lzf", **OLD)
        ds[:] = np.array(texts, object)
        g.attrs["K"], g.attrs["D"], g.attrs["T_txt"] = 3, d, t or -1
        g.attrs["texts_hash"] = hashlib.sha256(b"".join(x.encode() + b"\0" for x in texts)).hexdigest()


def odd(f):
    """Types, layouts and indexes that a general reader meets."""
    rng = np.random.default_rng(5)
    f["f2_be"] = rng.standard_normal((5, 3)).astype(">f2")
    f["i4_be"] = np.arange(7, dtype=">i4")
    f["u8_limit"] = np.array([0, 2**64 - 1], "u8")
    f["bool"] = np.array([True, False, True])
    f["scalar_f4"], f["scalar_text"] = np.float32(1.5), "\u6587\u672c"
    f["fixed"] = np.array([b"abc", b"de", b""], dtype="S5")
    f["text"] = np.array(["a", "", "\u65e5\u672c", "x" * 300], dtype=TEXT)
    f["bfloat"] = np.arange(4, dtype="u2").view("V2")
    f["compound"] = np.zeros(2, [("a", "<i4"), ("b", "<f2")])
    f.create_dataset("sparse", (100, 4), chunks=(10, 4), dtype="f4", fillvalue=-1.5, compression="gzip", **OLD)[30:34] = 2
    f.create_dataset("never", (9, 2), dtype="i2", fillvalue=7, **OLD)
    f.create_dataset("edge", data=np.arange(105, dtype="f4").reshape(5, 7, 3), chunks=(2, 3, 2), compression="lzf", **OLD)
    f.create_dataset("grow2", data=np.arange(77, dtype="i2").reshape(7, 11), chunks=(3, 4), maxshape=(None, None),
                     compression="gzip", shuffle=True, fletcher32=True, **OLD)
    f.create_dataset("grow1", data=np.arange(600, dtype="u2").reshape(300, 2), chunks=(2, 2), maxshape=(None, 2), **OLD)
    f.create_dataset("one", data=np.arange(12, dtype="f8").reshape(4, 3), chunks=(4, 3), compression="lzf", shuffle=True, **OLD)
    f.create_dataset("unit", data=np.arange(60, dtype="f2").reshape(1, 15, 4), chunks=(1, 4, 3), compression="lzf", **OLD)
    f.create_dataset("empty", (0, 4), maxshape=(None, 4), dtype="f4", chunks=(2, 4), **OLD)
    g = f.create_group("g/sub")
    g["x"] = np.arange(6, dtype="i4").reshape(2, 3)
    f["hard"], f["soft"], f["dangling"] = f["g/sub/x"], h5py.SoftLink("/g/sub/x"), h5py.SoftLink("/nope")
    g["up"] = h5py.SoftLink("/g")
    for i in range(12):
        g.attrs[f"k{i:02d}"] = f"v{i}"
    a = f.attrs
    a["ints"], a["texts"], a["raw"] = np.arange(3), ["a", "bb", "\u4e09"], np.bytes_(b"raw")
    a["null"], a["half"], a["nan"], a["yes"] = h5py.Empty("f4"), np.float16(0.5), float("nan"), True
    a["big"], a["json"] = np.uint64(2**64 - 1), json.dumps({"k": [1, 2]})
    a["grid"] = np.arange(4.0).reshape(2, 2)


class Killed(io.RawIOBase):
    """A file whose writer dies before write number `last`."""

    def __init__(self, last):
        self.whole, self.kept, self.at, self.left = bytearray(), None, 0, last

    def seek(self, offset, whence=0):
        self.at = offset + (self.at if whence == 1 else len(self.whole) if whence == 2 else 0)
        return self.at

    def tell(self):
        return self.at

    def readinto(self, buffer):
        data = self.whole[self.at:self.at + len(buffer)]
        buffer[:len(data)] = data
        self.at += len(data)
        return len(data)

    def write(self, data):
        data = bytes(data)
        self.count()
        self.whole.extend(bytes(max(0, self.at + len(data) - len(self.whole))))
        self.whole[self.at:self.at + len(data)] = data
        self.at += len(data)
        return len(data)

    def truncate(self, size):
        self.count()
        del self.whole[size:]
        self.whole.extend(bytes(size - len(self.whole)))
        return size

    def count(self):
        self.left -= 1
        if self.left == 0:
            self.kept = bytes(self.whole)


def main():
    log = Killed(KILLED_AT)
    with h5py.File(log, "w") as f:
        store(f, 40, 6, 9, 5, compression="lzf")
    with open("store_killed.h5", "wb") as out:
        out.write(log.kept)
    for name, ver in (("old", None), ("new", "latest")):
        with h5py.File(f"store_{name}.h5", "w", libver=ver) as f:
            store(f, 24, 6, 9, 3, compression="lzf")
            templates(f, 6)
            f.attrs["split_counts"] = json.dumps({"test": 6, "train": 18})
        with h5py.File(f"odd_{name}.h5", "w", libver=ver) as f:
            odd(f)
    # A run that was killed and started again: rows 8.. are those of 0.. once more, tokens are two rows short,
    # the last ids and splits were never filled, and the counts are those of the second run alone.
    with h5py.File("store_torn.h5", "w") as f:
        store(f, 24, 6, 9, 3, compression="lzf")
        f["image_features"][8:16] = f["image_features"][:8]
        f["image_token_features"].resize(22, axis=0)
        f["ids"][20:] = 0
        f["split"][18:] = ""
        f.attrs["split_counts"] = json.dumps({"train": 12, "test": 4})
    with h5py.File("bag.h5", "w") as f:
        rng = np.random.default_rng(6)
        f.create_dataset("features", data=rng.standard_normal((1, 10, 4)).astype("f4"), chunks=(1, 4, 4), **OLD)
        f["coords"] = np.stack([np.arange(10) * 256, np.arange(10) % 3], 1)
        f["coords"].attrs["patch_size"] = 256


if __name__ == "__main__":
    main()
