//! Search of vectors, exact, in batches, approximate, among some rows, and of duplicates, against the peers in Python.

mod ann;
mod batch;
mod build;
mod contest;
mod data;
mod duplicates;
mod exact;
mod filter;
mod front;
mod ours;
mod small;
mod sweep;

use vesalius::DefaultMetric;

use crate::Result;
use crate::options::Options;
use crate::peers::python::VECTORS;
use crate::table::Table;
use contest::Contest;
use data::Source;

/// A part of the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Exact search of one query.
    Exact,
    /// Exact search of many queries at once.
    Batch,
    /// Approximate search.
    Ann,
    /// Approximate search among some rows.
    Filter,
    /// A thousand rows.
    Small,
    /// Pairs of near copies.
    Duplicates,
    /// Building and opening indexes.
    Build,
}

impl Part {
    /// All.
    pub(crate) const ALL: [Self; 7] = [
        Self::Small,
        Self::Exact,
        Self::Batch,
        Self::Ann,
        Self::Build,
        Self::Filter,
        Self::Duplicates,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Batch => "batch",
            Self::Ann => "ann",
            Self::Filter => "filter",
            Self::Small => "small",
            Self::Duplicates => "duplicates",
            Self::Build => "build",
        }
    }
}

/// What the best data should reach of a plain read.
const STRETCH: f64 = 0.28;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let (folder, _removed) = options.kept_folder()?;
    let peers = match VECTORS.absent() {
        None => Ok(VECTORS.serve(&[&folder])?),
        Some(why) => Err(why),
    };
    let mut contest = Contest { options, table, folder: &folder, peers };
    let source = Source { options, folder: &folder };
    small(&mut contest, &source)?;
    exact_and_batch(&mut contest, &source)?;
    approximate(&mut contest, &source)?;
    if options.wants(Part::Duplicates) {
        duplicates::measure(&mut contest, &source.copies(200_000, 512)?)?;
    }
    contest.table.say();
    notes(contest.table);
    Ok(())
}

fn small(contest: &mut Contest<'_>, source: &Source<'_>) -> Result<()> {
    if !contest.options.wants(Part::Small) {
        return Ok(());
    }
    if let Some(set) = source.pathology()? {
        small::measure(contest, &set)?;
    }
    small::measure(contest, &source.clustered(1_000, 768, DefaultMetric::InnerProduct)?)
}

fn exact_and_batch(contest: &mut Contest<'_>, source: &Source<'_>) -> Result<()> {
    let ip = DefaultMetric::InnerProduct;
    let (exact, batch) = (contest.options.wants(Part::Exact), contest.options.wants(Part::Batch));
    for (rows, dim) in [(1_000_000, 768), (200_000, 1152)] {
        if exact || batch {
            let set = source.clustered(rows, dim, ip)?;
            if exact {
                exact::measure(contest, &set, Some(STRETCH))?;
            }
            if batch {
                batch::measure(contest, &set)?;
            }
        }
        if exact {
            exact::measure(contest, &source.gaussian(rows, dim)?, None)?;
        }
    }
    if exact && let Some(set) = source.fashion()? {
        exact::measure(contest, &set, Some(STRETCH))?;
    }
    Ok(())
}

/// The parts of a set one after another: a peer keeps its indexes until another set is used.
fn approximate(contest: &mut Contest<'_>, source: &Source<'_>) -> Result<()> {
    let wants = |part| contest.options.wants(part);
    let (ann, build, filter) = (wants(Part::Ann), wants(Part::Build), wants(Part::Filter));
    if (ann || build || filter)
        && let Some(set) = source.fashion()?
    {
        if ann {
            ann::measure(contest, &set, &ann::FASHION)?;
        }
        if build {
            build::measure(contest, &set)?;
        }
        if filter {
            filter::measure(contest, &set)?;
        }
    }
    if ann || build {
        let set = source.clustered(200_000, 768, DefaultMetric::L2)?;
        if ann {
            ann::measure(contest, &set, &ann::CLUSTERED)?;
        }
        if build {
            build::measure(contest, &set)?;
        }
    }
    Ok(())
}

fn notes(table: &mut Table) {
    table.note(
        "clustered: 2,000 centres, deviations of the same size, both of a spectrum that falls with 1 / i, rotated at \
         random, length 1; gaussian: length 1; fashion: Fashion-MNIST, the first 60,000 of the 69,000 rows of the \
         file, l2; pathology: 1,000 CLIP vectors; all f16, ours by inner product unless said otherwise",
    );
    table.note(
        "recall is that of the ten best, of 1,000 queries, 200 where there is a filter; truth is exact search; time at \
         a recall lies between settings of the Pareto front, by logarithms; ours is asked query by query, a peer all \
         at once",
    );
}
