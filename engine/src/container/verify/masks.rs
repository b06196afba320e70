//! Segments of masks: names, records, boxes inside their spaces, blocks.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::check::Check;
use super::groups::Sound;
use super::{ladder, metadata};
use crate::container::column::GroupRef;
use crate::container::encode::name_key;
use crate::container::group::Group;
use crate::container::state::State;
use crate::container::view::{KeysView, MasksView};
use crate::error::Result;
use crate::format::group::Layout;
use crate::format::group::layout::section;
use crate::format::hash::key_hash;
use crate::format::limits::{AXIS_MAX, MASK_VOXELS_MAX};
use crate::format::schema::COLUMN_KEYS;
use crate::format::segment::{BlockRef, Bounds, SegmentRecord, VoxelFacts, image_of};
use crate::format::space::Space;
use crate::format::{Damage, Rule};

/// A segment of a block: which part it is, and what its record says.
pub type BlockSegment = (Option<u32>, VoxelFacts);

/// Decodes a block of a space and compares it with what the records of its segments say; the answer is what is
/// wrong with it. The codec lies above the container.
pub type BlockCheck<'a> = &'a dyn Fn(&Space, &[u8], &[BlockSegment]) -> Result<(), String>;

/// Checks what a row group says by itself: names, codes, records, places of blocks.
pub(super) fn directory(check: &mut Check<'_>, group: &Group) -> Result<()> {
    names(check, group)?;
    let offsets = check.outcome(group.section::<u32>(section::RECORD_OFFSETS))?;
    let bytes = check.outcome(group.section::<u8>(section::RECORDS))?;
    let Some((offsets, bytes)) = offsets.zip(bytes) else { return Ok(()) };
    if let Err(text) = ladder::check(offsets, bytes.len() as u64) {
        check.group_problem(group, Rule::SegmentRecord, &text);
        return Ok(());
    }
    let room = group.header()?.sections.get(section::BLOCKS).map_or(0, |place| place.len);
    for (place, bytes) in ladder::texts(offsets, bytes).enumerate() {
        let record = SegmentRecord::decode(bytes, group.desc().data.offset());
        let text = match record {
            Err(damage) => {
                check.group_problem(group, damage.rule, &damage.message);
                continue;
            }
            Ok(record) if !inside(&record, room) => "its block reaches past the blocks",
            Ok(record) if metadata::parse_or_empty(record.json).is_err() => "its JSON is no JSON",
            Ok(_) => continue,
        };
        check.group_problem(group, Rule::SegmentRecord, &format!("segment {place}: {text}"));
    }
    Ok(())
}

fn inside(record: &SegmentRecord<'_>, room: u64) -> bool {
    let end = |block: &BlockRef| block.offset.checked_add(block.len);
    record.voxels.as_ref().is_none_or(|(block, _)| end(block).is_some_and(|end| end <= room))
}

fn names(check: &mut Check<'_>, group: &Group) -> Result<()> {
    let offsets = check.outcome(group.section::<u32>(section::NAME_OFFSETS))?;
    let bytes = check.outcome(group.section::<u8>(section::NAME_BYTES))?;
    let codes = check.outcome(group.section::<u32>(section::SEGMENT_NAMES))?;
    let Some((offsets, bytes)) = offsets.zip(bytes) else { return Ok(()) };
    if let Err(text) = ladder::check(offsets, bytes.len() as u64) {
        check.group_problem(group, Rule::SegmentNames, &text);
        return Ok(());
    }
    let mut before: Option<&[u8]> = None;
    let view = MasksView::new(group);
    for (code, key) in (0..).zip(ladder::texts(offsets, bytes)) {
        check.outcome(view.name_of(code))?;
        if before.is_some_and(|before| before >= key) {
            let text = format!("name {code} does not come behind the one before it");
            check.group_problem(group, Rule::SegmentNames, &text);
        }
        before = Some(key);
    }
    let count = offsets.len().saturating_sub(1);
    let codes = codes.unwrap_or(&[]);
    if let Some(place) = codes.iter().position(|&code| code as usize >= count) {
        let text = format!("the name of segment {place} is not in the list of {count}");
        check.group_problem(group, Rule::SegmentNames, &text);
    }
    Ok(())
}

