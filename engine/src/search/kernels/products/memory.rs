//! The memory of panels: f32 on whole cache lines, so that no load of a register straddles two.

/// f32 of a line.
pub(super) const LINE: usize = 16;

/// A cache line of f32.
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub(super) struct Line([f32; LINE]);

/// The elements of `W` vectors in one step: `L` lanes of each.
pub(super) type Step<const L: usize, const W: usize> = [[f32; L]; W];

/// Lines as steps; the caller sees to it that they fit, what is left over is not seen.
pub(super) fn steps<const L: usize, const W: usize>(lines: &[Line]) -> &[Step<L, W>] {
    let floats: &[f32] = bytemuck::cast_slice(lines);
    floats.as_chunks::<L>().0.as_chunks::<W>().0
}

/// As [`steps`], to write.
pub(super) fn steps_mut<const L: usize, const W: usize>(lines: &mut [Line]) -> &mut [Step<L, W>] {
    let floats: &mut [f32] = bytemuck::cast_slice_mut(lines);
    floats.as_chunks_mut::<L>().0.as_chunks_mut::<W>().0
}
