//! The vectors of the format: what lies beside the specification is what the engine makes, reads and rejects, and
//! the reference decoder agrees on every byte.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use vesalius::format::Rule;
use vesalius::format::extent::Extent;
use vesalius::format::group::Layout;
use vesalius::storage::sim::SplitMix64;
use vesalius_tests::reference::{decoder, judge};
use vesalius_tests::reseal::{patch, sample};
use vesalius_tests::vectors::surgery::Patient;
use vesalius_tests::vectors::{Vector, all, folder};

/// Mutated files that engine and decoder are shown.
const MUTANTS: usize = 600;

fn names_below(folder: &Path) -> BTreeSet<String> {
    let parts = ["valid", "invalid"];
    let files = parts.map(|part| (part, std::fs::read_dir(folder.join(part)).unwrap()));
    let named = files.into_iter().flat_map(|(part, files)| {
        files.map(move |file| format!("{part}/{}", file.unwrap().file_name().display()))
    });
    named.collect()
}

#[test]
fn the_stored_vectors_are_those_of_the_generator() {
    let vectors = all().unwrap();
    let mut names = BTreeSet::new();
    for Vector { name, bytes, json } in &vectors {
        let path = folder().join(name);
        let stored =
            |extension: &str| std::fs::read(path.with_extension(extension)).unwrap_or_default();
        assert!(stored("vsl") == *bytes, "{name}.vsl is another one now: run the generator");
        assert!(stored("json") == json.as_bytes(), "{name}.json is another one now");
        names.extend([format!("{name}.vsl"), format!("{name}.json")]);
    }
    assert_eq!(names_below(&folder()), names, "files that no one makes");
    assert!(vectors.iter().map(|vector| vector.bytes.len()).sum::<usize>() < 11 << 20);
}

#[test]
fn the_smallest_vector_is_that_of_the_specification() {
    let spec = std::fs::read_to_string(folder().join("../SPEC.md")).unwrap();
    let dump = spec.split("<!-- hexdump: smallest -->").nth(1).unwrap();
    let stored = std::fs::read(folder().join("valid/smallest.vsl")).unwrap();
    for line in dump.lines().skip(2).take_while(|line| !line.starts_with("```")) {
        let Some((place, digits)) = line.split_once("  ") else { continue };
        let start = usize::from_str_radix(place, 16).unwrap();
        let digits = digits.split("  |").next().unwrap();
        let row = digits.split_whitespace().map(|d| u8::from_str_radix(d, 16).unwrap());
        assert_eq!(stored[start..start + 16], row.collect::<Vec<_>>(), "{place}");
    }
}

