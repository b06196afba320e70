//! A label map that streams by, as runs: the dense array is never in memory.

use std::collections::BTreeMap;
use std::fmt;

use vesalius::{Run, Runs, RunsError, VoxelShape};

use super::limits::Limits;

/// Values that are compared at once while a run goes on.
const STRIDE: usize = 32;

/// The runs of each label of a label map whose values are given in order, in pieces of any size.
///
/// Its slow twin is [`vesalius::split_labels`] on the whole array.
pub(super) struct LabelScan {
    shape: VoxelShape,
    at: u64,
    runs: u64,
    limits: Limits,
    labels: BTreeMap<u32, Vec<Run>>,
}

impl LabelScan {
    /// A scan of an array of `shape`. `runs` are those of the file before it, which count too.
    pub(super) fn new(shape: VoxelShape, limits: &Limits, runs: u64) -> Self {
        Self { shape, at: 0, runs, limits: *limits, labels: BTreeMap::new() }
    }

    /// Takes the next values, C order. `label` tells the label of a value; none if it cannot be one.
    ///
    /// # Errors
    /// A value that is no label, too many values, runs or labels.
    pub(super) fn push<T: Copy + PartialEq>(
        &mut self,
        values: &[T],
        label: impl Fn(T) -> Option<u32>,
    ) -> Result<(), ScanError> {
        let width = self.shape.width();
        let mut rest = values;
        while let Some(&value) = rest.first() {
            let column = self.at.checked_rem(width).unwrap_or(0);
            let left = usize::try_from(width.saturating_sub(column)).unwrap_or(usize::MAX);
            let row = rest.get(..left).unwrap_or(rest);
            let length = run_length(row, value);
            let label = label(value).ok_or(ScanError::Value { voxel: self.at })?;
            let end = self.at.saturating_add(length as u64);
            if end > self.shape.voxels() {
                return Err(ScanError::Voxels { given: end, wanted: self.shape.voxels() });
            }
            if label != 0 {
                self.add(label, Run { start: self.at, end })?;
            }
            self.at = end;
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    fn add(&mut self, label: u32, run: Run) -> Result<(), ScanError> {
        let width = self.shape.width();
        if let Some(runs) = self.labels.get_mut(&label) {
            match runs.last_mut() {
                // Two pieces, or two spellings of a number, of one run.
                Some(last) if last.end == run.start && !run.start.is_multiple_of(width) => {
                    last.end = run.end;
                    return Ok(());
                }
                _ => runs.push(run),
            }
        } else {
            if self.labels.len() as u64 >= self.limits.max_labels {
                return Err(ScanError::Labels { limit: self.limits.max_labels });
            }
            self.labels.insert(label, vec![run]);
        }
        self.runs = self.runs.saturating_add(1);
        if self.runs > self.limits.max_runs {
            return Err(ScanError::Runs { limit: self.limits.max_runs });
        }
        Ok(())
    }

    /// The voxels of all labels but zero, by ascending label.
    ///
    /// # Errors
    /// Fewer values than voxels.
    pub(super) fn finish(self) -> Result<BTreeMap<u32, Runs>, ScanError> {
        let (given, wanted) = (self.at, self.shape.voxels());
        if given != wanted {
            return Err(ScanError::Voxels { given, wanted });
        }
        let shape = self.shape;
        let whole = |(label, runs)| Ok((label, Runs::new(shape, runs)?));
        self.labels.into_iter().map(whole).collect()
    }
}

/// How many values at the front of a row are `value`.
fn run_length<T: Copy + PartialEq>(row: &[T], value: T) -> usize {
    let (blocks, _) = row.as_chunks::<STRIDE>();
    // Counted without a way out, so that the compiler compares many at once.
    let same = |block: &&[T; STRIDE]| block.iter().filter(|v| **v == value).count() == STRIDE;
    let whole = blocks.iter().take_while(same).count().saturating_mul(STRIDE);
    let tail = row.get(whole..).unwrap_or_default();
    let more = tail.iter().take_while(|v| **v == value).count();
    // A value that is not even itself, NaN, is a run of one.
    whole.saturating_add(more).max(1)
}

/// What can be wrong with the values of a label map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanError {
    /// A value that is no whole number of 0 to 2^32 - 1.
    Value {
        /// The voxel, in C order.
        voxel: u64,
    },
    /// More or fewer values than voxels.
    Voxels {
        /// Values given, as far as they were looked at.
        given: u64,
        /// Voxels of the shape.
        wanted: u64,
    },
    /// More runs than [`Limits::max_runs`](super::Limits::max_runs).
    Runs {
        /// The limit.
        limit: u64,
    },
    /// More labels than [`Limits::max_labels`](super::Limits::max_labels).
    Labels {
        /// The limit.
        limit: u64,
    },
    /// The runs were refused.
    Refused(RunsError),
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { voxel } => write!(
                f,
                "the value of voxel {voxel} is no label: labels are whole numbers of 0 to 4294967295"
            ),
            Self::Voxels { given, wanted } => {
                write!(f, "{given} values for an array of {wanted} voxels")
            }
            Self::Runs { limit } => write!(
                f,
                "more than {limit} runs: this is no segmentation, or the limit has to be raised"
            ),
            Self::Labels { limit } => write!(
                f,
                "more than {limit} labels: this is no segmentation, or the limit has to be raised"
            ),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ScanError {}

impl From<RunsError> for ScanError {
    fn from(error: RunsError) -> Self {
        Self::Refused(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vesalius::split_labels;

    proptest! {
        #[test]
        fn agrees_with_the_dense_twin(
            shape in (1..3_u64, 1..4_u64, 1..5_u64, 1..150_u64),
            seed in any::<u64>(),
            change in 1..9_u64,
            piece in 1..300_usize,
        ) {
            let shape = VoxelShape::new(shape.0, [shape.1, shape.2, shape.3]).unwrap();
            let mut state = seed;
            let mut value = 0_u16;
            let values: Vec<u16> = (0..shape.voxels()).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
                if (state >> 33).is_multiple_of(change) {
                    value = u16::try_from((state >> 40) % 4).unwrap();
                }
                value
            }).collect();
            let mut scan = LabelScan::new(shape, &Limits::default(), 0);
            for part in values.chunks(piece) {
                scan.push(part, |v| Some(u32::from(v))).unwrap();
            }
            let found: Vec<_> = scan.finish().unwrap().into_iter().collect();
            prop_assert_eq!(found, split_labels(shape, &values).unwrap());
        }
    }

    #[test]
    fn limits_and_lengths_are_kept() {
        let shape = VoxelShape::new(1, [1, 2, 4]).unwrap();
        let few = Limits { max_runs: 3, max_labels: 2, ..Limits::default() };
        let push = |values: &[u8]| {
            let mut scan = LabelScan::new(shape, &few, 0);
            scan.push(values, |v| (v != 9).then_some(u32::from(v)))?;
            scan.finish().map(|_| ())
        };
        assert_eq!(push(&[1, 1, 0, 0, 2, 2, 0, 1]), Ok(()));
        assert_eq!(push(&[1, 0, 2, 0, 3, 0, 0, 0]), Err(ScanError::Labels { limit: 2 }));
        assert_eq!(push(&[1, 0, 1, 0, 1, 0, 1, 0]), Err(ScanError::Runs { limit: 3 }));
        assert_eq!(push(&[1, 0, 9, 0, 1, 0, 1, 0]), Err(ScanError::Value { voxel: 2 }));
        assert_eq!(push(&[0; 7]), Err(ScanError::Voxels { given: 7, wanted: 8 }));
        assert_eq!(push(&[0; 9]), Err(ScanError::Voxels { given: 9, wanted: 8 }));
        let mut nan = LabelScan::new(shape, &few, 0);
        let label = |v: f32| (v == 0.0).then_some(0);
        assert_eq!(nan.push(&[0.0, f32::NAN], label), Err(ScanError::Value { voxel: 1 }));
    }
}
