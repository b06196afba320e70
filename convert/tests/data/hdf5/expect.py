#!/usr/bin/env python3
"""Writes expected.tsv: name, path, type, shape and CRC-32 of every readable dataset, as h5py reads them.

Numbers count as little-endian bytes, texts as UTF-8 with a zero byte between them. Usage: expect.py FILE...
"""
import os
import sys
import zlib

import h5py
import numpy as np


def line(name, path, d):
    t = d.dtype
    if h5py.check_string_dtype(t) is not None and t.kind == "O":
        x = d[()]
        x = [x] if d.shape == () else list(x.reshape(-1))
        data, kind = b"\0".join(v if isinstance(v, bytes) else v.encode() for v in x), "text"
    elif t.kind in "fiub" and not (t.kind == "f" and t.itemsize not in (2, 4, 8)):
        x = np.asarray(d[()])
        data, kind = x.astype(t.newbyteorder("<")).tobytes(), f"{t.kind}{t.itemsize}"
    elif t.kind == "S":
        data, kind = np.asarray(d[()]).tobytes(), f"S{t.itemsize}"
    else:
        return f"{name}\t{path}\tunreadable\t\t"
    shape = ",".join(map(str, d.shape))
    return f"{name}\t{path}\t{kind}\t{shape}\t{zlib.crc32(data):08x}"


def walk(name, group, prefix, out):
    for key in group:
        link = group.get(key, getlink=True)
        if isinstance(link, h5py.ExternalLink) or prefix.count("/") > 3:
            continue
        try:
            item = group[key]
        except KeyError:
            continue
        path = f"{prefix}/{key}"
        if isinstance(item, h5py.Group):
            walk(name, item, path, out)
        elif isinstance(item, h5py.Dataset):
            out.append(line(name, path, item))


lines = []
for p in sys.argv[1:]:
    with h5py.File(p) as f:
        walk(os.path.basename(p), f, "", lines)
print("\n".join(lines))
