//! A small seeded generator (`SplitMix64`), so that a failure can be repeated.

pub(in super::super) struct Random {
    state: u64,
}

/// The seed of `VESALIUS_SEED`, or `default`; printed, so that a failing test shows it.
pub(in super::super) fn seed(default: u64) -> u64 {
    let given = std::env::var("VESALIUS_SEED").ok();
    let seed = given.and_then(|text| text.parse().ok()).unwrap_or(default);
    println!("VESALIUS_SEED={seed}");
    seed
}

impl Random {
    pub(in super::super) fn seeded(default: u64) -> Self {
        Self { state: seed(default) }
    }

    pub(in super::super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(in super::super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(in super::super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(in super::super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Up to `most` characters of `alphabet`.
    pub(in super::super) fn text(&mut self, alphabet: &str, most: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..self.below(most + 1)).map(|_| *self.pick(&alphabet)).collect()
    }
}
