//! What the demonstration promises: the same cohort everywhere, and a search that answers sensibly.

use std::sync::OnceLock;

use super::build::SIDE;
use super::descriptor::LENGTH;
use super::{Finding, Lesson, Patient, REGION_NAMES, cohort};

/// The default cohort, drawn once for all tests.
fn drawn() -> &'static [Patient] {
    static COHORT: OnceLock<Vec<Patient>> = OnceLock::new();
    COHORT.get_or_init(|| cohort(60, &Lesson::learn()))
}

fn with(finding: Finding) -> impl Iterator<Item = &'static Patient> {
    drawn().iter().filter(move |patient| patient.finding == finding.name())
}

fn descriptor_of<'a>(patient: &'a Patient, region: &str) -> Option<&'a [f32]> {
    let found = patient.regions.iter().find(|found| found.name == region)?;
    Some(found.descriptor.as_slice())
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The share of patients with `finding` among the five nearest of each such patient, by `region`.
fn precision_at_5(finding: Finding, region: &str) -> f64 {
    let (mut hits, mut asked) = (0_u32, 0_u32);
    for query in with(finding) {
        let Some(sought) = descriptor_of(query, region) else { continue };
        let mut answers: Vec<(f32, &Patient)> = drawn()
            .iter()
            .filter(|patient| patient.key != query.key)
            .filter_map(|patient| Some((cosine(sought, descriptor_of(patient, region)?), patient)))
            .collect();
        answers.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, answer) in answers.iter().take(5) {
            hits += u32::from(answer.finding == finding.name());
            asked += 1;
        }
    }
    assert!(asked >= 30, "the region is found in most patients");
    f64::from(hits) / f64::from(asked)
}

/// CRC-32 (ISO-HDLC), bit by bit.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|byte| {
        let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        (0..8).fold(u32::try_from(byte).unwrap(), step)
    });
    !bytes.fold(u32::MAX, |crc, byte| (crc >> 8) ^ table[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

#[test]
fn the_cohort_is_the_same_everywhere() {
    assert_eq!(crc32(b"123456789".iter().copied()), 0xCBF4_3926);
    let pixels = crc32(drawn().iter().flat_map(|patient| patient.image.pixels.iter().copied()));
    let regions = || drawn().iter().flat_map(|patient| &patient.regions);
    let descriptors = crc32(
        regions()
            .flat_map(|region| region.descriptor.iter().chain([&region.score]))
            .flat_map(|number| number.to_le_bytes()),
    );
    let boxes = crc32(regions().flat_map(|region| region.bbox).flat_map(u16::to_le_bytes));
    let ratios = crc32(drawn().iter().flat_map(|patient| patient.heart_ratio.to_le_bytes()));
    let sums = [pixels, descriptors, boxes, ratios].map(|sum| format!("{sum:08x}"));
    assert_eq!(sums, ["031c6f77", "72e699ca", "e37eccbd", "6969a0c8"]);
}

#[test]
fn a_larger_cohort_begins_with_the_smaller() {
    let lesson = Lesson::learn();
    assert_eq!(cohort(3, &lesson), drawn()[..3]);
    assert!(cohort(0, &lesson).is_empty());
}

#[test]
fn the_nearest_regions_belong_to_patients_with_the_same_finding() {
    // Nine of sixty patients have each finding: an answer by chance is right in 8 of 59 cases,
    // 0.14.
    for (finding, least) in [
        (Finding::Cardiomegaly, 0.9),
        (Finding::RightLowerOpacity, 0.8),
        (Finding::LeftEffusion, 0.9),
        (Finding::LeftUpperNodule, 0.65),
    ] {
        let precision = precision_at_5(finding, finding.region().unwrap());
        println!("{}: precision at 5 is {precision:.3}", finding.name());
        assert!(precision >= least, "{}: {precision:.3} < {least}", finding.name());
    }
}

#[test]
fn a_region_that_the_finding_spares_does_not_tell() {
    let precision = precision_at_5(Finding::LeftUpperNodule, "right costophrenic angle");
    assert!(precision < 0.4, "{precision:.3}");
}

#[test]
fn every_finding_is_there_in_every_split() {
    for finding in Finding::ALL {
        let expected = if finding == Finding::None { 24 } else { 9 };
        assert_eq!(with(finding).count(), expected);
        for split in ["train", "val", "test"] {
            assert!(
                with(finding).any(|patient| patient.split == split),
                "{} {split}",
                finding.name()
            );
        }
        assert!(finding.region().is_none_or(|region| REGION_NAMES.contains(&region)));
    }
    let count = |split: &str| drawn().iter().filter(|patient| patient.split == split).count();
    assert_eq!([count("train"), count("val"), count("test")], [36, 12, 12]);
}

#[test]
fn the_heart_is_beyond_half_the_thorax_in_cardiomegaly_only() {
    for patient in drawn() {
        let large = patient.finding == Finding::Cardiomegaly.name();
        assert_eq!(patient.heart_ratio > 0.5, large, "{}: {}", patient.key, patient.heart_ratio);
        assert!((21..=92).contains(&patient.age));
    }
}

#[test]
fn regions_are_sparse_ordered_and_inside_the_picture() {
    let side = u16::try_from(SIDE).unwrap();
    let mut missing = 0;
    for patient in drawn() {
        assert!(patient.regions.len() >= 20, "{}", patient.key);
        assert!(patient.regions.windows(2).all(|pair| pair[0].index < pair[1].index));
        missing += REGION_NAMES.len() - patient.regions.len();
        for region in &patient.regions {
            assert_eq!(REGION_NAMES[region.index], region.name);
            let [z0, y0, x0, z1, y1, x1] = region.bbox;
            assert!((z0, z1) == (0, 1) && y0 < y1 && y1 <= side && x0 < x1 && x1 <= side);
            assert!(region.score > 0.5 && region.score < 1.0);
            assert_eq!(region.descriptor.len(), LENGTH);
            assert!(region.descriptor.iter().all(|number| number.is_finite()));
        }
    }
    assert!((20..200).contains(&missing), "{missing} of {}", 60 * REGION_NAMES.len());
}
