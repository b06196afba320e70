//! What is written is read back.

use super::*;

fn each_type(count: usize) -> Vec<Values> {
    let bytes: Vec<u8> = (0..=255).cycle().skip(3).take(count).collect();
    let signed: Vec<i8> = bytes.iter().map(|b| b.cast_signed()).collect();
    let wide = |b: &u8| u64::from(*b) << 48 | 0x1234;
    vec![
        Values::I8(signed.clone()),
        Values::I16(signed.iter().map(|v| i16::from(*v) * 255).collect()),
        Values::U16(bytes.iter().map(|v| u16::from(*v) * 257).collect()),
        Values::I32(signed.iter().map(|v| i32::from(*v) * 70_001).collect()),
        Values::U32(bytes.iter().map(|v| u32::from(*v) * 70_001).collect()),
        Values::I64(bytes.iter().map(|v| wide(v).cast_signed()).collect()),
        Values::U64(bytes.iter().map(wide).collect()),
        Values::F32(bytes.iter().map(|v| f32::from(*v) / 7.0).collect()),
        Values::F64(bytes.iter().map(|v| f64::from(*v) / 7.0).collect()),
        Values::U8(bytes),
    ]
}

fn geometry() -> Geometry {
    let mut geometry = Geometry::new([4, 3, 5], [2.5, 0.5, 1.0]);
    geometry.origin_lps = [1.5, -2.25, 100.0];
    geometry.frames = 2;
    geometry.frame_seconds = 0.5;
    geometry
}

#[test]
fn every_type_plain_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    for values in each_type(120) {
        for name in ["v.nii", "v.nii.gz"] {
            let path = folder.path().join(name);
            let extensions = vec![
                Extension { code: 6, bytes: b"labels".to_vec() },
                Extension { code: 0, bytes: vec![7; 40] },
            ];
            let scaling = Scaling { slope: 0.5, inter: -3.0 };
            let (space_code, intent_code) = (4, 1002);
            let plain = Volume::new(geometry(), values.clone());
            let volume = Volume { scaling, space_code, intent_code, extensions, ..plain };
            write(&path, &volume).unwrap();
            let first = std::fs::read(&path).unwrap();
            let mut found = read(&path, &Limits::default()).unwrap();
            assert_eq!(found.extensions[0].content(), b"labels");
            assert_eq!(found.extensions[1].bytes.len(), 40);
            found.extensions[0].bytes.truncate(6);
            assert_eq!(found, volume);
            write(&path, &found).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), first, "the same volume, other bytes");
        }
    }
}

#[test]
fn planes_are_the_parts_of_the_whole() {
    for values in each_type(120) {
        let volume = Volume::new(geometry(), values);
        let bytes = std::io::Cursor::new(bytes_of(&volume));
        let mut reader = NiftiReader::from_stream(bytes, &Limits::default()).unwrap();
        let mut all = Vec::new();
        while let Some(plane) = reader.next_plane().unwrap() {
            assert_eq!((plane.len(), plane.dtype()), (15, volume.dtype()));
            all.extend(plane.to_f64(&Scaling::NONE));
        }
        assert_eq!(all, volume.values.to_f64(&Scaling::NONE));
        assert!(reader.next_plane().unwrap().is_none());
    }
}

#[test]
fn the_other_byte_order_reads_the_same() {
    for values in each_type(60) {
        let width = usize::from(values.dtype().bytes());
        let mut geometry = geometry();
        geometry.frames = 1;
        geometry.frame_seconds = 0.0;
        let extensions = vec![Extension { code: 6, bytes: vec![65; 8] }];
        let volume = Volume { extensions, ..Volume::new(geometry, values) };
        let mut bytes = bytes_of(&volume);
        let turn = |bytes: &mut [u8], width: usize| {
            bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        };
        turn(&mut bytes[0..4], 4);
        turn(&mut bytes[40..56], 2);
        turn(&mut bytes[68..76], 2);
        turn(&mut bytes[76..120], 4);
        turn(&mut bytes[252..256], 2);
        turn(&mut bytes[256..328], 4);
        turn(&mut bytes[352..360], 4);
        turn(&mut bytes[368..], width);
        assert_eq!(parse(bytes).unwrap(), volume);
    }
}

#[test]
fn pairs_are_read_from_either_name() {
    let folder = tempfile::tempdir().unwrap();
    let volume = zeros(&Geometry::new([2, 3, 4], [1.0; 3]));
    let mut header = bytes_of(&volume);
    let image = header.split_off(352);
    patch(&mut header, 344, b"ni1\0");
    patch(&mut header, 108, &0_f32.to_le_bytes());
    let (hdr, img) = (folder.path().join("v.hdr"), folder.path().join("v.img"));
    std::fs::write(&hdr, &header[..348]).unwrap();
    assert!(matches!(read(&hdr, &Limits::default()).unwrap_err().kind, NiftiErrorKind::NoImage));
    std::fs::write(&img, image).unwrap();
    assert_eq!(read(&hdr, &Limits::default()).unwrap(), volume);
    assert_eq!(read(&img, &Limits::default()).unwrap(), volume);
}

#[test]
fn the_writer_refuses_what_was_not_declared() {
    let description = Description::new(Geometry::new([1, 1, 3], [1.0; 3]), Dtype::I16);
    let start = || NiftiWriter::new(Vec::new(), &description, true).unwrap();
    let mut writer = start();
    writer.write(&[1_i16, 2]).unwrap();
    assert!(matches!(
        writer.write(&[1_u8]).unwrap_err().kind,
        NiftiErrorKind::WrongType { declared: "i16", given: "u8" }
    ));
    assert!(writer.write(&[1_i16, 2]).is_err());
    assert!(matches!(
        writer.finish().unwrap_err().kind,
        NiftiErrorKind::ValueCount { declared: 3, given: 2 }
    ));
    for (shape, spacing) in [([1, 1, 40_000], 1.0), ([0, 1, 1], 1.0), ([1, 1, 1], f64::NAN)] {
        let description = Description::new(Geometry::new(shape, [spacing; 3]), Dtype::U8);
        assert!(NiftiWriter::new(Vec::new(), &description, false).is_err());
    }
}

#[test]
fn values_are_scaled_in_double_precision() {
    let scaling = Scaling { slope: 0.1, inter: -1024.0 };
    for values in each_type(256) {
        let (wide, narrow) = (values.to_f64(&scaling), values.to_f32(&scaling));
        let plain = values.to_f64(&Scaling::NONE);
        for ((wide, narrow), plain) in wide.iter().zip(narrow).zip(plain) {
            assert_eq!(wide.to_bits(), (plain * 0.1 - 1024.0).to_bits());
            assert!((f64::from(narrow) - wide).abs() <= wide.abs() * f64::from(f32::EPSILON));
        }
    }
}
