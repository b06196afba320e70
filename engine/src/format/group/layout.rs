//! The layouts of row groups and the order of their sections.

use crate::format::schema::{AttributeType, COLUMN_KEYS, COLUMN_METADATA, FieldKind, Schema};
use crate::format::superblock::{INCOMPAT_MASKS, INCOMPAT_TOKENS};

/// What a row group holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Keys and spaces of images.
    Keys,
    /// An attribute of integers.
    I64,
    /// An attribute of doubles.
    F64,
    /// An attribute of booleans.
    Bool,
    /// An attribute of texts.
    Text,
    /// JSON metadata.
    Metadata,
    /// One vector per image.
    Vector,
    /// Regions, stored by region.
    Regions,
    /// Token grids.
    Tokens,
    /// Segments of masks.
    Masks,
    /// Texts and features of a prompt set. Never a column.
    Prompts,
}

impl Layout {
    /// All layouts.
    pub const ALL: [Self; 11] = [
        Self::Keys,
        Self::I64,
        Self::F64,
        Self::Bool,
        Self::Text,
        Self::Metadata,
        Self::Vector,
        Self::Regions,
        Self::Tokens,
        Self::Masks,
        Self::Prompts,
    ];

    /// The code in the file.
    pub const fn code(self) -> u16 {
        match self {
            Self::Keys => 1,
            Self::I64 => 2,
            Self::F64 => 3,
            Self::Bool => 4,
            Self::Text => 5,
            Self::Metadata => 6,
            Self::Vector => 16,
            Self::Regions => 17,
            Self::Tokens => 18,
            Self::Masks => 19,
            Self::Prompts => 32,
        }
    }

    /// The bit of the incompatible features without which no row group of this layout may be there.
    pub const fn incompat(self) -> u32 {
        match self {
            Self::Tokens => INCOMPAT_TOKENS,
            Self::Masks => INCOMPAT_MASKS,
            _ => 0,
        }
    }

    /// The layout of a code.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.code() == code)
    }

    /// Whether its header states dimension, type and stride of features.
    pub const fn has_features(self) -> bool {
        matches!(self, Self::Vector | Self::Regions | Self::Tokens | Self::Prompts)
    }

    /// Number of sections.
    pub const fn sections(self) -> u16 {
        match self {
            Self::Keys => 6,
            Self::I64 | Self::F64 | Self::Bool | Self::Vector => 2,
            Self::Text | Self::Tokens => 4,
            Self::Metadata => 3,
            Self::Regions => 10,
            Self::Prompts => 5,
            Self::Masks => 8,
        }
    }

    /// The layout that groups of `column` have, if the schema knows the column.
    pub fn of_column(schema: &Schema, column: u32) -> Option<Self> {
        match column {
            COLUMN_KEYS => return Some(Self::Keys),
            COLUMN_METADATA => return Some(Self::Metadata),
            _ => {}
        }
        if let Some(attribute) = schema.attributes.iter().find(|a| a.column == column) {
            return Some(match attribute.kind {
                AttributeType::I64 => Self::I64,
                AttributeType::F64 => Self::F64,
                AttributeType::Bool => Self::Bool,
                AttributeType::Text => Self::Text,
            });
        }
        let field = schema.fields.iter().find(|f| f.column == column)?;
        Some(match field.kind {
            FieldKind::Vector => Self::Vector,
            FieldKind::Regions => Self::Regions,
            FieldKind::Tokens => Self::Tokens,
            FieldKind::Masks => Self::Masks,
        })
    }
}

