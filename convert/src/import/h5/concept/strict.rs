//! What makes a store unreliable, found before anything is written.

use std::path::Path;

use super::{is_integer, is_text};
use crate::error::ConvertError;
use crate::hdf5::conceptclip::ConceptClip;
use crate::hdf5::{Attribute, find};

const ADVICE: &str = "use --salvage to take what is good, with a report of the rest";

pub(super) fn check(path: &Path, store: &ConceptClip) -> Result<(), ConvertError> {
    let refused = |what: String| Err(ConvertError::layout(path, format!("{what}; {ADVICE}")));
    for (name, missing) in store.missing_chunks()? {
        if missing > 0 {
            return refused(format!(
                "{missing} chunks of {name} were never written, the file was not closed properly"
            ));
        }
    }
    for (name, stored) in [("D", Some(store.dim())), ("T_img", store.tokens())] {
        let declared = find(store.attributes(), name).and_then(Attribute::integer);
        let (Some(declared), Some(stored)) = (declared, stored) else { continue };
        if u64::try_from(declared) != Ok(stored) {
            return refused(format!("attribute {name} says {declared}, the datasets {stored}"));
        }
    }
    let columns = store.columns();
    let features = columns.iter().find(|column| column.name == "image_features");
    let features = features.map_or(0, |column| column.rows);
    for column in &columns {
        let (name, rows) = (column.name, column.rows);
        if rows > features {
            return refused(format!("{name} has {rows} rows, image_features has {features}"));
        }
        let fits = match name {
            "split" => is_text(column.element),
            "ids" | "labels" => is_integer(column.element),
            _ => true,
        };
        if !fits {
            let what = format!(
                "{name} holds {}, not {}; write it again with the right type",
                column.element.name(),
                if name == "split" { "texts" } else { "integers" }
            );
            return Err(ConvertError::layout(path, what));
        }
    }
    Ok(())
}
