//! Every bit matters or does not: no flip and no cut goes unnoticed and changes what is read.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::super::check::Check;
use super::super::{extents, structure, verify};
use super::content::read_all;
use super::surgery::Patient;
use crate::container::checked::CheckedExtent;
use crate::container::open::load;
use crate::container::relocate::tokens_field;
use crate::container::state::State;
use crate::container::view::TokensView;
use crate::format::extent::Extent;
use crate::format::group::Layout;
use crate::format::limits::PAGE_BYTES;
use crate::storage::{MemoryStorage, Storage};

const SOAK: &str = "VESALIUS_SOAK";
/// In the bulk every bit at a multiple of this is flipped.
const BULK_STEP: usize = 61;
/// In free pages and padding, which nothing reads, every bit at a multiple of this.
const SLACK_STEP: usize = 61 * 16;
/// Every so many flips that the checksums show at once also go through the whole check.
const FULL_STEP: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    detected: u64,
    harmless: u64,
    silent: u64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            detected: self.detected + other.detected,
            harmless: self.harmless + other.harmless,
            silent: self.silent + other.silent,
        }
    }
}

/// What the first parts of the check say: they are the same that [`verify`] starts with, so what they
/// find, it finds.
fn found_early(storage: &Arc<dyn Storage>) -> bool {
    let mut progress = |_, _| true;
    let mut check = Check::new(storage, &mut progress);
    let superblock = structure::superblock(&mut check).unwrap();
    if superblock.is_none() || !check.report.is_ok() {
        return !check.report.is_ok();
    }
    let opened = structure::open(&mut check).unwrap();
    let Some(opened) = opened.filter(|_| check.report.is_ok()) else {
        return !check.report.is_ok();
    };
    extents::check(&mut check, &opened).unwrap();
    for group in opened.state.columns.values().flat_map(|column| column.groups()) {
        if let Some(extent) = group.group().extent() {
            extents::blocks(&mut check, extent).unwrap();
        }
    }
    let sets = opened.state.prompt_sets.values().map(|set| set.def().data);
    for extent in tensors(&opened.state).into_iter().chain(sets) {
        let checked = CheckedExtent::new(extent, Arc::clone(storage));
        extents::blocks(&mut check, &checked).unwrap();
    }
    !check.finish().is_ok()
}

/// One damaged container: what is read is an error or right, and what is wrong is found.
fn judge(storage: &Arc<dyn Storage>, truth: u32, thorough: bool) -> Tally {
    let early = found_early(storage);
    let mut tally = Tally::default();
    if early && !thorough {
        tally.detected = 1;
        return tally;
    }
    let found = match verify(storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |_, _| true) {
        Ok(report) => !report.is_ok(),
        Err(error) => panic!("{error}"),
    };
    assert!(found || !early, "the whole check finds what its parts find");
    match read_all(storage) {
        Ok(sum) if sum != truth => tally.silent = 1,
        Ok(_) if !found => tally.harmless = 1,
        Ok(_) | Err(_) => tally.detected = 1,
    }
    tally
}

fn flip_all(bytes: &[u8], bits: &[usize], truth: u32) -> Tally {
    let half = bits.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        let work = |part: &'_ [usize]| {
            let storage = medium(bytes);
            let mut tally = Tally::default();
            for (number, bit) in part.iter().enumerate() {
                let (place, right) = ((bit / 8) as u64, bytes[bit / 8]);
                storage.write_at(place, &[right ^ (1 << (bit % 8))]).unwrap();
                let one = judge(&storage, truth, number % FULL_STEP == 0);
                storage.write_at(place, &[right]).unwrap();
                if one.silent > 0 {
                    println!("silent: bit {} of byte {}", bit % 8, bit / 8);
                }
                tally = tally.plus(one);
            }
            tally
        };
        let parts: Vec<_> = bits.chunks(half).map(|part| scope.spawn(move || work(part))).collect();
        parts.into_iter().fold(Tally::default(), |sum, part| sum.plus(part.join().unwrap()))
    })
}

fn bytes_of(extent: Extent) -> Range<usize> {
    let start = usize::try_from(extent.offset()).unwrap();
    start..start + usize::try_from(extent.len).unwrap()
}

