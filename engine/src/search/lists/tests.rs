use super::*;
use crate::format::bitmap::Bitmap;
use crate::search::kernels::{Kernel, Tier};
use crate::search::sample::Random;
use crate::search::similarity::{Metric, Scorer};
use crate::search::top_k::{ScoredRow, TopK};
use half::f16;

/// Rows around some centres.
pub(super) struct Rows {
    pub(super) dim: usize,
    pub(super) data: Vec<f16>,
    pub(super) dead: Bitmap,
    pub(super) filter: Option<Bitmap>,
    centres: Vec<f32>,
}

impl RowSource for Rows {
    fn dim(&self) -> usize {
        self.dim
    }

    fn count(&self) -> u32 {
        u32::try_from(self.data.len() / self.dim).unwrap()
    }

    fn row(&self, ordinal: u32) -> Option<Row<'_>> {
        let start = ordinal as usize * self.dim;
        let row = self.data.get(start..start + self.dim)?;
        (!self.dead.get(u64::from(ordinal))).then_some(Row::F16(row))
    }

    fn eligible(&self, ordinal: u32) -> bool {
        let ordinal = u64::from(ordinal);
        !self.dead.get(ordinal) && self.filter.as_ref().is_none_or(|filter| filter.get(ordinal))
    }
}

fn gauss(random: &mut Random) -> f32 {
    (0..12).map(|_| random.below(1_000_000) as f32 / 1e6).sum::<f32>() - 6.0
}

fn scale(place: usize) -> f32 {
    1.0 / (1.0 + place as f32).sqrt()
}

pub(super) fn rows(random: &mut Random, count: usize, dim: usize, heaps: usize) -> Rows {
    let centres = (0..heaps * dim).map(|i| gauss(random) * scale(i % dim)).collect();
    let dead = Bitmap::new(count as u64);
    let mut rows = Rows { dim, data: Vec::new(), dead, filter: None, centres };
    for _ in 0..count {
        let row = query(random, &rows);
        rows.data.extend(row.into_iter().map(f16::from_f32));
    }
    rows
}

/// Another one like the rows.
pub(super) fn query(random: &mut Random, rows: &Rows) -> Vec<f32> {
    let heaps = (rows.centres.len() / rows.dim) as u64;
    let heap = usize::try_from(random.below(heaps)).unwrap();
    let centre = rows.centres[heap * rows.dim..(heap + 1) * rows.dim].iter().enumerate();
    centre.map(|(i, centre)| centre + gauss(random) * scale(i)).collect()
}

fn aligned(sections: &[Vec<u8>]) -> Vec<Vec<u64>> {
    let words = |section: &Vec<u8>| {
        let mut words = vec![0_u64; section.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut words)[..section.len()].copy_from_slice(section);
        words
    };
    sections.iter().map(words).collect()
}

