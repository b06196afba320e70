//! A regions field out of masks and tokens: the feature of a region is that of the tokens under its segment.

use std::collections::HashSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::database::Database;
use super::lookup;
use super::masks::SegmentRef;
use super::snapshot::Snapshot;
use super::tokens::Tokens;
use super::transaction::WriteTxn;
use crate::container::encode::name_key;
use crate::error::{Error, Result};
use crate::format::limits::NAME_BYTES_MAX;
use crate::format::schema::{FieldDef, FieldKind};
use crate::format::segment::Bounds;
use crate::model::{Field, RegionValue};

/// How the tokens under a segment become one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pooling {
    /// The mean, each token weighted by the covered fraction of its cell.
    #[default]
    Mean,
    /// In each dimension the largest value of the tokens whose cells are covered by at least this fraction.
    Max(f64),
}

/// What [`Database::make_regions`] is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeRegions<'a> {
    /// The masks field.
    pub masks: &'a str,
    /// The tokens field.
    pub tokens: &'a str,
    /// The regions field that gets the features; declared when it is not there.
    pub regions: &'a str,
    /// Only segments of this group.
    pub group: Option<&'a str>,
    /// How tokens are pooled.
    pub pooling: Pooling,
}

/// Images of a transaction.
const BATCH: usize = 256;

/// A region of an image: its name, its feature, its box.
type Pooled = (String, Vec<f32>, Option<[f32; 6]>);

impl Database {
    /// Makes regions of the segments of all images that have masks and tokens: each segment that covers a part of a
    /// token is a region of its name (`group/name` where it has a group; where that is longer than a name may be or
    /// means two segments, it ends in `#` and a number of the two), with the pooled tokens as its feature and its
    /// bounding box as its box. Frame 0 is taken. Existing values of these images in the field are replaced.
    /// Returns the number of images. Commits every 256 images; `progress` is told images done and in all, and
    /// stops the work by returning false.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuch`], [`Error::WrongKind`] for the fields; [`Error::Invalid`] for an image whose tokens have no
    /// mapping; [`Error::Cancelled`].
    pub fn make_regions(
        &self,
        job: &MakeRegions<'_>,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<u64> {
        let snapshot = self.snapshot()?;
        let schema = snapshot.schema();
        lookup::field_of_kind(schema, job.masks, FieldKind::Masks)?;
        let tokens = lookup::field_of_kind(schema, job.tokens, FieldKind::Tokens)?;
        let mut rows = snapshot.rows_of_field(job.masks)?;
        rows.and(&snapshot.rows_of_field(job.tokens)?);
        let rows: Vec<u64> = (&rows).into_iter().collect();
        let total = rows.len() as u64;
        let mut done = 0;
        for batch in rows.chunks(BATCH) {
            let mut values = Vec::with_capacity(batch.len());
            for &row in batch {
                let Some(image) = snapshot.image_at(row)? else { continue };
                values.push((image.key()?.to_owned(), pooled(&snapshot, row, job)?));
            }
            let mut txn = self.begin_write()?;
            let names = values.iter().flat_map(|(_, regions)| regions).map(|(name, ..)| name);
            declare(&mut txn, job.regions, tokens, names)?;
            for (key, regions) in &values {
                let regions: Vec<RegionValue<'_>> = regions
                    .iter()
                    .map(|(name, feature, bbox)| RegionValue {
                        bbox: *bbox,
                        ..RegionValue::new(name.as_str(), feature)
                    })
                    .collect();
                if txn.schema().field(job.regions).is_some() {
                    txn.update(key)?.regions(job.regions, &regions)?;
                }
                done += 1;
            }
            txn.commit()?;
            if !progress(done, total) {
                return Err(Error::Cancelled);
            }
        }
        Ok(done)
    }
}

