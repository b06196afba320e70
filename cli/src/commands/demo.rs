//! `vesalius demo`: something to look at.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::json;
use vesalius::{SearchOptions, Snapshot};

use super::search::{Answer, regions_like};
use super::{names, open, render, rows};
use crate::demo::{
    self, FIELD, Finding, Lesson, MASKS, PROMPT, PROMPTS, Patient, Pictures, TOKENS,
};
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, json, score, style};
use crate::{Failure, Outcome, Result};

/// Patients of the cohort.
const PATIENTS: usize = 60;
/// Hits of the search.
const HITS: usize = 5;
/// The finding that is searched for.
const FINDING: Finding = Finding::LeftEffusion;
/// Characters across the picture on a terminal.
const PICTURE_COLUMNS: usize = 64;

/// Make a small container of drawn chest radiographs, and search it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius demo")]
pub(crate) struct Args {
    /// The folder for demo.vsl
    #[arg(default_value = "vesalius-demo", value_hint = ValueHint::DirPath)]
    dir: PathBuf,
    /// Replace a demo.vsl that is no demonstration
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let file = args.dir.join("demo.vsl");
    let what = format!("making {}", args.dir.display());
    fs::create_dir_all(&args.dir).map_err(Failure::io(what))?;
    if file.exists() && !args.force && !demo::is_demo(&file) {
        let text =
            format!("{} is there and is no demonstration; --force replaces it", file.display());
        return Err(Failure::Message(text));
    }
    let (cohort, lesson) = draw();
    demo::write(&file, &cohort, &lesson)?;
    let snapshot = open(&file)?;
    let pictures = Pictures::write(&args.dir, &snapshot, &cohort)?;
    let (key, over) = (&pictures.key, &pictures.patient);
    render::draw(&render::Args::over_picture(&file, key, over, &pictures.masks), &snapshot)?;
    let query = cohort.iter().find(|patient| is_query(patient)).ok_or_else(no_query)?;
    let region = FINDING.region().ok_or_else(no_query)?;
    let story = Story {
        file: &file,
        snapshot: &snapshot,
        cohort: &cohort,
        pictures: &pictures,
        query,
        region,
    };
    let answer = story.search()?;
    if out.is_json() {
        story.as_json(&answer, out)?;
    } else {
        story.tell(&answer, out)?;
    }
    Ok(Outcome::Done)
}

fn draw() -> (Vec<Patient>, Lesson) {
    let progress = Progress::new("drawing", Unit::Items);
    progress.set(0, PATIENTS as u64);
    let lesson = Lesson::learn();
    (demo::cohort(PATIENTS, &lesson), lesson)
}

/// A patient of the test split, with the region in view.
fn is_query(patient: &Patient) -> bool {
    let in_view = |name| patient.regions.iter().any(|region| region.name == name);
    patient.split == "test"
        && patient.finding == FINDING.name()
        && FINDING.region().is_some_and(in_view)
}

fn no_query() -> Failure {
    Failure::Message("the cohort has no patient to search with".into())
}

/// What the demonstration shows.
struct Story<'a> {
    file: &'a Path,
    snapshot: &'a Snapshot,
    cohort: &'a [Patient],
    pictures: &'a Pictures,
    query: &'a Patient,
    region: &'a str,
}

