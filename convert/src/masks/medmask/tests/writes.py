"""Writes masks of every type with medmask, and the arrays as an npz. Argument: the folder."""

import math
import sys
from pathlib import Path

import numpy as np
from medmask import MaskArchive, SegmentationMask, save_mask
from spacetransformer import Space

folder = Path(sys.argv[1])
shape = (5, 13, 11)
sin, cos = math.sin(0.3), math.cos(0.3)
space = Space(
    shape=shape,
    origin=(-3.5, 2.25, 1e-3),
    spacing=(3.0, 0.7, 0.9),
    x_orientation=(0.0, 0.0, -1.0),
    y_orientation=(-sin, cos, 0.0),
    z_orientation=(cos, sin, 0.0),
)
random = np.random.default_rng(5)
values = random.integers(0, 9, shape).repeat(1, axis=2)
arrays = {}
archive = MaskArchive(str(folder / "all.mska"), "w", space=space)
for dtype in ("bool u1 u2 u4 u8 i1 i2 i4 i8 f4 f8 >u2 >i4 >f8".split()):
    kind = np.dtype("?" if dtype == "bool" else dtype)
    data = values.astype(kind)
    name = {"bool": "bool"}.get(dtype, str(kind).replace(">", "big"))
    mask = SegmentationMask(data, {"one": 1}, space)
    save_mask(mask, str(folder / f"{name}.msk"))
    archive.add_segmask(mask, name)
    arrays[name] = data
save_mask(SegmentationMask(values.astype(np.int16) - 4, {}, space), str(folder / "bad.msk"))
# An affine in RAS of voxels (x, y, z).
lps = np.array(
    [
        [cos * 0.9, -sin * 0.7, 0, -3.5],
        [sin * 0.9, cos * 0.7, 0, 2.25],
        [0, 0, -3.0, 1e-3],
        [0, 0, 0, 1],
    ]
)
np.savez(folder / "expected.npz", affine=np.diag([-1, -1, 1, 1]) @ lps, **arrays)
