//! Tags of the elements that are looked at (DICOM PS3.6).

use std::fmt;

/// A tag: group and element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(pub u16, pub u16);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:04X},{:04X})", self.0, self.1)
    }
}

/// A tag and the name it has in the standard.
pub(super) type Named = (Tag, &'static str);

macro_rules! tags {
    ($($name:ident $group:literal $element:literal $text:literal;)*) => {
        $(pub(super) const $name: Named = (Tag($group, $element), $text);)*
    };
}

tags! {
    TRANSFER_SYNTAX 0x0002 0x0010 "Transfer Syntax UID";
    CHARACTER_SET 0x0008 0x0005 "Specific Character Set";
    SOP_CLASS 0x0008 0x0016 "SOP Class UID";
    CODE_VALUE 0x0008 0x0100 "Code Value";
    CODE_SCHEME 0x0008 0x0102 "Coding Scheme Designator";
    CODE_MEANING 0x0008 0x0104 "Code Meaning";
    LONG_CODE_VALUE 0x0008 0x0119 "Long Code Value";
    URN_CODE_VALUE 0x0008 0x0120 "URN Code Value";
    ANATOMIC_REGION 0x0008 0x2218 "Anatomic Region Sequence";
    SLICE_THICKNESS 0x0018 0x0050 "Slice Thickness";
    SLICE_SPACING 0x0018 0x0088 "Spacing Between Slices";
    IMAGE_POSITION 0x0020 0x0032 "Image Position (Patient)";
    IMAGE_ORIENTATION 0x0020 0x0037 "Image Orientation (Patient)";
    PLANE_POSITION 0x0020 0x9113 "Plane Position Sequence";
    PLANE_ORIENTATION 0x0020 0x9116 "Plane Orientation Sequence";
    TRACKING_ID 0x0062 0x0020 "Tracking ID";
    TRACKING_UID 0x0062 0x0021 "Tracking UID";
    FRAMES 0x0028 0x0008 "Number of Frames";
    ROWS 0x0028 0x0010 "Rows";
    COLUMNS 0x0028 0x0011 "Columns";
    PIXEL_SPACING 0x0028 0x0030 "Pixel Spacing";
    BITS_ALLOCATED 0x0028 0x0100 "Bits Allocated";
    PIXEL_MEASURES 0x0028 0x9110 "Pixel Measures Sequence";
    SEGMENTATION_TYPE 0x0062 0x0001 "Segmentation Type";
    SEGMENTS 0x0062 0x0002 "Segment Sequence";
    CATEGORY 0x0062 0x0003 "Segmented Property Category Code Sequence";
    SEGMENT_NUMBER 0x0062 0x0004 "Segment Number";
    SEGMENT_LABEL 0x0062 0x0005 "Segment Label";
    SEGMENT_DESCRIPTION 0x0062 0x0006 "Segment Description";
    ALGORITHM_TYPE 0x0062 0x0008 "Segment Algorithm Type";
    ALGORITHM_NAME 0x0062 0x0009 "Segment Algorithm Name";
    SEGMENT_IDENTIFICATION 0x0062 0x000A "Segment Identification Sequence";
    REFERENCED_SEGMENT 0x0062 0x000B "Referenced Segment Number";
    CIELAB 0x0062 0x000D "Recommended Display CIELab Value";
    MAXIMUM_FRACTION 0x0062 0x000E "Maximum Fractional Value";
    PROPERTY_TYPE 0x0062 0x000F "Segmented Property Type Code Sequence";
    FRACTION_TYPE 0x0062 0x0010 "Segmentation Fractional Type";
    TYPE_MODIFIER 0x0062 0x0011 "Segmented Property Type Modifier Code Sequence";
    SHARED_GROUPS 0x5200 0x9229 "Shared Functional Groups Sequence";
    FRAME_GROUPS 0x5200 0x9230 "Per-Frame Functional Groups Sequence";
    PIXEL_DATA 0x7FE0 0x0010 "Pixel Data";
}

pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(super) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
pub(super) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);
