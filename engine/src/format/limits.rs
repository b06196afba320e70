//! Every limit of the format, by name. `SPEC.md` has the same table; a test compares them.

/// Bytes of a page: the unit of allocation.
pub const PAGE_BYTES: u64 = 4096;
/// Bytes covered by one checksum of an extent.
pub const BLOCK_BYTES: u64 = 65_536;
/// Log records start at multiples of this, so that no sector ever holds two of them.
pub const SECTOR_BYTES: u64 = 512;
/// Sections of a row group and rows of a matrix start at multiples of this.
pub const ALIGN_BYTES: u64 = 64;
/// Largest file.
pub const FILE_BYTES_MAX: u64 = 1 << 48;
/// Largest extent.
pub const EXTENT_BYTES_MAX: u64 = 1 << 40;
/// Largest manifest.
pub const MANIFEST_BYTES_MAX: u64 = 1 << 30;
/// Largest payload of one log record.
pub const RECORD_BYTES_MAX: u64 = 1 << 30;
/// Longest image key in bytes.
pub const KEY_BYTES_MAX: u64 = 1024;
/// Longest name of a field, an attribute, a region, an ingest or a split in bytes.
pub const NAME_BYTES_MAX: u64 = 255;
/// Longest free text (provenance entries, string attributes) in bytes.
pub const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Longest JSON metadata of one image or of the container in bytes.
pub const JSON_BYTES_MAX: u64 = 16 << 20;
/// Deepest nesting of arrays and objects in JSON: readers that recurse stay within it.
pub const JSON_DEPTH_MAX: u64 = 127;
/// Most fields of a container.
pub const FIELDS_MAX: u64 = 4096;
/// Most attributes of a container.
pub const ATTRIBUTES_MAX: u64 = 4096;
/// Most regions of a field.
pub const REGIONS_MAX: u64 = 65_535;
/// Most spaces of a container.
pub const SPACES_MAX: u64 = 1 << 20;
/// Most cursors of a container.
pub const CURSORS_MAX: u64 = 65_536;
/// Most prompt sets of a container.
pub const PROMPT_SETS_MAX: u64 = 65_536;
/// Most row groups of a container.
pub const GROUPS_MAX: u64 = 1 << 22;
/// Most entries of a row group.
pub const GROUP_ENTRIES_MAX: u64 = (1 << 32) - 2;
/// Rows are numbered below this: a bitmap of all rows stays under 512 MiB. A compaction renumbers.
pub const ROWS_MAX: u64 = 1 << 32;
/// Largest dimension of a feature.
pub const DIM_MAX: u64 = 65_536;
/// Largest tensor of tokens of one image in bytes.
pub const TENSOR_BYTES_MAX: u64 = 1 << 36;
/// Most texts of a prompt set.
pub const PROMPTS_MAX: u64 = 1 << 20;
/// Largest length of a spatial axis in voxels.
pub const AXIS_MAX: u64 = 1 << 31;
/// Most operations of one log record.
pub const OPS_MAX: u64 = 1 << 20;
/// Most voxels of an array that masks are of, frames in time included.
pub const MASK_VOXELS_MAX: u64 = 1 << 48;
/// Most terms of a segment.
pub const SEGMENT_CODES_MAX: u64 = 65_536;
/// Most segments of one block.
pub const SEGMENT_PARTS_MAX: u64 = 65_535;
