"""Makes medmask 0.1.3 break its own archives. Argument: the folder."""

import sys
from pathlib import Path

import numpy as np
from medmask import MaskArchive, SegmentationMask
from spacetransformer import Space

folder = Path(sys.argv[1])
shape = (6, 20, 30)
space = Space(shape=shape)
random = np.random.default_rng(3)


def mask(count, names):
    """Label i + 1 at voxel i below `count`, so many names."""
    data = np.zeros(shape, np.uint16)
    data.ravel()[:count] = np.arange(1, count + 1)
    mapping = {f"structure, number {i}": i for i in range(1, names + 1)}
    return SegmentationMask(data, mapping, space)


def archive(name):
    return MaskArchive(str(folder / name), "w", space=space)


def is_broken(name):
    try:
        MaskArchive(str(folder / name), "r").read_all_masks()
    except Exception as error:
        print(name, type(error).__name__)
        return
    raise SystemExit(f"{name} is not broken")


archive("first.mska").add_segmask(mask(255, 255), "organs")
is_broken("first.mska")

second = archive("second.mska")
second.add_segmask(mask(117, 100), "organs 1")
second.add_segmask(mask(117, 117), "organs 2")
is_broken("second.mska")

many = archive("many.mska")
for number in range(20):
    many.add_segmask(mask(40 + number, 1), f"small {number}")
many.add_segmask(mask(117, 117), "long")
is_broken("many.mska")


class Crash(Exception):
    pass


def crash_when_growing(name):
    """The first write of a growing add, and then nothing."""
    growing = archive(name)
    real = growing._ensure_index_capacity

    def stops(fp, hdr, req_len):
        before = dict(hdr)
        hdr = real(fp, hdr, req_len)
        if hdr["data_offset"] != before["data_offset"]:
            fp.flush()
            raise Crash
        return hdr

    growing._ensure_index_capacity = stops
    for number in range(200):
        try:
            growing.add_segmask(mask(number + 200, 1), f"mask number {number:03}")
        except Crash:
            return number
    raise SystemExit("never grew")


print("moved.mska holds", crash_when_growing("moved.mska"), "masks")
is_broken("moved.mska")

whole = archive("cut.mska")
for number in range(49):
    whole.add_segmask(mask(number + 200, 1), f"mask number {number:03}")
bytes_ = (folder / "cut.mska").read_bytes()
(folder / "cut.mska").write_bytes(bytes_[: len(bytes_) - 3000])
is_broken("cut.mska")
