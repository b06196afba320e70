"""Full verification of what opening did not check (section 19)."""
from __future__ import annotations

from typing import Dict, Iterator, Set, Tuple

from .container import Container
from .groupcheck import check_row_group
from .header import FILE_BYTES_MAX, SPACE_BYTES
from .indexes import check_index
from .jsontext import is_json
from .lists import check_lists
from .manifest import Index
from .masks import Owner, check_segments
from .pages import Pages
from .prompts import check_prompt_set
from .rowgroup import RowGroup
from .schema import COLUMN_KEYS, TOKENS
from .source import PAGE_BYTES, Damage, Extent, ExtentBytes
from .state import Part
from .tokens import check_tensor, tensor


def problems(container: Container) -> Iterator[Damage]:
    """All that is wrong, or at least one thing for each part that something is wrong with."""
    found = False
    for damage in part_problems(container):
        found = True
        yield damage
    if not found:
        try:
            yield from image_problems(container)
            check_bulk(container)
        except Damage as damage:
            yield damage


def part_problems(container: Container) -> Iterator[Damage]:
    """What can be said of the parts of a file one by one."""
    yield from header_problems(container)
    for index in container.manifest.indexes:
        yield from caught(verify_index(container, index))
    for parts in container.state.columns.values():
        for part in parts:
            yield from caught(group_problems(container, part))
    for prompts in container.state.prompt_sets.values():
        yield from caught(check_prompt_set(prompts, container.source))


def caught(damages: Iterator[Damage]) -> Iterator[Damage]:
    """Damage that is found and damage that ends the search."""
    try:
        yield from damages
    except Damage as damage:
        yield damage


def header_problems(container: Container) -> Iterator[Damage]:
    """Page 2, the number of images, JSON of the container and of fields."""
    if any(container.space_rest):
        yield Damage("V004", "the rest of page 2", 2 * PAGE_BYTES + SPACE_BYTES)
    manifest = container.manifest
    keys = [group for group in manifest.groups if group.column == COLUMN_KEYS]
    images = sum(group.count - group.dead_count for group in keys)
    if images != manifest.images:
        yield Damage("V012", f"{manifest.images} images in the manifest, not {images}",
                     PAGE_BYTES * container.superblock.manifest.page + 32)
    texts = [container.state.metadata]
    texts += [field.provenance[4] for field in container.state.schema.fields]
    if not all(text == "" or is_json(text) for text in texts):
        yield Damage("V022", "metadata of the container, or json of a field, is not JSON")


def verify_index(container: Container, index: Index) -> Iterator[Damage]:
    """Checksums of an index; what it says, where its kind is known."""
    yield from verify_blocks(container, index.data)
    yield from check_index(container, index)
    yield from check_lists(container, index)


def verify_blocks(container: Container, extent: Extent) -> Iterator[Damage]:
    """Checksums of an extent, or of none."""
    ExtentBytes(container.source, extent).verify()
    yield from ()


def group_problems(container: Container, part: Part) -> Iterator[Damage]:
    """A row group by itself, and its bitmap."""
    state = container.state
    part.dead(container.source)
    yield from check_row_group(part.open(container.source, state.schema), 1 + len(state.spaces))


def image_problems(container: Container) -> Iterator[Damage]:
    """V020, V027, and segments: V039 to V041."""
    keys: Set[str] = set()
    owners: Dict[Owner, tuple] = {}
    for row, values, fields in container.state.images():
        rows, position = values[COLUMN_KEYS]
        key = rows.text(position)
        if key in keys:
            yield rows.damage("V020", f"row {row} has the key of another image", 3)
        keys.add(key)
        for segments in fields.values():
            yield from check_segments(segments, container.state.space(values), owners, row)


def check_bulk(container: Container) -> None:
    """V007 of what opening did not compare, then the tensors of live images."""
    state, source = container.state, container.source
    live: Dict[Tuple[int, int], Tuple[RowGroup, Extent]] = {}
    manifest: Dict[Tuple[int, int], Extent] = {}
    for column, parts in state.columns.items():
        if state.schema.layout(column) != TOKENS:
            continue
        for part in parts:
            rows = part.open(source, state.schema)
            for _, position in state.walk(part, rows) if part.added == 0 else ():
                manifest[part.group.id, position] = tensor(rows, position, FILE_BYTES_MAX)
        for _, rows, position in state.live(column):
            live[rows.group.id, position] = (rows, tensor(rows, position))
    extents = {**manifest, **{place: extent for place, (_, extent) in live.items()}}
    known = {prompts.at for prompts in container.manifest.prompt_sets}
    added = [prompts.data for prompts in state.prompt_sets.values() if prompts.at not in known]
    Pages(state.pages.runs + [(extent.page, extent.pages()) for extent in
                              [*extents.values(), *added] if not extent.is_none()])
    for rows, extent in live.values():
        check_tensor(source, extent, rows.size)