/// Section numbers. Section 0 of every layout is the rows, `u64[count]`, empty when the rows are
/// `first_row..first_row + count`.
pub mod section {
    /// Rows, in every layout.
    pub const ROWS: usize = 0;
    /// Keys: space ids, `u32[count]`, empty when all are 0.
    pub const KEY_SPACES: usize = 1;
    /// Keys: offsets into the key bytes, `u32[count + 1]`.
    pub const KEY_OFFSETS: usize = 2;
    /// Keys: the texts.
    pub const KEY_BYTES: usize = 3;
    /// Keys: hashes in ascending order, `u64[count]`.
    pub const KEY_HASHES: usize = 4;
    /// Keys: the entry of each hash, `u32[count]`.
    pub const KEY_ORDER: usize = 5;
    /// Attributes: the values (`i64`, `f64`, `u8`), or codes `u32` of texts.
    pub const VALUES: usize = 1;
    /// Text attributes: offsets into the dictionary bytes, `u32[m + 1]`.
    pub const DICT_OFFSETS: usize = 2;
    /// Text attributes: the dictionary.
    pub const DICT_BYTES: usize = 3;
    /// Metadata: offsets into the text, `u64[count + 1]`.
    pub const JSON_OFFSETS: usize = 1;
    /// Metadata: the texts.
    pub const JSON_BYTES: usize = 2;
    /// Vector: the matrix, `count` rows of `stride` bytes.
    pub const VECTOR_MATRIX: usize = 1;
    /// Regions: the directory, `{region u32, count u32, first entry u64}[k]`, regions ascending.
    pub const REGION_DIRECTORY: usize = 1;
    /// Regions: for each entry the index of its image in the group, `u32[total]`.
    pub const ENTRY_IMAGES: usize = 2;
    /// Regions: for each image the start of its part of the next two sections, `u32[count + 1]`.
    pub const IMAGE_STARTS: usize = 3;
    /// Regions: by image, the regions it has, ascending, `u16[total]`.
    pub const IMAGE_REGIONS: usize = 4;
    /// Regions: by image, the entry of each of its regions, `u32[total]`.
    pub const IMAGE_ENTRIES: usize = 5;
    /// Regions: for each entry bit 0 "has a box", bit 1 "has a score", `u8[total]`; empty when none has.
    pub const ENTRY_FLAGS: usize = 6;
    /// Regions: boxes (z0, y0, x0, z1, y1, x1) in voxels, half open, `f32[6 * total]`; empty when none has.
    pub const ENTRY_BOXES: usize = 7;
    /// Regions: scores, `f32[total]`; empty when none has.
    pub const ENTRY_SCORES: usize = 8;
    /// Regions: the features, `total` rows of `stride` bytes, entries in the order of the directory.
    pub const REGION_MATRIX: usize = 9;
    /// Tokens: the extent of each image's tensor, an extent pointer each.
    pub const TENSORS: usize = 1;
    /// Tokens: for each image 0, or one more than the index of its grid mapping, `u32[count]`; empty when no
    /// image has one.
    pub const MAPPING_CODES: usize = 2;
    /// Tokens: grid mappings.
    pub const MAPPINGS: usize = 3;
    /// Masks: for each segment the code of its name, `u32[count]`.
    pub const SEGMENT_NAMES: usize = 1;
    /// Masks: labels, `u32[count]`.
    pub const SEGMENT_LABELS: usize = 2;
    /// Masks: offsets into the bytes of names, `u32[m + 1]`.
    pub const NAME_OFFSETS: usize = 3;
    /// Masks: distinct names, ascending: one byte with the length of the group, the group, the name.
    pub const NAME_BYTES: usize = 4;
    /// Masks: offsets into the records, `u32[count + 1]`.
    pub const RECORD_OFFSETS: usize = 5;
    /// Masks: a record for each segment.
    pub const RECORDS: usize = 6;
    /// Masks: the encoded voxels.
    pub const BLOCKS: usize = 7;
    /// Prompts: offsets into the text bytes, `u32[count + 1]`.
    pub const PROMPT_OFFSETS: usize = 1;
    /// Prompts: the texts.
    pub const PROMPT_BYTES: usize = 2;
    /// Prompts: a feature for each text, rows of `stride` bytes.
    pub const PROMPT_MATRIX: usize = 3;
    /// Prompts: for each text the features of its tokens, without padding.
    pub const PROMPT_TOKENS: usize = 4;
}

/// [`section::ENTRY_FLAGS`]: the entry has a box.
pub const ENTRY_HAS_BOX: u8 = 1;
/// [`section::ENTRY_FLAGS`]: the entry has a score.
pub const ENTRY_HAS_SCORE: u8 = 2;
