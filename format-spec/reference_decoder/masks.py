"""The voxels of segments (section 12, section 21, rules V039 to V041)."""
from __future__ import annotations

from typing import Dict, Iterator, List, Set, Tuple

from .header import Space
from .maskblock import Place, block_runs
from .partition import part_runs
from .rowgroup import RowGroup
from .segments import (BLOCKS, RECORDS, Facts, array_of, check_array, check_place, record,
                       segment_name)
from .source import Damage
from .symbols import Refused

Owner = Tuple[int, Tuple[int, int]]  # row group, place of the block


def block(rows: RowGroup, found: Facts) -> bytes:
    """The bytes of a block."""
    return rows.data.read(rows.sections[BLOCKS][0] + found.block[0], found.block[1])


def parts(rows: RowGroup, found: Facts, space: Space) -> Dict[int, List[Place]]:
    """The runs of each part of a block of several segments; the last one is remembered."""
    key = (found.block, space.shape, space.frames)
    if rows.parts is None or rows.parts[0] != key:
        result: Dict[int, List[Place]] = {}
        for ordinal, place in part_runs(block(rows, found), array_of(space)):
            result.setdefault(ordinal, []).append(place)
        rows.parts = (key, result)
    return rows.parts[1]


def runs(rows: RowGroup, position: int, space: Space) -> List[Place]:
    """The runs of a segment, in order, as its record says them (V041)."""
    found = record(rows, position).facts
    check_array(rows, space)
    if found is None:
        return []
    check_place(rows, found, space)
    try:
        if found.part is not None:
            places = parts(rows, found, space).get(found.part, [])
        else:
            places = first(block_runs(block(rows, found), array_of(space), found.box), found.runs)
        agree(found, places, space)
    except Refused as refused:
        raise rows.damage("V041", str(refused), BLOCKS) from None
    return places


def first(places: Iterator[Place], limit: int) -> List[Place]:
    """All runs, of which there must not be more than the record says."""
    result: List[Place] = []
    for place in places:
        if len(result) == limit:
            raise Refused("more runs than the record says")
        result.append(place)
    return result


def agree(found: Facts, places: List[Place], space: Space) -> None:
    """Compares the numbers of a record with the voxels."""
    slices, rows, columns = ([place[axis] for place in places] for axis in range(3))
    if not places or len(places) != found.runs:
        raise Refused(f"{len(places)} runs, not {found.runs}")
    counts = [end - start for _, _, start, end in places]
    box = (range(min(slices), max(slices) + 1), range(min(rows), max(rows) + 1),
           range(min(columns), max(place[3] for place in places)))
    if (sum(counts), box) != (found.voxels, found.box):
        raise Refused(f"{sum(counts)} voxels in {box}")
    sums = [sum(count * (at - box[axis].start) for count, at in zip(counts, values))
            for axis, values in enumerate((slices, rows))]
    start = box[2].start
    sums.append(sum((end - begin) * (begin + end - 1 - 2 * start) // 2
                    for _, _, begin, end in places))
    if found.depth:
        depths = [index % space.shape[0] for index in slices]
        if range(min(depths), max(depths) + 1) != found.depth:
            raise Refused("the depth is another one")
        sums.append(sum(count * (z - found.depth.start) for count, z in zip(counts, depths)))
    if tuple(sums) != found.sums:
        raise Refused(f"sums {sums}, not {found.sums}")


def segment_json(rows: RowGroup, position: int, space: Space) -> dict:
    """A segment of an image."""
    group, name = segment_name(rows, position)
    found, (_, height, width) = record(rows, position), space.shape
    linear: List[int] = []
    for index, y, start, end in runs(rows, position, space):
        linear += ((index * height + y) * width + start, end - start)
    return {"codes": [{"meaning": meaning, "scheme": scheme, "value": value}
                      for scheme, value, meaning in found.codes],
            "colour": found.colour, "group": group, "json": found.json,
            "label": rows.array(2, "I")[position], "name": name, "priority": found.priority,
            "runs": linear, "voxels": found.facts.voxels if found.facts else 0}


def overlap(one: Owner, other: Owner) -> bool:
    """Whether two blocks have a byte in common."""
    (group, (start, length)), (same, (begin, size)) = one, other
    return group == same and start < begin + size and begin < start + length


def check_segments(segments: List[Tuple[RowGroup, int]], space: Space,
                   owners: Dict[Owner, tuple], image: int) -> Iterator[Damage]:
    """V040, who owns a block (V039), and the voxels of all segments of an image in a field."""
    for rows, position in segments:
        found = record(rows, position).facts
        check_array(rows, space)
        if found is None:
            continue
        check_place(rows, found, space)
        place = (rows.group.id, found.block)
        if place not in owners and any(overlap(place, other) for other in owners):
            yield rows.damage("V039", f"a block of image {image} overlaps another", RECORDS)
        taken = owners.setdefault(place, (image, set()))
        if taken[0] != image or None in taken[1] or found.part in taken[1] or (
                taken[1] and found.part is None):
            yield rows.damage("V039", f"a block of image {image} belongs to others", RECORDS)
        taken[1].add(found.part)
    names: Set[Tuple[str, str]] = set()
    for rows, position in segments:
        runs(rows, position, space)
        name = segment_name(rows, position)
        if name in names:
            yield rows.damage("V040", f"two segments of image {image} are {name}", 1)
        names.add(name)
