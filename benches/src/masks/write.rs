//! Encoding a label map, and adding segments one by one.

use std::hint::black_box;

use vesalius::mask::stored::StoredMask;
use vesalius::{Durability, MaskProfile, Segment, SegmentValue, split_labels};

use super::contest::Contest;
use super::set::Set;
use super::{FIELD, KEY, kept};
use crate::Result;
use crate::measure::{Rounds, Spread, timed};
use crate::table::{Bound, Ratio, Unit};

/// A label map to segments as they are stored, against compressing it.
pub(super) fn encode(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    let name = &set.name;
    let ours = |profile| -> Result<()> {
        let parts = split_labels(set.shape, &set.labels)?;
        let value = |(label, runs)| SegmentValue { segment: Segment::new("", label), runs };
        let values: Vec<SegmentValue> = parts.into_iter().map(value).collect();
        black_box(StoredMask::encode_all(&values, profile));
        Ok(())
    };
    let rows = [
        ("default, crackle, Markov order 5", "markov", MaskProfile::Small, Bound::AtLeast(1.0)),
        ("default, crackle, no model", "plain", MaskProfile::Small, Bound::AtLeast(1.0)),
        ("fast, crackle, no model", "plain", MaskProfile::Fast, Bound::Free),
    ];
    for (what, peer, profile, bound) in rows {
        let what = format!("encoding {name}, {what}");
        contest.race(&what, &format!("encode {peer} {name}"), bound, || ours(profile))?;
    }
    Ok(())
}

/// Adds of one window.
const WINDOW: usize = 100;

/// Adding the same segment under new names to one image, each in a transaction.
pub(super) fn adds(contest: &mut Contest<'_>, sets: &[Set]) -> Result<()> {
    // Small, so that the rest of the cost is seen.
    let set = sets.iter().min_by_key(|set| set.labels.len());
    let Some((set, value)) = set.and_then(|set| Some((set, set.median()?))) else {
        return Ok(());
    };
    let count = usize::try_from(contest.options.scaled(10_000, 20))?;
    let window = WINDOW.min(count / 2);
    let kinds = [("durable", Durability::Immediate), ("deferred", Durability::Deferred)];
    for (kind, durability) in kinds {
        let [mut medians, mut means] = [(); 2].map(|()| Rounds::default());
        for _ in 0..contest.options.rounds.min(3) {
            let seconds = add_all(contest, set, value, count, durability)?;
            let part = |part: Option<&[f64]>| -> Result<Spread> {
                let part = part.unwrap_or(&[]).iter().copied();
                Spread::of(part).ok_or_else(|| "no add".into())
            };
            let first = part(seconds.get(..window))?;
            let last = part(seconds.get(count - window..))?;
            medians.push(last.median, first.median);
            let tenth = count / 10;
            let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
            let first = mean(seconds.get(..tenth).unwrap_or(&[]));
            means.push(mean(seconds.get(count - tenth..).unwrap_or(&[])), first);
        }
        let bound = Bound::AtMost(1.5);
        let what = format!("{kind} add, the last {window} of {count}, the first, medians");
        contest.table.compare(&what, Unit::Seconds, &medians, Ratio::Share, bound);
        let what = format!("{kind} add, the last tenth of {count}, the first, means");
        contest.table.compare(&what, Unit::Seconds, &means, Ratio::Share, Bound::Free);
    }
    contest.table.note(format!(
        "an add is a segment of {} runs of {}, encoded, to one image, and a commit; its peer is the same early on",
        value.runs.len(),
        set.name,
    ));
    Ok(())
}

/// Seconds of each add.
fn add_all(
    contest: &Contest<'_>,
    set: &Set,
    value: &SegmentValue,
    count: usize,
    durability: Durability,
) -> Result<Vec<f64>> {
    let path = contest.folder.join("adds.vsl");
    let db = kept::create(&path, &set.space)?;
    let mut txn = db.begin_write()?;
    txn.put(KEY)?;
    txn.commit()?;
    let mut seconds = Vec::with_capacity(count);
    let mut value = value.clone();
    for number in 0..count {
        value.segment.name = format!("segment {number:05}");
        let (spent, ()) = timed(|| {
            let mut txn = db.begin_write()?;
            txn.update(KEY)?.add_segment(FIELD, &value)?;
            Ok(txn.commit_with(durability)?)
        })?;
        seconds.push(spent);
    }
    db.close()?;
    std::fs::remove_file(&path)?;
    Ok(seconds)
}
