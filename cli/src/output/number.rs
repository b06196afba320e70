//! Numbers as people read them.

/// A count with its thousands apart: `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Digits with commas between thousands.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in binary units with three digits or so: `1.21 MiB`.
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if value < 1024 {
        return format!("{value} B");
    }
    let mut size = value as f64;
    let mut unit = "B";
    for next in UNITS {
        if size < 1023.5 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    if size < 99.95 { format!("{size:.1} {unit}") } else { format!("{size:.0} {unit}") }
}

/// Cubic millimetres with the unit that suits them: `812.5 mm3`, `12.35 ml`, `1,512.3 ml`.
pub(crate) fn volume(mm3: f64) -> String {
    if mm3 < 999.95 {
        return format!("{mm3:.1} mm3");
    }
    let ml = mm3 / 1000.0;
    let text = if ml < 99.995 { format!("{ml:.2}") } else { format!("{ml:.1}") };
    match text.split_once('.') {
        Some((whole, part)) => format!("{}.{part} ml", grouped(whole)),
        None => format!("{text} ml"),
    }
}

/// A score with enough digits to tell neighbours apart.
pub(crate) fn score(value: f32) -> String {
    if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) {
        return format!("{value:.4e}");
    }
    format!("{value:.4}")
}

/// A double with no more than six significant digits.
pub(crate) fn decimal(value: f64) -> String {
    let rounded = format!("{value:.5e}").parse::<f64>().unwrap_or(value);
    if rounded != 0.0 && !(1e-5..1e15).contains(&rounded.abs()) {
        return format!("{rounded:e}");
    }
    rounded.to_string()
}

/// A share of 1 as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, decimal, percent, score, volume};

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(200 << 20), "200 MiB");
        assert_eq!(bytes((1 << 20) - 1), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        assert_eq!(score(0.987_68), "0.9877");
        assert_eq!(score(-1.5e-9), "-1.5000e-9");
        assert_eq!(score(0.0), "0.0000");
        assert_eq!(decimal(0.435_003_230_564), "0.435003");
        assert_eq!(decimal(-12.5), "-12.5");
        assert_eq!(decimal(1e300), "1e300");
        assert_eq!(decimal(f64::NAN), "NaN");
        assert_eq!(percent(0.25), "25.0 %");
        let volumes = [0.0, 812.46, 999.96, 12_345.6, 1_512_345.0, f64::INFINITY].map(volume);
        let texts = ["0.0 mm3", "812.5 mm3", "1.00 ml", "12.35 ml", "1,512.3 ml", "inf ml"];
        assert_eq!(volumes, texts);
    }
}
