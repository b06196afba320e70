"""Prints what h5py finds: one line an object, attribute or filter, with a CRC-32 of the values."""

import sys
import zlib

import h5py
import numpy as np

TYPES = {"float16": "f16", "float32": "f32", "int64": "i64"}


def crc(value):
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        return zlib.crc32(b"".join(text.encode() + b"\0" for text in value))
    return zlib.crc32(np.asarray(value).tobytes())


def dims(shape):
    return "None" if shape is None else "[" + ", ".join(map(str, shape)) + "]"


def attributes(path, thing):
    for name in thing.attrs:
        value = thing.attrs[name]
        kind = type(value).__name__
        if kind == "ndarray":
            inner = value.tolist() if value.dtype == object else value
            kind = f"{type(value[0]).__name__}[{len(value)}]"
            value = inner
        print("A", path, name, kind, f"{crc(value):08x}")


def visit(path, thing):
    if isinstance(thing, h5py.Group):
        print("G", path)
    else:
        text = h5py.check_string_dtype(thing.dtype)
        if text is not None:
            assert text.encoding == "utf-8" and text.length is None, path
            dtype, values = "text", thing.asstr()[...].tolist()
            assert len(values) == 0 or type(values[0]) is str
        else:
            dtype, values = TYPES[thing.dtype.name], thing[...]
            assert thing.dtype.byteorder in "=<"
        shapes = map(dims, (thing.shape, thing.maxshape, thing.chunks))
        print("D", path, dtype, *shapes, f"{crc(values):08x}")
        print("C", path, thing.compression)
        assert not thing.shuffle and not thing.fletcher32 and thing.scaleoffset is None
    attributes(path, thing)


sys.stdout.reconfigure(encoding="utf-8")
with h5py.File(sys.argv[1], "r") as file:
    attributes("/", file)
    file.visititems(visit)
