//! Folders of one file per segment.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use vesalius::{Runs, Segment, SegmentValue, Space};

use super::label_map::{Found, open};
use super::listing::{Member, TOLERANCE, list, one_space};
use crate::masks::SegmentSet;
use crate::masks::volumes::{Budget, Limits, Names, VolumeError, VolumeErrorKind, check_space};

/// Files that are decoded at the same time.
const THREADS: usize = 2;

/// Reads a folder of one file per segment, as TotalSegmentator writes it. The name of a segment is that of its
/// file; labels are 1, 2, 3 and so on in the order of the names, compared byte by byte. A file without voxels is
/// an empty segment.
///
/// A file with more than one value is a group of the name of the file: each value is a segment, named by the
/// label table of that file or `label_N`, its label the next number, its value in the file in the JSON as
/// `{"value": N}`.
///
/// All files must be in one space, with corners at most [`TOLERANCE`] apart; headers are checked before anything
/// is decoded. Two files are decoded at a time. Memory: the runs and two planes.
///
/// # Errors
/// No file, a file that is refused, in another space than the first, or of the name of another; a limit. The
/// error is about the first such file in the order of the names.
pub fn read_folder(folder: &Path, limits: &Limits) -> Result<SegmentSet, VolumeError> {
    read_folder_within(folder, TOLERANCE, limits)
}

/// Reads a folder as [`read_folder`] does, with corners at most `tolerance` voxels apart. The space is that of the
/// first file; a note says how many files are further from it than [`TOLERANCE`]. For folders whose files were
/// written by several programs, each of which rounds the directions in its own way.
///
/// # Errors
/// As [`read_folder`].
pub fn read_folder_within(
    folder: &Path,
    tolerance: f64,
    limits: &Limits,
) -> Result<SegmentSet, VolumeError> {
    let (members, others) = list(folder, limits)?;
    let (space, notes) = one_space(&members, tolerance, limits)?;
    let found = decode(&members, &space, limits)?;
    let fail = |kind: VolumeErrorKind| kind.of(folder);
    let shape = check_space(&space).map_err(fail)?;
    let mut set = SegmentSet { space, segments: Vec::new(), notes };
    let mut names = Names::default();
    for (member, mut found) in members.iter().zip(found) {
        let note = |text: &String| format!("{}: {text}", member.path.display());
        if found.parts.len() > 1 {
            set.notes.extend(found.table.notes.iter().map(note));
            set.notes.push(format!(
                "{}: {} values, a group of segments",
                member.path.display(),
                found.parts.len()
            ));
            for (value, runs) in found.parts {
                let entry = found.table.entries.remove(&value).unwrap_or_default();
                let mut segment = Segment::new(entry.name, value);
                segment.colour = entry.colour;
                member.name.clone_into(&mut segment.group);
                segment.json = format!("{{\"value\":{value}}}");
                names.settle(&mut segment);
                set.push(segment, runs);
            }
        } else {
            let mut segment = Segment::new(member.name.clone(), 0);
            names.settle(&mut segment);
            let runs = found.parts.pop_first().map(|(_, runs)| runs);
            set.push(segment, runs.unwrap_or_else(|| Runs::empty(shape)));
        }
        limits.admit_segments(set.segments.len()).map_err(fail)?;
    }
    if others > 0 {
        set.notes.push(format!("{others} other files of the folder were left out"));
    }
    set.notes.extend(names.note());
    Ok(set)
}

impl SegmentSet {
    /// Appends a segment, its label the next number.
    fn push(&mut self, mut segment: Segment, runs: Runs) {
        let count = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
        segment.label = count.saturating_add(1);
        self.segments.push(SegmentValue { segment, runs });
    }
}

/// All files, in order.
fn decode(members: &[Member], space: &Space, limits: &Limits) -> Result<Vec<Found>, VolumeError> {
    let budget = Budget::new(limits);
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = Mutex::new(Vec::new());
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(member) = members.get(place) else { break };
            let read = || Found::read(open(&member.path, limits)?, space, limits, &budget);
            let found = read().map_err(|kind: VolumeErrorKind| kind.of(&member.path));
            stop.fetch_or(found.is_err(), Ordering::Relaxed);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((place, found));
        }
    };
    thread::scope(|scope| {
        for _ in 1..THREADS.min(members.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Places are handed out in order, so that every file before the first bad one was read.
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, found)| found).collect()
}
