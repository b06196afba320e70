//! Why a file of masks was refused, whichever format it has.

use std::fmt;

use super::array::ArrayError;
use super::coco::CocoError;
use super::dicom_seg::DicomSegError;
use super::label_table::LabelTableError;
use super::medmask::MedMaskError;
use super::volumes::VolumeError;

/// The error of the reader or writer of one format.
#[derive(Debug)]
#[non_exhaustive]
pub enum MaskFileError {
    /// `.msk` and `.mska`.
    MedMask(MedMaskError),
    /// `NIfTI` and NRRD.
    Volume(VolumeError),
    /// COCO JSON.
    Coco(CocoError),
    /// A DICOM segmentation object.
    DicomSeg(DicomSegError),
    /// `.npy` and `.npz`.
    Array(ArrayError),
    /// A table of labels beside the masks.
    Labels(LabelTableError),
}

impl MaskFileError {
    /// Whether the message begins with the file that it is about.
    pub(crate) fn names_its_file(&self) -> bool {
        matches!(self, Self::Volume(error) if error.file.is_some())
    }

    fn inner(&self) -> &(dyn std::error::Error + 'static) {
        match self {
            Self::MedMask(error) => error,
            Self::Volume(error) => error,
            Self::Coco(error) => error,
            Self::DicomSeg(error) => error,
            Self::Array(error) => error,
            Self::Labels(error) => error,
        }
    }
}

impl fmt::Display for MaskFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inner())
    }
}

impl std::error::Error for MaskFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner().source()
    }
}

macro_rules! from {
    ($($error:ty => $variant:ident),*) => {$(
        impl From<$error> for MaskFileError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

from!(
    MedMaskError => MedMask,
    VolumeError => Volume,
    CocoError => Coco,
    DicomSegError => DicomSeg,
    ArrayError => Array,
    LabelTableError => Labels
);
