//! `vesalius mask remove` and `vesalius mask rename`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::json;
use vesalius::{Database, FieldKind, Segment, SegmentKey, SegmentRef};

use super::facts;
use crate::Result;
use crate::commands::{names, segments::full_name};
use crate::output::{Out, count};

/// Remove segments, all or none of them
///
/// Their bytes stay in the file until `vesalius compact`; with `--secure` that also overwrites them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vesalius mask remove cases.vsl case-1 lesions/lesion_2 gallbladder"
)]
pub(super) struct RemoveArgs {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// The segments: name, or group/name
    #[arg(required = true, value_name = "SEGMENT")]
    segments: Vec<String>,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
}

pub(super) fn remove(args: &RemoveArgs, out: &mut Out) -> Result<()> {
    let (db, field) = open(&args.file, args.field.as_deref())?;
    let mut txn = db.begin_write()?;
    let mut image = txn.update(&args.image)?;
    // Names mean segments that there are before any is removed: else one that is given twice would mean another
    // segment of that name, in another group, the second time.
    let before = db.snapshot()?;
    let there = before.image(&args.image)?;
    let find = |name: &String| there.segment(&field, SegmentKey::parse(name));
    let found: Vec<SegmentRef<'_>> = args.segments.iter().map(find).collect::<Result<_, _>>()?;
    let keys: BTreeSet<(&str, &str)> = found.iter().map(|s| (s.group(), s.name())).collect();
    for key in &keys {
        image = image.delete_segment(&field, *key)?;
    }
    txn.commit()?;
    let left = db.snapshot()?.image(&args.image)?.segments(&field)?.len();
    db.close()?;
    if out.is_json() {
        let names: Vec<String> = keys.iter().map(|(group, name)| full_name(group, name)).collect();
        return out.json(&json!({
            "image": args.image, "field": field, "removed": names, "segments": left,
        }));
    }
    let (gone, left) = (count(keys.len() as u64), count(left as u64));
    out.line(&format!("removed {gone} segments, {left} are left"))
}

/// Rename a segment, or change its group, label or colour; its voxels stay
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius mask rename cases.vsl case-1 label_3 spleen\n  \
    vesalius mask rename cases.vsl case-1 spleen spleen --group organs --colour '#9c2f2f'")]
pub(super) struct RenameArgs {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// The segment: name, or group/name
    old: String,
    /// Its new name, or group/name
    new: String,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Its group; an empty one takes it out of its group
    #[arg(long)]
    group: Option<String>,
    /// Its value in label maps
    #[arg(long, value_name = "N")]
    label: Option<u32>,
    /// Which segment is seen in label maps where several are: the highest
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i32>,
    /// Its colour: #rrggbb, #rrggbbaa, or none
    #[arg(long, value_parser = colour)]
    colour: Option<Colour>,
}

/// A colour, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour(Option<[u8; 4]>);

fn colour(text: &str) -> Result<Colour, String> {
    facts::colour(text).map(Colour)
}

pub(super) fn rename(args: &RenameArgs, out: &mut Out) -> Result<()> {
    let (db, field) = open(&args.file, args.field.as_deref())?;
    let mut txn = db.begin_write()?;
    let mut key = (String::new(), String::new());
    let change = |segment: &mut Segment| {
        match args.new.split_once('/') {
            None => segment.name.clone_from(&args.new),
            Some((group, name)) => {
                group.clone_into(&mut segment.group);
                name.clone_into(&mut segment.name);
            }
        }
        if let Some(group) = &args.group {
            segment.group.clone_from(group);
        }
        segment.label = args.label.unwrap_or(segment.label);
        segment.priority = args.priority.unwrap_or(segment.priority);
        if let Some(Colour(colour)) = args.colour {
            segment.colour = colour;
        }
        key = (segment.group.clone(), segment.name.clone());
    };
    txn.update(&args.image)?.change_segment(&field, SegmentKey::parse(&args.old), change)?;
    txn.commit()?;
    let snapshot = db.snapshot()?;
    let image = snapshot.image(&args.image)?;
    let segment = image.segment(&field, (key.0.as_str(), key.1.as_str()))?;
    if out.is_json() {
        let mut told = json!({ "image": args.image, "field": field, "was": args.old });
        if let (Some(told), Some(facts)) =
            (told.as_object_mut(), facts::as_json(&segment).as_object_mut())
        {
            told.append(facts);
        }
        return out.json(&told);
    }
    facts::as_text(&segment, out)
}

/// A container to be changed, and its masks field.
fn open(file: &Path, field: Option<&str>) -> Result<(Database, String)> {
    let db = Database::open(file)?;
    let field = names::field(&db.snapshot()?, field, &[FieldKind::Masks])?.name.clone();
    Ok((db, field))
}