/// Declares the regions field, or adds the names that it does not have.
fn declare<'n>(
    txn: &mut WriteTxn<'_>,
    field: &str,
    tokens: &FieldDef,
    names: impl Iterator<Item = &'n String>,
) -> Result<()> {
    let known: HashSet<String> = match txn.schema().field(field) {
        Some(_) => {
            let def = lookup::field_of_kind(txn.schema(), field, FieldKind::Regions)?;
            def.regions.iter().cloned().collect()
        }
        None => HashSet::new(),
    };
    let mut seen = HashSet::new();
    let new: Vec<String> =
        names.filter(|name| !known.contains(*name) && seen.insert(*name)).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    if txn.schema().field(field).is_some() {
        return txn.add_regions(field, &new);
    }
    let regions = Field::regions(field, tokens.dim as usize, new);
    txn.add_field(regions.dtype(tokens.dtype).metric(tokens.metric))
}

fn pooled(snapshot: &Snapshot, row: u64, job: &MakeRegions<'_>) -> Result<Vec<Pooled>> {
    let Some(image) = snapshot.image_at(row)? else { return Ok(Vec::new()) };
    let Some(tokens) = image.tokens(job.tokens)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for segment in image.segments(job.masks)? {
        if job.group.is_some_and(|group| group != segment.group()) || segment.is_empty() {
            continue;
        }
        if let Some(feature) = pool(&segment, &tokens, job.pooling)? {
            let name = region_name(segment.group(), segment.name());
            found.push((name, feature, box_of(&segment)?));
        }
    }
    Ok(found)
}

/// The name of the region of a segment, which no other segment has: `name`, or `group/name`. A name with a slash and
/// no group is `/name`, as [`SegmentKey::parse`](crate::SegmentKey::parse) reads it. Where a slash in the group would
/// be taken for the end of it, or the text is longer than a name may be, it ends in a number of the two names.
fn region_name(group: &str, name: &str) -> String {
    let text = match group {
        "" if !name.contains('/') => return name.to_owned(),
        group => format!("{group}/{name}"),
    };
    let longest = usize::try_from(NAME_BYTES_MAX).unwrap_or(usize::MAX);
    if text.len() <= longest && !group.contains('/') {
        return text;
    }
    let digest = Sha256::digest(name_key(group, name));
    let digits = digest.iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ok = write!(text, "{byte:02x}");
        text
    });
    let kept = text.floor_char_boundary(longest.saturating_sub(digits.len()).saturating_sub(1));
    format!("{}#{digits}", text.get(..kept).unwrap_or_default())
}

fn pool(
    segment: &SegmentRef<'_>,
    tokens: &Tokens<'_>,
    pooling: Pooling,
) -> Result<Option<Vec<f32>>> {
    match pooling {
        Pooling::Mean => segment.mean_token(tokens, 0),
        Pooling::Max(least) => segment.max_token(tokens, 0, least),
    }
}

/// The box around what the segment has in frame 0.
fn box_of(segment: &SegmentRef<'_>) -> Result<Option<[f32; 6]>> {
    let shape = segment.shape();
    let bounds = match segment.bounds() {
        Some(bounds) if bounds.slices.end <= shape.depth() => Some(bounds.clone()),
        Some(_) => segment.runs_of_slices(0..shape.depth())?.bounds(),
        None => None,
    };
    Ok(bounds.map(|Bounds { slices, rows, columns }| {
        let edges = [slices.start, rows.start, columns.start, slices.end, rows.end, columns.end];
        edges.map(|edge| edge as f32)
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::region_name;

    #[test]
    fn names_of_regions_are_short_enough_and_no_two_are_the_same() {
        assert_eq!(region_name("", "liver"), "liver");
        assert_eq!(region_name("organs", "liver"), "organs/liver");
        assert_eq!(region_name("a", "b/c"), "a/b/c");
        assert_eq!(region_name("", "a/b"), "/a/b");
        let (long, wide) = ("x".repeat(255), "\u{e4}".repeat(127));
        let segments = [
            ("a/b", "c"),
            ("a", "b/c"),
            ("", "a/b/c"),
            (&long, "y"),
            (&long, "z"),
            ("", &long),
            ("g", &long),
            (&wide, &wide),
        ];
        let names: HashSet<String> = segments.map(|(g, n)| region_name(g, n)).into();
        assert_eq!(names.len(), segments.len());
        assert!(names.iter().all(|name| name.len() <= 255), "{names:?}");
    }
}
