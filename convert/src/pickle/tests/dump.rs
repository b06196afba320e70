//! A text form of a document that two readings can be compared by.

use std::fmt::Write;

use crate::pickle::{Document, Id, Value};

/// Python-like notation; objects deeper than eight levels are cut.
pub(super) fn dump(document: &Document<'_>, id: Id) -> String {
    let mut out = String::new();
    write_value(document, id, 8, &mut out);
    out
}

fn write_all(
    document: &Document<'_>,
    ids: impl Iterator<Item = Id>,
    depth: usize,
    out: &mut String,
) {
    for id in ids {
        write_value(document, id, depth, out);
        out.push(',');
        if out.len() > 10_000 {
            return;
        }
    }
}

fn write_value(document: &Document<'_>, id: Id, depth: usize, out: &mut String) {
    let Some(depth) = depth.checked_sub(1) else {
        out.push_str("...");
        return;
    };
    match document.value(id) {
        Value::Tuple(items) => {
            out.push('(');
            write_all(document, items, depth, out);
            out.push(')');
        }
        Value::List(items) => {
            out.push('[');
            write_all(document, items, depth, out);
            out.push(']');
        }
        Value::Set(items) => {
            out.push_str("set{");
            write_all(document, items, depth, out);
            out.push('}');
        }
        Value::Dict(pairs) => {
            out.push('{');
            write_all(document, pairs.flat_map(|(k, v)| [k, v]), depth, out);
            out.push('}');
        }
        Value::Objects(shape, items) => {
            write!(out, "objects{shape:?}").unwrap();
            write_all(document, items, depth, out);
        }
        Value::Array(a) | Value::Scalar(a) => {
            write!(out, "{}{:?}{}", a.dtype().name(), a.shape(), a.fortran()).unwrap();
            write!(out, "#{:08x}", crc32fast::hash(a.data())).unwrap();
        }
        Value::Opaque(module, name, args, state) => {
            write!(out, "{module}.{name}").unwrap();
            write_all(document, [args, state].into_iter(), depth, out);
        }
        other => write!(out, "{other:?}").unwrap(),
    }
}
