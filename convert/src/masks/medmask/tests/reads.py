"""Reads with medmask what Rust has written, and adds a mask. Argument: the folder."""

import math
import sys
from pathlib import Path

import numpy as np
from medmask import MaskArchive, SegmentationMask, load_mask

folder = Path(sys.argv[1])
shape = (9, 33, 47)
sin, cos = math.sin(0.3), math.cos(0.3)


def check(mask, labels):
    wanted = np.fromfile(folder / f"{labels}.raw", "<u4").reshape(shape)
    assert mask.data.shape == shape
    assert np.array_equal(mask.data.astype(np.uint32), wanted), labels
    names = {f"label \u00e4 {v}": int(v) for v in np.unique(wanted) if v}
    assert dict(mask.mapping.items()) == names, labels
    space = mask.space
    assert tuple(space.shape) == shape
    assert tuple(space.spacing) == (2.5, 0.7, 1 / 3), space
    assert tuple(space.origin) == (-10.25, 0.1 + 0.2, 7.5), space
    # Axis 0 of the array is z.
    assert np.allclose(space.x_orientation, (0, 0, -1), atol=0), space
    assert np.allclose(space.y_orientation, (-sin, cos, 0), atol=1e-15), space
    assert np.allclose(space.z_orientation, (cos, sin, 0), atol=1e-15), space
    print(labels, mask.data.dtype, len(names))


for labels in (2, 5, 300, 1 << 20):
    check(load_mask(str(folder / f"{labels}.msk")), labels)
archive = MaskArchive(str(folder / "all.mska"), "a")
for labels in (2, 5, 300, 1 << 20):
    check(archive.load_segmask(f"group {labels}"), labels)
for name, size in (("small", 3), ("added", 117)):
    data = np.zeros(shape, np.uint8)
    data.ravel()[:size] = np.arange(1, size + 1)
    mapping = {f"a name as long as those of organs {i}": i for i in range(1, size + 1)}
    archive.add_segmask(SegmentationMask(data, mapping, archive.space), name)
archive = MaskArchive(str(folder / "all.mska"), "r")
assert len(archive.all_names()) == 6
for labels in (2, 5, 300, 1 << 20):
    check(archive.load_segmask(f"group {labels}"), labels)
