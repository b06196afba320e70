//! What a pass over a database lets go of, and how it is read by a plan of its beginning.

use std::ops::Range;

use crate::pickle::{Document, Limits, Plan, stream};
use crate::pickle_write::{Feature, RegionFeature, RegionImage, RegionPickle};
use crate::regions::spot::{Item, Spotter};
use crate::regions::{Options, open};

const DIM: usize = 4096;
const REGIONS: u32 = 4;

/// About 64 KiB an image; the last ones have regions of their own, whose names are fetched as well.
fn pickle(images: u32) -> Vec<u8> {
    let mut out = RegionPickle::new(Vec::new()).unwrap();
    let feature = vec![0.5_f32; DIM];
    for number in 0..images {
        let late = if number + 5 > images { REGIONS } else { 0 };
        let names: Vec<String> = (0..REGIONS).map(|i| format!("region {}", i + late)).collect();
        let feature = Feature::F32(&feature);
        let regions = names.iter().zip(late..);
        let regions = regions.map(|(name, index)| RegionFeature { index, name, feature }).collect();
        let (key, attributes) = (&*format!("image {number}"), Vec::new());
        let sample_idx = i64::from(number);
        out.image(&RegionImage { key, regions, sample_idx, attributes }).unwrap();
    }
    out.finish().unwrap()
}

/// The stretches that a pass over `bytes` releases, and where each image lay.
fn released(bytes: &[u8]) -> (Vec<Range<u64>>, Vec<u64>) {
    let plan = Plan::scan(bytes, &Limits::default()).unwrap();
    let (mut ranges, mut images) = (Vec::new(), Vec::new());
    let each = |document: &Document<'_>, item: Item<'_>| {
        images.push(document.position(item.key).unwrap());
        Ok(true)
    };
    let mut spotter = Spotter::new(each, |range| ranges.push(range));
    stream(bytes, &plan, &Limits::default(), &mut spotter).unwrap();
    spotter.trail.finish(bytes.len() as u64);
    (ranges, images)
}

#[test]
fn a_pass_lets_go_of_all_of_a_database_in_small_stretches() {
    let bytes = pickle(1100);
    let (ranges, images) = released(&bytes);
    assert_eq!(images.len(), 1100);
    // A batch of a thousand images is walked and then read: both readings are followed.
    let largest = ranges.iter().map(|range| range.end - range.start).max().unwrap();
    assert!(largest < 40 << 20, "{largest}");
    let mut covered = 0;
    for (place, range) in ranges.iter().enumerate() {
        assert!(range.start <= covered, "{place}: {ranges:?}");
        covered = covered.max(range.end);
    }
    assert_eq!(covered, bytes.len() as u64);
    let again = ranges.windows(2).filter(|pair| pair[1].start < pair[0].end).count();
    assert!(again >= 1, "a batch that is larger than what is kept is let go of twice: {ranges:?}");
}

#[test]
fn a_plan_of_the_beginning_suffices_or_ends_in_an_error() {
    let bytes = pickle(300);
    let limits = Limits::default();
    let read = |plan: &Plan| {
        let mut spotter = Spotter::new(|_, _| Ok(true), |_| {});
        stream(&bytes, plan, &limits, &mut spotter).map(|document| document.is_some())
    };
    let whole = Plan::scan(&bytes, &limits).unwrap();
    assert_eq!(read(&whole), Ok(true));
    let guess = Plan::guess(&bytes, &limits, 1).unwrap();
    assert!(guess.consumed() < whole.consumed());
    assert!(read(&guess).is_err());
    let enough = Plan::guess(&bytes, &limits, u64::MAX).unwrap();
    assert_eq!(enough.consumed(), whole.consumed());
    assert_eq!(read(&enough), Ok(true));

    // Opening goes on with a whole plan where the beginning, here 16 of 19 MB, knows too little.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.pkl");
    std::fs::write(&path, &bytes).unwrap();
    let source = open(&path, &Options::default()).unwrap();
    assert_eq!((source.len(), source.dim()), (300, DIM));
    assert_eq!(source.region_names().last().unwrap(), "region 7");
    let mut seen = 0;
    source
        .for_each(0, &mut |number, image| {
            assert_eq!((number, image.regions.len()), (seen, 4));
            seen += 1;
            Ok(true)
        })
        .unwrap();
    assert_eq!(seen, 300);
}
