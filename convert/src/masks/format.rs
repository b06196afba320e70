//! Formats of mask files, and which of them a file has.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::nifti::Source;

/// How much of a file is looked at.
const HEAD_BYTES: u64 = 4096;
/// Where a `NIfTI`-1 header has its magic.
const NIFTI_MAGIC_AT: usize = 344;

/// A format of mask files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaskFormat {
    /// A label map: `.nii`, `.nii.gz`, or a pair of `.hdr` and `.img`.
    NiftiLabelMap,
    /// A folder of one `NIfTI` file per segment.
    NiftiFolder,
    /// `.seg.nrrd` of 3D Slicer, or another `.nrrd` or `.nhdr`.
    SegNrrd,
    /// One mask of `MedMask`.
    Msk,
    /// An archive of `MedMask`.
    Mska,
    /// COCO JSON.
    Coco,
    /// A DICOM segmentation object; read only.
    DicomSeg,
    /// A label map of `NumPy`.
    Npy,
    /// An archive of label maps of `NumPy`.
    Npz,
}

/// What file names end in. The longer ones come first.
const ENDINGS: [(&str, MaskFormat); 14] = [
    (".nii.gz", MaskFormat::NiftiLabelMap),
    (".nii", MaskFormat::NiftiLabelMap),
    (".hdr.gz", MaskFormat::NiftiLabelMap),
    (".hdr", MaskFormat::NiftiLabelMap),
    (".seg.nrrd", MaskFormat::SegNrrd),
    (".nrrd", MaskFormat::SegNrrd),
    (".seg.nhdr", MaskFormat::SegNrrd),
    (".nhdr", MaskFormat::SegNrrd),
    (".msk", MaskFormat::Msk),
    (".mska", MaskFormat::Mska),
    (".json", MaskFormat::Coco),
    (".dcm", MaskFormat::DicomSeg),
    (".npy", MaskFormat::Npy),
    (".npz", MaskFormat::Npz),
];

impl MaskFormat {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::NiftiLabelMap,
        Self::NiftiFolder,
        Self::SegNrrd,
        Self::Msk,
        Self::Mska,
        Self::Coco,
        Self::DicomSeg,
        Self::Npy,
        Self::Npz,
    ];

    /// The short name, as it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NiftiLabelMap => "nifti",
            Self::NiftiFolder => "nifti-folder",
            Self::SegNrrd => "seg-nrrd",
            Self::Msk => "msk",
            Self::Mska => "mska",
            Self::Coco => "coco",
            Self::DicomSeg => "dicom-seg",
            Self::Npy => "npy",
            Self::Npz => "npz",
        }
    }

    /// What the file is, by its beginning; a folder is one of `NIfTI` files if it has any. `None` for anything
    /// else, and for `NumPy` files that hold no masks too, for which this does not look far enough. Reads 4 KiB.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn recognise(path: &Path) -> io::Result<Option<Self>> {
        if path.is_dir() {
            return Ok(holds(path, Self::NiftiLabelMap)?.then_some(Self::NiftiFolder));
        }
        let head = head(path)?;
        let begins = |magic: &[u8]| head.starts_with(magic);
        Ok(if begins(b"MSK1") {
            Some(Self::Msk)
        } else if begins(b"MSKA") {
            Some(Self::Mska)
        } else if begins(b"NRRD") {
            Some(Self::SegNrrd)
        } else if begins(b"\x93NUMPY") {
            Some(Self::Npy)
        } else if begins(b"PK\x03\x04") {
            Some(Self::Npz)
        } else if head.get(128..132) == Some(b"DICM") {
            Some(Self::DicomSeg)
        } else if is_nifti(&head) || (begins(&[0x1f, 0x8b]) && is_zipped_nifti(path)?) {
            Some(Self::NiftiLabelMap)
        } else if is_coco(&head, path) {
            Some(Self::Coco)
        } else {
            None
        })
    }

    /// The format that a name stands for; `None` for an ending that is not known. Names of folders have none.
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| *format)
    }
}

impl fmt::Display for MaskFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NiftiLabelMap => "NIfTI label map",
            Self::NiftiFolder => "folder of NIfTI masks",
            Self::SegNrrd => "NRRD segmentation",
            Self::Msk => "MedMask mask",
            Self::Mska => "MedMask archive",
            Self::Coco => "COCO JSON",
            Self::DicomSeg => "DICOM segmentation",
            Self::Npy => "NumPy array",
            Self::Npz => "NumPy archive",
        })
    }
}

