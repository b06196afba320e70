"""Makes small segmentations beside it with highdicom 0.28 and pydicom 3.0, and expected.json of their voxels."""
import json
import pathlib

import highdicom as hd
import numpy as np
import pydicom
from highdicom.seg import SegmentDescription, Segmentation
from pydicom.sr.codedict import codes
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20260)
Z, Y, X = 6, 11, 13
SPACING = (2.5, 0.75, 0.5)


def rotation():
    """An oblique frame, right-handed."""
    x = np.array([0.96, 0.28, 0.0])
    y = np.array([-0.168, 0.576, 0.8])
    return x, y, np.cross(x, y)


def image():
    """The slices of a CT image in no order, as data sets."""
    x, y, z = rotation()
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    out = []
    for k in range(Z):
        d = pydicom.Dataset()
        d.file_meta = pydicom.dataset.FileMetaDataset()
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.SOPClassUID, d.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
        d.SeriesInstanceUID, d.StudyInstanceUID, d.FrameOfReferenceUID = series, study, frame
        d.PatientID, d.PatientName, d.PatientBirthDate, d.PatientSex = "P", "P", "", ""
        d.StudyDate, d.StudyTime, d.AccessionNumber, d.ReferringPhysicianName = "", "", "", ""
        d.StudyID, d.SeriesNumber, d.InstanceNumber, d.Modality = "1", 1, k + 1, "CT"
        d.Rows, d.Columns, d.SamplesPerPixel, d.BitsAllocated = Y, X, 1, 16
        d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 15, 0
        d.PhotometricInterpretation = "MONOCHROME2"
        d.PixelSpacing, d.SliceThickness = [SPACING[1], SPACING[2]], SPACING[0]
        d.ImageOrientationPatient = [float(v) for v in (*x, *y)]
        d.ImagePositionPatient = [float(round(v, 8)) for v in np.array([-50.5, 20.25, 7.0]) + z * SPACING[0] * k]
        d.PixelData = bytes(Y * X * 2)
        out.append(d)
    return out


def describe(number, label):
    return SegmentDescription(
        segment_number=number, segment_label=label,
        segmented_property_category=codes.SCT.Organ, segmented_property_type=codes.SCT.Liver,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        tracking_id=f"track {number}", tracking_uid=generate_uid(),
        anatomic_regions=[codes.SCT.Abdomen] if number == 2 else None,
        display_color=hd.color.CIELabColor(66.8, -24.6, 18.8),
    )


def make(name, kind, syntax, array, **more):
    seg = Segmentation(
        source_images=image(), pixel_array=array, segmentation_type=kind,
        segment_descriptions=[describe(n + 1, label) for n, label in enumerate(["lobe", "lobe", "tumour \u00e9"])],
        series_instance_uid=generate_uid(), series_number=2, sop_instance_uid=generate_uid(), instance_number=1,
        manufacturer="m", manufacturer_model_name="m", software_versions="1", device_serial_number="1",
        transfer_syntax_uid=syntax, **more,
    )
    seg.SpecificCharacterSet = "ISO_IR 192"
    seg.save_as(here / f"{name}.dcm")
    return seg


def runs(mask):
    edge = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (0, 0), (1, 1))), axis=2)
    places = [np.stack(np.nonzero(edge == v)) for v in (1, -1)]
    return [[int((z * Y + y) * X + a), int((z * Y + y) * X + b)]
            for (z, y, a), (_, _, b) in zip(places[0].T, places[1].T)]


def read(name):
    """The voxels by segment number, with pydicom alone."""
    d = pydicom.dcmread(here / f"{name}.dcm")
    array = d.pixel_array.reshape(-1, d.Rows, d.Columns)
    shared = d.SharedFunctionalGroupsSequence[0]
    x, y = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient).reshape(2, 3)
    z = np.cross(x, y)
    groups = d.PerFrameFunctionalGroupsSequence
    places = np.array([g.PlanePositionSequence[0].ImagePositionPatient for g in groups], float)
    heights = places @ z
    step = float(shared.PixelMeasuresSequence[0].SpacingBetweenSlices)
    index = np.rint((heights - heights.min()) / step).astype(int)
    volume = {int(s.SegmentNumber): np.zeros((index.max() + 1, d.Rows, d.Columns), bool) for s in d.SegmentSequence}
    for frame, group, k in zip(array, groups, index):
        if d.SegmentationType == "LABELMAP":
            for number, mask in volume.items():
                mask[k] = frame == number
        else:
            number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
            most = int(d.get("MaximumFractionalValue", 1))
            volume[number][k] = frame.astype(int) * 2 >= most
    return {
        "shape": [int(index.max()) + 1, Y, X], "origin": places[heights.argmin()].tolist(),
        "spacing": [step, *map(float, shared.PixelMeasuresSequence[0].PixelSpacing)],
        "direction": np.stack([z, y, x], axis=1).tolist(),
        "runs": {number: runs(mask) for number, mask in volume.items() if number},
    }


expected = {}
masks = rng.random((Z, Y, X, 3)) < [0.5, 0.1, 0.9]
masks[2], masks[4, :, :, :2] = False, False
BINARY, LABELS = hd.seg.SegmentationTypeValues.BINARY, hd.seg.SegmentationTypeValues.LABELMAP
FRACTIONAL = hd.seg.SegmentationTypeValues.FRACTIONAL
labels = rng.integers(0, 4, (Z, Y, X)).astype(np.uint8)
labels[1] = 0
for name, kind, syntax, array, more in [
    ("binary", BINARY, ExplicitVRLittleEndian, masks.astype(np.uint8), {}),
    ("implicit", BINARY, ImplicitVRLittleEndian, masks.astype(np.uint8), {}),
    ("fraction", FRACTIONAL, ExplicitVRLittleEndian, rng.random((Z, Y, X, 3)).round(2),
     {"fractional_type": "PROBABILITY", "max_fractional_value": 200}),
    ("fraction_rle", FRACTIONAL, RLELossless, rng.random((Z, Y, X, 3)).round(1),
     {"fractional_type": "OCCUPANCY", "max_fractional_value": 255}),
    ("labels", LABELS, ExplicitVRLittleEndian, labels, {}),
    ("labels_rle", LABELS, RLELossless, labels, {}),
]:
    make(name, kind, syntax, array, **more)
    expected[name] = read(name)
d = pydicom.dcmread(here / "binary.dcm")
for item in d.PerFrameFunctionalGroupsSequence:
    for element in item:
        element.is_undefined_length = True
    item.is_undefined_length_sequence_item = True
for element in d:
    element.is_undefined_length = element.VR == "SQ"
d.save_as(here / "marked.dcm")
d.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
d.save_as(here / "deflated.dcm")
expected["marked"], expected["deflated"] = read("marked"), read("deflated")
(here / "expected.json").write_text(json.dumps(expected, separators=(",", ":")))
