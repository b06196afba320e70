//! The command line.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::Result;
use crate::vectors::Part;

/// How to call it.
pub(crate) const USAGE: &str = "\
usage: vesalius-benches NAME ... [--scale S] [--dir DIR] [--rounds N] [--data DIR] [--rows N]
       [--only PART,...]

NAME        open, import, commit, scan, regions, random, tokens, concepts, hdf5, masks, vectors, or all
--scale S   sizes times S, 0 < S <= 1; figures count at 1, the default
--dir DIR   where the files go, removed afterwards; the system's temporary folder by default. The data sets of vectors
            stay there, in vesalius-vectors, if it is given
--rounds N  rounds of each comparison, 7 by default
--rows N    no data set of vectors has more rows
--only P,Q  of vectors these parts only: exact, batch, ann, filter, small, duplicates, build
--data DIR  where the images of masks and the real sets of vectors are; VESALIUS_DATA, or ../shared/data beside the
            repository, by default

Peers in Python need NumPy and more, which they name when it is missing: VESALIUS_PYTHON names an interpreter that has them.";

/// One of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bench {
    /// Opening a large container.
    Open,
    /// Importing a pickle.
    Import,
    /// Durable commits.
    Commit,
    /// Search by one region.
    Scan,
    /// Search by all regions.
    Regions,
    /// Reading one region of one image.
    Random,
    /// Token tensors against HDF5.
    Tokens,
    /// Concept scores, heat maps, late interaction, token search.
    Concepts,
    /// Importing an HDF5 feature store.
    Hdf5,
    /// Segmentation masks.
    Masks,
    /// Vector search.
    Vectors,
}

impl Bench {
    /// All, in the order in which they run.
    const ALL: [Self; 11] = [
        Self::Open,
        Self::Import,
        Self::Commit,
        Self::Scan,
        Self::Regions,
        Self::Random,
        Self::Tokens,
        Self::Concepts,
        Self::Hdf5,
        Self::Masks,
        Self::Vectors,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Import => "import",
            Self::Commit => "commit",
            Self::Scan => "scan",
            Self::Regions => "regions",
            Self::Random => "random",
            Self::Tokens => "tokens",
            Self::Concepts => "concepts",
            Self::Hdf5 => "hdf5",
            Self::Masks => "masks",
            Self::Vectors => "vectors",
        }
    }
}

/// What to measure, and how large.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// What.
    pub(crate) benches: Vec<Bench>,
    /// Sizes are those of the requirement times this.
    pub(crate) scale: f64,
    /// Rounds of each comparison.
    pub(crate) rounds: usize,
    /// Most rows of a data set of vectors.
    pub(crate) rows: Option<u64>,
    /// Parts of vectors; none means all.
    pub(crate) only: Vec<Part>,
    dir: Option<PathBuf>,
    data: Option<PathBuf>,
}

impl Options {
    /// A size at this scale, at least `least`.
    pub(crate) fn scaled(&self, full: u32, least: u64) -> u64 {
        let scaled = f64::from(full) * self.scale;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fits a u32")]
        let scaled = scaled.round() as u64;
        scaled.max(least)
    }

    /// Whether this part of vectors was asked for.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// A folder of its own for one measurement, removed when dropped.
    pub(crate) fn folder(&self) -> Result<TempDir> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("vesalius-bench-");
        Ok(match &self.dir {
            Some(dir) => builder.tempdir_in(dir)?,
            None => builder.tempdir()?,
        })
    }

    /// A folder for data sets that are worth keeping: below `--dir` if it is given, otherwise a temporary one.
    pub(crate) fn kept_folder(&self) -> Result<(PathBuf, Option<TempDir>)> {
        if let Some(dir) = &self.dir {
            let path = dir.join("vesalius-vectors");
            std::fs::create_dir_all(&path)?;
            return Ok((path, None));
        }
        let folder = self.folder()?;
        Ok((folder.path().to_owned(), Some(folder)))
    }

    /// Where real images are, if they are anywhere.
    pub(crate) fn data(&self) -> PathBuf {
        let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
        let named = || std::env::var_os("VESALIUS_DATA").map(PathBuf::from);
        self.data.clone().or_else(named).unwrap_or_else(beside)
    }

    /// Where the folders are made.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(std::env::temp_dir)
    }
}

/// What the process was started for.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// To measure.
    Measure(Options),
    /// To be measured; see [`crate::child`].
    Child(Vec<String>),
    /// To say how it is called.
    Help,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command> {
    let mut options = Options {
        benches: Vec::new(),
        scale: 1.0,
        rounds: 7,
        rows: None,
        only: Vec::new(),
        dir: None,
        data: None,
    };
    let mut arguments = arguments.peekable();
    if arguments.next_if(|argument| argument == "child").is_some() {
        return Ok(Command::Child(arguments.collect()));
    }
    while let Some(argument) = arguments.next() {
        let mut value =
            || arguments.next().ok_or_else(|| format!("{argument} is followed by no value"));
        match argument.as_str() {
            "--scale" => options.scale = value()?.parse()?,
            "--rounds" => options.rounds = value()?.parse()?,
            "--rows" => options.rows = Some(value()?.parse()?),
            "--only" => options.only = parts(&value()?)?,
            "--dir" => options.dir = Some(value()?.into()),
            "--data" => options.data = Some(value()?.into()),
            "--help" | "-h" => return Ok(Command::Help),
            "all" => options.benches.extend(Bench::ALL),
            name => {
                let found = Bench::ALL.into_iter().find(|bench| bench.name() == name);
                options
                    .benches
                    .push(found.ok_or_else(|| format!("there is no benchmark {name:?}"))?);
            }
        }
    }
    if options.benches.is_empty() {
        return Err("name a benchmark".into());
    }
    if !(options.scale > 0.0 && options.scale <= 1.0) {
        return Err("the scale must be above 0 and at most 1".into());
    }
    options.rounds = options.rounds.max(1);
    Ok(Command::Measure(options))
}

fn parts(names: &str) -> Result<Vec<Part>> {
    let part = |name: &str| {
        let found = Part::ALL.into_iter().find(|part| part.name() == name);
        found.ok_or_else(|| format!("vectors has no part {name:?}").into())
    };
    names.split(',').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::{Bench, Command, parse};

    fn arguments(line: &str) -> impl Iterator<Item = String> {
        line.split_whitespace().map(String::from)
    }

    #[test]
    fn a_line_is_read() {
        let Ok(Command::Measure(options)) = parse(arguments("scan open --scale 0.25 --rounds 3"))
        else {
            panic!("not understood")
        };
        assert_eq!(options.benches, [Bench::Scan, Bench::Open]);
        assert_eq!(
            (options.scaled(1000, 1), options.scaled(1000, 300), options.rounds),
            (250, 300, 3)
        );
        assert!(
            matches!(parse(arguments("child open x")), Ok(Command::Child(rest)) if rest == ["open", "x"])
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for line in
            ["", "opne", "scan --scale", "scan --scale 0", "scan --scale 2", "scan --scale x"]
        {
            assert!(parse(arguments(line)).is_err(), "{line:?}");
        }
        for line in ["vectors --only exat", "vectors --rows x"] {
            assert!(parse(arguments(line)).is_err(), "{line:?}");
        }
    }
}
