//! Makes the tables of the default profile of mask blocks from real masks.
//!
//! Circumstances are put into classes whose residuals are alike (k-means, with the code length as distance), then
//! the symbols are counted under these classes.
#![expect(
    clippy::indexing_slicing,
    reason = "all places are of tables of known sizes; no input is read here"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small positive numbers"
)]

use std::collections::HashMap;
use std::fmt::Write as _;

use vesalius::mask::codec::training::Counts;
use vesalius::{Runs, mask::rans::SLOTS};

/// Masks of one origin: they are counted together, and left out together.
#[derive(Clone, Debug)]
pub struct Family {
    /// What it is.
    pub name: String,
    /// How much it counts.
    pub weight: f64,
    /// All segments of all arrays.
    pub masks: Vec<Runs>,
}

/// What is built into the engine.
#[derive(Clone, Debug)]
pub struct Trained {
    /// For each circumstance its class, plus 128 where residuals are negated.
    pub classes: Vec<u8>,
    /// For each table how often each symbol comes, in 1/4096.
    pub frequencies: Vec<[u16; 16]>,
}

type Residuals = Vec<[f64; 5]>;

/// Trains on families.
pub fn train(families: &[&Family]) -> Trained {
    let plain: Vec<Counts> = families.iter().map(|family| count(family, Vec::new())).collect();
    let mut residuals = vec![[0.0; 5]; Counts::circumstances().len()];
    for (family, counts) in families.iter().zip(&plain) {
        let total: u64 = counts.residuals.iter().flatten().sum();
        let scale = family.weight * 1e5 / (total.max(1) as f64);
        for (sum, count) in residuals.iter_mut().zip(&counts.residuals) {
            for (sum, &count) in sum.iter_mut().zip(count) {
                *sum += count as f64 * scale;
            }
        }
    }
    let classes = classify(&residuals);
    let mut symbols = vec![[0.0; 16]; plain.first().map_or(0, |counts| counts.symbols.len())];
    for family in families {
        let counts = count(family, classes.clone());
        let total: u64 = counts.symbols.iter().flatten().sum();
        let scale = family.weight * 1e5 / (total.max(1) as f64);
        for (sum, count) in symbols.iter_mut().zip(&counts.symbols) {
            for (sum, &count) in sum.iter_mut().zip(count) {
                *sum += count as f64 * scale;
            }
        }
    }
    Trained { classes, frequencies: frequencies(symbols) }
}

/// Bytes that a family takes with tables: entropy, and what its slabs cost beside.
pub fn size(family: &Family, trained: &Trained) -> f64 {
    let counts = count(family, trained.classes.clone());
    let mut bits = counts.bits as f64 + counts.slabs as f64 * 12.0;
    for (counts, frequencies) in counts.symbols.iter().zip(&trained.frequencies) {
        for (&count, &frequency) in counts.iter().zip(frequencies) {
            bits += count as f64 * (f64::from(SLOTS) / f64::from(frequency)).log2();
        }
    }
    bits / 8.0
}

fn count(family: &Family, classes: Vec<u8>) -> Counts {
    let mut counts = Counts::new(classes);
    for mask in &family.masks {
        counts.add(mask);
    }
    counts
}

/// Residuals 1 and -1, and over and under, exchanged.
fn negated([zero, one, less, over, under]: [f64; 5]) -> [f64; 5] {
    [zero, less, one, under, over]
}

/// Bits of residuals with the code of a class.
fn cost(counts: &[f64; 5], class: &[f64; 5]) -> f64 {
    counts.iter().zip(class).map(|(count, share)| -count * share.log2()).sum()
}

fn shares(counts: &[f64; 5]) -> [f64; 5] {
    let sum: f64 = counts.iter().sum::<f64>() + 0.05;
    counts.map(|count| (count + 0.01) / sum)
}

fn classify(seen: &Residuals) -> Vec<u8> {
    let circumstances = Counts::circumstances();
    let place: HashMap<_, usize> = circumstances.iter().copied().zip(0..).collect();
    let mirror = |context: usize| {
        let (kind, values) = circumstances[context];
        place[&(kind, values.map(|v| if v == 9 { 9 } else { -v }))]
    };
    // What is rarely seen is helped by its mirror image.
    let helped: Residuals = (0..seen.len())
        .map(|context| {
            let other = negated(seen[mirror(context)]);
            let scale = 20.0 / other.iter().sum::<f64>().max(20.0);
            std::array::from_fn(|kind| seen[context][kind] + other[kind] * scale)
        })
        .collect();
    let used: Vec<usize> =
        (0..helped.len()).filter(|&c| helped[c].iter().sum::<f64>() > 0.0).collect();
    let mut means = first_means(&helped, &used);
    let mut classes = vec![0_u8; helped.len()];
    for _ in 0..60 {
        let mut sums = vec![[0.0; 5]; means.len()];
        for &context in &used {
            let class = nearest(&helped[context], &means);
            classes[context] = class;
            let counts = if class > 127 { negated(helped[context]) } else { helped[context] };
            for (sum, count) in sums[usize::from(class & 127)].iter_mut().zip(counts) {
                *sum += count;
            }
        }
        means = sums.iter().map(shares).collect();
    }
    for context in 0..helped.len() {
        if helped[context].iter().sum::<f64>() == 0.0 {
            classes[context] =
                alike(context, &used, &circumstances).map_or(0, |other| classes[other]);
        }
    }
    classes
}

