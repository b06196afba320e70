//! What a disk may hold after a crash.

use std::collections::BTreeMap;

use super::SplitMix64;
use super::platter::{Kind, Platter, Version};

/// Which of the changes that were not synced survive a crash. What was synced always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashMode {
    /// All of them: what reads saw last.
    All,
    /// None of them.
    None,
    /// Each with this probability in percent, in the order of their writing. A sector past the
    /// end of the file, its growth having been lost, extends it or is lost too.
    Random(u8),
    /// Any one version of each sector, the durable one included, and any one length, regardless
    /// of their order.
    RandomReordered,
    /// As `Random(50)`, but half of the sectors that do not survive hold random bytes where the
    /// write would have changed them.
    Garbage,
}

/// One image that `mode` allows, chosen by `seed`.
pub(super) fn crash_image(platter: &Platter, seed: u64, mode: CrashMode) -> Vec<u8> {
    let mut rng = SplitMix64::new(seed);
    match mode {
        CrashMode::All => platter.visible.clone(),
        CrashMode::None => platter.durable.clone(),
        CrashMode::Random(percent) => in_order(platter, &mut rng, percent, false),
        CrashMode::Garbage => in_order(platter, &mut rng, 50, true),
        CrashMode::RandomReordered => reordered(platter, &mut rng),
    }
}

fn in_order(platter: &Platter, rng: &mut SplitMix64, percent: u8, garbage: bool) -> Vec<u8> {
    let mut image = platter.durable.clone();
    for change in &platter.pending {
        let survives = rng.chance(percent);
        match &change.kind {
            Kind::Len(len) if survives => image.resize(*len, 0),
            Kind::Sector(version) if survives => version.apply(&mut image, rng.chance(50)),
            Kind::Sector(version) if garbage && rng.chance(50) => spoil(version, &mut image, rng),
            _ => {}
        }
    }
    image
}

fn spoil(version: &Version, image: &mut Vec<u8>, rng: &mut SplitMix64) {
    let mut torn = version.clone();
    // What the write did not touch keeps what the image holds.
    let start = version.index.saturating_mul(super::SECTOR);
    for (to, from) in torn.data.iter_mut().zip(image.iter().skip(start)) {
        *to = *from;
    }
    if let Some(touched) = torn.data.get_mut(version.touched.clone()) {
        rng.fill(touched);
    }
    torn.apply(image, rng.chance(50));
}

fn reordered(platter: &Platter, rng: &mut SplitMix64) -> Vec<u8> {
    let mut image = platter.durable.clone();
    let mut lens = Vec::new();
    let mut sectors: BTreeMap<usize, Vec<&Version>> = BTreeMap::new();
    for change in &platter.pending {
        match &change.kind {
            Kind::Len(len) => lens.push(len),
            Kind::Sector(version) => sectors.entry(version.index).or_default().push(version),
        }
    }
    if let Some(len) = choose(&lens, rng) {
        image.resize(**len, 0);
    }
    for versions in sectors.values() {
        if let Some(version) = choose(versions, rng) {
            version.apply(&mut image, rng.chance(50));
        }
    }
    image
}

/// One of `items` or none, all alike.
fn choose<'a, T>(items: &'a [T], rng: &mut SplitMix64) -> Option<&'a T> {
    items.get(rng.below(items.len().saturating_add(1)))
}
