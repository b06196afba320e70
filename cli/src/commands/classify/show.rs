//! Labels for people and programs.

use serde_json::{Map, Value, json};
use vesalius::{ConceptQuery, FieldDef, Snapshot};

use super::Args;
use super::guess::{Guess, Labelled};
use super::tally::{Tally, share};
use crate::Result;
use crate::commands::rows;
use crate::output::{Cell, Out, Table, count, json, percent, print_note, score};

/// What is told.
pub(super) struct Story<'a> {
    pub(super) args: &'a Args,
    pub(super) snapshot: &'a Snapshot,
    pub(super) field: &'a FieldDef,
    pub(super) query: &'a ConceptQuery<'a>,
    pub(super) guesses: &'a [Guess],
}

impl Story<'_> {
    fn text(&self, place: usize) -> &str {
        self.query.text(place).unwrap_or_default()
    }

    pub(super) fn as_json(&self, tally: Option<&Tally>, out: &mut Out) -> Result<()> {
        let mut head = Map::new();
        head.insert("field".into(), self.field.name.as_str().into());
        head.insert("prompts".into(), self.args.prompts.clone().into());
        head.insert("texts".into(), self.query.texts().to_vec().into());
        head.insert("labelled".into(), self.guesses.len().into());
        head.insert("truth".into(), tally.map_or(Value::Null, |tally| self.tally_json(tally)));
        let csv = self.args.csv.as_ref().map(|path| path.display().to_string());
        head.insert("csv".into(), csv.into());
        let mut list = json::ListWriter::begin(out, &head, "images")?;
        for guess in self.guesses {
            let image = rows::image(self.snapshot, guess.row)?;
            let labels: Vec<Value> =
                guess.labels.iter().map(|label| self.label_json(*label)).collect();
            if !list.push(&json!({ "image": image.key()?, "labels": labels }))? {
                break;
            }
        }
        list.end()
    }

    fn label_json(&self, label: Labelled) -> Value {
        json!({
            "label": self.text(label.place), "index": label.place,
            "score": json::float(label.score), "probability": json::float(label.probability),
        })
    }

    fn tally_json(&self, tally: &Tally) -> Value {
        let labels = self.query.texts().iter().enumerate().map(|(place, text)| {
            let (images, labelled, right) = tally.of_label(place);
            json!({
                "label": text, "images": images, "labelled": labelled, "right": right,
                "recall": share(right, images), "precision": share(right, labelled),
            })
        });
        let confusion = tally.confusion.iter().map(|((known, best), count)| {
            json!({ "truth": self.text(*known), "label": self.text(*best), "count": count })
        });
        json!({
            "attribute": self.args.truth,
            "images": tally.images,
            "right": tally.right,
            "accuracy": tally.accuracy(),
            "top": self.args.top,
            "top_accuracy": share(tally.in_top, tally.images),
            "without_value": tally.without,
            "not_a_text": tally.other,
            "labels": labels.collect::<Vec<_>>(),
            "confusion": confusion.collect::<Vec<_>>(),
        })
    }

    pub(super) fn as_text(&self, tally: Option<&Tally>, out: &mut Out) -> Result<()> {
        match tally {
            Some(tally) => self.tally_text(tally, out)?,
            None if self.args.csv.is_none() => self.labels_text(out)?,
            None => {}
        }
        if let Some(path) = &self.args.csv {
            let images = count(self.guesses.len() as u64);
            out.line(&format!("the labels of {images} images are in {}", path.display()))?;
        }
        Ok(())
    }

    fn labels_text(&self, out: &mut Out) -> Result<()> {
        let head = [Cell::text("image"), Cell::text("label"), Cell::number("probability")];
        let mut table = Table::new(head.into_iter().chain([Cell::number("score")]));
        for guess in self.guesses {
            let image = rows::image(self.snapshot, guess.row)?;
            for (place, label) in guess.labels.iter().enumerate() {
                let cells = [
                    if place == 0 { Cell::text(image.key()?) } else { Cell::empty() },
                    Cell::text(self.text(label.place)),
                    Cell::number(percent(f64::from(label.probability))),
                    Cell::number(score(label.score)),
                ];
                table.row(out, cells)?;
            }
            if out.is_closed() {
                break;
            }
        }
        table.end(out)
    }

    fn tally_text(&self, tally: &Tally, out: &mut Out) -> Result<()> {
        let rate = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
        let (right, images) = (count(tally.right), count(tally.images));
        let accuracy = rate(tally.accuracy());
        out.line(&format!("accuracy  {accuracy}: {right} of {images} images"))?;
        if self.args.top > 1 {
            let (top, share) = (self.args.top, rate(share(tally.in_top, tally.images)));
            out.line(&format!("top {top}     {share}"))?;
        }
        out.line("")?;
        let head = [Cell::text("label"), Cell::number("images"), Cell::number("right")];
        let head = head.into_iter().chain([Cell::number("recall"), Cell::number("precision")]);
        let mut table = Table::new(head.chain([Cell::text("most often mistaken for")]));
        for (place, text) in self.query.texts().iter().enumerate() {
            let (images, labelled, right) = tally.of_label(place);
            if images == 0 && labelled == 0 {
                continue;
            }
            let mistaken = tally.mistaken_for(place);
            let mistaken =
                mistaken.map(|(best, times)| format!("{} ({})", self.text(best), count(times)));
            let cells = [
                Cell::text(text),
                Cell::number(count(images)),
                Cell::number(count(right)),
                Cell::number(rate(share(right, images))),
                Cell::number(rate(share(right, labelled))),
                Cell::text(mistaken.unwrap_or_default()),
            ];
            table.row(out, cells)?;
        }
        table.end(out)?;
        if tally.without > 0 {
            print_note(&format!(
                "{} images have no value there and do not count",
                count(tally.without)
            ));
        }
        if let Some(example) = &tally.other_example {
            let other = count(tally.other);
            print_note(&format!(
                "{other} images have a value that is no text of the set, as {example:?}, and do not count"
            ));
        }
        Ok(())
    }
}
