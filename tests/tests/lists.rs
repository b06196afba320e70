//! Approximate search on real images: the recall that is asked for is reached.
#![cfg(test)]

use half::f16;
use std::path::Path;
use vesalius::search::kernels::{Kernel, Row};
use vesalius::search::lists::{Effort, ListsView, Options, Params, Room, RowSource, build, search};
use vesalius::search::similarity::{Metric, Scorer};
use vesalius::search::top_k::{ScoredRow, TopK};
use vesalius_convert::npz::Archive;

const PIXELS: usize = 784;
const ROWS: usize = 8_000;
const QUERIES: usize = 100;

struct Images(Vec<f16>);

impl RowSource for Images {
    fn dim(&self) -> usize {
        PIXELS
    }

    fn count(&self) -> u32 {
        u32::try_from(self.0.len() / PIXELS).unwrap()
    }

    fn row(&self, ordinal: u32) -> Option<Row<'_>> {
        let start = ordinal as usize * PIXELS;
        self.0.get(start..start + PIXELS).map(Row::F16)
    }
}

/// Every eighth image, queries first.
fn images() -> Option<(Vec<f32>, Images)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = root.join("ann/fashion_mnist.npz");
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    let mut archive = Archive::open(&path).unwrap();
    let bytes = archive.member_bytes("images", 1 << 26).unwrap();
    // The header has a length that is a multiple of 64, the images are behind it.
    let header = bytes.len() - 70_000 * PIXELS;
    let mut chosen = bytes[header..].chunks(PIXELS).step_by(8);
    let queries = chosen.by_ref().take(QUERIES).flatten().map(|x| f32::from(*x)).collect();
    let rows = chosen.take(ROWS).flatten().map(|x| f16::from_f32(f32::from(*x))).collect();
    Some((queries, Images(rows)))
}

fn exact(rows: &Images, metric: Metric, query: &[f32]) -> Vec<ScoredRow> {
    let scorer = Scorer::new(metric, Kernel::best(), query);
    let mut top = TopK::new(10, metric.best()).unwrap();
    for ordinal in 0..rows.count() {
        top.push(scorer.score(rows.row(ordinal).unwrap()).unwrap(), u64::from(ordinal));
    }
    top.into_sorted_vec()
}

#[test]
fn the_default_recall_is_reached_on_images() {
    let Some((queries, rows)) = images() else { return };
    for metric in Metric::ALL {
        let sections = build(&rows, &Params::new(metric), &mut |_, _| true).unwrap();
        let words: Vec<Vec<u64>> = sections
            .iter()
            .map(|section| {
                let mut words = vec![0_u64; section.len().div_ceil(8)];
                bytemuck::cast_slice_mut(&mut words)[..section.len()].copy_from_slice(section);
                words
            })
            .collect();
        let slices: Vec<&[u8]> = words
            .iter()
            .zip(&sections)
            .map(|(words, section)| &bytemuck::cast_slice(words)[..section.len()])
            .collect();
        let view = ListsView::new(&slices).unwrap();
        view.verify().unwrap();
        let mut room = Room::default();
        let (mut found, mut scored) = (0, 0);
        for query in queries.chunks(PIXELS) {
            let truth = exact(&rows, metric, query);
            let outcome = search(&view, &rows, query, &Options::default(), &mut room).unwrap();
            found += outcome.hits.iter().filter(|hit| truth.contains(hit)).count();
            scored += outcome.explain.scored;
            let all = Options { effort: Effort::All, ..Options::default() };
            assert_eq!(search(&view, &rows, query, &all, &mut room).unwrap().hits, truth);
        }
        let recall = found as f64 / (10 * QUERIES) as f64;
        println!("{metric}: recall {recall}, {} rows scored a query", scored / QUERIES as u64);
        assert!(recall > 0.975, "{metric}: {recall}");
        assert!(scored / (QUERIES as u64) < 100, "{metric}");
    }
}
