//! The numbered rules of `SPEC.md`, and the error that names one.

use std::fmt;

macro_rules! rules {
    ($($name:ident = $number:literal, $text:literal;)+) => {
        /// A rule of `SPEC.md`, section "Validation rules". Readers MUST reject what breaks one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Rule {
            $(#[doc = $text] $name = $number,)+
        }

        impl Rule {
            /// All rules in the order of their numbers.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)+];

            /// The number of the rule, as in `V012`.
            pub const fn number(self) -> u16 {
                match self { $(Rule::$name => $number,)+ }
            }

            /// What the rule demands, as it stands in `SPEC.md`.
            pub const fn text(self) -> &'static str {
                match self { $(Rule::$name => $text,)+ }
            }
        }
    };
}

rules! {
    FileTooShort = 1, "The file is at least three pages long.";
    NoSuperblock = 2, "At least one superblock has the magic and a matching checksum.";
    PageSize = 3, "The page size is 4096.";
    Reserved = 4, "Reserved bytes and unknown flag bits are zero.";
    FileLength = 5, "The file is at least as long as its superblock says.";
    ExtentBounds = 6, "An extent lies on whole pages behind page 2 and inside the file, and keeps its limits.";
    ExtentOverlap = 7, "No two live extents share a page.";
    BlockChecksum = 8, "Every 64 KiB block of an extent matches its checksum.";
    TableChecksum = 9, "The checksum table of an extent matches the checksum in the pointer.";
    SpaceChecksum = 10, "The spatial header of page 2 matches the checksum in the superblock.";
    SpaceValues = 11, "A spatial header has axes within limits, finite positive spacing, a finite origin and an invertible direction.";
    ManifestLayout = 12, "The manifest has its magic, its version, and sections that fill it exactly.";
    SchemaValues = 13, "Names are unique, identifiers are unique, and kinds, types and dimensions are known and within limits.";
    GroupDescriptor = 14, "A row group descriptor names a known column, a layout of that column, and counts within limits.";
    GroupHeader = 15, "The header of a row group agrees with its descriptor and with the schema.";
    GroupSection = 16, "Sections of a row group start at multiples of 64, lie inside it, and have the length that its counts demand.";
    GroupRows = 17, "The rows of a row group ascend strictly and lie between the first and the last row of its descriptor.";
    KeyText = 18, "Keys are UTF-8, 1 to 1024 bytes long, with ascending offsets.";
    KeyIndex = 19, "The key index is a permutation of the keys in ascending order of their hashes, and the hashes are right.";
    KeyUnique = 20, "No two live images have the same key.";
    AttributeValues = 21, "Dictionary offsets ascend, texts are UTF-8, codes lie inside the dictionary, booleans are 0 or 1.";
    MetadataText = 22, "Metadata is JSON text in UTF-8 with ascending offsets.";
    RegionDirectory = 23, "The region directory ascends strictly, stays below the number of regions, and its counts add up.";
    RegionRows = 24, "The row directory of a regions group names exactly its entries, regions ascending within a row.";
    FeatureFinite = 25, "Features, boxes and scores are finite.";
    DeadBitmap = 26, "The bitmap of deleted entries has the length and the count that the descriptor says.";
    RowLive = 27, "A row is live in at most one row group of a column, and only rows of images are live.";
    SpaceId = 28, "The space of an image is in the space table.";
    LogBounds = 29, "The log segments lie inside the file.";
    LogRecord = 30, "Every record before the end of the log has a valid header, sequence number, chain value and payload checksum.";
    LogOps = 31, "The operations of a log record fill it exactly and are well formed.";
    Cursor = 32, "Cursors have names within limits and are unique.";
    Utf8 = 33, "Text is UTF-8.";
    PromptSet = 34, "A prompt set has a unique name and parts within limits.";
    RowRange = 35, "Rows are below the next row of the manifest.";
    TensorExtent = 36, "The extent of a tensor has the length that grid, dimension and type of its field demand.";
    GridMapping = 37, "A grid mapping has distinct axes, a finite offset, a finite stride that is not zero and a finite positive extent, and its code lies inside the table.";
    SegmentNames = 38, "The names of segments ascend strictly, are UTF-8 within limits, and every code lies inside the list.";
    SegmentRecord = 39, "The record of a segment is well formed, its block lies inside the blocks, and its box inside the space of its image.";
    SegmentUnique = 40, "No two live segments of an image have the same group and name.";
    MaskBlock = 41, "A block of a mask decodes to exactly the voxels that its record states.";
    IndexHeader = 42, "An index has its magic, the kind and the column of its descriptor, dimensions of its field, and sections in bounds.";
    IndexContent = 43, "The sections of an index have the lengths and values that its kind demands.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V{:03}", self.number())
    }
}

/// A structure of the file that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The rule.
    pub rule: Rule,
    /// Byte offset in the file, or in the structure where the place in the file is not known.
    pub offset: u64,
    /// What was found.
    pub message: String,
}

impl Damage {
    /// A damage at `offset`.
    pub fn new(rule: Rule, offset: u64, message: impl Into<String>) -> Self {
        Self { rule, offset, message: message.into() }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {} ({})", self.rule, self.offset, self.message, self.rule.text())
    }
}

impl std::error::Error for Damage {}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn numbers_run_without_gaps() {
        for (index, rule) in Rule::ALL.iter().enumerate() {
            assert_eq!(usize::from(rule.number()), index + 1);
        }
    }
}
