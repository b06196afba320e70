//! Types of voxels.

use super::error::NiftiErrorKind;

/// The type of the stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Dtype {
    U8,
    I8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl Dtype {
    /// Type, code in the header, bytes, name.
    const ALL: [(Self, i16, u16, &'static str); 10] = [
        (Self::U8, 2, 1, "u8"),
        (Self::I16, 4, 2, "i16"),
        (Self::I32, 8, 4, "i32"),
        (Self::F32, 16, 4, "f32"),
        (Self::F64, 64, 8, "f64"),
        (Self::I8, 256, 1, "i8"),
        (Self::U16, 512, 2, "u16"),
        (Self::U32, 768, 4, "u32"),
        (Self::I64, 1024, 8, "i64"),
        (Self::U64, 1280, 8, "u64"),
    ];

    fn entry(self) -> (Self, i16, u16, &'static str) {
        let found = Self::ALL.into_iter().find(|(dtype, ..)| *dtype == self);
        found.unwrap_or((Self::U8, 2, 1, "u8"))
    }

    /// The type of a code of the standard.
    ///
    /// # Errors
    /// [`NiftiErrorKind::Datatype`] for colours, complex numbers, bits and unknown codes.
    pub fn from_code(code: i16) -> Result<Self, NiftiErrorKind> {
        let found = Self::ALL.into_iter().find(|(_, known, ..)| *known == code);
        found.map(|(dtype, ..)| dtype).ok_or(NiftiErrorKind::Datatype(i32::from(code)))
    }

    /// The code of the standard.
    pub fn code(self) -> i16 {
        self.entry().1
    }

    /// Bytes of one value.
    pub fn bytes(self) -> u16 {
        self.entry().2
    }

    /// The name, as `u8` or `f32`.
    pub fn name(self) -> &'static str {
        self.entry().3
    }
}
