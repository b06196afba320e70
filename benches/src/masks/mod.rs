//! Segmentation masks of real images: size, decoding, set operations, encoding, against the peers in Python.

mod contest;
mod dense;
mod kept;
mod operations;
mod set;
mod size;
mod write;

use crate::Result;
use crate::options::Options;
use crate::peers::python::MASKS;
use crate::table::Table;
use contest::Contest;
use set::{Set, Source};

/// The masks field of the containers made here.
const FIELD: &str = "masks";
/// The image of them.
const KEY: &str = "case";

/// Label maps of CT, under the folder of masks: one is a folder of one file for each of 117 organs.
const CT: [&str; 4] = [
    "ts_s0000",
    "totalseg/example_seg.nii.gz",
    "totalseg/example_seg_dicom.nii.gz",
    "totalseg/example_seg_fast_force_split.nii.gz",
];
/// Atlases of the brain, only measured in size.
const BRAIN: [&str; 5] = [
    "brain/AAL.nii.gz",
    "brain/DKT.nii.gz",
    "brain/Schaefer200.nii.gz",
    "brain/Tissue.nii.gz",
    "brain/Yeo-7.nii.gz",
];

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let data = options.data().join("masks");
    if !data.is_dir() {
        table.note(format!("SKIPPED: no masks at {}; --data says where", data.display()));
        return Ok(());
    }
    let folder = options.folder()?;
    let source = Source::new(options, &data, folder.path());
    let organs = source.organs(CT[0])?;
    let mut ct = vec![source.label_map(CT[0], organs.set.clone(), organs.first, &organs.path)?];
    let files =
        |names: &[&str]| names.iter().map(|name| source.file(name)).collect::<Result<Vec<Set>>>();
    ct.extend(files(CT.get(1..).unwrap_or(&[]))?);
    let brain = files(&BRAIN)?;
    let lines: Vec<String> = ct.iter().chain(&brain).map(Set::line).collect();
    std::fs::write(folder.path().join("sets.txt"), lines.join("\n"))?;
    let peers = match MASKS.absent() {
        None => Ok(MASKS.serve(&[folder.path()])?),
        Some(why) => Err(why),
    };
    let mut contest = Contest { options, table, folder: folder.path(), peers };
    size::ct(&mut contest, &ct)?;
    size::brain(&mut contest, &brain)?;
    size::organs(&mut contest, &organs)?;
    for set in &ct {
        dense::measure(&mut contest, set)?;
    }
    for set in &ct {
        operations::measure(&mut contest, set)?;
    }
    for set in &ct {
        write::encode(&mut contest, set)?;
    }
    write::adds(&mut contest, &ct)?;
    notes(&mut contest, &ct);
    Ok(())
}

fn notes(contest: &mut Contest<'_>, ct: &[Set]) {
    for set in ct {
        let [z, y, x] = set.shape.zyx();
        let voxels = set.median().map_or(0, |value| value.runs.voxels());
        contest.table.note(format!(
            "{}: {z} x {y} x {x} voxels, {} labels; the one label has {voxels} voxels, the median",
            set.name,
            set.segments.len(),
        ));
    }
    contest.table.note(
        "a round of ours or of a peer is the least of several, in the page cache, on one thread; sizes are those of \
         the row groups of the masks column, with names, boxes and counts; crackle has Markov order 5, and in all but \
         sizes axial slices",
    );
    contest.table.note(
        "fresh: into memory that the system just gave, which peers always decode to, zeroed as it is touched; reused: \
         into an array that is zeroed as a whole each time",
    );
}
