//! The files of a folder, and whether they are of one space.

use std::fs;
use std::path::{Path, PathBuf};

use vesalius::Space;

use super::label_map::open;
use crate::masks::volumes::{Limits, OtherSpace, VolumeError, VolumeErrorKind};

/// How far apart, in voxels, the corners of two files of one space may be.
pub const TOLERANCE: f64 = 1e-4;

/// What the names of files end in. The values of a pair are beside its header and are no file of their own.
const ENDINGS: [&str; 4] = [".nii.gz", ".nii", ".hdr.gz", ".hdr"];

/// A file of one segment.
#[derive(Debug, PartialEq)]
pub(super) struct Member {
    pub(super) path: PathBuf,
    /// The name without its ending.
    pub(super) name: String,
}

/// The files with masks of a folder, in the order of the bytes of their names; files that begin with a dot and
/// folders are left out. Also the number of other files.
pub(super) fn list(folder: &Path, limits: &Limits) -> Result<(Vec<Member>, usize), VolumeError> {
    let mut members = Vec::new();
    let mut others = 0_usize;
    let fail = |error: std::io::Error| VolumeErrorKind::from(error).of(folder);
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.starts_with('.') || path.is_dir() {
            continue;
        }
        match stem(&file) {
            Some(name) => members.push(Member { name: name.to_owned(), path }),
            None if is_image(&file) => {}
            None => others = others.saturating_add(1),
        }
        limits.admit_segments(members.len()).map_err(|kind| kind.of(folder))?;
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in members.windows(2) {
        if let [a, b] = pair
            && a.name == b.name
        {
            return Err(VolumeErrorKind::SameName(a.path.clone()).of(&b.path));
        }
    }
    if members.is_empty() {
        return Err(VolumeErrorKind::NoFiles.of(folder));
    }
    Ok((members, others))
}

fn stem(file: &str) -> Option<&str> {
    let small = file.to_ascii_lowercase();
    let ending = ENDINGS.iter().find(|ending| small.ends_with(*ending))?;
    file.get(..file.len().saturating_sub(ending.len())).filter(|stem| !stem.is_empty())
}

fn is_image(file: &str) -> bool {
    let small = file.to_ascii_lowercase();
    [".img", ".img.gz"].iter().any(|ending| small.ends_with(ending))
}

/// The space of all files, which is that of the first, and notes of those that are not exactly there. Reads the
/// headers only.
pub(super) fn one_space(
    members: &[Member],
    tolerance: f64,
    limits: &Limits,
) -> Result<(Space, Vec<String>), VolumeError> {
    let mut first: Option<(Space, &Member)> = None;
    let (mut off, mut most) = (0_usize, 0.0_f64);
    for member in members {
        let reader = open(&member.path, limits).map_err(|kind| kind.of(&member.path))?;
        let space = Space::from(reader.geometry());
        let Some((wanted, of)) = &first else {
            first = Some((space, member));
            continue;
        };
        match wanted.corner_distance(&space) {
            Some(apart) if apart <= tolerance => {
                off = off.saturating_add(usize::from(apart > TOLERANCE));
                most = most.max(apart);
            }
            apart => return Err(difference(&space, wanted, apart, &of.path).of(&member.path)),
        }
    }
    let note = format!(
        "{off} files are up to {most:.6} voxels from the space of the first; that one is taken"
    );
    let notes = if off > 0 { vec![note] } else { Vec::new() };
    Ok((first.map(|(space, _)| space).unwrap_or_default(), notes))
}

/// What makes two spaces two: the field that moves the corners most.
fn difference(here: &Space, there: &Space, apart: Option<f64>, first: &Path) -> VolumeErrorKind {
    let says = |field, here: String, there: String| {
        let first = first.to_owned();
        VolumeErrorKind::OtherSpace(Box::new(OtherSpace { field, here, first, there, apart }))
    };
    if here.shape != there.shape {
        let [here, there] = [here.shape, there.shape].map(|v| format!("{v:?} (z, y, x)"));
        return says("shape", here, there);
    }
    if here.frames != there.frames {
        let [here, there] = [here.frames, there.frames].map(|v| v.to_string());
        return says("number of frames", here, there);
    }
    let moved = |space: Space| there.corner_distance(&space).unwrap_or(0.0);
    let spacing = moved(Space { spacing: here.spacing, ..there.clone() });
    let origin = moved(Space { origin: here.origin, ..there.clone() });
    let direction = moved(Space { direction: here.direction, ..there.clone() });
    if spacing >= origin && spacing >= direction {
        let [here, there] = [here.spacing, there.spacing].map(|v| format!("{v:?} mm (z, y, x)"));
        return says("spacing", here, there);
    }
    if origin >= direction {
        let [here, there] = [here.origin, there.origin].map(|v| format!("{v:?} mm (L, P, S)"));
        return says("origin", here, there);
    }
    let [here, there] = [here.direction, there.direction].map(|v| format!("{v:?}"));
    says("direction", here, there)
}
