//! Features that are equal to the last bit.

#![deny(clippy::arithmetic_side_effects)]

use std::hash::{DefaultHasher, Hasher};

use super::super::kernels::{Matrix, Row};
use super::super::series::Series;
use super::super::sweep::{Eligible, Sweep};
use super::{Listed, region_of};
use crate::container::column::Column;
use crate::error::Result;
use crate::format::schema::FieldDef;

/// Images with the same feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// The region; `None` in a vector field.
    pub region: Option<u16>,
    /// How many images, at least 2.
    pub count: u64,
    /// Their rows, ascending, as many as the limit allows.
    pub rows: Vec<u64>,
}

/// A feature on its way to its equals.
#[derive(Clone, Copy, Debug)]
struct Feature<'a> {
    hash: u64,
    row: u64,
    bytes: &'a [u8],
}

/// Groups of equal features, by lowest row. The hash brings candidates together, the bytes decide.
pub(super) fn find(
    column: Option<&Column>,
    field: &FieldDef,
    series: Series,
    limit: usize,
) -> Result<Listed<Duplicates>> {
    let mut features = Vec::new();
    let mut sweep = Sweep::default();
    for group in column.map_or(&[][..], Column::groups) {
        let Some(stretch) = series.stretch(group.group(), field)? else { continue };
        let eligible = Eligible::new(group, None, None)?;
        sweep.blocks(&stretch, &eligible, |matrix, chosen| {
            for one in chosen {
                if let Some(bytes) = not_zero(matrix, one.index) {
                    features.push(Feature { hash: hash(bytes), row: one.row, bytes });
                }
            }
            Ok(())
        })?;
    }
    features.sort_unstable_by(|a, b| {
        a.hash.cmp(&b.hash).then_with(|| a.bytes.cmp(b.bytes)).then(a.row.cmp(&b.row))
    });
    let equal = |a: &Feature<'_>, b: &Feature<'_>| a.hash == b.hash && a.bytes == b.bytes;
    let groups = features.chunk_by(equal).filter(|group| group.len() > 1);
    let region = region_of(series);
    let mut groups: Vec<Duplicates> = groups
        .map(|group| {
            let rows = group.iter().take(limit.max(1)).map(|feature| feature.row).collect();
            Duplicates { region, count: group.len() as u64, rows }
        })
        .collect();
    groups.sort_unstable_by(|a, b| a.rows.first().cmp(&b.rows.first()));
    Ok(Listed::cut(groups, limit))
}

/// The stored bytes of a feature, unless all its values are 0.
fn not_zero(matrix: Matrix<'_>, index: usize) -> Option<&[u8]> {
    match matrix.row(index)? {
        Row::F32(row) => row.iter().any(|value| *value != 0.0).then(|| bytemuck::cast_slice(row)),
        Row::F16(row) => {
            row.iter().any(|value| value.to_f32() != 0.0).then(|| bytemuck::cast_slice(row))
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