impl Story<'_> {
    fn search(&self) -> Result<Answer> {
        let field = self.snapshot.field(FIELD)?;
        let region = names::region(field, self.region)?;
        let options = SearchOptions::new(HITS);
        regions_like(self.snapshot, field, &self.query.key, Some(&[region]), &options)
    }

    /// The patients found, with their scores.
    fn found(&self, answer: &Answer) -> Result<Vec<(f32, &Patient)>> {
        let mut found = Vec::new();
        for hit in &answer.hits {
            let key = rows::image(self.snapshot, hit.row)?.key()?;
            let patient = self.cohort.iter().find(|patient| patient.key == key);
            found.extend(patient.map(|patient| (hit.score, patient)));
        }
        Ok(found)
    }

    fn count_alike<'p>(&self, patients: impl Iterator<Item = &'p Patient>) -> usize {
        patients.filter(|patient| patient.finding == self.query.finding).count()
    }

    fn next_commands(&self) -> Vec<String> {
        let program = demo::program();
        let file = demo::quoted(&self.file.display().to_string());
        let (key, region) = (&self.query.key, demo::quoted(self.region));
        vec![
            format!("{program} info {file}"),
            format!("{program} stats {file} --field {FIELD}"),
            format!("{program} get {file} {key} --field {FIELD}"),
            format!("{program} list {file} --where \"finding != 'none' and age >= 70\""),
            format!(
                "{program} search {file} --field {FIELD} --like {key} --region {region} \
                 --where \"split = 'train'\" --show finding,age"
            ),
            format!(
                "{program} search {file} --field {FIELD} --like {key} --all-regions \
                 --min-shared 20 --show finding"
            ),
            self.map_command(),
            format!("{program} masks {file} {}", self.pictures.key),
            format!(
                "{program} list {file} --where \"overlaps('lesions/nodule', 'lobes/left_upper_lobe')\""
            ),
            self.masks_command(),
            format!("{program} prompts {file} show {PROMPTS}"),
            format!(
                "{program} search {file} --tokens --text {PROMPTS}/{PROMPT} --show finding -k 5"
            ),
            format!("{program} verify {file}"),
        ]
    }

    /// The command that makes the heat map.
    fn map_command(&self) -> String {
        let quoted = |path: &Path| demo::quoted(&path.display().to_string());
        let Pictures { key, patient, map, .. } = self.pictures;
        let (program, file) = (demo::program(), quoted(self.file));
        format!(
            "{program} heatmap {file} {key} --prompt {PROMPTS}/{PROMPT} --over {} --out {}",
            quoted(patient),
            quoted(map)
        )
    }

    /// The command that makes the picture of the segments.
    fn masks_command(&self) -> String {
        let quoted = |path: &Path| demo::quoted(&path.display().to_string());
        let Pictures { key, patient, masks, .. } = self.pictures;
        let (program, file) = (demo::program(), quoted(self.file));
        format!("{program} render {file} {key} --over {} --out {}", quoted(patient), quoted(masks))
    }

    fn as_json(&self, answer: &Answer, out: &mut Out) -> Result<()> {
        let found = self.found(answer)?;
        let same = self.count_alike(found.iter().map(|(_, patient)| *patient));
        let hits = found.iter().enumerate().map(|(place, (score, patient))| {
            json!({
                "rank": place + 1, "image": patient.key, "score": json::float(*score),
                "finding": patient.finding,
            })
        });
        out.json(&json!({
            "file": self.file.display().to_string(),
            "images": self.snapshot.len(),
            "field": FIELD,
            "like": self.query.key,
            "finding": self.query.finding,
            "region": self.region,
            "hits": hits.collect::<Vec<_>>(),
            "same_finding": same,
            "picture": self.pictures.patient.display().to_string(),
            "heat_map": {
                "image": self.pictures.key, "field": TOKENS,
                "prompt": format!("{PROMPTS}/{PROMPT}"),
                "out": self.pictures.map.display().to_string(),
            },
            "masks": {
                "image": self.pictures.key, "field": MASKS,
                "out": self.pictures.masks.display().to_string(),
            },
            "next": self.next_commands(),
        }))
    }

    fn tell(&self, answer: &Answer, out: &mut Out) -> Result<()> {
        let Self { query, region, .. } = self;
        if out.is_terminal() {
            for line in demo::ascii(&query.image, PICTURE_COLUMNS).lines() {
                out.line(line)?;
            }
        }
        let (images, path) = (self.snapshot.len(), self.file.display());
        out.line(&format!(
            "{images} drawn chest radiographs are in {path}; none is a real patient."
        ))?;
        let text = format!("{}, aged {}, has: {}.", query.key, query.age, query.finding);
        out.line(&text)?;
        out.line(&format!("Whose {region} looks most like that of {}?", query.key))?;
        out.line("")?;
        let found = self.found(answer)?;
        self.table(&found, out)?;
        out.line("")?;
        let alike = self.count_alike(found.iter().map(|(_, patient)| *patient));
        let others = self.count_alike(self.cohort.iter()).saturating_sub(1);
        out.line(&format!(
            "{alike} of these {} have the same finding; of all {} others, {others} have it.",
            found.len(),
            self.cohort.len().saturating_sub(1),
        ))?;
        out.line("")?;
        let (key, map) = (&self.pictures.key, self.pictures.map.display());
        out.line(&format!("Where in {key} is a {PROMPT}? {map} shows it."))?;
        out.line("What it looks for is a mean of patches: those inside the nodules of other drawn patients.")?;
        out.line("No language model had a part in it.")?;
        let masks = self.pictures.masks.display();
        out.line(&format!(
            "{masks} shows its organs, lobes and lesions, which are segments of a masks field."
        ))?;
        out.line("")?;
        out.styled(&[(style::HEADING, "Try next:")])?;
        for command in self.next_commands() {
            out.styled(&[(style::PLAIN, "  "), (style::COMMAND, &command)])?;
        }
        Ok(())
    }

    fn table(&self, found: &[(f32, &Patient)], out: &mut Out) -> Result<()> {
        let head = [Cell::number("rank"), Cell::text("image"), Cell::number("score")];
        let head = head.into_iter().chain([Cell::text("finding"), Cell::number("age")]);
        let mut table = Table::new(head);
        for (place, (value, patient)) in found.iter().enumerate() {
            let alike = patient.finding == self.query.finding;
            let finding = Cell::text(patient.finding);
            let cells = [
                Cell::number(place + 1),
                Cell::text(&patient.key),
                Cell::number(score(*value)),
                if alike { finding.style(style::GOOD) } else { finding },
                Cell::number(patient.age),
            ];
            table.row(out, cells)?;
        }
        table.end(out)
    }
}