/// Means that go from sure to unsure, of circumstances with as many bits each.
fn first_means(seen: &Residuals, used: &[usize]) -> Vec<[f64; 5]> {
    let count = Counts::class_count();
    let mut sorted = used.to_vec();
    let sure = |context: usize| shares(&seen[context])[0];
    sorted.sort_by(|&a, &b| sure(b).total_cmp(&sure(a)));
    let bits: Vec<f64> = sorted.iter().map(|&c| cost(&seen[c], &shares(&seen[c]))).collect();
    let all: f64 = bits.iter().sum();
    let mut sums = vec![[0.0; 5]; count];
    let mut before = 0.0;
    for (&context, bits) in sorted.iter().zip(bits) {
        let class = ((before / all * count as f64) as usize).min(count - 1);
        before += bits;
        let leans = seen[context][1] + seen[context][3] < seen[context][2] + seen[context][4];
        let counts = if leans { negated(seen[context]) } else { seen[context] };
        for (sum, count) in sums[class].iter_mut().zip(counts) {
            *sum += count;
        }
    }
    sums.iter().map(shares).collect()
}

fn nearest(counts: &[f64; 5], means: &[[f64; 5]]) -> u8 {
    let turned = negated(*counts);
    let mut best = (f64::INFINITY, 0);
    for (class, mean) in (0_u8..).zip(means) {
        for (cost, class) in [(cost(counts, mean), class), (cost(&turned, mean), class | 128)] {
            if cost < best.0 {
                best = (cost, class);
            }
        }
    }
    best.1
}

/// The circumstance of the same kind that is nearest.
fn alike(context: usize, used: &[usize], all: &[(usize, [i8; 4])]) -> Option<usize> {
    let (kind, values) = all[context];
    let far = |other: usize| -> i32 {
        all[other].1.iter().zip(values).map(|(&a, b)| (i32::from(a) - i32::from(b)).abs()).sum()
    };
    used.iter().copied().filter(|&other| all[other].0 == kind).min_by_key(|&other| far(other))
}

/// Counts to frequencies that sum to 4095, each at least 1.
fn frequencies(mut symbols: Vec<[f64; 16]>) -> Vec<[u16; 16]> {
    let classes = Counts::class_count();
    let pairs = Counts::pair_tables();
    // Starts and ends are mirror images: a pair of classes and its exchange are counted together.
    let before = symbols.clone();
    for start in 0..classes {
        for end in 0..classes {
            let other = before[pairs.start + end * classes + start];
            let table = &mut symbols[pairs.start + start * classes + end];
            for (symbol, count) in table.iter_mut().enumerate() {
                *count += other[symbol % 4 * 4 + symbol / 4];
            }
        }
    }
    let apart = marginals(&symbols[pairs.clone()], classes);
    symbols
        .iter()
        .enumerate()
        .map(|(number, counts)| {
            let prior: [f64; 16] = if pairs.contains(&number) {
                let (start, end) =
                    ((number - pairs.start) / classes, (number - pairs.start) % classes);
                std::array::from_fn(|symbol| {
                    apart[start][symbol / 4] * apart[end][symbol % 4] * 20.0
                })
            } else {
                std::array::from_fn(|symbol| 0.3 / (1.0 + symbol as f64))
            };
            normalised(&std::array::from_fn(|symbol| counts[symbol] + prior[symbol]))
        })
        .collect()
}

/// How residuals of a class are shared between 0, 1, -1 and far, whatever the other end does.
fn marginals(pairs: &[[f64; 16]], classes: usize) -> Vec<[f64; 4]> {
    let mut sums = vec![[0.01; 4]; classes];
    for (number, counts) in pairs.iter().enumerate() {
        for (symbol, count) in counts.iter().enumerate() {
            sums[number / classes][symbol / 4] += count;
        }
    }
    sums.iter().map(|sum| sum.map(|part| part / sum.iter().sum::<f64>())).collect()
}

fn normalised(counts: &[f64; 16]) -> [u16; 16] {
    let sum: f64 = counts.iter().sum();
    let share = |count: &f64| (count / sum * f64::from(SLOTS - 17)) as u16 + 1;
    let mut frequencies = counts.each_ref().map(share);
    let most = (0..16).max_by(|&a, &b| counts[a].total_cmp(&counts[b])).unwrap_or(0);
    let given: u16 = frequencies.iter().sum();
    frequencies[most] += 4095 - given;
    frequencies
}

/// The classes as letters: `a` for class 0, capital where residuals are negated.
pub fn letters(classes: &[u8]) -> String {
    let letter = |&class: &u8| char::from(if class > 127 { b'A' } else { b'a' } + (class & 127));
    classes.iter().map(letter).collect()
}

/// The source text of the tables.
pub fn source(trained: &Trained) -> String {
    let mut text = String::from(
        "//! The tables of the default profile. Written by `cargo run -p vesalius-tests --bin train_tables`.\n\n\
         use super::model::TABLES;\n\n\
         /// Classes of circumstances: `a` is class 0; a capital negates residuals.\n\
         pub(super) const CLASSES_OF: &str = \"\\\n",
    );
    let letters = letters(&trained.classes);
    for line in letters.as_bytes().chunks(100) {
        let _ = writeln!(text, "{}\\", String::from_utf8_lossy(line));
    }
    text.push_str("\";\n\n/// Frequencies of the 16 symbols of each table.\n#[rustfmt::skip]\n");
    text.push_str("pub(super) const FREQUENCIES: [[u16; 16]; TABLES] = [\n");
    for table in &trained.frequencies {
        let _ = writeln!(text, "    {table:?},");
    }
    text.push_str("];\n");
    text
}

/// The tables for readers in other languages.
pub fn json(trained: &Trained) -> String {
    let tables: Vec<String> =
        trained.frequencies.iter().map(|table| format!("    {table:?}")).collect();
    format!(
        "{{\n  \"classes\": {},\n  \"class_of_circumstance\": \"{}\",\n  \"frequencies\": [\n{}\n  ]\n}}\n",
        Counts::class_count(),
        letters(&trained.classes),
        tables.join(",\n")
    )
}
