//! The reference decoder reads the masks that the engine writes: workloads, shapes, label maps, real ones.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use vesalius::format::group::{GroupDesc, Layout};
use vesalius::storage::MemoryStorage;
use vesalius::storage::sim::SplitMix64;
use vesalius::{Database, MaskProfile, Space};
use vesalius_tests::mask_files::{crops, maps, of_masks, of_workload, shapes};
use vesalius_tests::reference::{decoder, judge};
use vesalius_tests::reseal::patch;
use vesalius_tests::vectors::surgery::Patient;
use vesalius_tests::volumes::folder;
use vesalius_tests::workload::MASK_SEEDS;

const PROFILES: [MaskProfile; 2] = [MaskProfile::Small, MaskProfile::Fast];
/// Damaged files that engine and decoder are shown.
const MUTANTS: usize = 200;

/// What the decoder says of each file.
fn ask<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for bytes in files {
        paths.push(folder.path().join(format!("{}.vsl", paths.len())));
        std::fs::write(paths.last().unwrap(), bytes).unwrap();
    }
    decoder(&paths).unwrap()
}

/// Engine and decoder print the same of each file, which has masks.
fn agree(files: &[(String, Vec<u8>)]) {
    let Some(said) = ask(files.iter().map(|file| &*file.1)) else { return };
    let mut wrong = String::new();
    for ((name, bytes), decoder) in files.iter().zip(said) {
        let engine = judge(bytes).unwrap();
        assert!(engine.contains("\"runs\":["), "{name} has no masks: {engine:.200}");
        if engine != decoder {
            let same = engine.bytes().zip(decoder.bytes()).take_while(|(a, b)| a == b).count();
            let start = same.saturating_sub(60);
            let short = |text: &str| -> String {
                text.get(start..).unwrap_or("").chars().take(120).collect()
            };
            writeln!(wrong, "{name}:\n engine  {}\n decoder {}", short(&engine), short(&decoder))
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn seed() -> u64 {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
    println!("VESALIUS_SEED={seed}");
    seed
}

#[test]
fn workloads_are_read_alike() {
    let first = MASK_SEEDS + seed();
    let one = |seed: u64| (format!("workload {seed}"), of_workload(seed, 60).unwrap());
    agree(&(first..first + 8).map(one).collect::<Vec<_>>());
}

#[test]
fn shapes_and_label_maps_are_read_alike() {
    let mut rng = SplitMix64::new(seed());
    let (shapes, maps) = (shapes(&mut rng).unwrap(), maps(&mut rng).unwrap());
    let mut files = Vec::new();
    for profile in PROFILES {
        files.push((format!("shapes {profile:?}"), of_masks(&shapes, profile, false).unwrap()));
    }
    for together in [false, true] {
        let file = of_masks(&maps, MaskProfile::Small, together).unwrap();
        files.push((format!("maps together: {together}"), file));
    }
    agree(&files);
}

#[test]
fn real_label_maps_are_read_alike() {
    if !folder().exists() {
        println!("SKIPPED: {} absent", folder().display());
        return;
    }
    let maps = crops().unwrap();
    let file = |profile, together| {
        let name = format!("{profile:?} together: {together}");
        (name, of_masks(&maps, profile, together).unwrap())
    };
    let small = MaskProfile::Small;
    agree(&[file(small, false), file(small, true), file(MaskProfile::Fast, false)]);
}

/// Places of row groups of masks in a file that was closed.
fn mask_groups(patient: &Patient) -> Vec<Range<usize>> {
    let groups = patient.manifest().groups;
    let masks = groups.iter().filter(|group| group.layout == Layout::Masks);
    let range = |group: &GroupDesc| {
        let start = usize::try_from(group.data.offset()).unwrap();
        start..start + usize::try_from(group.data.len).unwrap()
    };
    masks.map(range).collect()
}

/// A file with some bytes of its masks changed, and its checksums right again.
fn mutant(base: &[u8], rng: &mut SplitMix64) -> Vec<u8> {
    let mut patient = Patient { bytes: base.to_vec() };
    let parts = mask_groups(&patient);
    let part = parts[rng.below(parts.len())].clone();
    let mut patches = Vec::new();
    for _ in 0..=rng.below(2) {
        let places: Vec<usize> = (0..4).map(|_| part.start + rng.below(part.len())).collect();
        // Much of a small row group is padding.
        let place = places.iter().copied().find(|&at| base[at] != 0).unwrap_or(places[0]);
        let old = base[place];
        let value = match rng.below(4) {
            0 => u8::try_from(rng.below(256)).unwrap(),
            1 => old.wrapping_add(1),
            2 => old.wrapping_sub(1),
            _ => old ^ (1 << rng.below(8)),
        };
        patches.push((u32::try_from(place).unwrap(), value));
    }
    patch(&mut patient.bytes, &patches);
    patient.bytes
}

#[test]
fn damaged_masks_are_judged_alike() {
    let mut rng = SplitMix64::new(seed());
    // In extents, not in the log.
    let settled = |bytes: Vec<u8>| {
        let disk = MemoryStorage::from_bytes(bytes);
        let db = Database::open_on(disk.clone()).unwrap();
        db.checkpoint().unwrap();
        db.close().unwrap();
        disk.snapshot_bytes()
    };
    let of_seed = |seed: u64| of_workload(MASK_SEEDS + seed, 30).unwrap();
    let mut bases: Vec<Vec<u8>> = (0..6).map(of_seed).collect();
    let small = |space: &Space| space.shape.iter().product::<u64>() < 5000;
    for image in shapes(&mut rng).unwrap().into_iter().filter(|image| small(&image.0)) {
        bases.extend(PROFILES.map(|p| of_masks(std::slice::from_ref(&image), p, false).unwrap()));
    }
    for image in maps(&mut rng).unwrap().into_iter().filter(|image| small(&image.0)) {
        bases.push(of_masks(&[image], MaskProfile::Small, true).unwrap());
    }
    let bases: Vec<Vec<u8>> = bases.into_iter().map(settled).collect();
    let mutants: Vec<Vec<u8>> =
        (0..MUTANTS).map(|number| mutant(&bases[number % bases.len()], &mut rng)).collect();
    let Some(said) = ask(mutants.iter().map(Vec::as_slice)) else { return };
    let (mut wrong, mut rules) = (String::new(), BTreeMap::<_, usize>::new());
    for (number, (bytes, decoder)) in mutants.iter().zip(said).enumerate() {
        let engine = judge(bytes).unwrap();
        let rule = |text: &str| {
            let text = if text.starts_with("{\"rule\"") { text.trim() } else { "accepted" };
            text.to_owned()
        };
        *rules.entry((rule(&engine), rule(&decoder))).or_default() += 1;
        let accepted = rule(&engine) == "accepted";
        if accepted != (rule(&decoder) == "accepted") || (accepted && engine != decoder) {
            writeln!(wrong, "{number}: engine {} decoder {}", rule(&engine), rule(&decoder))
                .unwrap();
        }
    }
    println!("{} bases, engine and decoder: {rules:#?}", bases.len());
    assert!(wrong.is_empty(), "{wrong}");
    assert!(rules.len() > 4, "the mutants try too little");
}