/// Bytes that say where everything is, and checksums.
fn metadata(patient: &Patient) -> Vec<Range<usize>> {
    let head = usize::try_from(3 * PAGE_BYTES).unwrap();
    let mut ranges = vec![0..head, bytes_of(patient.superblock().manifest)];
    for desc in patient.manifest().groups {
        let start = usize::try_from(desc.data.offset()).unwrap();
        ranges.push(start..start + 64);
        let table = usize::try_from(desc.data.table_offset()).unwrap();
        ranges.push(table..table + usize::try_from(desc.data.table_len()).unwrap());
        if desc.dead_count > 0 {
            ranges.push(bytes_of(desc.dead));
        }
        if desc.layout == Layout::Tokens {
            ranges.push(bytes_of(desc.data));
        }
    }
    for set in patient.manifest().prompt_sets {
        let start = bytes_of(set.data).start;
        ranges.push(start..start + 144);
    }
    for tensor in tensors(&state_of(patient)).into_iter().filter(Extent::has_table) {
        let table = usize::try_from(tensor.table_offset()).unwrap();
        ranges.push(table..table + usize::try_from(tensor.table_len()).unwrap());
    }
    ranges.extend(patient.records().into_iter().map(|(place, ..)| place..place + 64));
    ranges
}

/// The tensors of live images, as far as they can be found.
fn tensors(state: &State) -> Vec<Extent> {
    let mut tensors = Vec::new();
    for (number, column) in &state.columns {
        let Some(field) = tokens_field(&state.schema, *number) else { continue };
        for group in column.groups() {
            let all = TokensView::new(group.group(), field).extents().into_iter().flatten();
            let is_live = |place: usize| group.is_live(place).unwrap_or(false);
            tensors.extend(all.enumerate().filter_map(|(at, t)| t.ok().filter(|_| is_live(at))));
        }
    }
    tensors.retain(|tensor| !tensor.is_none());
    tensors
}

fn state_of(patient: &Patient) -> State {
    load(&medium(&patient.bytes)).unwrap().state
}

/// Row groups, tensors, prompt sets and log records.
fn bulk(patient: &Patient) -> Vec<Range<usize>> {
    let state = state_of(patient);
    let groups = state.columns.values().flat_map(|column| column.groups());
    let external = groups.filter(|group| !group.group().is_in_memory());
    let mut ranges: Vec<_> = external.map(|group| bytes_of(group.group().desc().data)).collect();
    ranges.extend(state.prompt_sets.values().map(|set| bytes_of(set.def().data)));
    ranges.extend(tensors(&state).into_iter().map(bytes_of));
    let records = patient.records().into_iter();
    ranges.extend(records.map(|(place, _, payload)| place..place + 64 + payload.len()));
    ranges
}

fn medium(bytes: &[u8]) -> Arc<dyn Storage> {
    Arc::new(MemoryStorage::from_bytes(bytes.to_vec()))
}

fn truth_of(patient: &Patient) -> u32 {
    read_all(&medium(&patient.bytes)).unwrap()
}

#[test]
fn no_flipped_bit_is_silent() {
    let patient = Patient::with_log(true);
    let total = patient.bytes.len() * 8;
    assert!(total / 8 >= 256 << 10);
    let soak = std::env::var_os(SOAK).is_some();
    let step = if soak { 1 } else { SLACK_STEP };
    let mut bits: BTreeSet<usize> = (0..total).step_by(step).collect();
    for range in bulk(&patient) {
        bits.extend((range.start * 8..range.end * 8).filter(|bit| bit % BULK_STEP == 0));
    }
    for range in metadata(&patient) {
        bits.extend(range.start * 8..range.end * 8);
    }
    let bits: Vec<usize> = bits.into_iter().collect();
    let tally = flip_all(&patient.bytes, &bits, truth_of(&patient));
    println!("{} of {total} bits flipped: {tally:?}", bits.len());
    assert_eq!(tally.silent, 0);
    assert!(tally.detected > tally.harmless);
}

#[test]
fn no_cut_is_silent() {
    let patient = Patient::with_log(true);
    let truth = truth_of(&patient);
    let step = if std::env::var_os(SOAK).is_some() { 1 } else { 1021 };
    let mut tally = Tally::default();
    for len in (0..patient.bytes.len()).step_by(step) {
        tally = tally.plus(judge(&medium(&patient.bytes[..len]), truth, true));
    }
    println!("{} bytes cut at steps of {step}: {tally:?}", patient.bytes.len());
    assert_eq!((tally.silent, tally.harmless), (0, 0));
}
