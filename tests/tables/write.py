"""Writes the tables beside it: as pyarrow writes them, and what LanceDB hands out with `to_arrow`.

    python write.py
"""

import datetime
import os
import tempfile

import lancedb
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 5
VECTORS = [[row + 0.5, -row, 0.25] for row in range(ROWS)]


def path(name):
    return os.path.join(HERE, name)


def table(item, lists):
    kind = pa.list_(item, 3) if lists == "fixed" else pa.list_(item)
    values = VECTORS
    if item == pa.float16():
        import numpy

        values = [numpy.array(vector, dtype=numpy.float16) for vector in VECTORS]
    day = datetime.datetime(2024, 5, 17, 8, 30)
    return pa.table(
        {
            "id": pa.array(range(10, 10 + ROWS), pa.int64()),
            "embedding": pa.array(values, kind),
            "split": pa.array(["train", "test", None, "train", "test"]).dictionary_encode(),
            "age": pa.array([61.5, None, float("nan"), 40.0, 7.0]),
            "count": pa.array([1, 2, 3, 4, 5], pa.uint16()),
            "ok": pa.array([True, False, None, True, True]),
            "taken": pa.array([day] * ROWS, pa.timestamp("us", tz="UTC")),
            "tags": pa.array([["a", "b"], [], None, ["c"], ["d"]]),
            "info": pa.array([{"site": "x", "n": row} for row in range(ROWS)]),
            "other": pa.array([[1.0, 2.0]] * ROWS, pa.list_(pa.float32(), 2)),
            "raw": pa.array([b"\0"] * ROWS),
        }
    )


pq.write_table(table(pa.float32(), "fixed"), path("fixed.parquet"), row_group_size=2)
pq.write_table(
    table(pa.float64(), "lists"), path("lists.parquet"), compression="zstd", row_group_size=3
)
feather.write_feather(table(pa.float16(), "fixed"), path("half.feather"), chunksize=2)
with pa.ipc.new_stream(path("lists.arrows"), table(pa.float32(), "lists").schema) as out:
    out.write_table(table(pa.float32(), "lists"), max_chunksize=2)

with tempfile.TemporaryDirectory() as folder:
    rows = [
        {"vector": vector, "text": f"image {row}", "price": 1.5 * row}
        for row, vector in enumerate(VECTORS)
    ]
    made = lancedb.connect(folder).create_table("images", rows)
    handed_out = made.to_arrow()
    with pa.ipc.new_file(path("lancedb.arrow"), handed_out.schema) as out:
        out.write_table(handed_out)
    print(handed_out.schema)
