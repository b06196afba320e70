//! `vesalius import` killed at random moments, and started again: the result is that of an import that was not.

#![cfg(test)]

#[path = "support/kill.rs"]
mod kill;
mod support;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use kill::killed;
use vesalius::storage::sim::SplitMix64;
use vesalius_convert::pickle_write::{Feature, RegionFeature, RegionImage, write_region_pickle};

const KILLS: usize = 50;
const IMAGES: i64 = 600;
const DIM: usize = 96;

/// A region database in the layout of the original.
fn write_source(path: &Path) {
    let mut rng = SplitMix64::new(99);
    let mut feature = || -> Vec<f32> {
        (0..DIM).map(|_| f32::from(u16::try_from(rng.below(2000)).unwrap()) / 7.0).collect()
    };
    let features: Vec<Vec<f32>> = (0..64).map(|_| feature()).collect();
    let images = (0..IMAGES).map(|n| {
        let place = usize::try_from(n).unwrap();
        let regions =
            (0..29_u32).filter(move |region| (place + *region as usize).is_multiple_of(3));
        (format!("image-{n:05}"), n, regions.map(move |r| (r, (place * 7 + r as usize) % 64)))
    });
    let names: Vec<String> = (0..29).map(|r| format!("region {r}")).collect();
    let out = BufWriter::new(File::create(path).unwrap());
    let built: Vec<(String, i64, Vec<_>)> =
        images.map(|(key, n, regions)| (key, n, regions.collect())).collect();
    let images = built.iter().map(|(key, n, regions)| RegionImage {
        key,
        regions: regions
            .iter()
            .map(|&(index, place)| RegionFeature {
                index,
                name: &names[index as usize],
                feature: Feature::F32(&features[place]),
            })
            .collect(),
        sample_idx: *n,
        attributes: Vec::new(),
    });
    write_region_pickle(out, images).unwrap();
}

#[test]
fn killed_fifty_times_and_equal() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("cohort.pkl");
    write_source(&source);
    killed(&source, &["--batch", "9", "--name", "cohort"], KILLS, |whole| {
        assert_eq!(whole.0.len(), usize::try_from(IMAGES).unwrap());
    });
}
