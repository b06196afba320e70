"""Compares a.msk, as medmask reads it, with a.npy, both written by Rust. Argument: the folder."""

import sys
from pathlib import Path

import numpy as np
from medmask import load_mask

folder = Path(sys.argv[1])
mask = load_mask(str(folder / "a.msk"))
assert mask.data.dtype == np.load(folder / "a.npy").dtype
assert np.array_equal(mask.data, np.load(folder / "a.npy"))
