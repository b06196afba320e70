//! Tensors of tokens: their checksums, finite values; the table of grid mappings.

use super::check::Check;
use super::extents;
use crate::container::column::GroupRef;
use crate::container::group::Group;
use crate::container::view::{FeatureMatrix, TokensView};
use crate::error::Result;
use crate::format::Rule;
use crate::format::finite::{first_not_finite_f16, first_not_finite_f32};
use crate::format::limits::BLOCK_BYTES;
use crate::format::schema::FieldDef;

/// Checks what the row group itself says: pointers, codes and mappings.
pub(super) fn directory(check: &mut Check<'_>, group: &Group, field: &FieldDef) -> Result<()> {
    let view = TokensView::new(group, field);
    if let Some(extents) = check.outcome(view.extents())? {
        for extent in extents {
            check.outcome(extent)?;
        }
    }
    let mappings = check.outcome(view.mappings())?.unwrap_or(0);
    for index in 0..mappings {
        check.outcome(view.mapping_at(index))?;
    }
    let count = usize::try_from(group.desc().count).unwrap_or(usize::MAX);
    for position in 0..count {
        if check.outcome(view.mapping_index(position))?.is_none() {
            break;
        }
    }
    Ok(())
}

/// Checks the tensors of live images.
pub(super) fn tensors(check: &mut Check<'_>, group: &GroupRef, field: &FieldDef) -> Result<()> {
    let view = TokensView::new(group.group(), field);
    let Some(dead) = Check::noted(group.dead_bits())? else { return Ok(()) };
    let count = usize::try_from(group.group().desc().count).unwrap_or(usize::MAX);
    for position in (0..count).filter(|&at| !dead.is_some_and(|dead| dead.get(at as u64))) {
        // A pointer that is wrong was noted with the row group.
        let Some(Some(tensor)) = Check::noted(view.tensor(position))? else { continue };
        if extents::blocks(check, tensor)? {
            finite(check, &view, group.group(), position)?;
        }
    }
    Ok(())
}

fn finite(
    check: &mut Check<'_>,
    view: &TokensView<'_>,
    group: &Group,
    position: usize,
) -> Result<()> {
    let Some(tokens) = check.outcome(view.count(position))? else { return Ok(()) };
    // Part by part, while the bytes are in the cache.
    let step = usize::try_from(BLOCK_BYTES).ok().and_then(|n| n.checked_div(view.width()));
    let step = step.unwrap_or(1);
    for first in (0..tokens).step_by(step.max(1)) {
        let count = step.max(1).min(tokens.saturating_sub(first));
        let bad = match check.outcome(view.features(position, first, count))? {
            Some(FeatureMatrix::F16 { values, .. }) => {
                first_not_finite_f16(bytemuck::cast_slice(values))
            }
            Some(FeatureMatrix::F32 { values, .. }) => {
                first_not_finite_f32(bytemuck::cast_slice(values))
            }
            None => None,
        };
        if let Some(place) = bad {
            let text = format!(
                "value {place} behind token {first} of the image at place {position} is not finite"
            );
            check.group_problem(group, Rule::FeatureFinite, &text);
            return Ok(());
        }
    }
    Ok(())
}
