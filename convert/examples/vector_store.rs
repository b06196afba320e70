//! A vector database of other programs, `index.faiss` and `metadata.pkl`, brought into a container, asked by the
//! texts beside it, changed, and written back.
//!
//! Run it with the folder of one: `cargo run --example vector_store -- vector_db/`; without, it makes a small one.

use std::error::Error;
use std::path::{Path, PathBuf};

use vesalius::{Database, SearchOptions};
use vesalius_convert::export::{ExportFormat, ExportOptions, export};
use vesalius_convert::faiss::{FaissFile, FaissWriter};
use vesalius_convert::import::{ImportOptions, import};
use vesalius_convert::npy::{NpyWriter, Scalar};
use vesalius_convert::pickle_write::PickleWriter;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    let source = match std::env::args().nth(1) {
        Some(named) => PathBuf::from(named),
        None => made(&folder.path().join("vector_db"))?,
    };
    let file = folder.path().join("store.vsl");
    let report = import(&source, &file, &ImportOptions::default(), &mut |_| true)?;
    println!("{} images of a {}, verified: {}", report.images, report.layout, report.verified);
    report.warnings.iter().for_each(|told| println!("note: {told}"));

    let db = Database::open(&file)?;
    let first = ask(&db)?;
    let mut txn = db.begin_write()?;
    txn.delete(&first)?;
    txn.commit()?;
    println!("without image {first}:");
    ask(&db)?;

    let out = folder.path().join("index.faiss");
    export(&db.snapshot()?, &ExportOptions::new(ExportFormat::Faiss), &out)?;
    println!("written again: {:?}", FaissFile::open(&out)?);
    Ok(())
}

/// Searches with the first text of the first prompt set; the key of the best image.
fn ask(db: &Database) -> Result<String, Box<dyn Error>> {
    let snapshot = db.snapshot()?;
    let set = snapshot.prompt_sets().next().ok_or("the store has no texts")?;
    let probe = set.probe(0)?;
    let options = SearchOptions::new(3);
    let found = snapshot.search_vector("features", probe.feature(), &options)?;
    println!("most like {:?}:", set.text(0)?);
    let mut keys = Vec::new();
    for hit in &found.hits {
        let image = snapshot.image_at(hit.row)?.ok_or("no such row")?;
        println!("  {} {:.4} {:?}", image.key()?, hit.score, image.attribute("image_path")?);
        keys.push(image.key()?.to_owned());
    }
    Ok(keys.into_iter().next().ok_or("nothing was found")?)
}

/// Three images after the removal of image 1: rows are 0, 1, 2 and ids 0, 2, 3.
fn made(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    std::fs::create_dir(folder)?;
    let mut index = FaissWriter::new(Vec::new(), 2, 3, false, false)?;
    for vector in [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]] {
        index.vector(&vector)?;
    }
    std::fs::write(folder.join("index.faiss"), index.finish()?)?;
    let mut pickle = PickleWriter::new(Vec::new())?;
    pickle.begin_dict()?;
    pickle.str("metadata")?;
    pickle.begin_dict()?;
    for id in [0, 2, 3] {
        pickle.int(id)?;
        pickle.begin_dict()?;
        pickle.str("image_path")?;
        pickle.str(&format!("tiles/{id}.png"))?;
        pickle.end()?;
    }
    pickle.end()?;
    pickle.end()?;
    std::fs::write(folder.join("metadata.pkl"), pickle.finish()?)?;
    std::fs::write(folder.join("prompts.json"), "[\"adipose\", \"debris\"]")?;
    let mut prompts = NpyWriter::create(&folder.join("prompts.npy"), Scalar::F32, &[2, 2])?;
    prompts.write(&[0.0_f32, 1.0, 1.0, 0.0])?;
    prompts.finish()?;
    Ok(folder.to_owned())
}
