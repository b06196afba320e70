//! Searches among few rows.

use super::tests::{built, exact, opened, query, rows};
use super::*;
use crate::search::sample::Random;
use crate::search::similarity::Metric;

#[test]
fn few_rows_are_found_as_by_a_plain_loop() {
    let mut random = Random::from_env();
    for metric in Metric::ALL {
        let mut rows = rows(&mut random, 3000, 48, 30);
        rows.dead = random.bitmap(3000, 9);
        let sections = built(&rows, metric, 40);
        rows.dead.or(&random.bitmap(3000, 9));
        rows.filter = Some(random.bitmap(3000, 30));
        let few: Vec<u32> = (0..3000).filter(|ordinal| rows.eligible(*ordinal)).collect();
        opened(&sections, |view| {
            let of = view.membership().unwrap().unwrap();
            let (mut room, mut reached) = (Room::default(), 0);
            for _ in 0..40 {
                let query = query(&mut random, &rows);
                let truth = exact(&rows, metric, &query, 10);
                let all = Options { effort: Effort::All, ..Options::default() };
                let mut found = |options: &Options| {
                    search_members(view, &rows, &of, &few, &query, options, &mut room).unwrap()
                };
                assert_eq!(found(&all).hits, truth, "{metric}");
                let threshold = Some(truth[4].score);
                let beyond = found(&Options { threshold, ..all });
                assert_eq!(beyond.hits, truth[..5], "{metric}");
                assert!(found(&Options { k: 0, ..all }).hits.is_empty());
                let allowed = Some(few.len() as u64);
                let some = found(&Options { allowed, ..Options::default() });
                assert!(some.explain.scored <= few.len() as u64);
                assert!(some.hits.iter().all(|hit| few.contains(&u32::try_from(hit.row).unwrap())));
                // The same lists, and no row of them ruled out.
                let options = Options { allowed, ..Options::default() };
                let by_bits = search(view, &rows, &query, &options, &mut Room::default()).unwrap();
                let right =
                    |found: &Outcome| found.hits.iter().filter(|hit| truth.contains(hit)).count();
                assert!(right(&some) >= right(&by_bits));
                reached += right(&some);
            }
            assert!(reached > 370, "{metric}: {reached} of 400");
        });
    }
}

#[test]
fn advice_follows_the_share() {
    let mut random = Random::from_env();
    let rows = rows(&mut random, 20_000, 32, 100);
    opened(&built(&rows, Metric::L2, 0), |view| {
        let advice = |allowed| view.advise(10, allowed, Effort::default());
        assert_eq!(advice(20), Advice::Scan);
        assert!(matches!(advice(15_000), Advice::Probe { .. }));
        // What is advised for more is never to scan where it was not for fewer.
        let scans = (1..200).map(|step| advice(step * 100) == Advice::Scan);
        assert!(scans.is_sorted_by(|fewer, more| fewer >= more));
    });
}

#[test]
fn ordinals_that_are_none_are_damage() {
    let mut random = Random::from_env();
    let rows = rows(&mut random, 300, 16, 5);
    let mut sections = built(&rows, Metric::L2, 4);
    let ordinals = &mut sections[super::sections::ORDINALS];
    ordinals[..4].copy_from_slice(&300_u32.to_le_bytes());
    opened(&sections, |view| assert!(view.membership().is_err()));
}
