//! The chances that slabs begin with.

#[rustfmt::skip]
mod start;

use std::sync::LazyLock;

use super::slots::COUNT;

static START: LazyLock<[u16; COUNT]> = LazyLock::new(|| {
    let mut chances = [1 << 15; COUNT];
    let letters = start::START.iter().flat_map(|line| line.bytes());
    for (chance, letter) in chances.iter_mut().zip(letters) {
        let level = usize::from(level_of(letter));
        *chance = start::LEVELS.get(level).copied().unwrap_or(1 << 15);
    }
    chances
});

/// In 65,536ths.
pub(super) fn start() -> &'static [u16; COUNT] {
    &START
}

/// The value of a digit of Base64 for URLs.
fn level_of(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use super::super::slots::COUNT;
    use super::super::training::TABLES;
    use super::start;

    #[test]
    fn they_are_whole_and_possible() {
        let digits: usize = start::START.iter().map(|line| line.len()).sum();
        assert_eq!(digits, COUNT);
        assert!(super::start().iter().all(|chance| (31..=65_504).contains(chance)));
        assert!(start::LEVELS.is_sorted());
    }

    #[test]
    fn they_are_those_of_the_specification() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../format-spec/partition-tables.json");
        let json: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (name, first, count) in TABLES {
            let chances = super::start().get(first..first + count).unwrap();
            let written = json[name].as_array().unwrap();
            let written: Vec<u64> = written.iter().map(|v| v.as_u64().unwrap()).collect();
            let built_in: Vec<u64> = chances.iter().map(|&c| u64::from(c)).collect();
            assert_eq!(written, built_in, "{name}");
        }
        assert_eq!(json.as_object().unwrap().len(), TABLES.len());
    }
}
