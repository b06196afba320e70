//! Row groups of regions: the two directories, boxes and scores.

use super::check::Check;
use super::ladder;
use crate::container::group::Group;
use crate::container::view::DirectoryEntry;
use crate::error::Result;
use crate::format::Rule;
use crate::format::bitmap::Bitmap;
use crate::format::group::layout::{ENTRY_HAS_BOX, ENTRY_HAS_SCORE, section};
use crate::format::schema::FieldDef;

/// Checks V023, V024 and, for boxes and scores, V025.
pub(super) fn check(check: &mut Check<'_>, group: &Group, field: &FieldDef) -> Result<()> {
    boxes_and_scores(check, group)?;
    let directory = group.section::<DirectoryEntry>(section::REGION_DIRECTORY);
    let Some(directory) = check.outcome(directory)? else { return Ok(()) };
    if let Err(text) = by_region(directory, field, group.desc().total) {
        check.group_problem(group, Rule::RegionDirectory, &text);
        return Ok(());
    }
    let images = group.section::<u32>(section::ENTRY_IMAGES);
    let Some(images) = check.outcome(images)? else { return Ok(()) };
    if let Some(text) = images_of_entries(directory, images, group.desc().count) {
        check.group_problem(group, Rule::RegionRows, &text);
    }
    by_image(check, group, directory, images)
}

/// Regions ascend below the number of regions, and their entries lie one after another.
fn by_region(
    directory: &[DirectoryEntry],
    field: &FieldDef,
    total: u64,
) -> std::result::Result<(), String> {
    let (mut next, mut lowest) = (0_u64, 0_u64);
    for entry in directory {
        let region = u64::from(entry.region);
        if region < lowest || region >= field.regions.len() as u64 {
            return Err(format!("region {region} is out of order or is none"));
        }
        if entry.first != next {
            return Err(format!("region {region} starts at {} instead of {next}", entry.first));
        }
        lowest = region.saturating_add(1);
        next = next.saturating_add(u64::from(entry.count));
    }
    if next == total {
        return Ok(());
    }
    Err(format!("the regions have {next} entries, the row group {total}"))
}

/// Images ascend strictly within a region.
fn images_of_entries(directory: &[DirectoryEntry], images: &[u32], count: u64) -> Option<String> {
    let mut rest = images;
    for entry in directory {
        let (own, behind) = rest.split_at_checked(entry.count as usize)?;
        rest = behind;
        let ascending = own.is_sorted_by(|a, b| a < b);
        if !ascending || own.last().is_some_and(|&last| u64::from(last) >= count) {
            return Some(format!("the images of region {} do not ascend", entry.region));
        }
    }
    None
}

/// Every entry is named exactly once, by its image, under its region.
fn by_image(
    check: &mut Check<'_>,
    group: &Group,
    directory: &[DirectoryEntry],
    images: &[u32],
) -> Result<()> {
    let starts = check.outcome(group.section::<u32>(section::IMAGE_STARTS))?;
    let regions = check.outcome(group.section::<u16>(section::IMAGE_REGIONS))?;
    let entries = check.outcome(group.section::<u32>(section::IMAGE_ENTRIES))?;
    let Some(((starts, regions), entries)) = starts.zip(regions).zip(entries) else {
        return Ok(());
    };
    if let Err(text) = ladder::check(starts, group.desc().total) {
        check.group_problem(group, Rule::RegionRows, &text);
        return Ok(());
    }
    let mut named = Bitmap::new(group.desc().total);
    for (image, pair) in (0_u32..).zip(starts.windows(2)) {
        let [start, end] = *pair else { continue };
        let range = start as usize..end as usize;
        let own = regions.get(range.clone()).unwrap_or(&[]);
        if !own.is_sorted_by(|a, b| a < b) {
            let text = format!("the regions of the image at place {image} do not ascend");
            check.group_problem(group, Rule::RegionRows, &text);
        }
        for (&region, &entry) in own.iter().zip(entries.get(range).unwrap_or(&[])) {
            let right = images.get(entry as usize) == Some(&image)
                && holds(directory, region, entry)
                && named.insert(u64::from(entry));
            if !right {
                let text = format!(
                    "the image at place {image} names entry {entry} for region {region}, which is not its own"
                );
                check.group_problem(group, Rule::RegionRows, &text);
            }
        }
    }
    Ok(())
}

/// Whether an entry is one of a region.
fn holds(directory: &[DirectoryEntry], region: u16, entry: u32) -> bool {
    let place = directory.binary_search_by_key(&u32::from(region), |found| found.region);
    place.ok().and_then(|place| directory.get(place)).is_some_and(|found| {
        let inside = u64::from(entry).checked_sub(found.first);
        inside.is_some_and(|inside| inside < u64::from(found.count))
    })
}

fn boxes_and_scores(check: &mut Check<'_>, group: &Group) -> Result<()> {
    let flags = check.outcome(group.section::<u8>(section::ENTRY_FLAGS))?;
    let boxes = check.outcome(group.section::<[f32; 6]>(section::ENTRY_BOXES))?;
    let scores = check.outcome(group.section::<f32>(section::ENTRY_SCORES))?;
    let Some(((flags, boxes), scores)) = flags.zip(boxes).zip(scores) else { return Ok(()) };
    for (entry, &flag) in flags.iter().enumerate() {
        if flag & !(ENTRY_HAS_BOX | ENTRY_HAS_SCORE) != 0 {
            let text = format!("unknown flags of entry {entry}");
            check.group_problem(group, Rule::Reserved, &text);
        }
        let bbox = (flag & ENTRY_HAS_BOX != 0).then(|| boxes.get(entry));
        let score = (flag & ENTRY_HAS_SCORE != 0).then(|| scores.get(entry));
        if bbox.is_some_and(|bbox| bbox.is_none()) || score.is_some_and(|score| score.is_none()) {
            let text = format!("the box or the score of entry {entry} is missing");
            check.group_problem(group, Rule::GroupSection, &text);
        }
        let sides = bbox.flatten().into_iter().flatten();
        if !sides.chain(score.flatten()).all(|value| value.is_finite()) {
            let text = format!("the box or the score of entry {entry} is not finite");
            check.group_problem(group, Rule::FeatureFinite, &text);
        }
    }
    Ok(())
}
