//! No damage to a database makes the reader panic.

use super::built::{Py, dict, file, image, pickled, read, region};
use crate::pickle::Limits;
use crate::regions::{Options, open};

/// xorshift64*, seeded by `VESALIUS_SEED`.
struct Random(u64);

impl Random {
    fn from_env() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
        println!("VESALIUS_SEED={seed}");
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n as u64).unwrap()
    }
}

fn sources() -> [Vec<u8>; 3] {
    let features = |i: f32| {
        let second = region(1, "liver", Py::F32(vec![i, 2.0]));
        image(vec![region(0, "lung", Py::F32(vec![1.0, i])), second])
    };
    let database = dict([("a", features(1.0)), ("b", features(2.0)), ("c", image(vec![]))]);
    let key = |k| (Py::Str(k), Py::F32(vec![1.0]));
    let text = dict([
        ("image_region_embeddings", Py::Dict(vec![key("a_SceneGraph_1"), key("a_SceneGraph_2")])),
        ("image_region_nlp_status", dict([("a_SceneGraph_1", Py::Str("normal"))])),
    ]);
    let entry = dict([
        ("image_id", Py::Str("a")),
        ("region_name", Py::Str("x")),
        ("visual_feature", Py::F32(vec![1.0])),
    ]);
    [database, text, dict([("knowledge_base", Py::List(vec![entry.clone(), entry]))])]
        .map(|v| pickled(&v))
}

#[test]
fn damaged_databases_are_read_or_refused() {
    let mut random = Random::from_env();
    let sources = sources();
    let options = Options { limits: Limits::small(), ..Options::default() };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..1_500 {
        let mut bytes = sources[round % sources.len()].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
                1 => bytes[at] ^= 1 << random.below(8),
                _ => bytes.insert(at, b"().NR02absudlt"[random.below(14)]),
            }
        }
        let (_folder, path) = file("x.pkl", &bytes);
        match open(&path, &options).and_then(|source| read(&*source, 0)) {
            Ok(_) => accepted += 1,
            Err(error) => refused += usize::from(!error.to_string().is_empty()),
        }
    }
    assert!(accepted > 50 && refused > 250, "{accepted} {refused}");
}