/// Checks the live segments of all masks columns: boxes, blocks, and that names are unique.
pub(super) fn segments(
    check: &mut Check<'_>,
    state: &State,
    columns: &BTreeMap<u32, Sound<'_>>,
    block_check: BlockCheck<'_>,
) -> Result<()> {
    for (&number, column) in columns {
        if Layout::of_column(&state.schema, number) != Some(Layout::Masks) {
            continue;
        }
        for group in &column.groups {
            blocks(check, state, group, block_check)?;
        }
        unique(check, &column.groups)?;
    }
    Ok(())
}

/// The places of live segments.
fn live(group: &GroupRef) -> Result<impl Iterator<Item = (usize, u64)> + '_> {
    let dead = group.dead_bits()?;
    let rows = group.group().rows()?;
    let count = usize::try_from(group.group().desc().count).unwrap_or(usize::MAX);
    let is_live = move |at: &usize| !dead.is_some_and(|dead| dead.get(*at as u64));
    Ok((0..count).filter(is_live).filter_map(move |at| Some((at, rows.get(at)?))))
}

/// The space of an image; `None` where it is not known because of damage that was noted.
fn space_of<'s>(check: &Check<'_>, state: &'s State, image: u64) -> Result<Option<&'s Space>> {
    let find = || {
        let Some(keys) = state.column(COLUMN_KEYS) else { return Ok(None) };
        let Some((group, position)) = keys.find(image)? else { return Ok(None) };
        let id = KeysView::new(group.group()).space(position)?;
        let lost = id == 0 && check.space_is_lost;
        Ok(state.spaces.get(id as usize).filter(|_| !lost))
    };
    Ok(Check::noted(find())?.flatten())
}

/// The segments of each block, by its place, and the image that they are of.
type Blocks = BTreeMap<(u64, u64), (u64, Vec<BlockSegment>)>;

fn blocks(
    check: &mut Check<'_>,
    state: &State,
    group: &GroupRef,
    block_check: BlockCheck<'_>,
) -> Result<()> {
    let view = MasksView::new(group.group());
    let count = usize::try_from(group.group().desc().count).unwrap_or(usize::MAX);
    // Records that overlap were found before; to look at each of them could take for ever.
    if Check::noted(view.check_records(0..count))?.is_none() {
        return Ok(());
    }
    let mut free = 0;
    for ((offset, len), (image, segments)) in directory_of(check, state, group)? {
        let problem = |rule: Rule, text: &str| (rule, format!("the block at {offset}: {text}"));
        let found = if offset < free {
            Some(problem(Rule::SegmentRecord, "it overlaps the one before it"))
        } else {
            check_one(check, state, view, (offset, len), (image, &segments), block_check)?
                .map(|(rule, text)| problem(rule, &text))
        };
        if let Some((rule, text)) = found {
            check.group_problem(group.group(), rule, &format!("image row {image}: {text}"));
        }
        free = free.max(offset.saturating_add(len));
        // A block may take long: time to stop.
        check.advance(0)?;
    }
    Ok(())
}

/// The blocks of live segments; refuses those of several that may not be, and images without an array of voxels.
fn directory_of(check: &mut Check<'_>, state: &State, group: &GroupRef) -> Result<Blocks> {
    let view = MasksView::new(group.group());
    let mut blocks = Blocks::new();
    // Whether the space of an image is an array.
    let mut known: Option<(u64, bool)> = None;
    for (position, row) in live(group)? {
        let image = image_of(row);
        let Some(record) = Check::noted(view.record(position))? else { continue };
        if known.is_none_or(|(of, _)| of != image) {
            let is_array = space_of(check, state, image)?.is_none_or(is_array);
            if !is_array {
                let text = format!("image row {image} has segments, but its space is no array");
                check.group_problem(group.group(), Rule::SegmentRecord, &text);
            }
            known = Some((image, is_array));
        }
        let Some((block, facts)) = record.voxels else { continue };
        if known.is_some_and(|(_, is_array)| !is_array) {
            continue;
        }
        let entry = blocks.entry((block.offset, block.len)).or_insert((image, Vec::new()));
        let shared = entry.0 != image
            || (!entry.1.is_empty() && block.part.is_none())
            || entry.1.iter().any(|(part, _)| *part == block.part || part.is_none());
        if shared {
            let text = format!("the block of segment {position} is that of another one");
            check.group_problem(group.group(), Rule::SegmentRecord, &text);
            continue;
        }
        entry.1.push((block.part, facts));
    }
    Ok(blocks)
}

