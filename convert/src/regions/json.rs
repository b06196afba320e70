//! Python values as JSON, within bounds: shared objects can make a small file expand without end.

use serde_json::{Map, Number, Value};

use crate::pickle::{self, ArrayView, Document, Id};

/// Levels of nesting.
const DEPTH: usize = 16;
/// Values of one image, or of the source's own metadata.
const VALUES: usize = 1 << 16;
/// Bytes of text of the same.
const TEXT: usize = 1 << 22;

/// How much may still be converted, and what was left out.
pub(crate) struct Budget {
    values: usize,
    text: usize,
    /// Descriptions of what was too large.
    pub(crate) left_out: Vec<String>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { values: VALUES, text: TEXT, left_out: Vec::new() }
    }
}

impl Budget {
    fn spend(&mut self, values: usize, text: usize) -> bool {
        let left = self.values.checked_sub(values).zip(self.text.checked_sub(text));
        if let Some((values, text)) = left {
            self.values = values;
            self.text = text;
        }
        left.is_some()
    }

    /// Notes that something is not converted; returns a text that says so.
    pub(super) fn leave_out(&mut self, what: String) -> Value {
        /// A few tell the story.
        const TOLD: usize = 4;
        let text = format!("(not imported: {what})");
        if self.left_out.len() < TOLD {
            self.left_out.push(what);
        }
        Value::String(text)
    }
}

/// JSON of a Python value. Integers beyond 64 bits and floats that are not finite become text; what is too
/// large or has no JSON form becomes a text that says so, and is listed in `budget.left_out`.
pub(crate) fn value(document: &Document<'_>, id: Id, budget: &mut Budget) -> Value {
    nested(document, id, DEPTH, budget)
}

fn nested(document: &Document<'_>, id: Id, depth: usize, budget: &mut Budget) -> Value {
    use pickle::Value as V;
    if !budget.spend(1, 0) {
        return budget.leave_out("too many values".into());
    }
    let Some(depth) = depth.checked_sub(1) else {
        return budget.leave_out("nested too deeply".into());
    };
    match document.value(id) {
        V::None => Value::Null,
        V::Bool(value) => Value::Bool(value),
        V::Int(value) => value.into(),
        V::Float(value) => number(value),
        V::BigInt(big) => match big.to_i128() {
            Some(value) => Value::String(value.to_string()),
            None => budget.leave_out("an integer beyond 128 bits".into()),
        },
        V::Complex(re, im) => Value::Array(vec![number(re), number(im)]),
        V::Str(text) => string(&text, budget),
        V::Bytes(bytes) => match std::str::from_utf8(&bytes) {
            Ok(text) => string(text, budget),
            Err(_) => budget.leave_out(format!("{} bytes", bytes.len())),
        },
        V::Tuple(items) | V::List(items) | V::Set(items) | V::Objects(_, items) => {
            list(items, budget, |id, budget| nested(document, id, depth, budget))
        }
        V::Dict(pairs) => object(document, pairs, depth, budget),
        V::Array(array) | V::Scalar(array) => numbers(&array, budget),
        V::Opaque(module, name, args, _) => {
            let args = nested(document, args, depth, budget);
            Value::Object(Map::from_iter([(format!("{module}.{name}"), args)]))
        }
        other => budget.leave_out(format!("{other:?}")),
    }
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn string(text: &str, budget: &mut Budget) -> Value {
    if budget.spend(0, text.len()) {
        Value::String(text.to_owned())
    } else {
        budget.leave_out(format!("text of {} bytes", text.len()))
    }
}

/// Stops converting, not counting, once the budget is spent.
fn list<T>(
    items: impl Iterator<Item = T>,
    budget: &mut Budget,
    mut convert: impl FnMut(T, &mut Budget) -> Value,
) -> Value {
    let mut out = Vec::new();
    for item in items {
        out.push(convert(item, budget));
        if budget.values == 0 {
            break;
        }
    }
    Value::Array(out)
}

fn object(
    document: &Document<'_>,
    pairs: pickle::Pairs<'_>,
    depth: usize,
    budget: &mut Budget,
) -> Value {
    let mut map = Map::new();
    for (key, value) in pairs {
        if budget.values == 0 {
            break;
        }
        let key = match nested(document, key, depth, budget) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        map.insert(key, nested(document, value, depth, budget));
    }
    Value::Object(map)
}

/// The elements in file order, nested by nothing: the shape of an array of extras is rarely wanted.
fn numbers(array: &ArrayView<'_>, budget: &mut Budget) -> Value {
    let all = 0..array.len();
    let description = || format!("{} array {:?}", array.dtype().name(), array.shape());
    if !budget.spend(array.len(), array.data().len()) {
        return budget.leave_out(description());
    }
    let element = |i| {
        array
            .int_at(i)
            .map(Value::from)
            .or_else(|| array.float_at(i).map(number))
            .or_else(|| array.text_at(i).map(Value::String))
    };
    match all.map(element).collect::<Option<Vec<_>>>() {
        Some(mut one) if array.shape().is_empty() => one.pop().unwrap_or(Value::Null),
        Some(values) => Value::Array(values),
        None => budget.leave_out(description()),
    }
}
