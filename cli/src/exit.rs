//! How the program ends: its errors and its exit codes.

use std::fmt;
use std::io;
use std::process::ExitCode;

use serde_json::{Value, json};
use vesalius::format::Damage;
use vesalius_convert::ConvertError;
use vesalius_convert::npy::NpyError;

/// The result of a command.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Exit code of an error. 2 is usage, which the parser of the command line answers itself.
const ERROR: u8 = 1;
/// Exit code when a container is damaged.
const DAMAGE: u8 = 3;

/// How a command ends that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to complain about.
    Done,
    /// The work was to look for damage, and there is some.
    Damaged,
}

impl Outcome {
    /// The code for the shell.
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Damaged => ExitCode::from(DAMAGE),
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine refused.
    Engine(vesalius::Error),
    /// A file of another format could not be read or written.
    Convert(ConvertError),
    /// An array file could not be read or written.
    Array {
        /// The file.
        path: String,
        /// Why.
        source: NpyError,
    },
    /// The system refused.
    Io {
        /// What was being done.
        what: String,
        /// The answer of the system.
        source: io::Error,
    },
    /// What was asked for makes no sense here; the text says why.
    Message(String),
}

impl Failure {
    /// An I/O error with what was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// An array error with its file.
    pub(crate) fn array(path: &std::path::Path) -> impl FnOnce(NpyError) -> Self {
        let path = path.display().to_string();
        move |source| Self::Array { path, source }
    }

    /// The damage of a container, if that is what it is.
    pub(crate) fn damage(&self) -> Option<&Damage> {
        match self {
            Self::Engine(vesalius::Error::Corrupt(damage)) => Some(damage),
            _ => None,
        }
    }

    /// Lines that show where in its source a predicate went wrong, for a terminal.
    pub(crate) fn detail(&self) -> Option<String> {
        let Self::Engine(vesalius::Error::Predicate(error)) = self else { return None };
        let full = format!("{error:#}");
        full.split_once('\n').map(|(_, rest)| rest.to_owned())
    }

    /// The error for programs: `{"error": {"message", "rule"?, "offset"?}}`.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "message": self.to_string() });
        if let (Some(damage), Some(error)) = (self.damage(), error.as_object_mut()) {
            error.insert("rule".into(), damage.rule.to_string().into());
            error.insert("offset".into(), damage.offset.into());
        }
        json!({ "error": error })
    }

    /// The code for the shell.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(if self.damage().is_some() { DAMAGE } else { ERROR })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => error.fmt(f),
            Self::Convert(error) => error.fmt(f),
            Self::Array { path, source } => write!(f, "{path}: {source}"),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::Message(text) => f.write_str(text),
        }
    }
}

impl From<vesalius::Error> for Failure {
    fn from(error: vesalius::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        match error {
            ConvertError::Engine(error) => Self::Engine(error),
            other => Self::Convert(other),
        }
    }
}

impl From<vesalius::PredicateError> for Failure {
    fn from(error: vesalius::PredicateError) -> Self {
        Self::Engine(error.into())
    }
}