/// Opens sections and does something with them.
pub(super) fn opened<T>(sections: &[Vec<u8>], then: impl FnOnce(&ListsView<'_>) -> T) -> T {
    let words = aligned(sections);
    let slices: Vec<&[u8]> = words
        .iter()
        .zip(sections)
        .map(|(words, section)| &bytemuck::cast_slice(words)[..section.len()])
        .collect();
    then(&ListsView::new(&slices).unwrap())
}

pub(super) fn exact(rows: &Rows, metric: Metric, query: &[f32], k: usize) -> Vec<ScoredRow> {
    let scorer = Scorer::new(metric, Kernel::best(), query);
    let mut top = TopK::new(k, metric.best()).unwrap();
    for ordinal in (0..rows.count()).filter(|ordinal| rows.eligible(*ordinal)) {
        let row = rows.row(ordinal).unwrap();
        top.push(scorer.score(row).unwrap(), u64::from(ordinal));
    }
    top.into_sorted_vec()
}

pub(super) fn built(rows: &Rows, metric: Metric, lists: usize) -> Vec<Vec<u8>> {
    let params = Params { lists, ..Params::new(metric) };
    build(rows, &params, &mut |_, _| true).unwrap()
}

fn recall(
    view: &ListsView<'_>,
    rows: &Rows,
    options: &Options,
    queries: &[Vec<f32>],
) -> (f64, Explain) {
    let (mut room, mut found, mut wanted) = (Room::default(), 0, 0);
    let mut explain = Explain::default();
    for query in queries {
        let truth = exact(rows, view.metric(), query, options.k);
        let outcome = search(view, rows, query, options, &mut room).unwrap();
        for hit in &outcome.hits {
            assert!(rows.eligible(u32::try_from(hit.row).unwrap()));
            found += usize::from(truth.contains(hit));
        }
        wanted += truth.len();
        explain = outcome.explain;
    }
    (found as f64 / wanted as f64, explain)
}

#[test]
fn all_lists_without_a_bound_are_exact_on_every_tier() {
    let mut random = Random::from_env();
    for (dim, count, metric) in
        [(24, 700, Metric::L2), (100, 500, Metric::Cosine), (130, 400, Metric::InnerProduct)]
    {
        let mut rows = rows(&mut random, count, dim, 9);
        for twin in [7, 8, 9] {
            let (from, to) = (3 * dim..4 * dim, twin * dim);
            rows.data.copy_within(from, to);
        }
        rows.data[..dim].fill(f16::ZERO);
        let sections = built(&rows, metric, 11);
        let mut queries: Vec<_> = (0..6).map(|_| query(&mut random, &rows)).collect();
        queries.push(vec![0.0; dim]);
        queries.push(rows.data[3 * dim..4 * dim].iter().map(|x| x.to_f32()).collect());
        opened(&sections, |view| {
            view.verify().unwrap();
            for tier in Tier::available() {
                let kernel = Kernel::with_tier(tier).unwrap();
                let options = Options { k: 12, effort: Effort::All, kernel, ..Options::default() };
                for query in &queries {
                    let found = search(view, &rows, query, &options, &mut Room::default()).unwrap();
                    assert_eq!(found.hits, exact(&rows, metric, query, 12), "{tier} {metric}");
                }
            }
        });
    }
}

#[test]
fn the_outcome_is_the_same_for_any_tier_and_threads() {
    let mut random = Random::from_env();
    let rows = rows(&mut random, 3000, 96, 40);
    let queries: Vec<f32> = (0..20).flat_map(|_| query(&mut random, &rows)).collect();
    let mut first: Option<(Vec<Vec<u8>>, Vec<Outcome>)> = None;
    for tier in Tier::available() {
        for threads in [1, 3] {
            let kernel = Kernel::with_tier(tier).unwrap();
            let params = Params { threads, kernel, ..Params::new(Metric::L2) };
            let sections = build(&rows, &params, &mut |_, _| true).unwrap();
            let options = Options { kernel, ..Options::default() };
            let found = opened(&sections, |view| {
                let mut room = Room::default();
                let queries = queries.chunks(96);
                let mut one = |query| search(view, &rows, query, &options, &mut room).unwrap();
                queries.map(&mut one).collect::<Vec<_>>()
            });
            let (sections_before, found_before) =
                first.get_or_insert_with(|| (sections.clone(), found.clone()));
            assert_eq!(*found_before, found, "{tier} {threads}");
            assert!(*sections_before == sections, "{tier} {threads}");
        }
    }
}

#[test]
fn a_recall_that_is_asked_for_is_reached() {
    let mut random = Random::from_env();
    for metric in Metric::ALL {
        let mut rows = rows(&mut random, 6000, 64, 60);
        let sections = built(&rows, metric, 0);
        let queries: Vec<_> = (0..60).map(|_| query(&mut random, &rows)).collect();
        opened(&sections, |view| {
            let (reached, explain) = recall(view, &rows, &Options::default(), &queries);
            assert!(reached > 0.97, "{metric}: {reached}");
            assert!(explain.scored < explain.scanned, "{metric}: {explain:?}");
            let less = Options { effort: Effort::Lists(1), ..Options::default() };
            assert!(recall(view, &rows, &less, &queries).0 < reached);
            for one_in in [2, 10, 100] {
                rows.filter = Some(random.bitmap(6000, one_in));
                let allowed = rows.filter.as_ref().map(Bitmap::count);
                let options = Options { allowed, ..Options::default() };
                let (reached, _) = recall(view, &rows, &options, &queries);
                assert!(reached > 0.97, "{metric} 1 in {one_in}: {reached}");
            }
        });
    }
}

#[test]
fn dead_rows_and_thresholds() {
    let mut random = Random::from_env();
    let mut rows = rows(&mut random, 2000, 48, 10);
    rows.dead = random.bitmap(2000, 5);
    let sections = built(&rows, Metric::L2, 20);
    rows.dead.or(&random.bitmap(2000, 5));
    opened(&sections, |view| {
        assert!(view.entries() < view.rows());
        for _ in 0..20 {
            let query = query(&mut random, &rows);
            let truth = exact(&rows, Metric::L2, &query, 2000);
            let threshold = Some(truth[15].score);
            let options = Options { k: 100, threshold, effort: Effort::All, ..Options::default() };
            let found = search(view, &rows, &query, &options, &mut Room::default()).unwrap();
            let hits: Vec<_> =
                truth.iter().filter(|hit| hit.score <= truth[15].score).copied().collect();
            assert_eq!(found.hits, hits);
        }
    });
}

#[test]
fn rows_that_move_are_found_where_they_are() {
    let mut random = Random::from_env();
    let rows = rows(&mut random, 1500, 40, 10);
    let sections = built(&rows, Metric::Cosine, 12);
    let gone = random.bitmap(1500, 3);
    let dead = Bitmap::new(1500);
    let mut moved = Rows { dim: 40, data: Vec::new(), dead, filter: None, centres: Vec::new() };
    let mut new_of = vec![None; 1500];
    for old in (0..1500_usize).rev().filter(|old| !gone.get(*old as u64)) {
        new_of[old] = Some(moved.count());
        moved.data.extend_from_slice(&rows.data[old * 40..(old + 1) * 40]);
    }
    let remapped = opened(&sections, |view| {
        remap(view, moved.count(), |old| new_of.get(old as usize).copied().flatten())
    });
    opened(&remapped, |view| {
        view.verify().unwrap();
        assert_eq!(view.entries(), moved.count());
        let options = Options { effort: Effort::All, ..Options::default() };
        for _ in 0..10 {
            let query = query(&mut random, &rows);
            let found = search(view, &moved, &query, &options, &mut Room::default()).unwrap();
            assert_eq!(found.hits, exact(&moved, Metric::Cosine, &query, 10));
        }
        let queries: Vec<_> = (0..30).map(|_| query(&mut random, &rows)).collect();
        assert!(recall(view, &moved, &Options::default(), &queries).0 > 0.95);
    });
}

#[test]
fn hostile_sections_are_refused_or_harmless() {
    let mut random = Random::from_env();
    let rows = rows(&mut random, 300, 30, 4);
    let sections = built(&rows, Metric::L2, 5);
    let query = query(&mut random, &rows);
    for _ in 0..400 {
        let mut bad = sections.clone();
        let number = usize::try_from(random.below(SECTIONS as u64)).unwrap();
        let len = bad[number].len() as u64;
        if random.one_in(4) {
            bad[number].truncate(usize::try_from(random.below(len)).unwrap());
        } else {
            for _ in 0..=random.below(8) {
                let place = usize::try_from(random.below(len)).unwrap();
                bad[number][place] = u8::try_from(random.below(256)).unwrap();
            }
        }
        let words = aligned(&bad);
        let slices: Vec<&[u8]> = words
            .iter()
            .zip(&bad)
            .map(|(words, section)| &bytemuck::cast_slice(words)[..section.len()])
            .collect();
        if let Ok(view) = ListsView::new(&slices) {
            drop(view.verify());
            for effort in [Effort::default(), Effort::Lists(2), Effort::All] {
                let options = Options { effort, ..Options::default() };
                drop(search(&view, &rows, &query, &options, &mut Room::default()));
            }
            let _ = view.advise(10, 30, Effort::default());
            drop(remap(&view, 200, |old| (old % 2 == 0).then_some(old / 2)));
        }
    }
    assert!(ListsView::new(&[]).is_err());
}

#[test]
fn strange_rows_and_requests() {
    let mut random = Random::from_env();
    let mut rows = rows(&mut random, 200, 20, 3);
    rows.data[..20].fill(f16::MAX);
    rows.data[20..40].fill(f16::from_bits(1));
    rows.data[40..60].fill(f16::INFINITY);
    for metric in Metric::ALL {
        let sections = built(&rows, metric, 4);
        opened(&sections, |view| {
            let query = query(&mut random, &rows);
            let options = Options { k: 300, effort: Effort::All, ..Options::default() };
            let found = search(view, &rows, &query, &options, &mut Room::default()).unwrap();
            assert_eq!(found.hits, exact(&rows, metric, &query, 300), "{metric}");
            let short = search(view, &rows, &query[..3], &options, &mut Room::default());
            assert!(short.is_err());
            let nan = vec![f32::NAN; 20];
            assert!(search(view, &rows, &nan, &options, &mut Room::default()).is_err());
            let none = Options { k: 0, ..Options::default() };
            assert!(
                search(view, &rows, &query, &none, &mut Room::default()).unwrap().hits.is_empty()
            );
        });
    }
    let empty =
        Rows { dim: 3, data: Vec::new(), dead: Bitmap::new(0), filter: None, centres: Vec::new() };
    let params = Params::new(Metric::L2);
    assert!(build(&empty, &params, &mut |_, _| true).is_err());
    assert!(build(&rows, &params, &mut |_, _| false).is_err());
    let one = super::tests::rows(&mut random, 1, 5, 1);
    opened(&built(&one, Metric::L2, 0), |view| assert_eq!(view.entries(), 1));
}
