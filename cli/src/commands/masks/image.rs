//! The segments of one image.

use serde_json::{Value, json};
use vesalius::{FieldDef, Image, SegmentRef, VoxelBox};

use crate::Result;
use crate::commands::info::space_json;
use crate::commands::segments::{Total, of_image};
use crate::output::{Cell, Out, Table, bytes, count, json, volume};

/// Shows them all, or those of a group.
pub(in crate::commands) fn show(
    image: &Image<'_>,
    field: &FieldDef,
    group: Option<&str>,
    out: &mut Out,
) -> Result<()> {
    let segments = of_image(image, field, group)?;
    let total = Total::of(&segments);
    if out.is_json() {
        return out.json(&json!({
            "image": image.key()?, "field": field.name,
            "space": if image.space()?.is_known() { space_json(image.space()?) } else { Value::Null },
            "frames": image.space()?.frames,
            "segments": segments.iter().map(segment_json).collect::<Vec<_>>(),
            "total": {
                "segments": total.segments, "empty": total.empty, "voxels": total.voxels,
                "volume_mm3": total.mm3, "bytes": total.bytes,
            },
        }));
    }
    if segments.is_empty() {
        return out.line(&format!("{} has no segments in {:?}", image.key()?, field.name));
    }
    table(&segments, out)?;
    out.line("")?;
    out.line(&summary(&total))
}

fn summary(total: &Total) -> String {
    let (segments, empty) = (count(total.segments), count(total.empty));
    let empty = if total.empty == 0 { String::new() } else { format!(", {empty} of them empty") };
    format!(
        "{segments} segments{empty}; together {} voxels, {}, in {}",
        count(total.voxels),
        volume(total.mm3),
        bytes(total.bytes)
    )
}

fn table(segments: &[SegmentRef<'_>], out: &mut Out) -> Result<()> {
    let in_time = segments.iter().any(|segment| segment.shape().frames() > 1);
    let grouped = segments.iter().any(|segment| !segment.group().is_empty());
    let head = grouped.then(|| Cell::text("group")).into_iter().chain([Cell::text("segment")]);
    let head = head.chain(["label", "voxels", "volume"].map(Cell::number));
    let head = head.chain(in_time.then(|| Cell::text("frames")));
    let head = head.chain(["box (z0 y0 x0 z1 y1 x1)", "centroid (L P S mm)"].map(Cell::text));
    let mut table = Table::new(head.chain([Cell::number("bytes")]));
    for segment in segments {
        let bounds = segment.measures().bounds;
        let centroid = segment.centroid_world().map(|at| at.map(|mm| format!("{mm:.1}")).join(" "));
        let held = match (segment.is_empty(), segment.shares_block()) {
            (true, _) => Cell::empty(),
            (false, true) => Cell::number("shared"),
            (false, false) => Cell::number(count(segment.encoded_bytes())),
        };
        let size = if segment.is_empty() { "empty".into() } else { volume(segment.volume_mm3()) };
        let group = grouped.then(|| Cell::text(segment.group()));
        let cells = [
            Cell::text(segment.name()),
            Cell::number(segment.label()),
            Cell::number(count(segment.voxels())),
            Cell::number(size),
        ];
        let frames = bounds.map(|b| frames(&b).map(|t| t.to_string()).join(" "));
        let frames = in_time.then(|| Cell::text(frames.unwrap_or_default()));
        let place = bounds.map(|b| corners(&b).map(|edge| edge.to_string()).join(" "));
        let place = [place, centroid].map(|text| Cell::text(text.unwrap_or_default()));
        table.row(out, group.into_iter().chain(cells).chain(frames).chain(place).chain([held]))?;
    }
    table.end(out)
}

/// First frame, and behind the last one.
fn frames(of: &VoxelBox) -> [u64; 2] {
    let ([start, ..], [end, ..]) = (of.start, of.end);
    [start, end]
}

/// z0, y0, x0, z1, y1, x1, half open.
fn corners(of: &VoxelBox) -> [u64; 6] {
    let ([_, z0, y0, x0], [_, z1, y1, x1]) = (of.start, of.end);
    [z0, y0, x0, z1, y1, x1]
}

fn segment_json(segment: &SegmentRef<'_>) -> Value {
    let (known, measures) = (segment.segment(), segment.measures());
    let codes = known
        .codes
        .iter()
        .map(|code| json!({ "scheme": code.scheme, "value": code.value, "meaning": code.meaning }));
    json!({
        "group": known.group, "name": known.name, "label": known.label, "priority": known.priority,
        "colour": known.colour,
        "codes": codes.collect::<Vec<_>>(),
        "json": json::embedded(&known.json),
        "voxels": measures.voxels, "volume_mm3": segment.volume_mm3(),
        "box": measures.bounds.as_ref().map(corners),
        "frames": measures.bounds.as_ref().map(frames),
        "centroid": measures.centroid().map(|[_, z, y, x]| [z, y, x]),
        "centroid_mm": segment.centroid_world(),
        "bytes": segment.encoded_bytes(), "shared": segment.shares_block(),
    })
}
