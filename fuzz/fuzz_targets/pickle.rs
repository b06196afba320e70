//! Any bytes as a pickle: an error or a document within its limits that can be read to the end. What a
//! sink takes is what stays in the document without one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius_convert::pickle::{
    Batch, Document, Flow, Id, Limits, Plan, Sink, Value, parse, stream,
};

fuzz_target!(|data: &[u8]| {
    let limits = Limits { memory: 1 << 20, ..Limits::small() };
    let whole = parse(data, &limits);
    if let Ok(document) = &whole {
        assert!(document.memory() <= limits.memory);
        assert!(document.consumed() <= data.len() as u64);
        for id in document.walk(document.root()) {
            look(document, id);
        }
    }
    let Ok(plan) = Plan::scan(data, &limits) else { return };
    let taken = stream(data, &plan, &limits, &mut Take);
    if let (Ok(whole), Ok(Some(rest))) = (&whole, &taken) {
        assert!(rest.memory() <= whole.memory());
    }
});

/// Takes the items of outermost dictionaries.
struct Take;

impl Sink for Take {
    fn items(&mut self, document: &Document<'_>, batch: &Batch<'_>) -> Flow {
        if batch.depth(document) > 0 {
            return Flow::Keep;
        }
        for (key, value) in batch.pairs() {
            look(document, key);
            look(document, value);
        }
        Flow::Take
    }
}

fn look(document: &Document<'_>, id: Id) {
    match document.value(id) {
        Value::Array(array) | Value::Scalar(array) => {
            if let Some(values) = array.to_f32() {
                assert_eq!(values.len(), array.len());
            }
        }
        Value::Dict(pairs) => assert!(document.duplicate_keys(id) <= pairs.len()),
        Value::Bytes(bytes) => assert_eq!(document.bytes(id).as_deref(), Some(bytes.as_ref())),
        Value::Str(text) => drop(document.text(id).map(|t| assert_eq!(t, text))),
        _ => {}
    }
}
