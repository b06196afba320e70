//! The numbers that can be written to an array.

use super::dtype::Scalar;
use half::f16;

/// A number with a `NumPy` element type. Sealed: the types below and no others.
pub trait NpyElement: Copy + sealed::Sealed {
    /// The element type.
    const SCALAR: Scalar;

    /// Appends the little-endian bytes.
    fn append_to(self, out: &mut Vec<u8>);
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($type:ty => $scalar:ident),* $(,)?) => {$(
        impl sealed::Sealed for $type {}
        impl NpyElement for $type {
            const SCALAR: Scalar = Scalar::$scalar;

            fn append_to(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

elements! {
    f16 => F16, f32 => F32, f64 => F64,
    i8 => I8, i16 => I16, i32 => I32, i64 => I64,
    u8 => U8, u16 => U16, u32 => U32, u64 => U64,
}

impl sealed::Sealed for bool {}
impl NpyElement for bool {
    const SCALAR: Scalar = Scalar::Bool;

    fn append_to(self, out: &mut Vec<u8>) {
        out.push(u8::from(self));
    }
}
