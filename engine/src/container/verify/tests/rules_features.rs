//! Features and regions: V004, V023 to V025.

use super::build::{GLOBAL, PARTS, PLAIN, SMALL};
use super::surgery::Patient;
use crate::format::Rule;
use crate::format::group::layout::section;

const SPOT: (u32, usize) = (PARTS, 0);

fn broken(edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = Patient::new();
    edit(&mut patient);
    patient
}

fn set<T: bytemuck::NoUninit>(group: (u32, usize), number: usize, at: usize, value: T) -> Patient {
    broken(|p| p.set(group, number, at, value))
}

#[test]
fn v004_padding_and_flags() {
    let matrix = section::VECTOR_MATRIX;
    for patient in [
        set((GLOBAL, 0), matrix, 200, 1.0_f32),
        set((GLOBAL, 0), matrix, 240 * 208 - 1, -0.0_f32),
        set((SMALL, 1), matrix, 31, 1_u16),
        set(SPOT, section::REGION_MATRIX, 12, 1_u16),
        set((PLAIN, 1), section::REGION_MATRIX, 15, f32::NAN),
        set(SPOT, section::ENTRY_FLAGS, 0, 4_u8),
    ] {
        patient.breaks(Rule::Reserved);
    }
}

/// The directory is `{region u32, count u32, first u64}`: counted in `u32`.
#[test]
fn v023_directory() {
    let region = |n: usize| n * 4;
    for (at, value) in [
        (region(1), 0_u32),
        (region(1), 3),
        (region(4), 5),
        (region(4), u32::MAX),
        (region(0) + 1, 0),
        (region(4) + 1, 1),
        (region(4) + 1, u32::MAX),
        (region(2) + 2, 0),
        (region(2) + 3, 1),
    ] {
        set(SPOT, section::REGION_DIRECTORY, at, value).breaks(Rule::RegionDirectory);
    }
}

#[test]
fn v024_rows() {
    for (number, at, value) in [
        (section::ENTRY_IMAGES, 0, 2_u32),
        (section::ENTRY_IMAGES, 0, 3),
        (section::ENTRY_IMAGES, 5, u32::MAX),
        (section::IMAGE_STARTS, 0, 1),
        (section::IMAGE_STARTS, 9, 0),
        (section::IMAGE_STARTS, 9, u32::MAX),
        (section::IMAGE_STARTS, 240, 0),
        (section::IMAGE_ENTRIES, 0, 1),
        (section::IMAGE_ENTRIES, 0, u32::MAX),
    ] {
        set(SPOT, number, at, value).breaks(Rule::RegionRows);
    }
    for (at, value) in [(0, 1_u16), (0, u16::MAX), (1, 0), (3, 0)] {
        set(SPOT, section::IMAGE_REGIONS, at, value).breaks(Rule::RegionRows);
    }
    // Two images swap an entry: every list still looks right for itself.
    let swapped = broken(|p| {
        p.edit_section(SPOT, section::IMAGE_ENTRIES, |entries| {
            let first = entries[..4].to_vec();
            entries.copy_within(8..12, 0);
            entries[8..12].copy_from_slice(&first);
        });
    });
    swapped.breaks(Rule::RegionRows);
}

#[test]
fn v025_values() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        set((GLOBAL, 0), section::VECTOR_MATRIX, 199, value).breaks(Rule::FeatureFinite);
        set((PLAIN, 0), section::REGION_MATRIX, 3, value).breaks(Rule::FeatureFinite);
        let bits = half::f16::from_f32(value).to_bits();
        set((SMALL, 0), section::VECTOR_MATRIX, 19, bits).breaks(Rule::FeatureFinite);
        set(SPOT, section::REGION_MATRIX, 11, bits).breaks(Rule::FeatureFinite);
    }
    // Row 1 is the first entry of region 0; it has a box and a score.
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        set(SPOT, section::ENTRY_BOXES, 5, value).breaks(Rule::FeatureFinite);
        set(SPOT, section::ENTRY_SCORES, 0, value).breaks(Rule::FeatureFinite);
    }
}

#[test]
fn the_largest_values_are_finite() {
    for patient in [
        set((GLOBAL, 0), section::VECTOR_MATRIX, 0, f32::MAX),
        set((SMALL, 0), section::VECTOR_MATRIX, 0, half::f16::MIN.to_bits()),
        set(SPOT, section::ENTRY_SCORES, 0, f32::MAX),
    ] {
        assert!(super::check(patient.bytes).unwrap().is_ok());
    }
}
