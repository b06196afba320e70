use super::super::kernels::{Rows, Tier};
use super::*;
use crate::search::sample::Random;

fn heaps(random: &mut Random, heaps: usize, each: usize, dim: usize) -> Vec<f32> {
    let mut rows = Vec::new();
    for heap in 0..heaps {
        for _ in 0..each {
            for d in 0..dim {
                let centre = if d % heaps == heap { 20.0 } else { 0.0 };
                rows.push(centre + random.below(1000) as f32 / 1000.0);
            }
        }
    }
    rows
}

#[test]
fn heaps_are_found_the_same_for_any_threads_and_tier() {
    let mut random = Random::from_env();
    let rows = heaps(&mut random, 5, 300, 12);
    let matrix = Matrix::new(Rows::F32(&rows), 12, 12, 1500).unwrap();
    let mut first = None;
    for tier in Tier::available() {
        for threads in [1, 3] {
            let kernel = Kernel::with_tier(tier).unwrap();
            let params = Params { threads, kernel, ..Params::new(5) };
            let clusters = cluster(matrix, &params, &mut |_, _| true).unwrap();
            for heap in clusters.assignment.chunks(300) {
                assert!(heap.iter().all(|cluster| *cluster == heap[0]));
            }
            assert!(clusters.inertia < 1500.0 * 12.0 / 10.0, "{}", clusters.inertia);
            assert_eq!(*first.get_or_insert_with(|| clusters.clone()), clusters);
        }
    }
}

#[test]
fn rounds_never_make_it_worse_and_no_cluster_stays_empty() {
    let mut random = Random::from_env();
    let rows: Vec<f32> = (0..400 * 7).map(|_| random.below(5) as f32).collect();
    let matrix = Matrix::new(Rows::F32(&rows), 7, 7, 400).unwrap();
    let mut last = f64::INFINITY;
    for rounds in [0, 1, 2, 5, 20] {
        let params = Params { rounds, careful: false, ..Params::new(60) };
        let clusters = cluster(matrix, &params, &mut |_, _| true).unwrap();
        assert!(clusters.inertia <= last * 1.02, "{rounds}: {} {last}", clusters.inertia);
        last = clusters.inertia;
    }
}

#[test]
fn few_rows_and_a_stop() {
    let rows = [1.0, 2.0, 2.0, 4.0];
    let matrix = Matrix::new(Rows::F32(&rows), 2, 2, 2).unwrap();
    let clusters = cluster(matrix, &Params::new(9), &mut |_, _| true).unwrap();
    assert_eq!(clusters.centroids.len(), 4);
    assert!(clusters.inertia.abs() < 1e-9);
    let none = Matrix::new(Rows::F32(&[]), 2, 2, 0).unwrap();
    assert!(cluster(none, &Params::new(3), &mut |_, _| true).unwrap().centroids.is_empty());
    assert!(matches!(cluster(matrix, &Params::new(0), &mut |_, _| true), Err(Error::Invalid(_))));
    let stopped = cluster(matrix, &Params::new(1), &mut |_, _| false);
    assert!(matches!(stopped, Err(Error::Cancelled)));
}
