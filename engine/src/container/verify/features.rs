//! Matrices of features: finite values, zero padding.

use super::check::Check;
use crate::container::group::Group;
use crate::container::view::FeatureMatrix;
use crate::error::Result;
use crate::format::Rule;
use crate::format::finite::{first_not_finite_f32, is_finite_f16, is_finite_f32};
use crate::format::limits::BLOCK_BYTES;
use crate::format::schema::FieldDef;

/// Checks V025 and V004 for the matrix in section `number`. Reads about a block at a time, so that a
/// damaged block hides no more than its own features.
pub(super) fn check(
    check: &mut Check<'_>,
    group: &Group,
    field: &FieldDef,
    number: usize,
) -> Result<()> {
    let total = usize::try_from(group.desc().total).unwrap_or(usize::MAX);
    let step = BLOCK_BYTES.checked_div(field.stride()).unwrap_or(1);
    let step = usize::try_from(step).unwrap_or(1).max(1);
    let mut first = 0_usize;
    while first < total {
        let count = step.min(total.saturating_sub(first));
        let matrix = FeatureMatrix::of(group, field, number, first, count);
        match check.outcome(matrix)? {
            Some(FeatureMatrix::F16 { values, dim, stride }) => {
                let bits: &[u16] = bytemuck::cast_slice(values);
                let wrong = |&bits: &u16| !is_finite_f16(bits);
                part(check, group, bits, (dim, stride), first, wrong);
            }
            Some(FeatureMatrix::F32 { values, dim, stride }) => {
                let bits: &[u32] = bytemuck::cast_slice(values);
                let wrong = |&bits: &u32| !is_finite_f32(bits);
                part(check, group, bits, (dim, stride), first, wrong);
            }
            None => {}
        }
        first = first.saturating_add(count);
    }
    Ok(())
}

/// Checks V025 and V004 for a section of padded rows of f32.
pub(super) fn padded(check: &mut Check<'_>, group: &Group, number: usize, dim: u32) -> Result<()> {
    let Some(bits) = check.outcome(group.section::<u32>(number))? else { return Ok(()) };
    let stride = (group.header()?.stride as usize).checked_div(size_of::<u32>()).unwrap_or(1);
    let wrong = |&bits: &u32| !is_finite_f32(bits);
    part(check, group, bits, (dim as usize, stride), 0, wrong);
    Ok(())
}

/// Checks V025 for a section of f32.
pub(super) fn plain(check: &mut Check<'_>, group: &Group, number: usize) -> Result<()> {
    let Some(bits) = check.outcome(group.section::<u32>(number))? else { return Ok(()) };
    if let Some(place) = first_not_finite_f32(bits) {
        let text = format!("value {place} of section {number} is not finite");
        check.group_problem(group, Rule::FeatureFinite, &text);
    }
    Ok(())
}

fn part<T: Default + PartialEq>(
    check: &mut Check<'_>,
    group: &Group,
    bits: &[T],
    (dim, stride): (usize, usize),
    first: usize,
    wrong: impl Fn(&T) -> bool,
) {
    let zero = T::default();
    for (index, row) in bits.chunks_exact(stride.max(1)).enumerate() {
        let entry = first.saturating_add(index);
        let (values, padding) = row.split_at(dim.min(row.len()));
        if let Some(place) = values.iter().position(&wrong) {
            let text = format!("value {place} of feature {entry} is not finite");
            check.group_problem(group, Rule::FeatureFinite, &text);
        }
        if padding.iter().any(|bits| *bits != zero) {
            let text = format!("the padding of feature {entry} is not zero");
            check.group_problem(group, Rule::Reserved, &text);
        }
    }
}
