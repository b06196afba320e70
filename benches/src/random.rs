//! Reading one region of one image at random.

use std::hint::black_box;
use std::time::Instant;

use vesalius::{Database, RegionRef, Snapshot};

use crate::Result;
use crate::cohort::{Cohort, FIELD};
use crate::measure::Spread;
use crate::noise::Noise;
use crate::options::Options;
use crate::table::{Bound, Table, Unit};

const DIM: usize = 768;

/// One thing to read.
struct Question {
    row: u64,
    key: String,
    region: u16,
    name: String,
}

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let path = folder.path().join("random.vsl");
    let images = options.scaled(100_000, 100);
    let cohort = Cohort { images, dim: DIM, names: 29, present: (10, 10) };
    cohort.write_container(&path)?;
    let snapshot = Database::open_read_only(&path)?.snapshot()?;
    let questions = questions(&cohort, options.scaled(1_000_000, 1000))?;
    let by_key = |question: &Question| {
        let image = snapshot.image(&question.key)?;
        Ok(image.region(FIELD, question.name.as_str())?.map(|region| first(&region)))
    };
    let by_row = |question: &Question| {
        let image = snapshot.image_at(question.row)?.ok_or("a row is not there")?;
        Ok(image.region(FIELD, question.region)?.map(|region| first(&region)))
    };
    let mut copy = Vec::with_capacity(DIM);
    let copied = |question: &Question| {
        let image = snapshot.image(&question.key)?;
        let region = image.region(FIELD, question.name.as_str())?;
        copy.clear();
        Ok(region.map(|region| {
            region.feature.extend_f32(0, &mut copy);
            copy.iter().sum()
        }))
    };
    warm(&snapshot, &cohort)?;
    let bound = Bound::Below(1e-6);
    let key = each(&questions, by_key)?;
    table.alone("by key and region name, first value", Unit::Seconds, key, bound);
    let row = each(&questions, by_row)?;
    table.alone("by row and region index, first value", Unit::Seconds, row, bound);
    let whole = each(&questions, copied)?;
    table.alone(
        "by key and region name, all values copied and summed",
        Unit::Seconds,
        whole,
        Bound::Free,
    );
    table.note(format!(
        "{} reads of {images} images of 10 of 29 regions, D = {DIM} f32, each timed by itself (clock \
         included); median [first .. 99th percentile]; features of {}, beyond the caches, in the page cache",
        questions.len(),
        Unit::Bytes.show(images as f64 * 10.0 * 4.0 * DIM as f64),
    ));
    Ok(())
}

fn first(region: &RegionRef<'_>) -> f32 {
    region.feature.row_f32(0).and_then(|values| values.first().copied()).unwrap_or(f32::NAN)
}

/// Regions that are there, in random order.
fn questions(cohort: &Cohort, count: u64) -> Result<Vec<Question>> {
    let mut present = Vec::new();
    cohort.for_each(|subject| {
        present.extend(subject.regions.iter().map(|&region| (subject.number, region)));
        Ok(())
    })?;
    let mut noise = Noise::new(5);
    let mut pick = || {
        let place = usize::try_from(noise.below(present.len() as u64))?;
        let &(row, region) = present.get(place).ok_or("no region at all")?;
        Ok(Question { row, key: Cohort::key(row), region, name: Cohort::name(region) })
    };
    (0..count).map(|_| pick()).collect()
}

/// Brings every page in and verifies every checksum.
fn warm(snapshot: &Snapshot, cohort: &Cohort) -> Result<()> {
    let mut sum = 0.0;
    for number in 0..cohort.images {
        let image = snapshot.image(&Cohort::key(number))?;
        for region in image.regions(FIELD)?.unwrap_or_default() {
            sum += region.feature.row_f32(0).unwrap_or_default().iter().sum::<f32>();
        }
    }
    black_box(sum);
    Ok(())
}

/// Times each read. The extremes of a million would be those of the system: percentiles stand for them.
fn each(
    questions: &[Question],
    mut read: impl FnMut(&Question) -> Result<Option<f32>>,
) -> Result<Spread> {
    let mut nanoseconds = Vec::with_capacity(questions.len());
    for question in questions {
        let start = Instant::now();
        let found = black_box(read(question)?);
        nanoseconds.push(start.elapsed().as_secs_f64());
        if found.is_none_or(f32::is_nan) {
            return Err("a region is not there".into());
        }
    }
    nanoseconds.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| {
        let place = (nanoseconds.len() as f64 - 1.0) * part;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
        nanoseconds.get(place as usize).copied().unwrap_or(f64::NAN)
    };
    Ok(Spread { least: at(0.01), median: at(0.5), most: at(0.99) })
}
