//! Values in which every field is another number, and the lines that the tables must make of them.

use vesalius::format::extent::Extent;
use vesalius::format::group::{GroupDesc, Layout};
use vesalius::format::mapping::GridMapping;
use vesalius::format::ops::Cursor;
use vesalius::format::prompts::PromptSetDef;
use vesalius::format::schema::{
    AttributeDef, AttributeType, DefaultMetric, Dtype, FieldDef, FieldKind, Provenance, Schema,
};
use vesalius::format::space::Space;

pub(crate) fn space() -> Space {
    Space {
        shape: [2, 3, 4],
        frames: 5,
        spacing: [6.5, 7.5, 8.5],
        frame_spacing: 9.5,
        origin: [10.5, 11.5, 12.5],
        direction: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]],
    }
}

pub(crate) const SPACE: &str = "shape[0] = 2
    shape[1] = 3
    shape[2] = 4
    frames = 5
    spacing[0] = 6.5
    spacing[1] = 7.5
    spacing[2] = 8.5
    frame_spacing = 9.5
    origin[0] = 10.5
    origin[1] = 11.5
    origin[2] = 12.5
    direction[0] = 1.0
    direction[1] = 2.0
    direction[2] = 3.0
    direction[3] = 4.0
    direction[4] = 5.0
    direction[5] = 6.0
    direction[6] = 7.0
    direction[7] = 8.0
    direction[8] = 10.0";

pub(crate) fn group() -> GroupDesc {
    GroupDesc {
        id: 101,
        column: 102,
        layout: Layout::Vector,
        inline: false,
        count: 103,
        first_row: 104,
        last_row: 1105,
        total: 103,
        data: Extent { page: 107, len: 108, crc: 109 },
        bulk: Extent { page: 110, len: 111, crc: 112 },
        dead_count: 113,
        dead: Extent { page: 114, len: 115, crc: 116 },
    }
}

pub(crate) const GROUP: &str = "id = 101
    column = 102
    layout = 16
    flags = 0
    count = 103
    first_row = 104
    last_row = 1105
    total = 103
    data.page = 107
    data.len = 108
    data.crc = 109
    bulk.page = 110
    bulk.len = 111
    bulk.crc = 112
    dead_count = 113
    dead.page = 114
    dead.len = 115
    dead.crc = 116";

pub(crate) fn cursor() -> Cursor {
    Cursor { ingest: "i".into(), split: "s".into(), position: 77, fingerprint: "f".into() }
}

pub(crate) const CURSOR: &str = "ingest = \"i\"
    split = \"s\"
    position = 77
    fingerprint = \"f\"";

pub(crate) fn schema() -> Schema {
    let provenance = Provenance {
        model: "m".into(),
        version: "v".into(),
        checkpoint: "c".into(),
        preprocessing: "p".into(),
        json: "{}".into(),
    };
    Schema {
        attributes: vec![AttributeDef {
            column: 16,
            name: "age".into(),
            kind: AttributeType::Text,
        }],
        fields: vec![FieldDef {
            column: 17,
            name: "lobes".into(),
            kind: FieldKind::Regions,
            dtype: Dtype::F16,
            metric: DefaultMetric::L2,
            normalized: true,
            dim: 512,
            grid: [7, 8, 9],
            regions: vec!["a".into(), "b".into()],
            provenance,
        }],
    }
}

pub(crate) const SCHEMA: &str = "attributes[0].column = 16
    attributes[0].type = 4
    attributes[0].name = \"age\"
    fields[0].column = 17
    fields[0].kind = 2
    fields[0].dtype = 1
    fields[0].metric = 3
    fields[0].normalized = 1
    fields[0].dim = 512
    fields[0].grid[0] = 7
    fields[0].grid[1] = 8
    fields[0].grid[2] = 9
    fields[0].name = \"lobes\"
    fields[0].regions[0] = \"a\"
    fields[0].regions[1] = \"b\"
    fields[0].model = \"m\"
    fields[0].model_version = \"v\"
    fields[0].checkpoint = \"c\"
    fields[0].preprocessing = \"p\"
    fields[0].json = \"{}\"";

pub(crate) fn mapping() -> GridMapping {
    GridMapping {
        axes: [2, 0, 1],
        offset: [1.5, 2.5, 3.5],
        stride: [4.5, -5.5, 6.5],
        extent: [7.5, 8.5, 9.5],
    }
}

pub(crate) const MAPPING: &str = "axes = 02 00 01
    offset[0] = 1.5
    offset[1] = 2.5
    offset[2] = 3.5
    stride[0] = 4.5
    stride[1] = -5.5
    stride[2] = 6.5
    extent[0] = 7.5
    extent[1] = 8.5
    extent[2] = 9.5";

pub(crate) fn prompt_set() -> PromptSetDef {
    PromptSetDef {
        name: "labels".into(),
        created_ms: 201,
        count: 202,
        dim: 203,
        tokens: 204,
        field: 205,
        logit_scale: Some(4.5),
        logit_bias: Some(-11.5),
        texts_sha256: [0xCD; 32],
        attributes: "{}".into(),
        data: Extent { page: 206, len: 207, crc: 208 },
    }
}

pub(crate) fn prompt_set_lines() -> String {
    let hash = super::tables::hex(&[0xCD; 32]);
    format!(
        "name = \"labels\"\n created_ms = 201\n count = 202\n dim = 203\n tokens = 204\n
        field = 205\n flags = 3\n logit_scale = 4.5\n logit_bias = -11.5\n
        texts_sha256 = {hash}\n attributes = \"{{}}\"\n data.page = 206\n data.len = 207\n
        data.crc = 208"
    )
}

/// `lines` with `prefix.` before each.
pub(crate) fn under(prefix: &str, lines: &str) -> String {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [prefix, ".", line, "\n"]).collect()
}
