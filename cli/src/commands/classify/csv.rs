//! Labels as a table for other programs (RFC 4180, lines end in LF).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::show::Story;
use crate::commands::feature::write_whole;
use crate::commands::rows;
use crate::output::csv::quoted;
use crate::{Failure, Result};

/// Writes a line for each label of each image. The file appears when it is whole.
pub(super) fn write(path: &Path, story: &Story<'_>) -> Result<()> {
    write_whole(path, |part| write_all(part, story))
}

fn write_all(path: &Path, story: &Story<'_>) -> Result<()> {
    let failed = || Failure::io(format!("writing {}", path.display()));
    let mut out = BufWriter::new(File::create(path).map_err(failed())?);
    let truth = story.args.truth.as_deref();
    let last = if truth.is_some() { ",truth" } else { "" };
    writeln!(out, "image,rank,label,score,probability{last}").map_err(failed())?;
    for guess in story.guesses {
        let image = rows::image(story.snapshot, guess.row)?;
        let known = match truth {
            Some(name) => {
                let value = image.attribute(name)?.map(|value| value.to_string());
                format!(",{}", quoted(&value.unwrap_or_default()))
            }
            None => String::new(),
        };
        let key = quoted(image.key()?);
        for (place, label) in guess.labels.iter().enumerate() {
            let text = quoted(story.query.text(label.place).unwrap_or_default());
            let (rank, score, share) = (place + 1, label.score, label.probability);
            writeln!(out, "{key},{rank},{text},{score},{share}{known}").map_err(failed())?;
        }
    }
    out.flush().map_err(failed())
}
