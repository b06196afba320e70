//! Superblocks, spatial header, manifest and log.

use super::check::Check;
use super::extents;
use crate::container::checked::CheckedExtent;
use crate::container::group::Group;
use crate::container::log::Tail;
use crate::container::replay::replay;
use crate::container::state::State;
use crate::container::superblocks;
use crate::error::{Error, Result};
use crate::format::limits::{MANIFEST_BYTES_MAX, PAGE_BYTES};
use crate::format::manifest::Manifest;
use crate::format::reader::Reader;
use crate::format::space::Space;
use crate::format::superblock::{RO_COMPAT_KNOWN, SUPERBLOCK_BYTES, Superblock, VERSION_MINOR};
use crate::format::{Damage, Rule, crc32};
use crate::storage::{EpochLock, Storage};

/// What the rest of the check looks at.
pub(super) struct Opened {
    /// The state of the manifest alone.
    pub(super) base: State,
    /// The state with the log applied, as far as that was possible.
    pub(super) state: State,
    /// The row groups in records of the log, as they stand there.
    pub(super) inline: Vec<Group>,
    /// The end of the log.
    pub(super) tail: Tail,
    /// Keeps the pages of this state from being reused.
    _lock: EpochLock,
}

/// Checks what leads to the row groups; `None` when it does not lead there.
pub(super) fn open(check: &mut Check<'_>) -> Result<Option<Opened>> {
    let Some((superblock, lock)) = superblock(check)? else { return Ok(None) };
    let problems = check.report.problems.len();
    let space = space(check, &superblock)?;
    check.space_is_lost = check.report.problems.len() > problems;
    let Some(manifest) = manifest(check, &superblock)? else { return Ok(None) };
    let images = manifest.images;
    let extent = superblock.manifest;
    let base = State::from_manifest(manifest, &superblock, space, check.storage);
    let Some(base) = check.outcome(base)? else { return Ok(None) };
    if base.images() != images {
        let text = format!("the manifest counts {images} images, there are {}", base.images());
        check.problem(Damage::new(Rule::ManifestLayout, extent.offset(), text));
    }
    let (state, inline, tail) = log(check, &superblock, &base)?;
    json_of_schema(check, &state);
    Ok(Some(Opened { base, state, inline, tail, _lock: lock }))
}

/// The pages 0 and 1 as they are now.
#[derive(Default)]
struct Look {
    best: Option<Superblock>,
    problems: Vec<Damage>,
    notes: Vec<String>,
}

/// The superblock that counts, its epoch locked as for a snapshot.
pub(super) fn superblock(check: &mut Check<'_>) -> Result<Option<(Superblock, EpochLock)>> {
    loop {
        let first = look(check.storage.as_ref())?;
        let epoch = first.best.as_ref().map_or(0, |best| best.epoch);
        let lock = check.storage.lock_epoch(epoch).map_err(Error::io("locking the state"))?;
        refuse_newer(check)?;
        let again = look(check.storage.as_ref())?;
        if again.best.as_ref().map_or(0, |best| best.epoch) != epoch {
            continue;
        }
        for damage in again.problems {
            check.problem(damage);
        }
        check.report.notes.extend(again.notes);
        check.advance(PAGE_BYTES.saturating_mul(2))?;
        return Ok(again.best.map(|best| (best, lock)));
    }
}

