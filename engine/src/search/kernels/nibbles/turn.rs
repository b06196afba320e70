//! The rotation in AVX-512: a block of 128 elements is eight registers.
//!
//! A step between elements that are `w` apart is `other + sign * own`, the sign by bit `w` of the
//! place: one fused multiply-add, which rounds as the sum or the difference does, since turning a
//! sign is exact.

#![expect(unsafe_code, reason = "loads and stores")]

use crate::search::rotation::{PADDING, Rotation};
use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_permute_ps, _mm512_setzero_ps,
    _mm512_shuffle_f32x4, _mm512_storeu_ps, _mm512_sub_ps,
};

/// Elements of a register.
const L: usize = 16;
/// Registers of a block.
const REGISTERS: usize = PADDING / L;

/// [`Rotation::apply`] with the instructions of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn rotate(rotation: &Rotation, vector: &mut [f32], room: &mut [f32]) {
    rotation.apply_with(vector, room, |block| transform(block));
}

#[inline]
#[target_feature(enable = "avx512f")]
fn transform(block: &mut [f32; PADDING]) {
    let mut registers = [_mm512_setzero_ps(); REGISTERS];
    for (register, values) in registers.iter_mut().zip(block.as_chunks::<L>().0) {
        *register = within(load(values));
    }
    let mut apart = 1;
    while apart < REGISTERS {
        for pair in registers.chunks_exact_mut(2 * apart) {
            let (lower, upper) = pair.split_at_mut(apart);
            for (a, b) in lower.iter_mut().zip(upper) {
                (*a, *b) = (_mm512_add_ps(*a, *b), _mm512_sub_ps(*a, *b));
            }
        }
        apart *= 2;
    }
    for (values, register) in block.as_chunks_mut::<L>().0.iter_mut().zip(registers) {
        store(values, register);
    }
}

/// The steps between elements of a register: 1, 2, 4 and 8 apart.
#[inline]
#[target_feature(enable = "avx512f")]
fn within(values: __m512) -> __m512 {
    let values = _mm512_fmadd_ps(signs(1), values, _mm512_permute_ps::<0b10_11_00_01>(values));
    let values = _mm512_fmadd_ps(signs(2), values, _mm512_permute_ps::<0b01_00_11_10>(values));
    let other = _mm512_shuffle_f32x4::<0b10_11_00_01>(values, values);
    let values = _mm512_fmadd_ps(signs(4), values, other);
    let other = _mm512_shuffle_f32x4::<0b01_00_11_10>(values, values);
    _mm512_fmadd_ps(signs(8), values, other)
}

/// 1 where the place lacks a bit, -1 where it has it.
#[inline]
#[target_feature(enable = "avx512f")]
fn signs(bit: usize) -> __m512 {
    let signs: [f32; L] = std::array::from_fn(|place| if place & bit == 0 { 1.0 } else { -1.0 });
    load(&signs)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[f32; L]) -> __m512 {
    // SAFETY: `from` is 16 f32, the 64 bytes that are read, and no alignment is asked for.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut [f32; L], register: __m512) {
    // SAFETY: `to` is 16 f32, the 64 bytes that are written, and no alignment is asked for.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr(), register) }
}
