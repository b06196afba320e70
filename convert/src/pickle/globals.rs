//! The names that are understood as data. The list is closed: nothing in it is looked up or called.

use super::error::PickleError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// `_reconstruct(ndarray, (0,), b"b")`, completed by BUILD.
    Reconstruct,
    NdArray,
    DType,
    /// `scalar(dtype, bytes)`.
    Scalar,
    /// `_frombuffer(bytes, dtype, shape, order)`, protocol 5.
    FromBuffer,
    /// `encode(text, "latin1")`: how protocols below 3 write bytes.
    Encode,
    ByteString,
    Set,
    List,
    Tuple,
    Dict,
    DefaultDict,
    Complex,
    /// Kept as its arguments.
    Opaque,
}

pub(super) struct Known {
    pub(super) module: &'static str,
    pub(super) name: &'static str,
    pub(super) global: Global,
}

const fn known(module: &'static str, name: &'static str, global: Global) -> Known {
    Known { module, name, global }
}

/// Modules are written in today's spelling; [`modern`] maps the older ones.
static KNOWN: [Known; 30] = [
    known("numpy._core.multiarray", "_reconstruct", Global::Reconstruct),
    known("numpy._core.multiarray", "scalar", Global::Scalar),
    known("numpy._core.numeric", "_frombuffer", Global::FromBuffer),
    known("numpy", "ndarray", Global::NdArray),
    known("numpy", "dtype", Global::DType),
    known("_codecs", "encode", Global::Encode),
    known("builtins", "bytes", Global::ByteString),
    known("builtins", "bytearray", Global::ByteString),
    known("builtins", "set", Global::Set),
    known("builtins", "frozenset", Global::Set),
    known("builtins", "list", Global::List),
    known("builtins", "tuple", Global::Tuple),
    known("builtins", "dict", Global::Dict),
    known("builtins", "complex", Global::Complex),
    // As the default factories of a defaultdict.
    known("builtins", "int", Global::Opaque),
    known("builtins", "long", Global::Opaque),
    known("builtins", "float", Global::Opaque),
    known("builtins", "str", Global::Opaque),
    known("collections", "OrderedDict", Global::Dict),
    known("collections", "defaultdict", Global::DefaultDict),
    known("datetime", "datetime", Global::Opaque),
    known("datetime", "date", Global::Opaque),
    known("datetime", "time", Global::Opaque),
    known("datetime", "timedelta", Global::Opaque),
    known("datetime", "timezone", Global::Opaque),
    known("pathlib", "PosixPath", Global::Opaque),
    known("pathlib", "WindowsPath", Global::Opaque),
    known("pathlib", "PurePosixPath", Global::Opaque),
    known("pathlib", "PureWindowsPath", Global::Opaque),
    known("uuid", "UUID", Global::Opaque),
];

/// The spelling that [`KNOWN`] uses for a module of an older NumPy or Python.
fn modern(module: &[u8]) -> &[u8] {
    match module {
        b"numpy.core.multiarray"
        | b"numpy.core._multiarray_umath"
        | b"numpy._core._multiarray_umath" => b"numpy._core.multiarray",
        b"numpy.core.numeric" => b"numpy._core.numeric",
        b"__builtin__" => b"builtins",
        b"pathlib._local" => b"pathlib",
        _ => module,
    }
}

/// Index of a global for [`get`].
pub(super) fn find(module: &[u8], name: &[u8], offset: u64) -> Result<u16, PickleError> {
    let wanted = modern(module);
    KNOWN
        .iter()
        .position(|k| k.module.as_bytes() == wanted && k.name.as_bytes() == name)
        .and_then(|i| u16::try_from(i).ok())
        .ok_or_else(|| PickleError::forbidden(offset, module, name))
}

/// The global that [`find`] gave `index` for.
pub(super) fn get(index: u16) -> Option<&'static Known> {
    KNOWN.get(usize::from(index))
}
