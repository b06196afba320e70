//! What is known of a segment, as JSON and as lines.

use serde_json::{Value, json};
use vesalius::SegmentRef;

use crate::Result;
use crate::output::json::embedded;
use crate::output::{Out, bytes, count, decimal};

/// A colour as `#rrggbbaa`.
pub(super) fn colour_text(colour: [u8; 4]) -> String {
    let [r, g, b, a] = colour;
    format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
}

/// A colour from `#rrggbb` or `#rrggbbaa`; `none` takes it away.
pub(super) fn colour(text: &str) -> Result<Option<[u8; 4]>, String> {
    if text == "none" {
        return Ok(None);
    }
    let wrong = || "a colour is #rrggbb, #rrggbbaa, or none".to_owned();
    let digits = text.strip_prefix('#').filter(|digits| matches!(digits.len(), 6 | 8));
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = u32::from_str_radix(digits.ok_or_else(wrong)?, 16).map_err(|_| wrong())?;
    let opaque = if text.len() == 7 { (number << 8) | 0xff } else { number };
    let byte = |shift: u32| u8::try_from((opaque >> shift) & 0xff).unwrap_or(u8::MAX);
    Ok(Some([24, 16, 8, 0].map(byte)))
}

/// Everything but the voxels.
pub(super) fn as_json(of: &SegmentRef<'_>) -> Value {
    let segment = of.segment();
    let measures = of.measures();
    let spatial = |[_, z, y, x]: [u64; 4]| [z, y, x];
    let bounds = measures.bounds.map(|bounds| {
        json!({
            "low": spatial(bounds.start),
            "high": spatial(bounds.end),
            "frames": [bounds.start[0], bounds.end[0]],
        })
    });
    let codes = segment
        .codes
        .iter()
        .map(|code| json!({ "scheme": code.scheme, "value": code.value, "meaning": code.meaning }));
    json!({
        "name": segment.name,
        "group": segment.group,
        "label": segment.label,
        "priority": segment.priority,
        "colour": segment.colour.map(colour_text),
        "codes": codes.collect::<Vec<_>>(),
        "json": embedded(&segment.json),
        "voxels": of.voxels(),
        "volume_mm3": of.volume_mm3(),
        "box": bounds,
        "centroid": measures.centroid().map(|[_, z, y, x]| [z, y, x]),
        "centroid_world": of.centroid_world(),
        "encoded_bytes": of.encoded_bytes(),
        "shares_block": of.shares_block(),
    })
}

/// The same for people.
pub(super) fn as_text(of: &SegmentRef<'_>, out: &mut Out) -> Result<()> {
    let segment = of.segment();
    out.line(&format!("name      {}", segment.name))?;
    if !segment.group.is_empty() {
        out.line(&format!("group     {}", segment.group))?;
    }
    let priority = match segment.priority {
        0 => String::new(),
        priority => format!(", priority {priority}"),
    };
    out.line(&format!("label     {}{priority}", segment.label))?;
    if let Some(colour) = segment.colour {
        out.line(&format!("colour    {}", colour_text(colour)))?;
    }
    for code in &segment.codes {
        out.line(&format!("code      {} {} ({})", code.scheme, code.value, code.meaning))?;
    }
    if !segment.json.is_empty() {
        out.line(&format!("json      {}", segment.json))?;
    }
    out.line(&format!("voxels    {}", count(of.voxels())))?;
    let measures = of.measures();
    if let Some(bounds) = measures.bounds {
        out.line(&format!("volume    {} ml", decimal(of.volume_mm3() / 1000.0)))?;
        let axes = ["t", "z", "y", "x"].into_iter().zip(bounds.start.into_iter().zip(bounds.end));
        let axes = axes.filter(|(axis, _)| *axis != "t" || of.shape().frames() > 1);
        let parts: Vec<String> =
            axes.map(|(axis, (low, high))| format!("{axis} {low}..{high}")).collect();
        out.line(&format!("box       {}", parts.join(", ")))?;
    }
    if let (Some([_, z, y, x]), Some([l, p, s])) = (measures.centroid(), of.centroid_world()) {
        let voxel = [z, y, x].map(|v| format!("{v:.1}")).join(", ");
        let world = [l, p, s].map(|v| format!("{v:.1}")).join(", ");
        out.line(&format!("centroid  voxel ({voxel}), world ({world}) mm"))?;
    }
    if of.is_empty() {
        return Ok(());
    }
    let shared = if of.shares_block() { ", shared with other segments" } else { "" };
    out.line(&format!("stored    {}{shared}", bytes(of.encoded_bytes())))
}

#[cfg(test)]
mod tests {
    use super::{colour, colour_text};

    #[test]
    fn colours_are_read() {
        assert_eq!(colour("#9c2f2F"), Ok(Some([0x9c, 0x2f, 0x2f, 0xff])));
        assert_eq!(colour("#01020304"), Ok(Some([1, 2, 3, 4])));
        assert_eq!((colour("none"), colour_text([1, 2, 3, 4])), (Ok(None), "#01020304".to_owned()));
        for wrong in ["", "#12345", "red", "#12345g", "#+12345", "9c2f2f", "#\u{e4}1234"] {
            assert!(colour(wrong).is_err(), "{wrong}");
        }
    }
}
