//! What is in a file, for a person who has to say what to take.

use std::path::Path;

use crate::error::ConvertError;
use crate::hdf5::{H5File, NodeKind};

/// Most objects that an error lists.
const LISTED: usize = 40;

/// The error for a file of no known layout: its tree, and the option to give.
pub(super) fn unknown(path: &Path, file: &H5File) -> Result<ConvertError, ConvertError> {
    let tree = file.tree()?;
    let mut text = String::from(
        "it is none of the layouts that are known; name what to take, as in \
         `--dataset /features --field features`, and --ids, --labels and --split where there are such. \
         It holds: ",
    );
    let mut parts = Vec::new();
    for node in tree.nodes.iter().take(LISTED) {
        let what = match &node.kind {
            NodeKind::Group => "group".to_owned(),
            NodeKind::Dataset { shape, element, .. } => format!("{element} {shape:?}"),
            NodeKind::Unreadable(_) => "not readable".to_owned(),
        };
        parts.push(format!("{} {what}", node.path));
    }
    let more = tree.nodes.len().saturating_sub(LISTED);
    if parts.is_empty() {
        parts.push("nothing".to_owned());
    } else if more > 0 || tree.cut {
        parts.push(format!("and {more}{} more", if tree.cut { " or" } else { "" }));
    }
    text.push_str(&parts.join(", "));
    Ok(ConvertError::layout(path, text))
}