/// What is wrong with a block, if anything that was not found before.
fn check_one(
    check: &Check<'_>,
    state: &State,
    view: MasksView<'_>,
    (offset, len): (u64, u64),
    (image, segments): (u64, &[BlockSegment]),
    block_check: BlockCheck<'_>,
) -> Result<Option<(Rule, String)>> {
    let Some(space) = space_of(check, state, image)? else { return Ok(None) };
    if let Some((_, facts)) = segments.iter().find(|(_, facts)| !fits(facts, space)) {
        let text = format!("a box is outside its space: {facts:?}");
        return Ok(Some((Rule::SegmentRecord, text)));
    }
    let place = BlockRef { offset, len, part: None };
    let Some(bytes) = Check::noted(view.block(&place))? else { return Ok(None) };
    Ok(block_check(space, bytes, segments).err().map(|text| (Rule::MaskBlock, text)))
}

/// Whether masks are sets of voxels of a space.
fn is_array(space: &Space) -> bool {
    let [depth, height, width] = space.shape;
    let axes = [space.frames, depth, height, width];
    let voxels = axes.iter().try_fold(1_u64, |all, &axis| {
        all.checked_mul(axis).filter(|_| (1..=AXIS_MAX).contains(&axis))
    });
    voxels.is_some_and(|voxels| voxels <= MASK_VOXELS_MAX)
}

/// Whether the box of a segment lies in a space.
fn fits(facts: &VoxelFacts, space: &Space) -> bool {
    let [depth, height, width] = space.shape;
    let Bounds { slices, rows, columns } = &facts.bounds;
    let slices_max = space.frames.saturating_mul(depth);
    let depth_ok = match &facts.depth {
        Some((range, _)) => space.frames > 1 && range.end <= depth,
        None => space.frames == 1,
    };
    slices.end <= slices_max && rows.end <= height && columns.end <= width && depth_ok
}

/// Rule V040: sorts the hashes of names by image, and compares texts where they are equal.
fn unique(check: &mut Check<'_>, groups: &[&GroupRef]) -> Result<()> {
    let mut places: Vec<(u64, u64, usize, usize)> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let view = MasksView::new(group.group());
        let mut hashes: HashMap<u32, Option<u64>> = HashMap::new();
        for (position, row) in live(group)? {
            let code: Option<u32> = Check::noted(view.codes(position..position.saturating_add(1)))?
                .and_then(|codes| codes.first().copied());
            let Some(code) = code else { continue };
            if let Entry::Vacant(entry) = hashes.entry(code) {
                let name = Check::noted(view.name_of(code))?;
                entry.insert(name.map(|(group, name)| key_hash(&name_key(group, name))));
            }
            let hash = hashes.get(&code).copied().flatten();
            places.extend(hash.map(|hash| (image_of(row), hash, number, position)));
        }
    }
    places.sort_unstable();
    for run in places.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|run| run.len() > 1) {
        let name = |&(_, _, group, position): &(u64, u64, usize, usize)| {
            MasksView::new(groups.get(group)?.group()).name(position).ok()
        };
        let mut names: Vec<(&str, &str)> = run.iter().filter_map(name).collect();
        names.sort_unstable();
        let image = run.first().map_or(0, |place| place.0);
        for pair in names.windows(2) {
            if let [(group, name), next] = pair
                && (*group, *name) == *next
            {
                let text = format!("image row {image} has two segments {group:?} {name:?}");
                check.problem(Damage::new(Rule::SegmentUnique, 0, text));
            }
        }
    }
    Ok(())
}
