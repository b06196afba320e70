//! The life of an image store: a vector database of other programs, `index.faiss` and `metadata.pkl`, brought into a
//! container, indexed, asked by the texts beside it, searched for duplicates, changed, asked again, and written back.
//!
//! Run it with the folder of one: `cargo run --example image_store -- vector_db/`; without, it makes a small one.

use std::error::Error;
use std::path::{Path, PathBuf};

use vesalius::{
    Database, DuplicateOptions, Effort, Grouping, IndexOptions, Metric, SearchOptions, Snapshot,
    Work,
};
use vesalius_convert::export::{ExportFormat, ExportOptions, export};
use vesalius_convert::faiss::{FaissFile, FaissWriter};
use vesalius_convert::import::{ImportOptions, import};
use vesalius_convert::npy::{NpyWriter, Scalar};
use vesalius_convert::pickle_write::PickleWriter;

/// The field that the vectors go to.
const FIELD: &str = "features";

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
    let lists = IndexOptions::approximate().metric(Metric::Cosine);
    for options in [IndexOptions::exact(), lists] {
        db.build_index(FIELD, &options, &mut |_, _| true)?;
    }
    let snapshot = db.snapshot()?;
    for index in snapshot.indexes(Some(FIELD))? {
        println!("{:?} index: {} features in {} bytes", index.kind, index.covered, index.bytes);
    }
    let first = ask(&snapshot)?;
    duplicates(&snapshot)?;

    let mut txn = db.begin_write()?;
    txn.delete(&first)?;
    txn.commit()?;
    println!("without image {first}:");
    ask(&db.snapshot()?)?;
    // Who holds a snapshot still sees what was there when it was taken.
    assert_eq!(snapshot.len(), db.snapshot()?.len() + 1);

    let out = folder.path().join("index.faiss");
    export(&db.snapshot()?, &ExportOptions::new(ExportFormat::Faiss), &out)?;
    println!("written again: {:?}", FaissFile::open(&out)?);
    Ok(())
}

/// Searches with the first text of the first prompt set, exactly and by the lists; the key of the best image.
fn ask(snapshot: &Snapshot) -> Result<String, Box<dyn Error>> {
    let set = snapshot.prompt_sets().next().ok_or("the store has no texts")?;
    let probe = set.probe(0)?;
    let work = Work::new();
    let options = SearchOptions::new(3).metric(Metric::Cosine).counting(&work);
    let found = snapshot.search_vector(FIELD, probe.feature(), &options)?;
    println!("most like {:?} ({work}):", set.text(0)?);
    let mut keys = Vec::new();
    for hit in &found.hits {
        let image = snapshot.image_at(hit.row)?.ok_or("no such row")?;
        println!("  {} {:.4} {:?}", image.key()?, hit.score, image.attribute("image_path")?);
        keys.push(image.key()?.to_owned());
    }
    let work = Work::new();
    let options = options.approximate(Effort::Recall(0.99)).counting(&work);
    let near = snapshot.search_vector(FIELD, probe.feature(), &options)?;
    let same = near.hits.iter().filter(|hit| found.hits.contains(hit)).count();
    println!("  {same} of these by the lists ({work})");
    Ok(keys.into_iter().next().ok_or("nothing was found")?)
}

/// Groups of images that are nearly the same.
fn duplicates(snapshot: &Snapshot) -> Outcome {
    let options = DuplicateOptions::new(0.98).metric(Metric::Cosine);
    // Each member is near the first one; components would join what is alike by many steps.
    let kind = Grouping::Stars;
    let groups = snapshot.duplicates(FIELD, &options, kind, None, &mut |_, _| true)?;
    println!("{} groups of near duplicates", groups.len());
    for group in groups.iter().take(3) {
        let keys = group.rows.iter().take(8).map(|row| {
            let image = snapshot.image_at(*row)?.ok_or("no such row")?;
            Ok(image.key()?.to_owned())
        });
        let keys = keys.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        println!("  {} images: {}", group.rows.len(), keys.join(", "));
    }
    Ok(())
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
