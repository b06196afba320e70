//! Every limit of the reader, by name. They bound memory and time for any file, whatever it
//! declares.
//!
//! Peak memory of a read is about `MAX_BATCH_BYTES` plus three times `MAX_CHUNK_BYTES`: the encoded
//! chunk, one stage of its filters, and the decoded rows.

/// Largest decoded chunk. `ConceptCLIP` token chunks are 6.7 MB.
pub const MAX_CHUNK_BYTES: usize = 32 << 20;
/// Most decoded rows kept at once. Taller chunk rows are decoded once a window instead of once.
pub const MAX_WINDOW_BYTES: usize = 32 << 20;
/// Largest single row of a dataset.
pub const MAX_ROW_BYTES: usize = 32 << 20;
/// Most bytes of rows in one batch; a batch is never less than one row.
pub const MAX_BATCH_BYTES: usize = 16 << 20;
/// Most elements that one call returns as integers or strings.
pub const MAX_COLUMN_ELEMENTS: u64 = 1 << 20;
/// Most bytes of text that one call returns.
pub const MAX_TEXT_BYTES: usize = 16 << 20;
/// Largest global heap collection (it holds variable-length strings; usually 4 KiB).
pub const MAX_HEAP_BYTES: usize = 8 << 20;
/// Most bytes of such collections that one call parses.
pub const MAX_HEAP_PARSED: usize = 256 << 20;
/// Most bytes of metadata read for one question: one object, one listing, one window of a chunk
/// index.
pub const MAX_META_BYTES: u64 = 32 << 20;
/// Largest object header.
pub const MAX_HEADER_BYTES: usize = 2 << 20;
/// Most objects in a listing.
pub const MAX_OBJECTS: usize = 20_000;
/// Deepest group in a listing.
pub const MAX_DEPTH: usize = 32;
/// Most bytes of names in a listing: a hostile group may repeat one long name.
pub const MAX_NAME_BYTES: usize = 8 << 20;
/// Most dimensions of a dataset (the format's own limit).
pub const MAX_RANK: usize = 32;
/// Most chunks whose addresses are kept at once.
pub const MAX_INDEX_CHUNKS: u64 = 1 << 16;
/// Most chunk rows of a dataset whose missing chunks are counted.
pub const MAX_COUNTED_CHUNKS: u64 = 1 << 24;
/// Most bytes that a byte of a file can stand for: the ratio that deflate reaches, rounded up.
pub const MAX_RATIO: u64 = 1100;
/// Most nodes of a chunk B-tree that are visited for one window.
pub const MAX_INDEX_NODES: usize = 1 << 18;
/// Most elements of one attribute.
pub const MAX_ATTRIBUTE_ELEMENTS: usize = 1 << 16;
/// Most bytes of text in the attributes of one object.
pub const MAX_ATTRIBUTE_TEXT: usize = 4 << 20;
/// Longest text that is parsed as JSON: a parsed value takes up to 40 times its text.
pub const MAX_JSON_TEXT: usize = 1 << 20;
/// Most templates of a `ConceptCLIP` file.
pub const MAX_TEMPLATES: usize = 4096;
/// Largest array of one template.
pub const MAX_TEMPLATE_BYTES: u64 = 32 << 20;
/// Most different split names that are counted.
pub const MAX_SPLITS: usize = 1024;
/// Most rows that are compared when repeated rows are looked for (16 bytes of memory a row).
pub const MAX_REPEAT_ROWS: u64 = 4 << 20;
/// Most repeated rows that are named in a report; all are counted.
pub const MAX_REPEATS_LISTED: usize = 1000;