/// A container of a newer format is no damage, but nothing can be said about it.
fn refuse_newer(check: &Check<'_>) -> Result<()> {
    match superblocks::read(check.storage) {
        Ok(_) | Err(Error::Corrupt(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

fn look(storage: &dyn Storage) -> Result<Look> {
    let mut found = Look::default();
    let len = storage.len().map_err(Error::io("reading the length of the container"))?;
    if len < PAGE_BYTES.saturating_mul(3) {
        let text = format!("{len} bytes are too few for a container");
        found.problems.push(Damage::new(Rule::FileTooShort, 0, text));
        return Ok(found);
    }
    let mut generations = Vec::new();
    for index in 0..2_u64 {
        let mut page = vec![0; SUPERBLOCK_BYTES];
        let read = storage.read_at(index.saturating_mul(PAGE_BYTES), &mut page);
        read.map_err(Error::io("reading a superblock"))?;
        match Superblock::decode(&page, index) {
            Ok(superblock) => {
                generations.push(superblock.generation);
                let newer = |best: &Superblock| superblock.generation > best.generation;
                if found.best.as_ref().is_none_or(newer) {
                    found.best = Some(superblock);
                }
            }
            Err(damage) => found.problems.push(damage),
        }
    }
    if let [first, second] = generations[..]
        && first != second
    {
        let text = format!(
            "the superblocks have generations {first} and {second}: a write of the older one was cut off"
        );
        found.notes.push(text);
    }
    if let Some(best) = &found.best {
        if best.file_len > len {
            let text = format!("the file has {len} bytes, {} are stated", best.file_len);
            found.problems.push(Damage::new(Rule::FileLength, 0, text));
        }
        if best.ro_compat & !RO_COMPAT_KNOWN != 0 || best.version_minor > VERSION_MINOR {
            found.notes.push("written by a newer version; what it added was not checked".into());
        }
    }
    Ok(found)
}

/// Page 2, or a space that nothing is known of in place of a damaged one.
fn space(check: &mut Check<'_>, superblock: &Superblock) -> Result<Space> {
    let mut page = vec![0; SUPERBLOCK_BYTES];
    let at = PAGE_BYTES.saturating_mul(2);
    let read = check.storage.read_at(at, &mut page);
    read.map_err(Error::io("reading the spatial header"))?;
    check.advance(PAGE_BYTES)?;
    if crc32(&page) != superblock.space_crc {
        let text = "the spatial header does not match its checksum";
        check.problem(Damage::new(Rule::SpaceChecksum, at, text));
        return Ok(Space::default());
    }
    let mut reader = Reader::new(&page, at, Rule::SpaceValues);
    let space = check.outcome(Space::decode(&mut reader).map_err(Error::from))?;
    let rest = reader.remaining();
    check.outcome(reader.zeros(rest).map_err(Error::from))?;
    Ok(space.unwrap_or_default())
}

fn manifest(check: &mut Check<'_>, superblock: &Superblock) -> Result<Option<Manifest>> {
    let extent = superblock.manifest;
    if extent.len > MANIFEST_BYTES_MAX {
        let text = format!("a manifest of {} bytes", extent.len);
        check.problem(Damage::new(Rule::ManifestLayout, extent.offset(), text));
        return Ok(None);
    }
    let checked = CheckedExtent::new(extent, check.storage.clone());
    if !extents::blocks(check, &checked)? {
        return Ok(None);
    }
    let len = usize::try_from(extent.len).unwrap_or(usize::MAX);
    let Some(bytes) = check.outcome(checked.get(0..len))? else { return Ok(None) };
    let manifest = Manifest::decode(bytes, extent.offset(), superblock.file_len);
    let manifest = check.outcome(manifest.map_err(Error::from))?;
    if manifest.as_ref().is_some_and(|manifest| manifest.epoch != superblock.epoch) {
        let text = "the manifest is of another epoch than the superblock";
        check.problem(Damage::new(Rule::ManifestLayout, extent.offset(), text));
        return Ok(None);
    }
    Ok(manifest)
}

/// The state after the log, the row groups in the log, its end. Where the log is damaged, the state before
/// that record.
fn log(
    check: &mut Check<'_>,
    superblock: &Superblock,
    base: &State,
) -> Result<(State, Vec<Group>, Tail)> {
    let mut state = base.clone();
    let mut inline = Vec::new();
    let mut tail = Tail::of_head(&superblock.log);
    state.next_seq = tail.next_seq;
    let end_seq = superblock.sealed().then_some(superblock.log.end_seq);
    let replayed = replay(check.storage, &mut state, &mut tail, end_seq, true, Some(&mut inline));
    match check.outcome(replayed)? {
        None => check.note("the log is damaged; what it adds behind the damage was not checked"),
        Some(replayed) => {
            if let Some(stopped) = replayed.stopped {
                check.note(format!(
                    "not closed cleanly: {} commits of the log count, it ends at byte {} ({})",
                    replayed.commits, stopped.offset, stopped.message
                ));
            }
        }
    }
    check.advance(tail.bytes())?;
    Ok((state, inline, tail))
}

/// The JSON texts of the manifest and of the log's operations.
fn json_of_schema(check: &mut Check<'_>, state: &State) {
    let at = state.manifest.offset();
    let fields = state.schema.fields.iter();
    let fields = fields.map(|f| (f.provenance.json.as_str(), format!("of field {:?}", f.name)));
    let texts = std::iter::once((&*state.metadata, "of the container".to_owned())).chain(fields);
    for (text, whose) in texts {
        if let Err(error) = super::metadata::parse_or_empty(text) {
            let text = format!("the metadata {whose} is not JSON: {error}");
            check.problem(Damage::new(Rule::MetadataText, at, text));
        }
    }
}
