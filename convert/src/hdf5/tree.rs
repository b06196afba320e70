//! A listing of a file: its groups and datasets, bounded in number and depth.

use std::collections::HashSet;

use hdf5_reader::Hdf5File;

use super::dataset::Dataset;
use super::error::{H5Error, H5ErrorKind};
use super::file::H5File;
use super::limits;

/// One group or dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The path inside the file.
    pub path: String,
    /// What it is.
    pub kind: NodeKind,
}

/// What a listed object is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKind {
    /// A group.
    Group,
    /// A dataset that can be read.
    Dataset {
        /// The lengths of its axes.
        shape: Vec<u64>,
        /// The element type, as [`super::ElementType::name`].
        element: String,
        /// The shape of a chunk.
        chunk: Option<Vec<u64>>,
        /// Its filters by name.
        filters: Vec<String>,
    },
    /// An object that cannot be read, and why.
    Unreadable(String),
}

/// A listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The objects, depth first, by name; the root is left out.
    pub nodes: Vec<Node>,
    /// Whether a limit cut the listing short.
    pub cut: bool,
}

pub(super) fn list(file: &H5File) -> Result<Tree, H5Error> {
    let mut tree = Tree::default();
    // A first failure is an error; later ones are listed.
    file.root(&file.meta("/")?)?;
    file.members("/")?;
    let mut pending = vec![(String::from("/"), 0_usize)];
    let (mut names, mut seen) = (0_usize, HashSet::new());
    while let Some((path, depth)) = pending.pop() {
        if depth > 0 {
            tree.nodes.push(Node { path: path.clone(), kind: NodeKind::Group });
        }
        // Links may lead to a group again, or in a circle: its members are listed once.
        if file.group_address(&path).is_ok_and(|address| !seen.insert(address)) {
            continue;
        }
        let (groups, datasets) = match file.members(&path) {
            Ok(found) => found,
            Err(error) => {
                let kind = NodeKind::Unreadable(error.what().to_owned());
                tree.nodes.push(Node { path, kind });
                continue;
            }
        };
        let join = |name: &String| format!("{}/{name}", path.trim_end_matches('/'));
        let mut meta = file.meta(&path)?;
        for name in &datasets {
            let path = join(name);
            names += path.len();
            if tree.nodes.len() >= limits::MAX_OBJECTS || names > limits::MAX_NAME_BYTES {
                tree.cut = true;
                return Ok(tree);
            }
            tree.nodes.push(Node { kind: describe(file, &mut meta, &path)?, path });
        }
        for name in groups.iter().rev() {
            let path = join(name);
            names += path.len();
            let full = tree.nodes.len() + pending.len() >= limits::MAX_OBJECTS;
            if depth >= limits::MAX_DEPTH || full || names > limits::MAX_NAME_BYTES {
                tree.cut = true;
            } else {
                pending.push((path, depth + 1));
            }
        }
    }
    Ok(tree)
}

/// Describes a dataset through `meta`, which is renewed when its budget is used up: one view for a
/// whole group spares reading the group again for each of its members.
fn describe(file: &H5File, meta: &mut Hdf5File, path: &str) -> Result<NodeKind, H5Error> {
    let mut found = open(file, meta, path);
    if found.as_ref().is_err_and(|e| e.kind() == H5ErrorKind::Limit) {
        *meta = file.meta(path)?;
        found = open(file, meta, path);
    }
    Ok(match found {
        Ok(dataset) => NodeKind::Dataset {
            shape: dataset.shape().to_vec(),
            element: dataset.element().name(),
            chunk: dataset.chunk_shape().map(<[u64]>::to_vec),
            filters: dataset.filter_names(),
        },
        Err(error) => NodeKind::Unreadable(error.what().to_owned()),
    })
}

fn open(file: &H5File, meta: &Hdf5File, path: &str) -> Result<Dataset, H5Error> {
    let found = meta.dataset(path).map_err(|e| file.fail(path, &e))?;
    Dataset::describe(file, meta, path, &found)
}
