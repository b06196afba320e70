//! A block of 128 elements in 8 registers.

#![expect(unsafe_code, reason = "loads and stores")]

use super::{BLOCK, GROUP};
use std::arch::x86_64::{
    __m512, __m512i, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_permutexvar_ps, _mm512_setzero_ps, _mm512_storeu_ps, _mm512_sub_ps,
};

/// Lane `l` meets lane `l ^ width`: the places, and the sign of its own value.
struct Stage {
    partners: [i32; GROUP],
    signs: [f32; GROUP],
}

const STAGES: [Stage; 4] = [stage(1), stage(2), stage(4), stage(8)];

const fn stage(width: i32) -> Stage {
    let mut stage = Stage { partners: [0; GROUP], signs: [1.0; GROUP] };
    let (partners, signs) = (&mut stage.partners, &mut stage.signs);
    let (mut lane, mut partners, mut signs) = (0, partners.as_mut_slice(), signs.as_mut_slice());
    while let ([partner, partners_left @ ..], [sign, signs_left @ ..]) = (partners, signs) {
        *partner = lane ^ width;
        if lane & width != 0 {
            *sign = -1.0;
        }
        (partners, signs, lane) = (partners_left, signs_left, lane + 1);
    }
    stage
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn round(from: &mut [f32], factors: &[f32], to: Option<(&mut [f32], &[usize])>) {
    let factors = factors.as_chunks::<GROUP>().0.as_chunks::<8>().0;
    let blocks = from.as_chunks_mut::<GROUP>().0.as_chunks_mut::<{ BLOCK / GROUP }>().0;
    match to {
        None => {
            for (block, factors) in blocks.iter_mut().zip(factors) {
                let turned = transform(block, factors);
                for (group, lanes) in block.iter_mut().zip(turned) {
                    store(group, lanes);
                }
            }
        }
        Some((to, places)) => {
            let to = to.as_chunks_mut::<GROUP>().0;
            let mut places = places.iter();
            for (block, factors) in blocks.iter().zip(factors) {
                for (lanes, place) in transform(block, factors).into_iter().zip(&mut places) {
                    if let Some(group) = to.get_mut(*place) {
                        store(group, lanes);
                    }
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn transform(block: &[[f32; GROUP]; 8], factors: &[[f32; GROUP]; 8]) -> [__m512; 8] {
    let mut lanes = [_mm512_setzero_ps(); 8];
    for ((lanes, group), factors) in lanes.iter_mut().zip(block).zip(factors) {
        *lanes = _mm512_mul_ps(load(group), load(factors));
    }
    for Stage { partners, signs } in &STAGES {
        let (partners, signs) = (load_places(partners), load(signs));
        for lanes in &mut lanes {
            // The product with plus or minus 1 is exact: this is a sum or a difference, rounded
            // once.
            *lanes = _mm512_fmadd_ps(*lanes, signs, _mm512_permutexvar_ps(partners, *lanes));
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let ((a, b), (c, d), (e, f), (g, h)) = (both(a, b), both(c, d), both(e, f), both(g, h));
    let ((a, c), (b, d), (e, g), (f, h)) = (both(a, c), both(b, d), both(e, g), both(f, h));
    let ((a, e), (b, f), (c, g), (d, h)) = (both(a, e), both(b, f), both(c, g), both(d, h));
    [a, b, c, d, e, f, g, h]
}

/// Sum and difference.
#[inline]
#[target_feature(enable = "avx512f")]
fn both(a: __m512, b: __m512) -> (__m512, __m512) {
    (_mm512_add_ps(a, b), _mm512_sub_ps(a, b))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(group: &[f32; GROUP]) -> __m512 {
    // SAFETY: `group` is the 64 bytes that are read; no alignment is asked for.
    unsafe { _mm512_loadu_ps(group.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_places(places: &[i32; GROUP]) -> __m512i {
    // SAFETY: `places` is the 64 bytes that are read; no alignment is asked for.
    unsafe { _mm512_loadu_si512(places.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(group: &mut [f32; GROUP], lanes: __m512) {
    // SAFETY: `group` is the 64 bytes that are written; no alignment is asked for.
    unsafe { _mm512_storeu_ps(group.as_mut_ptr(), lanes) }
}
