//! Searches with many vectors at once.

use std::path::Path;

use vesalius::{FieldDef, FieldKind, Found, RegionKey, ScoredRow, SearchOptions, Snapshot, Work};
use vesalius_convert::npy::NpyFile;

use super::Args;
use super::query::refuse_region_options;
use super::way;
use crate::commands::{names, rows};
use crate::{Failure, Result};

/// Most queries that are searched together, and most values of theirs.
const QUERIES: usize = 1024;
const VALUES: usize = 1 << 24;
/// Most hits of queries that are searched together.
const HITS: usize = 1 << 21;

/// What gets the hits of a query, by its number; false ends the search.
pub(super) type Each<'e> = &'e mut dyn FnMut(u64, &Found<ScoredRow>) -> Result<bool>;

/// Queries in a file, and what they are searched in.
pub(super) struct Batch<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) field: &'a FieldDef,
    pub(super) args: &'a Args,
    pub(super) path: &'a Path,
    pub(super) work: Work,
    file: NpyFile,
    region: Option<u16>,
}

impl<'a> Batch<'a> {
    /// Opens the queries and checks what can be checked before a search.
    pub(super) fn open(
        snapshot: &'a Snapshot,
        field: &'a FieldDef,
        args: &'a Args,
        path: &'a Path,
    ) -> Result<Self> {
        let region = match (field.kind, args.region.as_slice()) {
            (FieldKind::Regions, [one]) => Some(names::region(field, one)?),
            (FieldKind::Regions, _) => {
                let text =
                    format!("--vectors in regions field {:?} needs one --region", field.name);
                return Err(Failure::Message(text));
            }
            _ => {
                refuse_region_options(args, field)?;
                None
            }
        };
        let failed = || Failure::array(path);
        let file = NpyFile::open(path).map_err(failed())?;
        let file = match file.shape() {
            [_] => file.as_single_row().map_err(failed())?,
            [_, _] => file,
            shape => {
                let text = format!("has shape {shape:?}, shape [Q, D] is needed");
                return Err(Failure::Message(format!("{}: {text}", path.display())));
            }
        };
        if file.rows() > 0 && file.row_len() != field.dim as usize {
            let (given, dim) = (file.row_len(), field.dim as usize);
            let field = field.name.clone();
            return Err(vesalius::Error::WrongDimension { field, given, dim }.into());
        }
        way::note_missing(snapshot, field, args)?;
        Ok(Self { snapshot, field, args, path, work: Work::new(), file, region })
    }

    /// How many queries there are.
    pub(super) fn len(&self) -> u64 {
        self.file.rows()
    }

    /// The name of the region that is searched.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.map(|region| names::region_name(self.field, region))
    }

    /// Searches with all queries, in their order.
    pub(super) fn run(&self, each: Each<'_>) -> Result<()> {
        let filter = match &self.args.predicate {
            Some(source) => Some(rows::selected(self.snapshot, Some(source))?),
            None => None,
        };
        let options = self.args.way.options(SearchOptions {
            k: self.args.k.unwrap_or(self.args.k_without_wish(self.snapshot)),
            threshold: self.args.threshold,
            metric: self.args.metric,
            filter: filter.as_ref(),
            threads: self.args.threads,
            work: self.args.explain.then_some(&self.work),
            ..SearchOptions::default()
        });
        let at_once = (VALUES / self.file.row_len().max(1)).min(HITS / options.k.max(1));
        let at_once = at_once.clamp(1, QUERIES);
        let mut values = Vec::new();
        let mut number = 0_u64;
        while number < self.len() {
            let count = at_once.min(usize::try_from(self.len() - number).unwrap_or(at_once));
            values.clear();
            let read = self.file.read_rows_f32(number, count, &mut values);
            read.map_err(Failure::array(self.path))?;
            let queries = values.chunks_exact(self.file.row_len().max(1)).map(<[f32]>::to_vec);
            let (queries, region) =
                (queries.collect::<Vec<_>>(), self.region.map(RegionKey::Index));
            let (snapshot, field, on) = (self.snapshot, &self.field.name, &mut |_, _| true);
            for found in snapshot.search_batch(field, region, &queries, &options, on)? {
                if !each(number, &found)? {
                    return Ok(());
                }
                number += 1;
            }
        }
        Ok(())
    }
}
