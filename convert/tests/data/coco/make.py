"""Makes dataset.json and expected.json beside it, with pycocotools 2.0.11 and NumPy."""
import json
import pathlib

import numpy as np
from pycocotools import mask

rng = np.random.default_rng(20260)
images, annotations, expected = [], [], {}


def rows(dense):
    """Runs along the rows of a dense mask, as start and end in C order."""
    out = []
    for y, row in enumerate(dense):
        edge = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
        out += [[int(y * len(row) + a), int(y * len(row) + b)] for a, b in edge.reshape(-1, 2)]
    return out


def add(image, category, segmentation, rle, **extra):
    number = len(annotations) * 7 + 100
    x = {"id": number, "image_id": image, "category_id": category, "segmentation": segmentation}
    x |= {"area": int(mask.area(rle)), "bbox": mask.toBbox(rle).tolist(), "iscrowd": 0} | extra
    annotations.append(x)
    counts = rle["counts"].decode()
    expected[number] = {
        "rows": rows(mask.decode(rle).astype(int)), "area": x["area"], "bbox": x["bbox"], "counts": counts,
    }


def flat(rle):
    column = mask.decode(rle).astype(int).ravel(order="F")
    edge = np.flatnonzero(np.diff(column)) + 1
    counts = np.diff(np.concatenate([[0], edge, [column.size]])).tolist()
    return ([0] if column[0] else []) + counts


for number, (h, w) in enumerate([(17, 23), (64, 48), (1, 9), (40, 1)], 1):
    images.append({"id": number, "file_name": f"scan{min(number, 3)}.png", "height": h, "width": w})
    for kind in range(7):
        dense = np.asfortranarray(rng.random((h, w)) < [0, 1, 0.5, 0.1, 0.9, 0.02, 0.98][kind], dtype=np.uint8)
        if kind in (2, 5):
            y, x = np.ogrid[:h, :w]
            dense = np.asfortranarray((y - h / 2) ** 2 + (x - w / 3) ** 2 < (h / 3) ** 2, dtype=np.uint8)
        rle = mask.encode(dense)
        text = {"size": [h, w], "counts": rle["counts"].decode()}
        as_list = {"size": [h, w], "counts": flat(rle)}
        more = [{}, {"score": 0.25}, {"iscrowd": 1}][kind % 3]
        add(number, 1 + kind % 4, [text, as_list][kind % 2], rle, **more)
    for kind in range(12):
        points = rng.uniform(-0.3, 1.3, (3 + kind, 2)) * [w, h]
        points = [points, points.round(), points.round(1), points.round() + 0.5][kind % 4]
        polygons = [points.ravel().tolist()]
        if kind % 3 == 0:
            polygons.append((rng.uniform(0, 1, (5, 2)) * [w, h]).round(2).ravel().tolist())
        rle = mask.merge(mask.frPyObjects(polygons, h, w))
        add(number, 5, polygons, rle)
categories = [{"id": n, "name": f"organ {n}", "supercategory": "organ"} for n in range(1, 6)]
here = pathlib.Path(__file__).parent
dataset = {"info": {"year": 2026}, "images": images, "annotations": annotations, "categories": categories}
(here / "dataset.json").write_text(json.dumps(dataset, separators=(",", ":")))
(here / "expected.json").write_text(json.dumps(expected, separators=(",", ":")))
