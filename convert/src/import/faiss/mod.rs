//! FAISS: an index alone, and the folder of an index and its metadata.
//!
//! In the folder the vector of row i belongs to the i-th entry of the metadata, in the order in which the entries
//! were put in: a removal renumbers rows and leaves ids as they are, so an id says nothing about a row.

mod images;
mod prompts;
mod records;
mod store;

pub(super) use images::FaissImages;
pub(crate) use records::{IMAGE_ID, RESERVED, REST};
pub(super) use store::VectorStore;

use std::path::Path;

use vesalius::DefaultMetric;

use super::options::ImportOptions;
use crate::error::ConvertError;
use crate::faiss::{FaissFile, FaissMetric};

/// The files of a folder.
const INDEX: &str = "index.faiss";
const METADATA: &str = "metadata.pkl";

/// Whether it is a folder with an index of FAISS, `index.faiss`.
pub fn is_store(source: &Path) -> bool {
    source.join(INDEX).is_file()
}

/// The metric of the field, where nothing else is asked for.
fn metric(
    path: &Path,
    file: &FaissFile,
    options: &ImportOptions,
) -> Result<Option<DefaultMetric>, ConvertError> {
    match file.metric() {
        FaissMetric::InnerProduct => Ok(Some(DefaultMetric::InnerProduct)),
        FaissMetric::L2 => Ok(Some(DefaultMetric::L2)),
        FaissMetric::Other(_) if options.metric.is_some() => Ok(None),
        FaissMetric::Other(number) => {
            let what = format!(
                "the index compares by metric {number} of FAISS, which a field has not; name one of cosine, \
                 ip and l2"
            );
            Err(ConvertError::layout(path, what))
        }
    }
}
