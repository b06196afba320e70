//! The one error of the engine: what, where, and what to do.

use std::fmt;
use std::io;

use crate::format::Damage;
use crate::search::predicate::PredicateError;

/// The result of every fallible call of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. New variants may come.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused something.
    Io {
        /// What was being done.
        what: String,
        /// The answer of the system.
        source: io::Error,
    },
    /// The file breaks a rule of `SPEC.md`.
    Corrupt(Damage),
    /// The file is a container, but of a newer format.
    NewerFormat {
        /// Which part is unknown.
        what: String,
    },
    /// Another process, or another handle of this one, is writing.
    Locked,
    /// An earlier write or sync failed; the state of the medium is unknown until it is opened again. A
    /// failed sync is never retried: the system may have dropped the pages (Rebello et al., "Can
    /// Applications Recover from fsync Failures?", USENIX ATC 2020).
    Poisoned,
    /// The container was opened for reading only.
    ReadOnly,
    /// The writing handle was inherited through a fork.
    Forked,
    /// No image has this key.
    NoSuchImage {
        /// The key.
        key: String,
    },
    /// An image of this key is there already.
    ImageExists {
        /// The key.
        key: String,
    },
    /// A segment of this group and name is there already.
    SegmentExists {
        /// The image.
        image: String,
        /// The group.
        group: String,
        /// The name.
        name: String,
    },
    /// A field, attribute, region, space or cursor that does not exist.
    NoSuch {
        /// What kind of thing.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// The field has another kind, or the attribute another type.
    WrongKind {
        /// The field or attribute.
        name: String,
        /// What it is.
        is: String,
        /// What the call needs.
        wanted: String,
    },
    /// A feature has the wrong number of values.
    WrongDimension {
        /// The field.
        field: String,
        /// What was given.
        given: usize,
        /// The dimension of the field.
        dim: usize,
    },
    /// The number of token values is not that of the grid.
    WrongTokens {
        /// The field.
        field: String,
        /// The image, where known.
        image: String,
        /// Values that were given.
        given: usize,
        /// Shape of the tensor that is needed.
        wanted: String,
    },
    /// A grid of tokens does not lie over the space of its image.
    GridMismatch {
        /// The field.
        field: String,
        /// The image.
        image: String,
        /// The grid, the shape of the space in voxels (z, y, x), and what to do.
        what: String,
    },
    /// A prompt set does not fit the field that it is asked about.
    PromptMismatch {
        /// The prompt set.
        set: String,
        /// The field.
        field: String,
        /// Why, and what to do.
        what: String,
    },
    /// A value is NaN or infinite, or does not fit the type it is stored as.
    NotFinite {
        /// The field.
        field: String,
        /// The image, where known.
        image: String,
        /// Which value.
        what: String,
    },
    /// A space disagrees with the one that it must agree with.
    SpaceMismatch {
        /// The field or image concerned.
        name: String,
        /// The space that is there.
        have: String,
        /// The space that was given.
        given: String,
    },
    /// A limit of the format would be exceeded.
    Limit {
        /// What.
        what: &'static str,
        /// The value asked for.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// An argument makes no sense; the text says which and why.
    Invalid(String),
    /// A predicate does not parse, or does not fit the schema.
    Predicate(PredicateError),
    /// Older snapshots, here or in another process, are still open.
    ReadersActive,
    /// Memory ran out for something of this size.
    OutOfMemory {
        /// Bytes asked for.
        bytes: u64,
    },
    /// The format has it, this version of the engine does not.
    Unsupported(String),
    /// The caller's progress function said stop.
    Cancelled,
}

impl Error {
    /// An I/O error with what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// Whether the container itself is damaged.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt(_))
    }
}

fn write_known(f: &mut fmt::Formatter<'_>, known: &[String]) -> fmt::Result {
    const SHOWN: usize = 12;
    if known.is_empty() {
        return f.write_str("; there are none");
    }
    f.write_str("; there are ")?;
    for (index, name) in known.iter().take(SHOWN).enumerate() {
        write!(f, "{}{name:?}", if index == 0 { "" } else { ", " })?;
    }
    if known.len() > SHOWN {
        write!(f, " and {} more", known.len().saturating_sub(SHOWN))?;
    }
    Ok(())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::Corrupt(damage) => {
                write!(f, "damaged container: {damage}; run `vesalius verify` for a full report")
            }
            Self::NewerFormat { what } => {
                write!(f, "written by a newer version: {what}; update Vesalius to open it")
            }
            Self::Locked => f.write_str(
                "another writer has this container open; wait for it, or open a snapshot, which needs no lock",
            ),
            Self::Poisoned => f.write_str(
                "an earlier write or sync failed, so nothing more is written; close the container and open it again to recover",
            ),
            Self::ReadOnly => f.write_str("the container was opened read-only; open it for writing"),
            Self::Forked => f.write_str(
                "this handle was inherited through a fork; open the container again in this process to write",
            ),
            Self::NoSuchImage { key } => write!(f, "no image has the key {key:?}"),
            Self::ImageExists { key } => {
                write!(f, "image {key:?} is there already; use upsert to change it")
            }
            Self::NoSuch { what, name, known } => {
                write!(f, "no {what} {name:?}")?;
                write_known(f, known)
            }
            Self::SegmentExists { image, group, name } => write!(
                f,
                "image {image:?} has a segment {name:?} in group {group:?} already; replace it, or choose another name"
            ),
            Self::WrongKind { name, is, wanted } => {
                write!(f, "{name:?} is of kind {is}, this needs {wanted}")
            }
            Self::WrongDimension { field, given, dim } => {
                write!(f, "field {field:?} has dimension {dim}, a feature of {given} values was given")
            }
            Self::WrongTokens { field, image, given, wanted } => write!(
                f,
                "field {field:?}, image {image:?}: tokens {wanted} are needed, {given} values were given"
            ),
            Self::GridMismatch { field, image, what } => {
                write!(f, "field {field:?}, image {image:?}: {what}")
            }
            Self::PromptMismatch { set, field, what } => {
                write!(f, "prompt set {set:?}, field {field:?}: {what}")
            }
            Self::NotFinite { field, image, what } => write!(
                f,
                "field {field:?}, image {image:?}: {what}; features must be finite, mend or drop it at the source"
            ),
            Self::SpaceMismatch { name, have, given } => {
                write!(f, "{name:?}: space {given} does not agree with {have}; resample it first")
            }
            Self::Limit { what, value, limit } => {
                write!(f, "{what}: {value} is over the limit of {limit}")
            }
            Self::Invalid(text) | Self::Unsupported(text) => f.write_str(text),
            Self::Predicate(error) => write!(f, "{error}"),
            Self::ReadersActive => f.write_str(
                "older snapshots of this container are still open; close them and try again",
            ),
            Self::OutOfMemory { bytes } => write!(f, "no memory for {bytes} bytes"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Corrupt(damage) => Some(damage),
            Self::Predicate(error) => Some(error),
            _ => None,
        }
    }
}

impl From<PredicateError> for Error {
    fn from(error: PredicateError) -> Self {
        Self::Predicate(error)
    }
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::Corrupt(damage)
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn long_lists_of_names_are_cut() {
        let known = (0..20).map(|i| format!("f{i}")).collect();
        let text = Error::NoSuch { what: "field", name: "x".into(), known }.to_string();
        assert!(text.ends_with("\"f11\" and 8 more"), "{text}");
    }
}
