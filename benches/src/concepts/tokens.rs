//! Heat maps, late interaction and token search, against NumPy.

use std::hint::black_box;
use std::path::Path;

use vesalius::{Probe, SearchOptions, Snapshot, Tokens};

use super::source::{PATCHES, PROMPTS, Source, TOKENS, key, text};
use super::{Peer, double, note_difference};
use crate::Result;
use crate::measure::{Rounds, Spread, timed};
use crate::options::Options;
use crate::table::{Bound, Ratio, Table, Unit};

/// Heat maps of a round.
const MAPS: u64 = 256;
/// The prompt that is looked for, and the images that are compared.
const PROMPT: usize = 3;
const IMAGES: [u64; 2] = [0, 1];

/// Measures heat maps.
pub(super) fn heat(
    options: &Options,
    table: &mut Table,
    snapshot: &Snapshot,
    folder: &Path,
    source: &Source,
    numpy: &mut Peer,
) -> Result<()> {
    let probe = snapshot.probe(PATCHES, PROMPTS, &text(PROMPT))?;
    let [image, _] = IMAGES;
    let mut out = vec![0.0; TOKENS];
    tokens(snapshot, image)?.heat_map_into(&probe, &mut out)?;
    std::fs::write(folder.join("heat.f32"), bytemuck::cast_slice(&out))?;
    // All are read once: verified and in the page cache.
    let maps = |images: u64, count: u64| maps(snapshot, &probe, images, count);
    maps(source.with_tokens, source.with_tokens)?;
    let rows = [
        ("heat map of one prompt, of one image again and again", 1, Bound::Below(100e-6)),
        ("heat map of one prompt, of all images in turn", source.with_tokens, Bound::Free),
    ];
    for (what, images, bound) in rows {
        let mut spent = Vec::new();
        for _ in 0..options.rounds {
            spent.push(maps(images, MAPS)?);
        }
        let spread = Spread::of(spent).ok_or("no round was run")?;
        table.alone(what, Unit::Seconds, spread, bound);
    }
    let what = "heat map of one prompt, NumPy";
    let server = match numpy {
        Ok(server) => server,
        Err(why) => {
            table.absent(what, why, Bound::Free);
            return Ok(());
        }
    };
    let question = format!("heat {image} {PROMPT}");
    server.ask(&question)?;
    let rounds = Rounds::run(options.rounds, || maps(1, MAPS), || Ok(server.ask(&question)?.0))?;
    table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, Bound::Free);
    let (_, found) = server.ask(&format!("check {question}"))?;
    note_difference(table, "heat map:", double(&found)?);
    table.note(format!(
        "a round is {MAPS} heat maps on one thread, each with the image found by its key and a map of its own; NumPy \
         widens the tokens and takes their norms too, from a map of a file"
    ));
    Ok(())
}

/// Seconds of a heat map; `count` of them, of the first so many images in turn.
fn maps(snapshot: &Snapshot, probe: &Probe, images: u64, count: u64) -> Result<f64> {
    let keys: Vec<String> = (0..images).map(key).collect();
    let (seconds, ()) = timed(|| {
        for key in keys.iter().cycle().take(usize::try_from(count)?) {
            black_box(snapshot.image(key)?.heat_map(PATCHES, probe)?);
        }
        Ok(())
    })?;
    Ok(seconds / count as f64)
}

fn tokens(snapshot: &Snapshot, image: u64) -> Result<Tokens<'_>> {
    Ok(snapshot.image(&key(image))?.tokens(PATCHES)?.ok_or("an image has no tokens")?)
}

/// Measures late interaction.
pub(super) fn max_sim(
    options: &Options,
    table: &mut Table,
    snapshot: &Snapshot,
    numpy: &mut Peer,
) -> Result<()> {
    let what = format!("MaxSim of two images, {TOKENS} x {TOKENS}, 1 thread, NumPy");
    let server = match numpy {
        Ok(server) => server,
        Err(why) => {
            table.absent(&what, why, Bound::Free);
            return Ok(());
        }
    };
    let [a, b] = IMAGES;
    let question = format!("max_sim {a} {b}");
    let ours = || timed(|| Ok(tokens(snapshot, b)?.max_sim(&tokens(snapshot, a)?.all()?)?));
    let found = double(&server.ask(&question)?.1)?;
    let difference = (f64::from(ours()?.1) - found).abs() / TOKENS as f64;
    note_difference(table, "MaxSim, by token:", difference);
    let peer = || Ok(server.ask(&question)?.0);
    let rounds = Rounds::run(options.rounds, || Ok(ours()?.0), peer)?;
    table.compare(&what, Unit::Seconds, &rounds, Ratio::Speedup, Bound::Free);
    Ok(())
}

/// Measures token search.
pub(super) fn search(
    options: &Options,
    table: &mut Table,
    snapshot: &Snapshot,
    numpy: &mut Peer,
) -> Result<()> {
    let what = "top 10 tokens of all images, 1 thread, NumPy";
    let server = match numpy {
        Ok(server) => server,
        Err(why) => {
            table.absent(what, why, Bound::Free);
            return Ok(());
        }
    };
    let probe = snapshot.probe(PATCHES, PROMPTS, &text(PROMPT))?;
    let question = format!("search {PROMPT}");
    let ours = || {
        timed(|| {
            let found = snapshot.search_tokens(PATCHES, &probe, &SearchOptions::new(10).threads(1));
            // Images are rows in the order in which they were put.
            let number = |row: u64, token: usize| row * TOKENS as u64 + token as u64;
            Ok(found?.iter().map(|hit| number(hit.row, hit.token)).collect::<Vec<_>>())
        })
    };
    let equal = if ours()?.1 == server.ask(&question)?.1 { "yes" } else { "NO" };
    table.note(format!("top 10 tokens equal to that of NumPy: {equal}"));
    let peer = || Ok(server.ask(&question)?.0);
    let rounds = Rounds::run(options.rounds, || Ok(ours()?.0), peer)?;
    table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, Bound::Free);
    Ok(())
}