/// The name of a file without the ending of its format; that of a folder as it is.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_dir() {
        return name;
    }
    let small = name.to_ascii_lowercase();
    let ending = ENDINGS.iter().find(|(ending, _)| small.ends_with(ending));
    let length = ending.map_or(0, |(ending, _)| ending.len());
    match name.get(..name.len().saturating_sub(length)) {
        Some(stem) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

/// Whether a folder has a file of a format, by its name.
pub(super) fn holds(folder: &Path, format: MaskFormat) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && MaskFormat::of_name(&path) == Some(format) && path.is_file() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether a compressed file is one. Of one that is cut off the name tells, so that it is refused for what it is.
fn is_zipped_nifti(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    let source = Source::new(BufReader::new(File::open(path)?))?;
    let read = source.take(HEAD_BYTES).read_to_end(&mut head);
    let named = MaskFormat::of_name(path) == Some(MaskFormat::NiftiLabelMap);
    Ok(is_nifti(&head) || (read.is_err() && named))
}

/// The magic of version 1, in one file or a pair, or the length of the header of version 2.
fn is_nifti(head: &[u8]) -> bool {
    let magic = head.get(NIFTI_MAGIC_AT..NIFTI_MAGIC_AT.saturating_add(4));
    let second = [b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"];
    matches!(magic, Some(b"n+1\0" | b"ni1\0"))
        || second.iter().any(|magic| head.get(4..12) == Some(*magic))
}

/// JSON with a key that COCO files have, or at least with the ending of one.
fn is_coco(head: &[u8], path: &Path) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return false;
    }
    let has = |key: &[u8]| text.windows(key.len()).any(|part| part == key);
    let keys: [&[u8]; 4] = [b"\"annotations\"", b"\"segmentation\"", b"\"counts\"", b"\"images\""];
    MaskFormat::of_name(path) == Some(MaskFormat::Coco) || keys.iter().any(|key| has(key))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MaskFormat, stem};

    #[test]
    fn names_lose_their_endings() {
        for (name, wanted) in [
            ("a/liver.nii.gz", "liver"),
            ("liver.NII", "liver"),
            ("case.1.seg.nrrd", "case.1"),
            ("x.mska", "x"),
            (".nii", ".nii"),
            ("plain", "plain"),
        ] {
            assert_eq!(stem(Path::new(name)), wanted);
        }
    }

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut dicom = vec![0_u8; 128];
        dicom.extend_from_slice(b"DICM");
        let mut nifti = vec![0_u8; 344];
        nifti.extend_from_slice(b"n+1\0");
        for (bytes, wanted) in [
            (&b"MSK1...."[..], Some(MaskFormat::Msk)),
            (b"MSKA....", Some(MaskFormat::Mska)),
            (b"NRRD0005\n", Some(MaskFormat::SegNrrd)),
            (b"\x93NUMPY\x01\x00", Some(MaskFormat::Npy)),
            (b"PK\x03\x04", Some(MaskFormat::Npz)),
            (b" {\"images\": []}", Some(MaskFormat::Coco)),
            (b"{\"a\": 1}", None),
            (b"\x1f\x8bno gzip", None),
            (b"", None),
            (&dicom, Some(MaskFormat::DicomSeg)),
            (&nifti, Some(MaskFormat::NiftiLabelMap)),
        ] {
            let path = dir.path().join("file");
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(MaskFormat::recognise(&path).unwrap(), wanted, "{bytes:?}");
        }
        let path = dir.path().join("cut_off.nii.gz");
        std::fs::write(&path, b"\x1f\x8b\x08\0\0\0\0\0\0\xff").unwrap();
        assert_eq!(MaskFormat::recognise(&path).unwrap(), Some(MaskFormat::NiftiLabelMap));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(MaskFormat::recognise(dir.path()).unwrap(), None);
        std::fs::write(dir.path().join("liver.nii.gz"), "").unwrap();
        let folder = MaskFormat::recognise(dir.path()).unwrap();
        assert_eq!(folder, Some(MaskFormat::NiftiFolder));
    }
}
