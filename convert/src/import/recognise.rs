//! What a source is, by its content.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::faiss::FaissImages;
use super::ids::Ids;
use super::item::ImageSource;
use super::matrix::Matrix;
use super::options::ImportOptions;
use super::region_images::RegionImages;
use super::side::SideArray;
use crate::error::ConvertError;
use crate::faiss::FaissFile;
use crate::npy::{ByteSource, Dtype, FileSource, NpyFile};
use crate::npz::Archive;
use crate::regions;

const ZIP: &[u8] = b"PK";
const NPY: &[u8] = b"\x93NUMPY";
/// Arrays of an archive that hold the keys of the images, the first one found.
const ID_ARRAYS: [&str; 6] = ["ids", "image_ids", "keys", "names", "image_id", "id"];

/// Opens a source.
pub(super) fn open(
    path: &Path,
    options: &ImportOptions,
) -> Result<Box<dyn ImageSource>, ConvertError> {
    let head = head(path).map_err(|error| ConvertError::from(error).in_file(path))?;
    if FaissFile::recognise(&head) {
        return Ok(Box::new(FaissImages::open(path, options)?));
    }
    if head.starts_with(NPY) {
        let array = NpyFile::open(path)?;
        if array.dtype() != Dtype::Object {
            return matrix(path, array, &Found::default(), options);
        }
    } else if head.starts_with(ZIP) {
        let mut archive = Archive::open(path)?;
        if !has_objects(&mut archive) || options.array.is_some() {
            let (array, found) = choose(path, &mut archive, options)?;
            return matrix(path, array, &found, options);
        }
    }
    // Values that are not finite are refused by the engine, which looks at every value anyway.
    let reading = regions::Options { allow_not_finite: true, ..regions::Options::default() };
    Ok(Box::new(RegionImages::new(regions::open(path, &reading)?)))
}

/// The first bytes of a file; none of a folder.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    if !path.is_dir() {
        File::open(path)?.take(16).read_to_end(&mut head)?;
    }
    Ok(head)
}

/// Whether the archive holds the pickled dictionary of a region database.
fn has_objects(archive: &mut Archive) -> bool {
    let names: Vec<String> = archive.members().iter().map(|m| m.array_name().to_owned()).collect();
    let dictionary = names.iter().find(|name| *name == "image_database");
    let only = names.first().filter(|_| names.len() == 1);
    let name = dictionary.or(only);
    name.and_then(|name| archive.open_npy(name).ok()).is_some_and(|a| a.dtype() == Dtype::Object)
}

/// What an archive has besides its matrix.
#[derive(Default)]
struct Found {
    ids: Option<NpyFile>,
    attributes: Vec<SideArray>,
    warnings: Vec<String>,
}

/// The matrix of an archive, its ids and its attributes.
fn choose(
    path: &Path,
    archive: &mut Archive,
    options: &ImportOptions,
) -> Result<(NpyFile, Found), ConvertError> {
    let names: Vec<String> = archive.members().iter().map(|m| m.array_name().to_owned()).collect();
    let mut arrays = Vec::new();
    let mut found = Found::default();
    for name in names {
        let source = archive.member_source(&name)?;
        match NpyFile::from_source(Arc::clone(&source)) {
            Ok(array) => arrays.push((name, array, source)),
            Err(error) => found.warnings.push(format!("array {name:?} was not imported: {error}")),
        }
    }
    let chosen = matrix_of(path, &arrays, options)?;
    let rows = arrays.get(chosen).map_or(0, |(_, array, _)| array.rows());
    let id_array = ID_ARRAYS.iter().find_map(|wanted| {
        arrays.iter().position(|(name, array, _)| name == wanted && array.shape() == [rows])
    });
    let mut matrix = None;
    for (place, (name, array, source)) in arrays.into_iter().enumerate() {
        if place == chosen {
            matrix = Some(array);
        } else if Some(place) == id_array {
            found.ids = Some(array);
        } else if let Some(side) = SideArray::new(&name, array, source, rows) {
            found.attributes.push(side);
        } else {
            let why = "it is neither of shape [N] nor of numbers or texts";
            found.warnings.push(format!("array {name:?} was not imported: {why}"));
        }
    }
    let missing = || ConvertError::layout(path, "the archive is empty");
    Ok((matrix.ok_or_else(missing)?, found))
}

type Array = (String, NpyFile, Arc<dyn ByteSource>);

/// The place of the array to import.
fn matrix_of(
    path: &Path,
    arrays: &[Array],
    options: &ImportOptions,
) -> Result<usize, ConvertError> {
    let is_matrix = |(_, array, _): &Array| {
        matches!(array.dtype(), Dtype::Number(..)) && matches!(array.shape().len(), 2 | 3)
    };
    if let Some(wanted) = &options.array {
        let place = arrays.iter().position(|(name, ..)| name == wanted);
        return place.ok_or_else(|| {
            let what = format!("no array {wanted:?}; there are {}", listed(arrays));
            ConvertError::layout(path, what)
        });
    }
    let mut candidates = arrays.iter().enumerate().filter(|(_, array)| is_matrix(array));
    match (candidates.next(), candidates.next()) {
        (Some((only, _)), None) => Ok(only),
        (None, _) => {
            let what = format!("no array [N, D] or [N, R, D] among {}", listed(arrays));
            Err(ConvertError::layout(path, what))
        }
        _ => {
            let what = format!("several arrays could be meant; name one of {}", listed(arrays));
            Err(ConvertError::layout(path, what))
        }
    }
}

fn listed(arrays: &[Array]) -> String {
    let text = |(name, array, _): &Array| format!("{name:?} {:?}", array.shape());
    arrays.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn matrix(
    path: &Path,
    array: NpyFile,
    found: &Found,
    options: &ImportOptions,
) -> Result<Box<dyn ImageSource>, ConvertError> {
    let ids = match (&options.ids, &found.ids) {
        (Some(file), _) => Ids::open(file, array.rows())?,
        (None, Some(ids)) => Ids::of_array(path, ids.clone(), array.rows())?,
        (None, None) => Ids::Numbers,
    };
    let fingerprint = fingerprint(path).map_err(|error| ConvertError::from(error).in_file(path))?;
    let mut matrix = Matrix::new(path, array, ids, found.attributes.clone(), options)?;
    matrix.described(fingerprint, &found.warnings);
    Ok(Box::new(matrix))
}

/// Size and checksums of both ends, as text.
pub(super) fn fingerprint(path: &Path) -> std::io::Result<String> {
    const END: u64 = 1 << 16;
    let source = FileSource::open(path)?;
    let checksum = |from: u64, to: u64| {
        let len = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        let mut bytes = vec![0; len];
        source.read_at(from, &mut bytes).map(|()| crc32fast::hash(&bytes))
    };
    let len = source.len();
    let (head, tail) = (checksum(0, len.min(END))?, checksum(len.saturating_sub(END), len)?);
    Ok(format!("{len:x}-{head:08x}-{tail:08x}"))
}
