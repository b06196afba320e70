//! Prompt sets, listed and one by one.

use serde_json::{Value, json};
use vesalius::{PromptSetRef, Snapshot};

use crate::Result;
use crate::output::{Cell, Out, Table, count, decimal, json, utc};

/// Bytes of a hash that are shown to people.
const HASH_BYTES: usize = 4;

/// All sets.
pub(super) fn list(snapshot: &Snapshot, out: &mut Out) -> Result<()> {
    if out.is_json() {
        let sets: Vec<Value> = snapshot.prompt_sets().map(as_json).collect();
        return out.json(&json!({ "prompt_sets": sets }));
    }
    table(snapshot, out)
}

/// All sets as a table.
pub(in crate::commands) fn table(snapshot: &Snapshot, out: &mut Out) -> Result<()> {
    let head = [Cell::text("prompt set"), Cell::number("texts"), Cell::number("dim")];
    let head = head.into_iter().chain([Cell::number("tokens"), Cell::text("field")]);
    let head = head.chain(["logit scale", "logit bias"].map(Cell::number));
    let mut table = Table::new(head.chain(["texts sha256", "created"].map(Cell::text)));
    let number = |constant: Option<f64>| {
        constant.map_or_else(Cell::empty, |constant| Cell::number(decimal(constant)))
    };
    for set in snapshot.prompt_sets() {
        let tokens = set.tokens_of_text();
        let cells = [
            Cell::text(set.name()),
            Cell::number(count(set.len() as u64)),
            Cell::number(set.dim()),
            if tokens == 0 { Cell::empty() } else { Cell::number(tokens) },
            Cell::text(set.field().unwrap_or_default()),
            number(set.logit_scale()),
            number(set.logit_bias()),
            Cell::text(hex(set.texts_sha256().get(..HASH_BYTES).unwrap_or_default())),
            Cell::text(utc(set.created_ms())),
        ];
        table.row(out, cells)?;
    }
    table.end(out)
}

/// One set with its texts.
pub(super) fn one(set: &PromptSetRef<'_>, out: &mut Out) -> Result<()> {
    let texts = set.texts()?;
    if out.is_json() {
        let mut all = as_json(*set);
        if let Some(all) = all.as_object_mut() {
            all.insert("attributes".into(), json::embedded(set.attributes()));
            all.insert("list".into(), texts.into());
        }
        return out.json(&all);
    }
    out.line(&format!("set      {}", set.name()))?;
    out.line(&format!("features [{}, {}]", set.len(), set.dim()))?;
    if set.tokens_of_text() > 0 {
        out.line(&format!("tokens   [{}, {}, {}]", set.len(), set.tokens_of_text(), set.dim()))?;
    }
    if let Some(field) = set.field() {
        out.line(&format!("field    {field}"))?;
    }
    let constants = [("scale   ", set.logit_scale()), ("bias    ", set.logit_bias())];
    for (name, constant) in constants {
        if let Some(constant) = constant {
            out.line(&format!("{name} {}, as the model has it", decimal(constant)))?;
        }
    }
    out.line(&format!("created  {}", utc(set.created_ms())))?;
    out.line(&format!("sha256   {}", hex(&set.texts_sha256())))?;
    if !set.attributes().is_empty() {
        out.line(&format!("about    {}", set.attributes()))?;
    }
    out.line("")?;
    let mut table = Table::new([Cell::number("place"), Cell::text("text")]);
    for (place, text) in texts.iter().enumerate() {
        table.row(out, [Cell::number(place), Cell::text(text)])?;
    }
    table.end(out)
}

/// A set without its texts.
pub(in crate::commands) fn as_json(set: PromptSetRef<'_>) -> Value {
    json!({
        "name": set.name(),
        "texts": set.len(),
        "dim": set.dim(),
        "tokens": set.tokens_of_text(),
        "field": set.field(),
        "logit_scale": set.logit_scale(),
        "logit_bias": set.logit_bias(),
        "texts_sha256": hex(&set.texts_sha256()),
        "created": utc(set.created_ms()),
        "bytes": set.bytes(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
