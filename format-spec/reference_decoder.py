#!/usr/bin/env python3
"""Reference decoder of the Vesalius container, version 1.2.

    reference_decoder.py [--verify] FILE
    reference_decoder.py --batch < PATHS

Without ``--verify`` it verifies the file and prints all of its content as one line of JSON: UTF-8,
names of objects in ascending order of their bytes, no white space, strings escaped only where JSON
demands it (``\\"``, ``\\\\``, ``\\b \\f \\n \\r \\t``, other control characters as ``\\u00xx`` in
lower case). It ends with a line feed. Its shape, where HEX is the little-endian bytes of a value
as they stand in the file, in lower-case hexadecimal digits:

    {"created_ms": u64,
     "cursors": [{"fingerprint": s, "ingest": s, "position": u64, "split": s}],  by ingest, split
     "epoch": u64,                                       of the manifest
     "images": [IMAGE],                                  in ascending order of rows
     "metadata": text or null,                           null if empty; never parsed
     "prompt_sets": [PROMPT_SET],                        by name
     "schema": {"attributes": [{"name": s, "type": "i64|f64|bool|string"}],
                "fields": [{"dim": u32, "dtype": "f16|f32", "grid": [d, h, w],
                            "kind": "vector|regions|tokens|masks", "metric": "cosine|ip|l2",
                            "name": s, "normalized": bool,
                            "provenance": {"checkpoint": s, "json": s, "model": s,
                                           "model_version": s, "preprocessing": s},
                            "regions": [s]}]},           both in the order of their declaration
     "spaces": [{"direction": [9 HEX f64], "frame_spacing": HEX f64, "frames": u64,
                 "origin": [3 HEX f64], "shape": [z, y, x],
                 "spacing": [3 HEX f64]}],               by id; the first is page 2
     "uuid": "00112233-4455-4677-8899-aabbccddeeff"}

    IMAGE = {"attributes": {name: integer | bool | string | {"f64": HEX}},
             "key": s, "masks": {field: [SEGMENT]}, "metadata": text or null, "row": u64,
             "space": u32,
             "regions": {field: [{"box": [6 HEX f32] or null, "feature": HEX,
                                  "region": index, "score": HEX f32 or null}]},
             "tokens": {field: {"count": number, "mapping": MAPPING or null, "tensor": HEX}},
             "vectors": {field: HEX}}

    MAPPING = {"axes": [3 numbers], "extent": [3 HEX f64], "offset": [3 HEX f64],
               "stride": [3 HEX f64]}

    SEGMENT = {"codes": [{"meaning": s, "scheme": s, "value": s}],
               "colour": [red, green, blue, opacity] or null, "group": s, "json": text or null,
               "label": u32, "name": s, "priority": i32, "runs": [numbers], "voxels": u64}

    PROMPT_SET = {"attributes": text or null, "created_ms": u64, "dim": u32, "features": [HEX],
                  "field": s or null, "logit_bias": HEX f64 or null,
                  "logit_scale": HEX f64 or null, "name": s, "texts": [s],
                  "texts_sha256": hexadecimal digits, "token_features": [HEX],
                  "tokens": number}

A feature is the HEX of all its ``dim`` values, one after another, without padding. Regions stand
in ascending order. An attribute or field without a value for the image is left out; a field of
kind regions with an entry for the image but no region in it is an empty list. A tensor is the
features of its ``count`` tokens, one after another. Segments stand in the order of their
numbers; ``runs`` has start and length of each run, one run after another, where voxels are
counted through the whole array of the image (frame, z, y, x) and no run leaves its row.
``features`` of a prompt set has the feature of each text; ``token_features`` has the features of
all the ``tokens`` of each text, one after another, and is empty if there are none.

With ``--verify`` it prints ``{"ok":bool,"problems":[{"message":s,"offset":n or null,"rule":s}]}``.
Offsets are bytes of the file: of the broken structure, or near it. A superblock that is not valid
is a problem even if the other one is valid; the content of such a file is printed all the same.

With ``--batch`` it reads paths from standard input, one a line, and prints one line for each: the
content, or ``{"rule":s}`` with the first problem that ``--verify`` finds. It exits with 0.

Exit status: 0 fine, 1 the file cannot be read, 2 wrong usage, 3 damage (the rule is printed to
standard error), 4 the file needs a newer reader (as a problem its rule is ``newer``).
"""
from __future__ import annotations

