//! Building, dropping and describing indexes.

use super::database::Database;
use super::indexer::{Indexer, counted, index_bytes, series_of};
use super::lookup;
use super::snapshot::Snapshot;
use crate::container::column::Column;
use crate::container::compact::Progress;
use crate::container::index::{Derive, Index};
use crate::container::indexing::NewIndex;
use crate::container::writer::Writer;
use crate::error::{Error, Result};
use crate::format::index::{INDEX_CODES, INDEX_LISTS, IndexHeader, NO_REGION};
use crate::format::schema::{FieldDef, FieldKind};
use crate::model::RegionKey;
use crate::search::SearchOptions;
use crate::search::Series;
use crate::search::codes::stored as codes;
use crate::search::lists::{self, ListsView, Params, StoredLists, StoredRows};
use crate::search::similarity::Metric;
use std::sync::Arc;

/// What an index is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexKind {
    /// Codes of eight bits an element beside the features: exact searches read a quarter to two fifths
    /// of the bytes. Kept in step by itself: every checkpoint codes what is new.
    Exact,
    /// Lists around centroids: approximate searches look at a few hundredths of the features. What
    /// was put in after a build is searched exactly until the next one.
    Approximate,
}

/// How to build an index.
#[derive(Clone, Copy, Debug)]
pub struct IndexOptions<'a> {
    kind: IndexKind,
    region: Option<RegionKey<'a>>,
    metric: Option<Metric>,
    lists: usize,
    threads: usize,
}

impl<'a> IndexOptions<'a> {
    /// Codes for exact searches of a vector or regions field.
    pub fn exact() -> Self {
        Self { kind: IndexKind::Exact, region: None, metric: None, lists: 0, threads: 0 }
    }

    /// Lists for approximate searches of a vector field, or of one region of a regions field.
    pub fn approximate() -> Self {
        Self { kind: IndexKind::Approximate, ..Self::exact() }
    }

    /// The region, for lists over a regions field.
    #[must_use]
    pub fn region(self, region: impl Into<RegionKey<'a>>) -> Self {
        Self { region: Some(region.into()), ..self }
    }

    /// The metric that lists serve; without, that of the field.
    #[must_use]
    pub fn metric(self, metric: Metric) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// Number of lists; without, the engine chooses.
    #[must_use]
    pub fn lists(self, lists: usize) -> Self {
        Self { lists, ..self }
    }

    /// Threads; 0 leaves it to the engine. The outcome is the same.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }
}

/// An index as it is in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexInfo {
    /// The field.
    pub field: String,
    /// What it is for.
    pub kind: IndexKind,
    /// The region, of lists over a regions field.
    pub region: Option<String>,
    /// The metric that lists serve.
    pub metric: Option<Metric>,
    /// Number of lists.
    pub lists: u32,
    /// Bytes in the file.
    pub bytes: u64,
    /// Features that it covers, those of deleted images included.
    pub covered: u64,
    /// Features of the field, or of the region, those of deleted images included until a compaction.
    pub features: u64,
}

