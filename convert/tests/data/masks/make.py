"""Writes small label maps with nibabel and pynrrd, and what those and SimpleITK read from them.

`make.py FOLDER [COUNT] [SEED]` writes COUNT NIfTI and COUNT NRRD files and `expected.tsv`:
  F file, frames, z, y, x
  C file, left, posterior, superior of the corners (0,0,0), (0,0,1), (0,1,0) ... of (z, y, x)
  L file, layer, label, voxels, sums of t, z, y, x over them
"""

import itertools
import os
import sys

import nibabel as nib
import nrrd
import numpy as np
import SimpleITK as sitk

folder, count, seed = sys.argv[1], int((sys.argv[2:] or ["6"])[0]), int((sys.argv[3:] or ["1"])[0])
rng = np.random.default_rng(seed)
lines = []


def frame(i):
    """An oblique, permuted or mirrored frame: columns x, y, z and an origin."""
    if i % 3 == 0:
        turn = np.eye(3)[rng.permutation(3)] * rng.choice([-1, 1], 3)
    else:
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        if i % 3 == 2:
            turn[:, 2] *= -1
    return turn * rng.uniform(0.3, 5, 3), rng.uniform(-400, 400, 3)


def report(name, layers, world):
    """`layers` are arrays (t, z, y, x); `world` maps (x, y, z) to LPS."""
    shape = layers[0].shape
    lines.append(["F", name, *shape])
    corners = itertools.product(*[(0, n - 1) for n in shape[1:]])
    lines.append(["C", name, *(repr(float(v)) for z, y, x in corners for v in world((x, y, z)))])
    for number, layer in enumerate(layers):
        for label in np.unique(layer[layer > 0]):
            where = np.argwhere(layer == label)
            lines.append(["L", name, number, int(label), len(where), *where.sum(axis=0)])


def values(shape, i):
    top = [3, 200, 60_000, 100_000][i % 4]
    data = rng.integers(0, 4, shape) * rng.integers(0, 2, shape)
    data[data == 3] = top
    return data, ["u1", "u1", "u2", "u4"][i % 4]


def as_tzyx(data):
    return data.reshape(data.shape + (1,) * (4 - data.ndim), order="F").transpose(3, 2, 1, 0)


def nifti(i):
    turn, origin = frame(i)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn, origin
    shape = [(4, 3, 2), (5, 4), (3, 4, 2, 3), (6, 2, 5)][i % 4]
    data, dtype = values(shape, i)
    dtype = [dtype, "f4", "i4", "f8", "i8"][i % 5] if data.max() < 1 << 24 else dtype
    kind = [nib.Nifti1Image, nib.Nifti2Image, nib.Nifti1Pair][i % 3]
    header = kind.header_class(endianness="<>"[i % 2])
    header.set_data_dtype(dtype)
    image = kind(data.astype(dtype), affine, header)
    image.header.set_sform(affine if i % 4 != 3 else None, 2 if i % 4 != 3 else 0)
    image.header.set_qform(affine, [1, 1, 0, 1][i % 4])
    name = f"n{i:03}" + [".nii", ".nii.gz", ".hdr"][i % 3]
    image.to_filename(os.path.join(folder, name))
    back = nib.load(os.path.join(folder, name))
    flip = np.array([-1, -1, 1])
    world = lambda xyz: flip * (back.affine[:3, :3] @ xyz + back.affine[:3, 3])
    report(name, [as_tzyx(np.asanyarray(back.dataobj))], world)


def seg_nrrd(i):
    turn, origin = frame(i)
    layers = [1, 2, 3][i % 3]
    shape = (5, 4, 3)
    parts = [values(shape, i)[0] for _ in range(layers)]
    dtype = values(shape, i)[1]
    space = ["left-posterior-superior", "RAS", "left-anterior-superior"][i // 2 % 3]
    directions = [list(turn[:, axis]) for axis in range(3)]
    data, kinds = parts[0], ["domain"] * 3
    if layers > 1:
        data, kinds = np.stack(parts), ["list"] + kinds
        directions = [[np.nan] * 3] + directions
    header = {"space": space, "space directions": np.array(directions), "space origin": origin,
              "kinds": kinds, "encoding": ["gzip", "raw"][i % 2], "endian": ["little", "big"][i // 2 % 2]}
    name = f"r{i:03}" + (".nhdr" if i % 4 == 3 else ".nrrd")
    path = os.path.join(folder, name)
    nrrd.write(path, data.astype(("<" if header["endian"] == "little" else ">") + dtype), header,
               detached_header=name.endswith(".nhdr"), index_order="F")
    image = sitk.ReadImage(path)
    world = lambda xyz: image.TransformIndexToPhysicalPoint([int(v) for v in xyz])
    found = sitk.GetArrayFromImage(image).reshape((3, 4, 5, layers))
    report(name, [found[..., layer][None] for layer in range(layers)], world)


os.makedirs(folder, exist_ok=True)
for i in range(count):
    nifti(i)
    seg_nrrd(i)
with open(os.path.join(folder, "expected.tsv"), "w") as out:
    out.writelines("\t".join(map(str, line)) + "\n" for line in lines)
