//! Row groups of segments that would become far larger than they are.

use std::sync::Arc;

use super::build::MASKS;
use super::build_masks::{RawMasks, bytes};
use super::surgery::Patient;
use crate::container::merge::merge;
use crate::container::open::load;
use crate::error::Error;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::storage::{MemoryStorage, Storage};

/// Records that overlap, of which only every second one is live: without a limit a small row group would become as
/// many long records as it has segments.
#[test]
fn records_that_overlap_are_not_multiplied() {
    let long = bytes(8, &[20_000], &vec![0; 60_000]);
    let names: Vec<String> = (0..41).map(|slot| format!("{slot:02}")).collect();
    let segments: Vec<_> =
        (0..).zip(&names).map(|(slot, name)| (0, slot, "", &**name, long.clone())).collect();
    let mut raw = RawMasks::new(&segments, 0);
    raw.records[1..].fill(Vec::new());
    let mut patient = Patient::new();
    patient.replace_group(MASKS, 0, &raw.encode());
    let len = u32::try_from(long.len()).unwrap();
    for place in (2..41).step_by(2) {
        patient.set((MASKS, 0), section::RECORD_OFFSETS, place, 0_u32);
    }
    patient.set((MASKS, 0), section::RECORD_OFFSETS, 41, len);
    patient.set_dead(MASKS, 0, &(0..20).map(|place| 2 * place + 1).collect::<Vec<u64>>());
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::from_bytes(patient.bytes.clone()));
    let state = load(&storage).unwrap().state;
    let groups = state.column(MASKS).unwrap().groups();
    assert!(groups[0].live() == 21);
    let merged = merge(&groups[..1], &state.schema, &(0..u64::MAX), &Some);
    assert!(matches!(merged, Err(Error::Corrupt(_))));
    assert!(state.segments_of(MASKS, 0).is_err());
    patient.breaks(Rule::SegmentRecord);
}
