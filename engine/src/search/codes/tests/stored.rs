//! Searches of containers with codes against those without.

use super::super::{CodeSource, Codes, CodesView, encode};
use crate::container::group::Group;
use crate::container::view::FeatureMatrix;
use crate::error::Result;
use crate::format::group::layout::section;
use crate::format::schema::{Dtype, FieldDef, FieldKind};
use crate::search::options::SearchOptions;
use crate::search::regions::{self, RegionsQuery};
use crate::search::sample::{Random, Sample, ways};
use crate::search::similarity::Metric;
use crate::search::to_kernel;
use crate::search::vectors::{self, VectorQuery};
use std::collections::BTreeMap;
use std::ops::Range;

/// Codes in memory, by row group.
#[derive(Debug, Default)]
struct Memory(BTreeMap<u64, Codes>);

impl Memory {
    fn add(&mut self, group: &Group, field: &FieldDef) {
        let (number, count) = match field.kind {
            FieldKind::Regions => (section::REGION_MATRIX, group.desc().total),
            _ => (section::VECTOR_MATRIX, group.desc().count),
        };
        let count = usize::try_from(count).unwrap();
        let stored = FeatureMatrix::of(group, field, number, 0, count).unwrap();
        self.0.insert(group.desc().id, encode(to_kernel(&stored).unwrap(), 1).unwrap());
    }
}

impl CodeSource for Memory {
    fn codes(&self, group: u64, features: Range<usize>) -> Result<Option<CodesView<'_>>> {
        let codes = self.0.get(&group).and_then(Codes::view);
        Ok(codes.and_then(|codes| codes.slice(features)))
    }
}

#[test]
fn codes_change_no_answer() {
    let mut random = Random::from_env();
    for (dtype, dim) in [(Dtype::F32, 5), (Dtype::F16, 70), (Dtype::F16, 130), (Dtype::F32, 64)] {
        let sample = Sample::random(&mut random, dtype, dim, 3);
        let (none, mut codes) = (Memory::default(), Memory::default());
        for field in [&sample.vectors, &sample.regions] {
            for group in sample.state.column(field.column).unwrap().groups() {
                // Some row groups have none yet.
                if !random.one_in(5) {
                    codes.add(group.group(), field);
                }
            }
        }
        for (threads, tier) in ways().chain(ways()).chain(ways()) {
            let one_in = 1 + random.below(12);
            let filter = random.bitmap(sample.state.next_row, one_in);
            let filter = random.one_in(2).then_some(&filter);
            let metric = Metric::ALL[usize::try_from(random.below(3)).unwrap()];
            let threshold = random.one_in(2).then(|| random.below(20) as f32 / 10.0);
            let options = SearchOptions { threshold, filter, ..SearchOptions::new(7) };
            let options = options.metric(metric).threads(threads).tier(tier);
            let rows: Vec<u64> = sample.flat.keys().copied().collect();
            let row = rows[usize::try_from(random.below(rows.len() as u64)).unwrap()];
            let query = if random.one_in(2) {
                VectorQuery::of_row(&sample.state, &sample.vectors, row).unwrap()
            } else {
                VectorQuery::new(&sample.vectors, random.feature(dim)).unwrap()
            };
            let search = |codes: &dyn CodeSource| {
                let (state, field) = (&sample.state, &sample.vectors);
                vectors::search_by(state, field, &query, &options, codes).unwrap()
            };
            assert_eq!(search(&none), search(&codes));
            let many = SearchOptions { k: 10_000, ..options };
            let (state, vectors) = (&sample.state, &sample.vectors);
            let all = vectors::search_by(state, vectors, &query, &many, &none).unwrap();
            let mut streamed = Vec::new();
            let each = |hit| {
                streamed.push(hit);
                Ok(())
            };
            let count =
                vectors::search_each_by(state, vectors, &query, &options, &codes, each).unwrap();
            let best = metric.best();
            streamed
                .sort_by(|a, b| best.compare(a.score, b.score).unwrap().then(a.row.cmp(&b.row)));
            assert_eq!((count, streamed), (all.matched, all.hits));
            let region = u16::try_from(random.below(3)).unwrap();
            let features = vec![(region, random.feature(dim))];
            let query = RegionsQuery::new(&sample.regions, features).unwrap();
            let search = |codes: &dyn CodeSource| {
                let (state, field) = (&sample.state, &sample.regions);
                regions::search_by(state, field, &query, None, &options, codes).unwrap()
            };
            assert_eq!(search(&none), search(&codes));
        }
    }
}
