//! Makes the tables of the default profile of mask blocks from `../shared/data/masks` and writes them to the engine
//! and to `format-spec`. `--sizes` prints what other choices of training data would cost instead.

use std::error::Error;
use std::fs;
use std::path::Path;

use vesalius_tests::training::{Family, json, size, source, train};
use vesalius_tests::volumes::{families, folder};

fn main() -> Result<(), Box<dyn Error>> {
    let families = families(&folder())?;
    let all: Vec<&Family> = families.iter().collect();
    if std::env::args().any(|argument| argument == "--sizes") {
        sizes(&all);
        return Ok(());
    }
    let trained = train(&all);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::write(root.join("engine/src/mask/codec/tables.rs"), source(&trained))?;
    fs::write(root.join("format-spec/mask-tables.json"), json(&trained))?;
    Ok(())
}

/// Bytes of each family with tables of all, of itself, and of all others.
fn sizes(all: &[&Family]) {
    let together = train(all);
    println!("{:<14} {:>9} {:>9} {:>9}", "family", "all", "itself", "others");
    for family in all {
        let others: Vec<&Family> =
            all.iter().copied().filter(|other| other.name != family.name).collect();
        let [all, own, rest] =
            [&together, &train(&[*family]), &train(&others)].map(|tables| size(family, tables));
        println!("{:<14} {all:>9.0} {own:>9.0} {rest:>9.0}", family.name);
    }
}
