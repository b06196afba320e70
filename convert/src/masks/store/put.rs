//! The segments of one image into a transaction.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use vesalius::{
    Database, Error, Field, FieldKind, Image, SegmentRef, SegmentValue, Snapshot, Space, WriteTxn,
};

use super::options::StoreOptions;
use super::place::{Placed, place};
use crate::error::ConvertError;
use crate::masks::ImageSegments;

/// What was done with the segments of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The image was made.
    pub new_image: bool,
    /// Segments whose names were free.
    pub added: u64,
    /// Segments that took the place of others.
    pub replaced: u64,
    /// Segments that were there already.
    pub unchanged: u64,
    /// Voxels of all of them.
    pub voxels: u64,
    /// What a user should know.
    pub notes: Vec<String>,
}

impl Stored {
    /// Whether anything was written.
    pub fn is_change(&self) -> bool {
        self.new_image || self.added > 0 || self.replaced > 0
    }
}

/// Puts the segments of an image into a field, in one transaction, which is not made when they are there already.
/// The field is declared and the image made when they are not there.
///
/// # Errors
/// [`Error::SpaceMismatch`] for segments of another space than the image's, with the property and both values;
/// [`Error::SegmentExists`] for a name that is taken, unless [`StoreOptions::replace`] is set; a field of another
/// kind.
///
/// Cost: encoding the segments; those of their names are decoded and compared.
pub fn store(
    db: &Database,
    key: &str,
    field: &str,
    image: ImageSegments,
    options: &StoreOptions,
) -> Result<Stored, ConvertError> {
    let mut txn = db.begin_write()?;
    let (stored, _) = put(&mut txn, &db.snapshot()?, key, field, image, options)?;
    if stored.is_change() {
        txn.commit()?;
    }
    Ok(stored)
}

/// Puts the segments of an image into a transaction that has done nothing with this image yet; `before` is the state
/// that it began with. Also returns the segments that are to be read back.
pub(super) fn put(
    txn: &mut WriteTxn<'_>,
    before: &Snapshot,
    key: &str,
    field: &str,
    image: ImageSegments,
    options: &StoreOptions,
) -> Result<(Stored, Vec<SegmentValue>), ConvertError> {
    let old = before.find(key)?;
    let have = match &old {
        Some(old) => Some(old.space()?.clone()),
        // The space that a new image begins with.
        None => before.spaces().first().cloned(),
    };
    let have = have.filter(Space::is_known);
    let Placed { space, segments, notes } = place(image, have.as_ref(), key, options)?;
    refuse_twice(&segments, key)?;
    let mut stored = Stored { new_image: old.is_none(), notes, ..Stored::default() };
    stored.voxels = segments.iter().map(|value| value.runs.voxels()).sum();
    let there = match &old {
        Some(old) => of_names(old, before, field)?,
        None => BTreeMap::new(),
    };
    stored.notes.extend(same_labels(&segments, &there, key));
    let mut fresh = Vec::new();
    for value in segments {
        let name = (&*value.segment.group, &*value.segment.name);
        match there.get(&name) {
            None => stored.added = stored.added.saturating_add(1),
            Some(there) if same(there, &value)? => {
                stored.unchanged = stored.unchanged.saturating_add(1);
                continue;
            }
            Some(_) if options.replace => stored.replaced = stored.replaced.saturating_add(1),
            Some(_) => {
                let (group, name) = (name.0.to_owned(), name.1.to_owned());
                return Err(Error::SegmentExists { image: key.to_owned(), group, name }.into());
            }
        }
        fresh.push(value);
    }
    if !stored.is_change() {
        return Ok((stored, fresh));
    }
    match txn.schema().field(field) {
        None => txn.add_field(Field::masks(field))?,
        Some(def) if def.kind != FieldKind::Masks => {
            let (name, is) = (field.to_owned(), def.kind.to_string());
            return Err(Error::WrongKind { name, is, wanted: "masks".to_owned() }.into());
        }
        Some(_) => {}
    }
    txn.set_mask_profile(options.profile);
    let mut writer = txn.upsert(key)?;
    if let Some(space) = &space {
        writer = writer.in_space(space)?;
    }
    writer.segments(field, &fresh)?;
    Ok((stored, fresh))
}

/// Segments of an image by group and name.
type Names<'s> = BTreeMap<(&'s str, &'s str), SegmentRef<'s>>;

fn of_names<'s>(
    image: &Image<'s>,
    state: &'s Snapshot,
    field: &str,
) -> Result<Names<'s>, ConvertError> {
    if state.schema().field(field).is_none() {
        return Ok(BTreeMap::new());
    }
    let segments = image.segments(field)?.into_iter();
    Ok(segments.map(|segment| ((segment.group(), segment.name()), segment)).collect())
}

/// Whether a stored segment is this one.
pub(super) fn same(there: &SegmentRef<'_>, value: &SegmentValue) -> Result<bool, ConvertError> {
    if there.segment() != value.segment || there.voxels() != value.runs.voxels() {
        return Ok(false);
    }
    Ok(there.runs()? == value.runs)
}

fn refuse_twice(segments: &[SegmentValue], key: &str) -> Result<(), ConvertError> {
    let mut names = HashSet::new();
    let twice = segments.iter().find(|v| !names.insert((&*v.segment.group, &*v.segment.name)));
    let Some(SegmentValue { segment, .. }) = twice else { return Ok(()) };
    let (name, group) = (&segment.name, &segment.group);
    let what = format!("there are two segments {name:?} in group {group:?}; name another group");
    Err(ConvertError::image(key, None, what))
}

/// Labels that segments of other names have already.
fn same_labels(segments: &[SegmentValue], there: &Names<'_>, key: &str) -> Option<String> {
    let labels: BTreeSet<u32> = there.values().map(SegmentRef::label).collect();
    let is_new = |value: &&SegmentValue| {
        let name = (&*value.segment.group, &*value.segment.name);
        labels.contains(&value.segment.label) && !there.contains_key(&name)
    };
    let count = segments.iter().filter(is_new).count();
    (count > 0).then(|| {
        format!(
            "image {key}: {count} new segments have a label that another segment has; label maps need others, \
             `vesalius mask rename --label` sets them"
        )
    })
}