import itertools
import json
import struct
import sys
import uuid
from typing import Dict, List, Optional

from reference_decoder.container import Container
from reference_decoder.header import Space
from reference_decoder.masks import segment_json
from reference_decoder.prompts import PromptSet, texts_of, token_features
from reference_decoder.rowgroup import RowGroup
from reference_decoder.schema import (COLUMN_KEYS, COLUMN_METADATA, DTYPES, KINDS, METRICS, REGIONS,
                                      TOKENS, TYPES, VECTOR, Schema)
from reference_decoder.source import Damage, ExtentBytes, Newer, Source
from reference_decoder.state import State
from reference_decoder.tokens import mapping, tensor
from reference_decoder.verify import problems as all_problems

PROBLEMS_MAX = 1000


def encode(value: object) -> str:
    """JSON text of one form only."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hex_f64(values) -> List[str]:
    """HEX of each value."""
    return [struct.pack("<d", value).hex() for value in values]


def space_json(space: Space) -> dict:
    """A space."""
    return {"shape": space.shape, "frames": space.frames, "spacing": hex_f64(space.spacing),
            "frame_spacing": hex_f64([space.frame_spacing])[0], "origin": hex_f64(space.origin),
            "direction": hex_f64(space.direction)}


def schema_json(schema: Schema) -> dict:
    """The schema."""
    names = ("model", "model_version", "checkpoint", "preprocessing", "json")
    fields = [{"name": field.name, "kind": KINDS[field.kind], "dtype": DTYPES[field.dtype],
               "metric": METRICS[field.metric], "normalized": bool(field.normalized),
               "dim": field.dim, "grid": field.grid, "regions": field.regions,
               "provenance": dict(zip(names, field.provenance))} for field in schema.fields]
    attributes = [{"name": item.name, "type": TYPES[item.type]} for item in schema.attributes]
    return {"attributes": attributes, "fields": fields}


def regions_json(rows: RowGroup, position: int) -> List[dict]:
    """The regions of an image."""
    result = []
    for region, entry in rows.entries(position):
        box, score = rows.box(entry), rows.score(entry)
        sides: Optional[List[str]] = box and [box[at : at + 4].hex() for at in range(0, 24, 4)]
        result.append({"region": region, "feature": rows.feature(entry).hex(), "box": sides,
                       "score": score and score.hex()})
    return result


def tokens_json(rows: RowGroup, position: int) -> dict:
    """The tokens of an image."""
    extent, cells = tensor(rows, position), mapping(rows, position)
    values = ExtentBytes(rows.data.source, extent).read(0, extent.len)
    found = cells and {"axes": cells.axes, "offset": hex_f64(cells.offset),
                       "stride": hex_f64(cells.stride), "extent": hex_f64(cells.extent)}
    return {"count": extent.len // rows.stride, "mapping": found, "tensor": values.hex()}


def prompt_set_json(prompts: PromptSet, source: Source, schema: Schema) -> dict:
    """A prompt set."""
    rows, texts = prompts.open(source), range(prompts.count)
    field, scale, bias = schema.field(prompts.field), prompts.logit_scale, prompts.logit_bias
    return {"name": prompts.name, "created_ms": prompts.created_ms, "dim": prompts.dim,
            "field": field and field.name, "attributes": prompts.attributes or None,
            "logit_scale": scale and scale.hex(), "logit_bias": bias and bias.hex(),
            "texts_sha256": prompts.texts_sha256.hex(), "texts": texts_of(rows),
            "features": [rows.feature(text).hex() for text in texts], "tokens": prompts.tokens,
            "token_features": [b"".join(token_features(rows, text, prompts.tokens)).hex()
                               for text in texts if prompts.tokens]}


def image_json(state: State, row: int, values: Dict[int, tuple],
               segments: Dict[int, List[tuple]]) -> dict:
    """An image."""
    schema = state.schema
    keys, position = values[COLUMN_KEYS]
    image: dict = {"row": row, "key": keys.text(position), "space": keys.space(position),
                   "metadata": None, "attributes": {}, "vectors": {}, "regions": {}, "tokens": {},
                   "masks": {}}
    if COLUMN_METADATA in values:
        rows, position = values[COLUMN_METADATA]
        image["metadata"] = rows.text(position)
    for column, (rows, position) in values.items():
        item = schema.columns.get(column)
        if item and rows.layout == VECTOR:
            image["vectors"][item.name] = rows.feature(position).hex()
        elif item and rows.layout == REGIONS:
            image["regions"][item.name] = regions_json(rows, position)
        elif item and rows.layout == TOKENS:
            image["tokens"][item.name] = tokens_json(rows, position)
        elif item:
            value = rows.value(position)
            value = {"f64": value.hex()} if isinstance(value, bytes) else value
            image["attributes"][item.name] = value
    for column, found in segments.items():
        space = state.space(values)
        image["masks"][schema.columns[column].name] = [
            segment_json(rows, position, space) for rows, position in found]
    return image


def dump(container: Container, write) -> None:
    """Writes the content, image by image, as a text may be the value of many images."""
    state = container.state
    cursors = sorted(state.cursors.values(), key=lambda cursor: cursor[:2])
    content = {"uuid": str(uuid.UUID(bytes=container.superblock.uuid)),
               "epoch": container.superblock.epoch, "created_ms": container.manifest.created_ms,
               "metadata": state.metadata or None, "schema": schema_json(state.schema),
               "spaces": [space_json(space) for space in [container.space] + state.spaces],
               "cursors": [cursor._asdict() for cursor in cursors],
               "prompt_sets": [prompt_set_json(state.prompt_sets[name], container.source,
                                               state.schema) for name in sorted(state.prompt_sets)]}
    for number, name in enumerate(sorted([*content, "images"])):
        write("{" if number == 0 else ",")
        write(encode(name) + ":")
        if name != "images":
            write(encode(content[name]))
            continue
        write("[")
        for index, image in enumerate(state.images()):
            write(("," if index else "") + encode(image_json(state, *image)))
        write("]")
    write("}\n")


def verify(path: str) -> List[dict]:
    """All problems of a file, or the first many."""
    try:
        container = Container(path)
        damages = container.lost + list(itertools.islice(all_problems(container), PROBLEMS_MAX))
    except Damage as damage:
        damages = [damage]
    return [{"rule": damage.rule, "offset": damage.offset, "message": damage.message}
            for damage in damages]


def batch(paths, write) -> None:
    """Content or first problem of each file."""
    for path in paths:
        lines: List[str] = []
        try:
            container = Container(path)
            for damage in itertools.chain(container.lost, all_problems(container)):
                raise damage
            dump(container, lines.append)
        except Newer:
            lines = ['{"rule":"newer"}\n']
        except Damage as damage:
            lines = [encode({"rule": damage.rule}) + "\n"]
        write("".join(lines))


def main(arguments: List[str]) -> int:
    """Runs the program; returns its exit status."""
    def write(text: str) -> None:
        sys.stdout.buffer.write(text.encode("utf-8"))

    if arguments == ["--batch"]:
        batch((line.rstrip("\n") for line in sys.stdin), write)
        return 0
    checking = "--verify" in arguments
    paths = [argument for argument in arguments if argument != "--verify"]
    if len(paths) != 1:
        print("usage: reference_decoder.py [--verify] FILE | --batch", file=sys.stderr)
        return 2
    problems: List[dict] = []
    try:
        if checking:
            problems = verify(paths[0])
        else:
            container = Container(paths[0])
            for damage in all_problems(container):
                raise damage
            dump(container, write)
    except Newer as newer:
        problems = [{"rule": "newer", "offset": None, "message": str(newer)}]
        print(f"a newer file: {newer}", file=sys.stderr)
    except Damage as damage:
        print(f"damaged file: {damage}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 1
    if checking:
        write(encode({"ok": not problems, "problems": problems}) + "\n")
    if problems:
        return 4 if problems[0]["rule"] == "newer" else 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
