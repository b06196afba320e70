use std::fmt;

/// Why a pickle was refused. Offsets are bytes from the start of the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PickleError {
    /// The input ends inside the instruction at `offset`.
    Truncated {
        /// Where the instruction begins.
        offset: u64,
        /// How many bytes it wants beyond what is there.
        missing: u64,
    },
    /// No pickle protocol up to 5 has this instruction.
    UnknownOpcode {
        /// Where it stands.
        offset: u64,
        /// The byte.
        opcode: u8,
    },
    /// The pickle names something that is not known to be plain data. Nothing was looked up or run.
    ForbiddenGlobal {
        /// Module, as written in the file.
        module: String,
        /// Attribute, as written in the file.
        name: String,
        /// Where the name is asked for.
        offset: u64,
    },
    /// A valid pickle that uses something this reader leaves out on purpose.
    Unsupported {
        /// Where.
        offset: u64,
        /// What.
        what: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// The bytes contradict the pickle format.
    Malformed {
        /// Where.
        offset: u64,
        /// How.
        what: &'static str,
    },
    /// A bound of [`super::Limits`] was reached.
    Limit {
        /// Where.
        offset: u64,
        /// The name of the field of [`super::Limits`].
        what: &'static str,
        /// Its value.
        limit: u64,
    },
    /// An object was altered after a [`super::Sink`] had taken it.
    ChangedLater {
        /// Where.
        offset: u64,
    },
}

impl PickleError {
    pub(super) fn malformed(offset: u64, what: &'static str) -> Self {
        Self::Malformed { offset, what }
    }

    pub(super) fn forbidden(offset: u64, module: &[u8], name: &[u8]) -> Self {
        /// Enough for any real name; a hostile one must not fill the error.
        const SHOWN: usize = 200;
        let show = |b: &[u8]| String::from_utf8_lossy(b.get(..SHOWN).unwrap_or(b)).into_owned();
        Self::ForbiddenGlobal { module: show(module), name: show(name), offset }
    }

    /// Byte offset of the instruction that was refused.
    pub fn offset(&self) -> u64 {
        match self {
            Self::Truncated { offset, .. }
            | Self::UnknownOpcode { offset, .. }
            | Self::ForbiddenGlobal { offset, .. }
            | Self::Unsupported { offset, .. }
            | Self::Malformed { offset, .. }
            | Self::Limit { offset, .. }
            | Self::ChangedLater { offset } => *offset,
        }
    }
}

impl fmt::Display for PickleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pickle, byte {}: ", self.offset())?;
        match self {
            Self::Truncated { missing, .. } => {
                write!(f, "the file ends {missing} bytes too early; copy or download it again")
            }
            Self::UnknownOpcode { opcode, .. } => {
                write!(
                    f,
                    "0x{opcode:02x} is no pickle instruction; the file is damaged or not a pickle"
                )
            }
            Self::ForbiddenGlobal { module, name, .. } => {
                let advice = advice_for(module);
                write!(f, "the file asks for {module:?}.{name:?}, which is not plain data; ")?;
                write!(f, "nothing was run; {advice}")
            }
            Self::Unsupported { what, advice, .. } => write!(f, "{what}; {advice}"),
            Self::Malformed { what, .. } => write!(f, "{what}; the file is damaged"),
            Self::Limit { what, limit, .. } => {
                write!(
                    f,
                    "more than the limit of {limit} for `{what}`; raise it if you trust the file"
                )
            }
            Self::ChangedLater { .. } => {
                let advice = "load and save it again with Python's pickle module";
                write!(f, "an entry is altered after it was complete; {advice}")
            }
        }
    }
}

impl std::error::Error for PickleError {}

fn advice_for(module: &str) -> &'static str {
    let top = module.split('.').next().unwrap_or(module);
    match top {
        "torch" => "convert tensors with `.detach().cpu().numpy()` before pickling",
        "jax" | "jaxlib" | "tensorflow" | "cupy" => {
            "convert arrays with `numpy.asarray` before pickling"
        }
        "numpy" | "ml_dtypes" => "convert it to a plain float16 or float32 array before pickling",
        "pandas" | "scipy" => "convert it with `.to_numpy()` or `.toarray()` before pickling",
        _ => "save dicts, lists, strings, numbers and NumPy arrays only",
    }
}
