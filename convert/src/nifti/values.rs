//! Voxels of any type.

use std::io::{ErrorKind, Read};

use super::dtype::Dtype;
use super::error::NiftiErrorKind;
use super::fields::Order;
use super::header::Scaling;

/// Bytes read or written at once.
const BLOCK_BYTES: usize = 1 << 16;

/// Stored values in (t, z, y, x) C order, which is the order of the file.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Values {
    U8(Vec<u8>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    U16(Vec<u16>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// A number that a file can hold. Sealed: the types of [`Values`] and no others.
pub trait Element: Copy + sealed::Sealed {
    /// Its type.
    const DTYPE: Dtype;
}

mod sealed {
    use super::{NiftiErrorKind, Order, Read, Values};

    pub trait Sealed: Sized {
        fn of(values: &Values) -> Option<&[Self]>;
        fn append_to(self, out: &mut Vec<u8>);
        fn read(
            from: &mut dyn Read,
            order: Order,
            count: u64,
            reserve: bool,
        ) -> Result<Values, NiftiErrorKind>;
        fn to_f64(self) -> f64;
    }
}

/// Calls a generic function with the vector inside.
macro_rules! each {
    ($values:expr, $vector:ident => $call:expr) => {
        match $values {
            Values::U8($vector) => $call,
            Values::I8($vector) => $call,
            Values::I16($vector) => $call,
            Values::U16($vector) => $call,
            Values::I32($vector) => $call,
            Values::U32($vector) => $call,
            Values::I64($vector) => $call,
            Values::U64($vector) => $call,
            Values::F32($vector) => $call,
            Values::F64($vector) => $call,
        }
    };
}

macro_rules! elements {
    ($($type:ty => $name:ident),* $(,)?) => {
        $(
            impl Element for $type {
                const DTYPE: Dtype = Dtype::$name;
            }

            impl sealed::Sealed for $type {
                fn of(values: &Values) -> Option<&[Self]> {
                    if let Values::$name(vector) = values { Some(vector) } else { None }
                }

                fn append_to(self, out: &mut Vec<u8>) {
                    out.extend(self.to_le_bytes());
                }

                fn read(
                    from: &mut dyn Read,
                    order: Order,
                    count: u64,
                    reserve: bool,
                ) -> Result<Values, NiftiErrorKind> {
                    let swap = order == Order::Big;
                    let decode = |mut bytes: [u8; size_of::<$type>()]| {
                        if swap {
                            bytes.reverse();
                        }
                        <$type>::from_le_bytes(bytes)
                    };
                    vector(from, count, reserve, decode).map(Values::$name)
                }

                #[allow(clippy::allow_attributes, clippy::cast_lossless, trivial_numeric_casts,
                    reason = "one body for all types")]
                fn to_f64(self) -> f64 {
                    self as f64
                }
            }
        )*

        impl Values {
            /// Reads `count` values. `reserve` allocates for all of them at once, for inputs that
            /// are known to be long enough.
            pub(crate) fn read(
                dtype: Dtype,
                from: &mut dyn Read,
                order: Order,
                count: u64,
                reserve: bool,
            ) -> Result<Self, NiftiErrorKind> {
                match dtype {
                    $(Dtype::$name => {
                        <$type as sealed::Sealed>::read(from, order, count, reserve)
                    })*
                }
            }
        }
    };
}

elements! {
    u8 => U8, i8 => I8, i16 => I16, u16 => U16, i32 => I32,
    u32 => U32, i64 => I64, u64 => U64, f32 => F32, f64 => F64,
}

impl Values {
    /// The type of the values.
    pub fn dtype(&self) -> Dtype {
        fn of<T: Element>(_: &[T]) -> Dtype {
            T::DTYPE
        }
        each!(self, vector => of(vector))
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        each!(self, vector => vector.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, if they are of type `T`.
    pub fn get<T: Element>(&self) -> Option<&[T]> {
        T::of(self)
    }

    /// The values that are meant, rounded to `f64` (64-bit integers over 2^53 lose digits).
    pub fn to_f64(&self, scaling: &Scaling) -> Vec<f64> {
        fn convert<T: Element>(values: &[T], scaling: &Scaling) -> Vec<f64> {
            let Scaling { slope, inter } = *scaling;
            if scaling.is_none() {
                return values.iter().map(|v| v.to_f64()).collect();
            }
            values.iter().map(|v| v.to_f64() * slope + inter).collect()
        }
        each!(self, vector => convert(vector, scaling))
    }

    /// The values that are meant, computed in `f64` and rounded to `f32`.
    pub fn to_f32(&self, scaling: &Scaling) -> Vec<f32> {
        fn convert<T: Element>(values: &[T], scaling: &Scaling) -> Vec<f32> {
            let Scaling { slope, inter } = *scaling;
            values.iter().map(|v| super::quaternion::narrow(v.to_f64() * slope + inter)).collect()
        }
        match self {
            // Not through f64 arithmetic, so that the bits of NaN and of zeros stay.
            Self::F32(vector) if scaling.is_none() => vector.clone(),
            _ => each!(self, vector => convert(vector, scaling)),
        }
    }

    /// Hands the little-endian bytes to `sink`, block by block.
    pub(super) fn encode<E>(&self, sink: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        each!(self, vector => encode(vector, sink))
    }
}

/// Hands the little-endian bytes of `values` to `sink`, block by block.
pub(super) fn encode<T: Element, E>(
    values: &[T],
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut block = Vec::new();
    for values in values.chunks(BLOCK_BYTES / 8) {
        block.clear();
        for value in values {
            value.append_to(&mut block);
        }
        sink(&block)?;
    }
    Ok(())
}

fn vector<T, const N: usize>(
    from: &mut dyn Read,
    count: u64,
    reserve: bool,
    decode: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, NiftiErrorKind> {
    let width = u64::try_from(N).unwrap_or(u64::MAX);
    let needed = count.checked_mul(width).ok_or(NiftiErrorKind::ShapeOverflow)?;
    let mut out = Vec::new();
    if reserve {
        let all = usize::try_from(count).map_err(|_| NiftiErrorKind::Memory(needed))?;
        out.try_reserve_exact(all).map_err(|_| NiftiErrorKind::Memory(needed))?;
    }
    let mut block = vec![0; usize::try_from(needed).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES)];
    let mut left = needed;
    while left > 0 {
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK_BYTES);
        let block = block.get_mut(..take).unwrap_or_default();
        let got = fill(from, block)?;
        if got < take {
            let available = needed.saturating_sub(left);
            let available = available.saturating_add(u64::try_from(got).unwrap_or(0));
            return Err(NiftiErrorKind::Truncated { needed, available });
        }
        if !reserve {
            let more = out.try_reserve(take);
            more.map_err(|_| NiftiErrorKind::Memory(needed))?;
        }
        out.extend(block.as_chunks().0.iter().map(|bytes| decode(*bytes)));
        left = left.saturating_sub(u64::try_from(take).unwrap_or(left));
    }
    Ok(out)
}

/// Fills the buffer as far as the input goes; the number of bytes read.
pub(super) fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, NiftiErrorKind> {
    let mut got = 0_usize;
    while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(count) => got = got.saturating_add(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A compressed stream that ends inside a member.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(got)
}
