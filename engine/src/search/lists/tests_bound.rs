//! How often an estimate is off by more than the bound allows.

use super::super::kernels::Kernel;
use super::super::kernels::bits::{Bounds, PackRoom, Probe, QueryTables, groups, pack_row};
use super::super::rotation::Rotation;
use super::encode;
use crate::search::sample::Random;

#[test]
fn estimates_are_off_as_a_normal_deviation_is() {
    let mut random = Random::from_env();
    for dim in [128, 768] {
        let rotation = Rotation::new(dim, 5);
        let mut room = vec![0.0; rotation.padded()];
        let mut vector = || {
            let mut vector: Vec<f32> =
                (0..dim).map(|i| (random.below(2001) as f32 - 1000.0) / (1.0 + i as f32)).collect();
            rotation.apply(&mut vector, &mut room);
            vector
        };
        let (mut over, mut total, mut bias) = ([0; 4], 0, 0.0);
        for _ in 0..60 {
            let (query, centroid) = (vector(), vector());
            let mut codes = vec![[[0; 64]; 3]; groups(dim)];
            let mut facts = [[0.0; 64]; 3];
            let mut truth = Vec::new();
            for place in 0..64 {
                let o = vector();
                pack_row(&o, place, &mut codes, &mut PackRoom::default());
                let signs = encode::signs(&o, Some(&centroid));
                encode::put(&mut facts, place, signs.facts(false));
                let squared = |(o, (z, c)): (&f32, (&f32, &f32))| f64::from(o + c - z).powi(2);
                truth.push(o.iter().zip(query.iter().zip(&centroid)).map(squared).sum::<f64>());
            }
            let mut tables = QueryTables::default();
            Kernel::best().fill_tables(&mut tables, &query);
            let squared = |(z, c): (&f32, &f32)| (z - c).powi(2);
            let base = query.iter().zip(&centroid).map(squared).sum::<f32>();
            let mut bounds = Bounds::default();
            let probe = Probe {
                step: tables.step(),
                offset: tables.offset(),
                base,
                share: 1.0,
                spread: base.sqrt(),
                blur: tables.blur(),
                limit: f32::INFINITY,
            };
            Kernel::best().bound_block(&tables, &codes, &facts, &probe, &[], &mut bounds);
            for (place, truth) in truth.into_iter().enumerate() {
                let deviation = f64::from(bounds.estimate[place] - bounds.low[place]);
                let off = (truth - f64::from(bounds.estimate[place])) / deviation;
                bias += off;
                total += 1;
                for (over, limit) in over.iter_mut().zip([1.0, 2.0, 3.0, 4.5]) {
                    *over += i32::from(off.abs() > limit);
                }
            }
        }
        let share = over.map(|over| f64::from(over) / f64::from(total));
        // Of a normal deviation: 0.317, 0.0455, 0.0027, 0.00001.
        assert!(share[0] < 0.36 && share[1] < 0.06 && share[2] < 0.006, "{dim}: {share:?}");
        assert!(over[3] <= 1, "{dim}: {share:?}");
        assert!((bias / f64::from(total)).abs() < 0.05, "{dim}: {bias}");
    }
}
