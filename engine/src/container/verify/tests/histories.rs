//! What the writer makes is sound after every step, whatever the steps are.

use std::sync::Arc;

use super::build::{AGE, FIRST, SMALL, images, schema, vectors, with_log};
use super::check;
use crate::container::encode::ScalarInput;
use crate::container::writer::{Batch, Durability, Writer};
use crate::format::bitmap::Bitmap;
use crate::format::group::Layout;
use crate::format::ops::Op;
use crate::storage::sim::SplitMix64;
use crate::storage::{MemoryStorage, Storage};

const HISTORIES: u64 = 12;
const STEPS: usize = 30;

fn seed() -> u64 {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(0x7e_51f1);
    println!("VESALIUS_SEED={seed}");
    seed
}

/// Some rows of `live`, ascending.
fn some(live: &Bitmap, rng: &mut SplitMix64, percent: u8) -> Vec<u64> {
    live.iter().filter(|_| rng.chance(percent)).collect()
}

fn step(writer: &Writer, rng: &mut SplitMix64, prefix: &str) -> Batch {
    let live = writer.state().live_rows().unwrap();
    let mut batch = Batch::default();
    match rng.below(5) {
        0 => {
            let start = writer.state().next_row;
            let rows = start..start + 1 + rng.below(60) as u64;
            // Rows are numbered anew by compactions, keys stay.
            batch.groups = images(rows, prefix);
            batch.groups.retain(|(_, group)| group.count > 0);
        }
        1 => batch.before.push(Op::DeleteRows(some(&live, rng, 4))),
        2 => batch.before.push(Op::ClearRows { column: AGE, rows: some(&live, rng, 3) }),
        3 => {
            let rows = some(&live, rng, 5);
            if !rows.is_empty() {
                batch.groups.push((SMALL, vectors(rows, &schema().fields[1], rng.next_u64() % 99)));
            }
        }
        _ => {
            let rows = some(&live, rng, 30);
            if !rows.is_empty() {
                let values = vec![7_i64; rows.len()];
                let ages = ScalarInput { rows, values }.encode(Layout::I64).unwrap();
                batch.groups.push((AGE, ages));
            }
        }
    }
    batch
}

fn reopened(mut writer: Writer, storage: &Arc<dyn Storage>, cleanly: bool) -> Writer {
    if cleanly {
        writer.close().unwrap();
    }
    drop(writer);
    storage.unlock_writer();
    Writer::acquire(storage).unwrap().0
}

#[test]
fn every_step_of_a_history_is_sound() {
    let seed = seed();
    for history in 0..HISTORIES {
        let mut rng = SplitMix64::new(seed.wrapping_add(history));
        let memory = MemoryStorage::new();
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        let mut writer = with_log(&storage);
        assert!(writer.state().next_row > FIRST);
        for number in 0..STEPS {
            let what = rng.below(10);
            match what {
                0 => writer.checkpoint().unwrap(),
                1 => writer = reopened(writer, &storage, true),
                2 => writer = reopened(writer, &storage, false),
                3 if rng.chance(30) => {
                    writer.compact(&mut |_, _| true).unwrap();
                    while writer.shrink_step().unwrap() {}
                    writer.finish_shrink(rng.chance(50)).unwrap();
                }
                _ => {
                    let batch = step(&writer, &mut rng, &format!("step {number}"));
                    writer.commit(batch, Durability::Immediate).unwrap();
                }
            }
            let report = check(memory.snapshot_bytes()).unwrap();
            let place = format!("history {history}, step {number}, kind {what}");
            assert!(report.is_ok(), "{place}: {:#?}", report.problems);
            assert_eq!(report.images, writer.state().images(), "{place}");
        }
    }
}
