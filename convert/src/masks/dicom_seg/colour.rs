//! Colours of segments.

/// The white of D65, which sRGB has (IEC 61966-2-1).
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

/// sRGB of a `CIELab` colour in 16 bits, where 0 to 65535 is `L*` of 0 to 100 and `a*`, `b*` of -128 to 127
/// (DICOM PS3.3, C.10.7.1.1).
///
/// The standard's profile space has the white D50, but the colours in real files were made with that of sRGB:
/// dcmqi and Slicer convert so, and only so their colours come out whole. CIE 15:2004 for `L*a*b*` to XYZ, and the
/// matrix and curve of IEC 61966-2-1.
pub(super) fn of_cielab([l, a, b]: [u16; 3]) -> [u8; 3] {
    let part = |v: u16| f64::from(v) / 65535.0;
    let y = (part(l) * 100.0 + 16.0) / 116.0;
    let x = y + (part(a) * 255.0 - 128.0) / 500.0;
    let z = y - (part(b) * 255.0 - 128.0) / 200.0;
    let linear = |t: f64| {
        let edge = 6.0 / 29.0;
        if t > edge { t * t * t } else { 3.0 * edge * edge * (t - 4.0 / 29.0) }
    };
    let [x, y, z] = [WHITE[0] * linear(x), WHITE[1] * linear(y), WHITE[2] * linear(z)];
    let rgb = [
        3.240_454_2 * x - 1.537_138_5 * y - 0.498_531_4 * z,
        -0.969_266_0 * x + 1.876_010_8 * y + 0.041_556_0 * z,
        0.055_643_4 * x - 0.204_025_9 * y + 1.057_225_2 * z,
    ];
    rgb.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let curved = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        byte((curved * 255.0).round())
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn byte(value: f64) -> u8 {
    value.clamp(0.0, 255.0) as u8
}
