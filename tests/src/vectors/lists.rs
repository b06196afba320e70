//! Containers with lists around centroids.

use std::ops::Range;

use vesalius::format::index::IndexHeader;
use vesalius::{
    Database, DefaultMetric, Definition, Dtype, Field, IndexOptions, Metric, RegionValue, Result,
};

use super::images::{closed, commit};
use super::surgery::{Patient, at};

type Named = (&'static str, Patient);

/// Sections, in the order of the specification.
const HEAD: usize = 0;
const CENTRE: usize = 1;
const CENTROIDS: usize = 2;
const SCALES: usize = 3;
const CENTROID_CODES: usize = 4;
const CENTROID_FACTS: usize = 5;
const STARTS: usize = 6;
const ORDINALS: usize = 8;
const CODES: usize = 9;
const FACTS: usize = 10;
const GROUPS: usize = 11;
const UNLISTED: usize = 12;

/// Lists of vectors by two metrics with features that came later; lists of a region by the third.
pub(super) fn valid() -> Result<Vec<Named>> {
    let both = vectors(&[Metric::L2, Metric::InnerProduct])?;
    Ok(vec![("index_lists", both), ("index_lists_region", regions()?)])
}

fn vectors(metrics: &[Metric]) -> Result<Patient> {
    let field = Field::vector("global", 6).dtype(Dtype::F16).metric(DefaultMetric::L2);
    closed(Definition::new().field(field), |db| {
        put(db, 0..70)?;
        let lists = IndexOptions::approximate().lists(3).threads(1);
        for &metric in metrics {
            db.build_index("global", &lists.metric(metric), &mut |_, _| true)?;
        }
        put(db, 70..92)?;
        commit(db, |txn| {
            for n in [3, 40, 72] {
                txn.delete(&format!("{n:02}"))?;
            }
            txn.put("zero")?.vector("global", &[0.0; 6]).map(drop)
        })?;
        // The lists are carried over to the row group that this makes, with what came later beside them.
        db.checkpoint()?;
        commit(db, |txn| txn.delete("10").map(drop))?;
        put(db, 92..95)
    })
}

fn put(db: &Database, numbers: Range<u16>) -> Result<()> {
    commit(db, |txn| {
        for n in numbers {
            let value = |i: u16| f32::from((n * 7 + i * 5) % 23) + 20.0 * f32::from(n % 3);
            let feature: Vec<f32> = (0..6).map(value).collect();
            txn.put(&format!("{n:02}"))?.vector("global", &feature)?;
        }
        Ok(())
    })
}

fn regions() -> Result<Patient> {
    let field = Field::regions("regions", 130, ["a", "b"]).metric(DefaultMetric::Cosine);
    closed(Definition::new().field(field), |db| {
        commit(db, |txn| {
            for n in 0..40_u16 {
                let value = |i: u16| f32::from((n * 7 + i * (5 + n % 2)) % 23) - 11.0;
                let feature: Vec<f32> = (0..130).map(value).collect();
                let names = if n % 3 == 0 { vec!["a"] } else { vec!["a", "b"] };
                let regions = names.iter().map(|name| RegionValue::new(*name, &feature));
                let regions: Vec<RegionValue<'_>> = regions.collect();
                txn.put(&format!("{n:02}"))?.regions("regions", &regions)?;
            }
            Ok(())
        })?;
        let lists = IndexOptions::approximate().lists(2).threads(1).region("b");
        db.build_index("regions", &lists, &mut |_, _| true)?;
        commit(db, |txn| txn.delete("01").map(drop))
    })
}

/// Containers to reject.
pub(super) fn invalid() -> Result<Vec<Named>> {
    let base = vectors(&[Metric::L2])?;
    let head = |place: usize, value: u8| edited(&base, |bytes, _| bytes[place] = value);
    // A value of four bytes in a section.
    let word = |section: usize, place: usize, value: [u8; 4]| {
        edited(&base, |bytes, header| {
            let place = at(header.sections[section].offset) + 4 * place;
            bytes[place..place + 4].copy_from_slice(&value);
        })
    };
    let number = |section, place, value: u32| word(section, place, value.to_le_bytes());
    let fact = |section, place, value: f32| word(section, place, value.to_le_bytes());
    let swapped = edited(&base, |bytes, header| {
        let first = at(header.sections[ORDINALS].offset);
        bytes[first..first + 8].rotate_left(4);
    });
    let flipped = |section: usize, bit: u8| {
        edited(&base, |bytes, header| {
            bytes[at(header.sections[section].offset)] ^= 1 << bit;
        })
    };
    Ok(vec![
        ("V042_lists_region", head(12, 0)),
        ("V042_lists_count", head(16, 1)),
        ("V042_lists_seed", head(32, 1)),
        ("V042_lists_metric", head(40, 1)),
        ("V042_lists_number", head(44, 9)),
        ("V043_lists_sections", head(48, 10)),
        ("V043_lists_magic", number(HEAD, 0, 7)),
        ("V043_lists_reserved", number(HEAD, 12, 1)),
        ("V043_lists_seed", number(HEAD, 8, 5)),
        ("V043_lists_reach", fact(HEAD, 16, -1.0)),
        ("V043_lists_centre", fact(CENTRE, 0, f32::NAN)),
        ("V043_lists_centroid", flipped(CENTROIDS, 6)),
        ("V043_lists_scale", fact(SCALES, 0, 0.25)),
        ("V043_lists_length", fact(SCALES, 3, 1.0)),
        ("V043_lists_centroid_bit", flipped(CENTROID_CODES, 0)),
        ("V043_lists_centroid_fact", fact(CENTROID_FACTS, 64, 1.0)),
        ("V043_lists_start", number(STARTS, 1, 0)),
        ("V043_lists_swapped", swapped),
        ("V043_lists_twice", number(ORDINALS, 1, 0)),
        ("V043_lists_ordinal", number(ORDINALS, 0, 900)),
        ("V043_lists_behind", number(ORDINALS, 63, 1)),
        ("V043_lists_bit", flipped(CODES, 0)),
        ("V043_lists_added", fact(FACTS, 0, -999.0)),
        ("V043_lists_factor", fact(FACTS, 64, 9.0)),
        ("V043_lists_error", fact(FACTS, 128, 0.0)),
        ("V043_lists_error_negative", fact(FACTS, 128, -1.0)),
        ("V043_lists_group", number(GROUPS, 2, 60)),
        ("V043_lists_unlisted", number(UNLISTED, 0, 75)),
    ])
}

/// The container with other lists.
fn edited(base: &Patient, edit: impl FnOnce(&mut [u8], &IndexHeader)) -> Patient {
    let mut patient = base.clone();
    patient.edit_index(0, edit);
    patient
}
