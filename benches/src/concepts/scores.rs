//! Scores of all images for all prompts, against what the cores can do at most.

use std::hint::black_box;
use std::path::Path;

use vesalius::{ConceptOptions, ConceptScores, Snapshot};

use super::source::{DIM, FEATURES, PROMPTS, Source};
use super::{Peer, double, note_difference};
use crate::Result;
use crate::measure::{Rounds, timed};
use crate::options::Options;
use crate::peers::fma_peak::FmaPeak;
use crate::table::{Bound, Ratio, Table, Unit};

/// Images whose scores are compared with those of NumPy, about.
const SAMPLE: u64 = 1000;

/// Measures it.
pub(super) fn measure(
    options: &Options,
    table: &mut Table,
    snapshot: &Snapshot,
    folder: &Path,
    source: &Source,
    numpy: &mut Peer,
) -> Result<()> {
    let step = (source.images / SAMPLE).max(1);
    // The first pass brings the pages in and verifies their checksums.
    write_sample(&all(snapshot, 1)?, step, folder)?;
    let operations = 2.0 * source.images as f64 * source.prompts as f64 * DIM as f64;
    let kept = |threads| -> Result<f64> {
        let (seconds, scores) = timed(|| all(snapshot, threads))?;
        black_box(scores);
        Ok(seconds)
    };
    let blocks = |threads| Ok(timed(|| Ok(black_box(by_blocks(snapshot, threads)?)))?.0);
    let peak = FmaPeak::compile(folder)?;
    let bound = Bound::AtLeast(0.6);
    for threads in [1, 2] {
        for (how, bound) in [("all at once", bound), ("block by block", Bound::Free)] {
            let what = format!("concept scores, {how}, {threads} thread(s), FMA peak of f32");
            let peak = match &peak {
                Ok(peak) => peak,
                Err(why) => {
                    table.absent(&what, why, bound);
                    continue;
                }
            };
            let ours = || -> Result<f64> {
                let seconds = if how == "all at once" { kept(threads) } else { blocks(threads) };
                Ok(operations / seconds?)
            };
            let rounds = Rounds::run(options.rounds, ours, || peak.run(threads))?;
            table.compare(&what, Unit::Flops, &rounds, Ratio::Share, bound);
        }
    }
    table.note(
        "scores take 2 N K D operations; ours has the question made, f16 widened and norms of images in its time, and \
         all at once also the memory of the scores; the peak is one process a core",
    );
    let what = "concept scores, all at once, 1 thread, NumPy";
    let server = match numpy {
        Ok(server) => server,
        Err(why) => {
            table.absent(what, why, Bound::Free);
            return Ok(());
        }
    };
    let (_, found) = server.ask(&format!("check scores {step}"))?;
    note_difference(table, "concept scores:", double(&found)?);
    // It makes its copies when it is asked first.
    server.ask("scores")?;
    let rounds = Rounds::run(options.rounds, || kept(1), || Ok(server.ask("scores")?.0))?;
    table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, Bound::Free);
    table.note(
        "NumPy has the product alone in its time: f32 copies of images and prompts are normalised before, and the \
         memory of the scores is there",
    );
    Ok(())
}

fn all(snapshot: &Snapshot, threads: usize) -> Result<ConceptScores> {
    let options = ConceptOptions::default().threads(threads);
    Ok(snapshot.concepts(FEATURES, &[PROMPTS], &options)?.scores(None)?)
}

fn by_blocks(snapshot: &Snapshot, threads: usize) -> Result<usize> {
    let options = ConceptOptions::default().threads(threads);
    let mut count = 0;
    snapshot.concepts(FEATURES, &[PROMPTS], &options)?.for_each_block(None, |_, scores| {
        count += scores.len();
        Ok(true)
    })?;
    Ok(count)
}

/// Writes the scores of every `step`-th image for the peer.
fn write_sample(scores: &ConceptScores, step: u64, folder: &Path) -> Result<()> {
    let rows = scores.scores.chunks(scores.count.max(1)).step_by(usize::try_from(step)?);
    let sample: Vec<f32> = rows.flatten().copied().collect();
    Ok(std::fs::write(folder.join("scores.f32"), bytemuck::cast_slice(&sample))?)
}