impl Database {
    /// Builds an index of a field, in place of one of the same kind, region and metric that there is.
    ///
    /// Readers and searches go on meanwhile; so do other writers, but for a checkpoint at the
    /// beginning and at the end. `progress` is told the work done and all of it, and stops the
    /// build by returning false; codes that were built by then stay. Cost: exact, one pass over the
    /// features; approximate, about two passes and k-means on a sample, memory of a tenth of the
    /// f16 features.
    ///
    /// Errors: [`Error::NoSuch`] for a field or region, [`Error::WrongKind`] for one without features to search,
    /// [`Error::Invalid`] for lists of no features, [`Error::Cancelled`].
    pub fn build_index(
        &self,
        field: &str,
        options: &IndexOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<()> {
        // What is in the log only gets its place now.
        self.with_writer(Writer::checkpoint)?;
        let snapshot = self.snapshot()?;
        let def = lookup::field(snapshot.schema(), field)?;
        if !matches!(def.kind, FieldKind::Vector | FieldKind::Regions) {
            let (is, wanted) = (def.kind.to_string(), "vector or regions".into());
            return Err(Error::WrongKind { name: def.name.clone(), is, wanted });
        }
        match options.kind {
            IndexKind::Exact => self.build_codes(&snapshot, def, progress),
            IndexKind::Approximate => self.build_lists(&snapshot, def, options, progress),
        }
    }

    fn build_codes(
        &self,
        snapshot: &Snapshot,
        def: &FieldDef,
        progress: Progress<'_>,
    ) -> Result<()> {
        let column = def.column;
        let groups = snapshot.state().column(column).map_or(&[][..], Column::groups);
        let total = groups.iter().map(|group| group.group().len_bytes()).sum();
        let mut done = 0_u64;
        for group in groups {
            let id = group.group().desc().id;
            // Codes of another make, or damaged ones, are made again.
            let fits = |index: &Arc<Index>| codes::fits(index, group.group()).unwrap_or(false);
            if !snapshot.state().codes(column, id).is_some_and(fits)
                && !group.group().is_in_memory()
                && let Some(bytes) = Indexer.codes(group.group(), def)?
            {
                let new = NewIndex { kind: INDEX_CODES, column, group: id, bytes };
                let is_old = |index: &Index| {
                    let desc = index.desc();
                    (desc.kind, desc.column, desc.group) == (INDEX_CODES, column, id)
                };
                self.with_writer(|writer| writer.change_indexes(&is_old, vec![new]))?;
            }
            done = done.saturating_add(group.group().len_bytes());
            if !progress(done, total) {
                return Err(Error::Cancelled);
            }
        }
        // From here on checkpoints keep them in step.
        let wish = NewIndex { kind: INDEX_CODES, column, group: 0, bytes: Vec::new() };
        let is_wish = move |index: &Index| index.is_wish() && index.desc().column == column;
        self.with_writer(|writer| writer.change_indexes(&is_wish, vec![wish]))
    }

    fn build_lists(
        &self,
        snapshot: &Snapshot,
        def: &FieldDef,
        options: &IndexOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<()> {
        let region = match (def.kind, options.region) {
            (FieldKind::Regions, Some(key)) => u32::from(lookup::region(def, key)?),
            (FieldKind::Regions, None) => {
                let text =
                    format!("lists of regions field {:?} are of one region: name it", def.name);
                return Err(Error::Invalid(text));
            }
            (_, Some(_)) => {
                return Err(Error::Invalid(format!("field {:?} has no regions", def.name)));
            }
            _ => NO_REGION,
        };
        let metric = SearchOptions { metric: options.metric, ..SearchOptions::default() };
        let metric = metric.metric_for(def);
        let series = series_of(region);
        let groups = counted(snapshot.state(), def, series)?;
        let rows = StoredRows::new(&groups, def, series, None, None)?;
        let params =
            Params { lists: options.lists, threads: options.threads, ..Params::new(metric) };
        let built = lists::build(&rows, &params, progress);
        rows.done()?;
        let sections = built?;
        let borrowed: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
        let number = ListsView::new(&borrowed)?.list_count();
        let header = IndexHeader {
            kind: INDEX_LISTS,
            column: def.column,
            region,
            dim: def.dim,
            padded: def.dim.next_multiple_of(128),
            metric: metric.code(),
            lists: u32::try_from(number).unwrap_or(u32::MAX),
            ..IndexHeader::default()
        };
        let bytes = index_bytes(&header, &sections, &groups, &[])?;
        let new = NewIndex { kind: INDEX_LISTS, column: def.column, group: 0, bytes };
        let same = move |index: &Index| {
            index.desc().kind == INDEX_LISTS
                && index.desc().column == header.column
                && index.header().is_ok_and(|h| (h.region, h.metric) == (region, header.metric))
        };
        self.with_writer(|writer| writer.change_indexes(&same, vec![new]))
    }

    /// Drops the indexes of a field, all or those of one kind; how many there were. Their space is
    /// free at once but for snapshots that still use them.
    ///
    /// Errors: [`Error::NoSuch`] for a field.
    pub fn drop_index(&self, field: &str, kind: Option<IndexKind>) -> Result<usize> {
        let snapshot = self.snapshot()?;
        let column = lookup::field(snapshot.schema(), field)?.column;
        let goes = move |index: &Index| {
            let code = index.desc().kind;
            let wanted = match kind {
                None => matches!(code, INDEX_CODES | INDEX_LISTS),
                Some(IndexKind::Exact) => code == INDEX_CODES,
                Some(IndexKind::Approximate) => code == INDEX_LISTS,
            };
            index.desc().column == column && wanted
        };
        let found = snapshot.indexes(Some(field))?;
        let found = found.iter().filter(|info| kind.is_none_or(|kind| info.kind == kind)).count();
        self.with_writer(|writer| writer.change_indexes(&goes, Vec::new()))?;
        Ok(found)
    }
}

impl Snapshot {
    /// The indexes, of all fields or of one. O(row groups).
    pub fn indexes(&self, field: Option<&str>) -> Result<Vec<IndexInfo>> {
        if let Some(name) = field {
            lookup::field(self.schema(), name)?;
        }
        let mut found = Vec::new();
        for def in self.schema().fields.iter().filter(|f| field.is_none_or(|name| f.name == name)) {
            found.extend(self.codes_info(def));
            for index in self.state().lists(def.column) {
                found.push(self.lists_info(def, index)?);
            }
        }
        Ok(found)
    }

    fn codes_info(&self, def: &FieldDef) -> Option<IndexInfo> {
        let state = self.state();
        let (mut bytes, mut covered, mut features, mut any) = (0_u64, 0_u64, 0_u64, false);
        for group in state.column(def.column).map_or(&[][..], Column::groups) {
            let total = group.group().desc().total;
            features = features.saturating_add(total);
            if let Some(index) = state.codes(def.column, group.group().desc().id) {
                any = true;
                bytes = bytes.saturating_add(index.desc().data.len);
                covered = covered.saturating_add(total);
            }
        }
        let (field, kind) = (def.name.clone(), IndexKind::Exact);
        let info = IndexInfo {
            field,
            kind,
            region: None,
            metric: None,
            lists: 0,
            bytes,
            covered,
            features,
        };
        (any || state.wants_codes(def.column)).then_some(info)
    }

    fn lists_info(&self, def: &FieldDef, index: &Index) -> Result<IndexInfo> {
        let header = index.header()?;
        let series: Series = series_of(header.region);
        let column = self.state().column(def.column);
        let stored = StoredLists::new(index);
        let mut covered = 0_u64;
        for (group, count) in stored.groups(column)? {
            covered = covered.saturating_add(group.map_or(0, |_| u64::from(count)));
        }
        covered = covered.saturating_sub(stored.unlisted()?.len() as u64);
        let mut features = 0_u64;
        for (_, count) in counted(self.state(), def, series)? {
            features = features.saturating_add(u64::from(count));
        }
        let region = usize::try_from(header.region).ok().and_then(|r| def.regions.get(r).cloned());
        Ok(IndexInfo {
            field: def.name.clone(),
            kind: IndexKind::Approximate,
            region,
            metric: Metric::ALL.into_iter().find(|metric| metric.code() == header.metric),
            lists: header.lists,
            bytes: index.desc().data.len,
            covered,
            features,
        })
    }
}

#[cfg(test)]
mod tests;
