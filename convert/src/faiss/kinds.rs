//! Names behind four characters.

/// Indexes that are read: their names in Python.
pub(super) const FLAT_IP: [u8; 4] = *b"IxFI";
pub(super) const FLAT_L2: [u8; 4] = *b"IxF2";
pub(super) const FLAT: [u8; 4] = *b"IxFl";
pub(super) const ID_MAP: [u8; 4] = *b"IxMp";
pub(super) const ID_MAP_2: [u8; 4] = *b"IxM2";
pub(super) const SCALAR: [u8; 4] = *b"IxSQ";
pub(super) const IVF_FLAT: [u8; 4] = *b"IwFl";
pub(super) const HNSW_FLAT: [u8; 4] = *b"IHNf";
pub(super) const HNSW_SCALAR: [u8; 4] = *b"IHNs";

/// Indexes that people have and that are not read.
const OTHERS: [([u8; 4], &str); 24] = [
    (*b"IxPq", "IndexPQ"),
    (*b"IxPQ", "IndexPQ"),
    (*b"IxPo", "IndexPQ"),
    (*b"IxHe", "IndexLSH"),
    (*b"IxHE", "IndexLSH"),
    (*b"IxLa", "IndexLattice"),
    (*b"IxPT", "IndexPreTransform"),
    (*b"IxRF", "IndexRefineFlat"),
    (*b"IxRq", "IndexResidualQuantizer"),
    (*b"IxLS", "IndexLocalSearchQuantizer"),
    (*b"Imiq", "MultiIndexQuantizer"),
    (*b"IwSq", "IndexIVFScalarQuantizer"),
    (*b"IwSQ", "IndexIVFScalarQuantizer"),
    (*b"IwPQ", "IndexIVFPQ"),
    (*b"IvPQ", "IndexIVFPQ"),
    (*b"IvQR", "IndexIVFPQR"),
    (*b"IwQR", "IndexIVFPQR"),
    (*b"IwFd", "IndexIVFFlatDedup"),
    (*b"IPfs", "IndexPQFastScan"),
    (*b"IwPf", "IndexIVFPQFastScan"),
    (*b"IHNp", "IndexHNSWPQ"),
    (*b"IHN2", "IndexHNSW2Level"),
    (*b"INSf", "IndexNSGFlat"),
    (*b"IBxF", "IndexBinaryFlat"),
];

/// The name of an index that is not read.
pub(super) fn known(fourcc: [u8; 4]) -> Option<&'static str> {
    OTHERS.iter().find(|(known, _)| *known == fourcc).map(|(_, name)| *name)
}

/// Whether a file that begins so is one of FAISS.
pub(super) fn is_index(fourcc: [u8; 4]) -> bool {
    read(fourcc).is_some() || known(fourcc).is_some()
}

/// The name of an index that is read.
pub(super) fn read(fourcc: [u8; 4]) -> Option<&'static str> {
    Some(match fourcc {
        FLAT_IP => "IndexFlatIP",
        FLAT_L2 => "IndexFlatL2",
        FLAT => "IndexFlat",
        ID_MAP => "IndexIDMap",
        ID_MAP_2 => "IndexIDMap2",
        SCALAR => "IndexScalarQuantizer fp16",
        IVF_FLAT => "IndexIVFFlat",
        HNSW_FLAT => "IndexHNSWFlat",
        HNSW_SCALAR => "IndexHNSWSQ",
        _ => return None,
    })
}

/// Types of scalar quantisers, by number.
const QUANTISERS: [&str; 9] = [
    "8bit",
    "4bit",
    "8bit_uniform",
    "4bit_uniform",
    "fp16",
    "8bit_direct",
    "6bit",
    "bf16",
    "8bit_direct_signed",
];

/// The number of the one that is read.
pub(super) const FP16: i32 = 4;

/// The name of a type of scalar quantisers.
pub(super) fn quantiser(kind: i32) -> String {
    let name = usize::try_from(kind).ok().and_then(|place| QUANTISERS.get(place));
    name.map_or_else(|| format!("number {kind}"), |name| (*name).to_owned())
}
