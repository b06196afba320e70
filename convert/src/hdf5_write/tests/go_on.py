"""Goes on as the original program does: rows are appended, a set of prompts is replaced."""

import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "r+") as file:
    tail = {"image_features": "f2", "image_token_features": "f2", "ids": "i8", "labels": "i8"}
    rows = len(file["ids"])
    before = {name: file[name][...] for name in [*tail, "split"]}
    for count in (1, 5, 200):
        for name, dtype in tail.items():
            dataset = file[name]
            dataset.resize(len(dataset) + count, axis=0)
            dataset[-count:] = np.full((count, *dataset.shape[1:]), count, dtype)
        file["split"].resize(len(file["split"]) + count, axis=0)
        file["split"][-count:] = np.array(["train" * count] * count, dtype=object)
    del file["templates"]["label_prompts_t00"]
    group = file["templates"].create_group("label_prompts_t00")
    group.create_dataset("text_features", data=np.ones((2, 3), "f4"), compression="lzf")
    group.attrs["K"] = 2
    file.attrs["version"] = "1.1"
    file.attrs["split_counts"] = "{}"

with h5py.File(sys.argv[1], "r") as file:
    for name, values in before.items():
        assert len(file[name]) == rows + 206, name
        assert file[name][:rows].tobytes() == values.tobytes() or name == "split", name
    assert (file["split"][:rows] == before["split"]).all()
    assert file["split"].asstr()[-1] == "train" * 200 and file["ids"][-1] == 200
    assert (file["image_token_features"][rows + 1 : rows + 6] == 5).all()
    assert file.attrs["version"] == "1.1" and file["templates/label_prompts_t00"].attrs["K"] == 2
