//! Changed, cut and forged files: typed errors, no panic, bounded memory.
#![cfg(test)]

use std::path::Path;

use vesalius_convert::hdf5::bag::Bag;
use vesalius_convert::hdf5::conceptclip::ConceptClip;
use vesalius_convert::hdf5::{H5Error, H5File, salvage};

fn own(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5").join(name);
    std::fs::read(path).unwrap()
}

/// Everything that a reader offers, a bounded part of each. Returns the bytes that came out.
fn use_all(bytes: Vec<u8>) -> Result<u64, H5Error> {
    let file = H5File::from_bytes("changed", bytes)?;
    let mut out = 0;
    let tree = file.tree()?;
    for node in tree.nodes.iter().take(200) {
        out += file.attributes(&node.path).map_or(0, |a| a.len() as u64);
        let Ok(dataset) = file.dataset(&node.path) else { continue };
        let Ok(mut rows) = dataset.rows() else { continue };
        let (mut row, mut bytes) = (0, Vec::new());
        for _ in 0..20 {
            match rows.read(row, 64, &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(got) => row += got,
            }
            out += bytes.len() as u64;
        }
        out += dataset.strings(0..50).map_or(0, |t| t.len() as u64);
        out += dataset.integers(0..50).map_or(0, |t| t.len() as u64);
    }
    drop(file.attributes("/"));
    if let Ok(bag) = Bag::open(&file) {
        drop(bag.for_each_batch::<H5Error>(0, 100, |_| Ok(true)));
    }
    let saved = salvage::examine(&file)?;
    if let Ok(store) = ConceptClip::open_damaged(&file, saved.rows, &[]) {
        let read = store.for_each_batch::<H5Error>(0, 7, |batch| {
            out += batch.features.len() as u64;
            Ok(true)
        });
        // What counts as good can be read.
        let progress = read?;
        assert_eq!(progress.missing_features + progress.missing_tokens, 0);
        drop((store.split_counts(), store.repeated_rows(), store.missing_chunks()));
        for name in store.template_names().unwrap_or_default().iter().take(5) {
            drop(store.template(name));
        }
    }
    if let Ok(store) = ConceptClip::open(&file) {
        drop(store.for_each_batch::<H5Error>(0, 5, |_| Ok(true)));
    }
    Ok(out)
}

/// A small generator (splitmix64, public domain by Vigna); the seed is printed.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ z >> 31) % below as u64).unwrap()
    }
}

/// The largest resident size of this process so far in MiB, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.next(6) {
        let at = random.next(bytes.len());
        match random.next(6) {
            0 => bytes[at] = 0xFF,
            1 => bytes[at] ^= 1 << random.next(8),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.iter_mut().skip(at).take(8).for_each(|b| *b = 0xFF),
            4 => bytes.iter_mut().skip(at).take(4).for_each(|b| *b = 0x7F),
            _ => {
                let from = random.next(bytes.len());
                let part: Vec<u8> = bytes.iter().skip(from).take(8).copied().collect();
                bytes.iter_mut().skip(at).zip(part).for_each(|(b, p)| *b = p);
            }
        }
    }
    if random.next(8) == 0 {
        bytes.truncate(random.next(bytes.len()) + 1);
    }
}

#[test]
fn three_thousand_changed_files() {
    let seed =
        std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_120);
    eprintln!("seed {seed} (set VESALIUS_SEED to repeat another)");
    let mut random = Random(seed);
    let (mut read, mut refused) = (0_u64, 0_u64);
    let names = ["store_old.h5", "store_new.h5", "odd_old.h5", "odd_new.h5", "bag.h5"];
    let whole: Vec<Vec<u8>> = names.iter().map(|name| own(name)).collect();
    for number in 0..3000 {
        let mut bytes = whole[number % whole.len()].clone();
        change(&mut bytes, &mut random);
        match use_all(bytes) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(!error.advice().is_empty());
                refused += 1;
            }
        }
    }
    eprintln!("{read} read in part, {refused} refused, peak {:?} MiB", peak_mib());
    assert!(peak_mib().is_none_or(|mib| mib < 400), "memory is not bounded");
}

#[test]
fn every_truncation_of_a_store() {
    let whole = own("store_old.h5");
    for end in (0..whole.len()).step_by(97) {
        drop(use_all(whole[..end].to_vec()));
    }
}

/// One eight-byte field after another of the structures becomes huge.
#[test]
fn every_field_made_huge() {
    let whole = own("store_old.h5");
    for at in (0..3000.min(whole.len() - 8)).step_by(8) {
        for value in [u64::MAX >> 1, 1 << 40, 1 << 31] {
            let mut bytes = whole.clone();
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
            drop(use_all(bytes));
        }
    }
    assert!(peak_mib().is_none_or(|mib| mib < 400), "memory is not bounded");
}