#[test]
fn the_engine_reads_and_rejects_the_vectors() {
    let mut wrong = String::new();
    for Vector { name, bytes, json } in all().unwrap() {
        let said = judge(&bytes).unwrap();
        if said != json {
            let said: String = said.chars().take(300).collect();
            writeln!(wrong, "{name}: {said}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_a_vector() {
    let names = names_below(&folder());
    for rule in Rule::ALL {
        let own = format!("invalid/{rule}_");
        assert!(names.iter().any(|name| name.starts_with(&own)), "{rule}");
    }
}

#[test]
fn the_decoder_reads_and_rejects_the_vectors() {
    let vectors = all().unwrap();
    let paths: Vec<_> =
        vectors.iter().map(|v| folder().join(&v.name).with_extension("vsl")).collect();
    let Some(said) = decoder(&paths).unwrap() else { return };
    let mut wrong = String::new();
    for (vector, said) in vectors.iter().zip(said) {
        if said != vector.json {
            let said: String = said.chars().take(300).collect();
            writeln!(wrong, "{}: {said}", vector.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_decoder_reads_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample.vsl");
    std::fs::write(&path, sample()).unwrap();
    let Some(said) = decoder(&[path]).unwrap() else { return };
    let short = |text: &str| text.chars().take(300).collect::<String>();
    assert!(said[0] == judge(sample()).unwrap(), "{}", short(&said[0]));
}

/// A byte of a part of a file that is likely to mean something, and a value for it.
fn change(bytes: &[u8], part: &Range<usize>, rng: &mut SplitMix64) -> (usize, u8) {
    let places: Vec<usize> = (0..8).map(|_| part.start + rng.below(part.len().max(1))).collect();
    // Most of a page is zeros.
    let place = places.iter().copied().find(|&at| bytes[at] != 0).unwrap_or(places[0]);
    let place = (place + rng.below(16)).min(part.end.max(1) - 1);
    let any = u8::try_from(rng.below(256)).unwrap();
    let values = [0, 1, 0xff, any, bytes[place] ^ 1 << rng.below(8)];
    (place, values[rng.below(values.len())])
}

/// Parts of a file that say where tensors, masks and prompts are, and what they are.
fn bulk_parts(patient: &Patient) -> Vec<Range<usize>> {
    let range = |extent: Extent| {
        let start = usize::try_from(extent.offset()).unwrap();
        start..start + usize::try_from(extent.len).unwrap()
    };
    let manifest = patient.manifest();
    let bulk = [Layout::Tokens, Layout::Masks];
    let groups = manifest.groups.iter().filter(|group| bulk.contains(&group.layout));
    let mut parts: Vec<_> = groups.map(|group| range(group.data)).collect();
    parts.extend(manifest.prompt_sets.iter().map(|set| range(set.data)));
    let records = range(patient.superblock().manifest);
    for set in &manifest.prompt_sets {
        let name = set.name.as_bytes();
        let found = patient.bytes[records.clone()].windows(name.len()).rposition(|w| w == name);
        let start = records.start + found.unwrap();
        parts.push(start..(start + 160).min(records.end));
    }
    parts
}

/// A file with a byte of its log changed, or of several parts; in most of them the checksums are right again.
fn mutant(base: &[u8], number: usize, rng: &mut SplitMix64) -> Vec<u8> {
    let mut patient = Patient { bytes: base.to_vec() };
    let records = patient.records();
    if number.is_multiple_of(3) && !records.is_empty() {
        let record = rng.below(records.len());
        let payload = &records[record].2;
        let (place, value) = change(payload, &(0..payload.len()), rng);
        patient.edit_log(|index, _, payload| {
            if index == record {
                payload[place] = value;
            }
        });
        return patient.bytes;
    }
    let parts = bulk_parts(&patient);
    let part = match number % 3 {
        1 if !parts.is_empty() => parts[rng.below(parts.len())].clone(),
        _ => 0..patient.bytes.len(),
    };
    let count = 1 + rng.below(3);
    let changes: Vec<_> = (0..count).map(|_| change(&patient.bytes, &part, rng)).collect();
    if number % 10 == 1 {
        for (place, value) in changes {
            patient.bytes[place] = value;
        }
    } else {
        let patches: Vec<_> =
            changes.iter().map(|&(at, value)| (u32::try_from(at).unwrap(), value)).collect();
        patch(&mut patient.bytes, &patches);
    }
    patient.bytes
}

fn mutants(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = SplitMix64::new(seed);
    let vectors = all().unwrap().into_iter();
    let valid = vectors.filter(|vector| vector.name.starts_with("valid/"));
    let valid: Vec<_> = valid.map(|vector| vector.bytes).collect();
    // Half of them of those with bulk data.
    let (mut bulk, mut bases) = (vec![sample().to_vec()], vec![sample().to_vec()]);
    for bytes in valid {
        let patient = Patient { bytes };
        if patient.superblock().incompat != 0 {
            bulk.push(patient.bytes.clone());
        }
        bases.push(patient.bytes);
    }
    let one = |number: usize| {
        let from = if rng.chance(50) { &bulk } else { &bases };
        let base = rng.below(from.len());
        mutant(&from[base], number, &mut rng)
    };
    (0..MUTANTS).map(one).collect()
}

#[test]
fn engine_and_decoder_agree_on_mutants() {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
    println!("VESALIUS_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let mutants = mutants(seed);
    let path = |number: usize| folder.path().join(format!("{number}.vsl"));
    for (number, bytes) in mutants.iter().enumerate() {
        std::fs::write(path(number), bytes).unwrap();
    }
    let paths: Vec<_> = (0..mutants.len()).map(path).collect();
    let Some(said) = decoder(&paths).unwrap() else { return };
    let (mut wrong, mut rules) = (String::new(), BTreeSet::new());
    let mut accepted = 0;
    for (number, (bytes, decoder)) in mutants.iter().zip(said).enumerate() {
        let engine = judge(bytes).unwrap();
        let rejects = |text: &str| text.starts_with("{\"rule\"");
        accepted += usize::from(!rejects(&engine));
        if rejects(&engine) {
            rules.insert(engine.clone());
        }
        if rejects(&engine) != rejects(&decoder) || (!rejects(&engine) && engine != decoder) {
            let short = |text: &str| text.trim().chars().take(40).collect::<String>();
            writeln!(wrong, "{number}: engine {} decoder {}", short(&engine), short(&decoder))
                .unwrap();
        }
    }
    println!("{accepted} of {MUTANTS} accepted, {} rules met", rules.len());
    assert!(wrong.is_empty(), "VESALIUS_SEED={seed}\n{wrong}");
    assert!(accepted > 10 && rules.len() > 10, "the mutants try too little");
}
